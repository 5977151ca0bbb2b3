import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The program that a shim of pyenv would run: a shim of every installed version is on PATH, but it fails unless that version
 * is selected, and costs a tenth of a second when it does not. Undefined when no version has it; other programs are themselves.
 */
export function behindShim(program: string, environment: Environment, folder: string): string | undefined {
  const root = dirname(dirname(program))
  if (basename(dirname(program)) !== 'shims' || !existsSync(join(root, 'versions'))) return program
  const name = basename(program)
  const installed = installedVersions(root)
  const selected = selectedVersions(root, environment, folder).flatMap((one) => matching(installed, one))
  // A name with its version is served by any installation of it, selected or not.
  const [, version] = /^python(3\.\d+)$/.exec(name) ?? []
  const candidates = version === undefined ? selected : [...selected, ...matching(installed, version)]
  return candidates.map((one) => join(root, 'versions', one, 'bin', name)).find((file) => existsSync(file))
}

/** The newest first. */
function installedVersions(root: string): string[] {
  const names = readdirSync(join(root, 'versions'))
  return names.toSorted((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1))
}

/** 3.10 comes after 3.9. */
function sortKey(version: string): string {
  return version.replace(/\d+/g, (digits) => digits.padStart(8, '0'))
}

function matching(installed: readonly string[], version: string): string[] {
  return installed.filter((one) => one === version).concat(installed.filter((one) => one.startsWith(`${version}.`)))
}

/** `PYENV_VERSION`, the nearest `.python-version`, or the global choice: the first that says anything. */
function selectedVersions(root: string, { PYENV_VERSION }: Environment, folder: string): string[] {
  if (PYENV_VERSION) return PYENV_VERSION.split(':')
  for (let at = folder; ; at = dirname(at)) {
    const versions = readVersions(join(at, '.python-version'))
    if (versions.length > 0) return versions
    if (at === dirname(at)) return readVersions(join(root, 'version'))
  }
}

function readVersions(file: string): string[] {
  try {
    const words = readFileSync(file, 'utf8').split(/\s+/)
    return words.filter((word) => word !== '' && !word.startsWith('#'))
  } catch {
    // No such file: nothing is selected here.
    return []
  }
}
