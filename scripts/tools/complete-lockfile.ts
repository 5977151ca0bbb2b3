/** The parts of a package-lock.json that matter here. */
export interface Lockfile {
  packages: Record<string, LockedPackage>
}

interface LockedPackage {
  version?: string
  dev?: boolean
  optional?: boolean
  optionalDependencies?: Record<string, string>
  os?: string[]
  cpu?: string[]
  libc?: string[]
}

/**
 * Adds the optional packages of other platforms that npm left out because its registry had not got them.
 * Without them `npm ci` refuses the file. They carry no integrity; a registry that has them fills it in on `npm install`.
 */
export function completeLockfile(lock: Lockfile): { lock: Lockfile; added: string[] } {
  const missing = Object.entries(lock.packages).flatMap(([place, locked]) =>
    place === '' ? [] : missingOf(lock, locked),
  )
  const packages = Object.fromEntries(
    [...Object.entries(lock.packages), ...missing].toSorted(([a], [b]) => a.localeCompare(b, 'en')),
  )
  return { lock: { ...lock, packages }, added: missing.map(([place]) => place) }
}

function missingOf(lock: Lockfile, locked: LockedPackage): [string, LockedPackage][] {
  return Object.entries(locked.optionalDependencies ?? {})
    .filter(([name]) => !lock.packages[`node_modules/${name}`])
    .map(([name, version]) => [
      `node_modules/${name}`,
      { version, ...(locked.dev ? { dev: true } : {}), optional: true, ...platformOf(name) },
    ])
}

/** npm skips a package whose platform is not the machine's, so the platform must be there: binaries have it in their name. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/)
  const os = ['darwin', 'linux', 'win32', 'android', 'freebsd', 'openharmony'].find((word) => words.includes(word))
  const cpu = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'wasm32'].find((word) =>
    words.includes(word),
  )
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc'
  return { ...(os ? { os: [os] } : {}), ...(cpu ? { cpu: [cpu] } : {}), ...(os === 'linux' ? { libc: [libc] } : {}) }
}
