import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const installTimeoutMs = 240_000
/** A reason why not is believed so long, so that one run of all tests tries once. */
const failureHoldsMs = 10 * 60_000

/** What is looked for, and how it comes about. */
export interface Wanted<T> {
  /** What tests use of it; undefined while it is not there. */
  find: () => T | undefined | Promise<T | undefined>
  /** Installs it; rejects with the reason why it cannot. */
  install: () => Promise<void>
  /** Where the reason of a failure is kept. */
  noteFile: string
}

/** Finds it; where it is missing, installs it. Gives the reason why there is none as a text. Never rejects. */
export async function findOrInstall<T>({ find, install, noteFile }: Wanted<T>): Promise<{ found: T } | string> {
  const found = await find()
  if (found !== undefined) return { found }
  const known = recentFailure(noteFile)
  const reason = known ?? (await attempt(install))
  const brought = await find()
  if (brought !== undefined) return { found: brought }
  const why = reason ?? 'the package brought none'
  if (known === undefined) note(noteFile, why)
  return why
}

/** Installs Debian packages, as root only, in at most four minutes. */
export async function installPackages(names: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('only root can install it')
  const options = { timeout: installTimeoutMs, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  // Another test run may be installing as well.
  const quiet = ['-qq', '-o', 'DPkg::Lock::Timeout=120']
  await run('apt-get', [...quiet, 'update'], options)
  await run('apt-get', [...quiet, 'install', '-y', '--no-install-recommends', ...names], options)
}

/** The first program of one of these names in the folders, in their order. */
export function findProgram(
  names: readonly string[],
  folders: readonly string[] = programFolders(),
): string | undefined {
  const files = folders.flatMap((folder) => names.map((name) => path.join(folder, name)))
  return files.find((file) => fs.existsSync(file))
}

function programFolders(): string[] {
  return (process.env['PATH'] ?? '').split(path.delimiter)
}

/** The reason why it failed, or undefined. */
async function attempt(install: () => Promise<void>): Promise<string | undefined> {
  try {
    await install()
    return undefined
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    // The last line that a program printed tells most.
    return `${message}\n${stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '')
      .at(-1)
  }
}

function recentFailure(noteFile: string): string | undefined {
  if (!fs.existsSync(noteFile)) return undefined
  const { time, reason } = JSON.parse(fs.readFileSync(noteFile, 'utf8')) as { time: number; reason: string }
  return Date.now() - time < failureHoldsMs ? reason : undefined
}

function note(noteFile: string, reason: string): void {
  fs.mkdirSync(path.dirname(noteFile), { recursive: true })
  fs.writeFileSync(noteFile, JSON.stringify({ time: Date.now(), reason }))
}
