import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { root } from './repository.ts'

const run = promisify(execFile)

const installTimeoutMs = 240_000
/** A reason why not is believed so long, so that one run of all tests tries once. */
const failureHoldsMs = 10 * 60_000
const names = ['chromium', 'chromium-browser', 'google-chrome']

/** A browser to start; or the reason for node:test's `skip` why there is none here. */
export type Chromium = { command: string; skip: false } | { command: undefined; skip: string }

/** What looks for a browser and installs one; given by tests only. */
export interface ChromiumOptions {
  /** Absolute paths of folders with programs; default those of PATH. */
  folders?: readonly string[]
  /** Installs one; rejects with the reason why it cannot. */
  install?: () => Promise<void>
  /** Where the reason of a failure is kept; default under node_modules/.cache. */
  noteFile?: string
}

/** Finds Chromium; where it is missing, root installs the Debian package, in at most four minutes. Never rejects. */
export async function chromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const { folders = (process.env['PATH'] ?? '').split(path.delimiter), install = installPackage } = options
  const noteFile = options.noteFile ?? path.join(root, 'node_modules/.cache/chromium.failed')
  const found = find(folders)
  if (found !== undefined) return { command: found, skip: false }
  const known = recentFailure(noteFile)
  const reason = known ?? (await attempt(install))
  const command = find(folders)
  if (command !== undefined) return { command, skip: false }
  const why = reason ?? 'the package brought none'
  if (known === undefined) note(noteFile, why)
  return { command: undefined, skip: `needs chromium (${why})` }
}

function find(folders: readonly string[]): string | undefined {
  const files = folders.flatMap((folder) => names.map((name) => path.join(folder, name)))
  return files.find((file) => fs.existsSync(file))
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

async function installPackage(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('only root can install it')
  const options = { timeout: installTimeoutMs, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  await run('apt-get', ['-qq', 'update'], options)
  await run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', 'chromium'], options)
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
