import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

const stepTimeoutMs = 100_000
/** A reason why not is believed so long, so that one run of all tests tries once. */
const failureHoldsMs = 10 * 60_000

/** Where a virtual environment is, and how it comes about; both are given by tests only. */
export interface PeersOptions {
  /** Absolute; default one below `node_modules/.cache` of the repository. */
  folder?: string
  /** Makes the environment; rejects with the reason why it cannot. */
  make?: (folder: string) => Promise<void>
}

/** A virtual environment: its absolute folder, what pip installs into it, and how it is made. */
export interface Environment {
  folder: string
  packages: readonly string[]
  /** Default: venv and pip, from wheels only. */
  make?: ((folder: string) => Promise<void>) | undefined
}

/**
 * Makes a virtual environment that is not there yet, or waits while another process makes it, in at most four minutes.
 * Gives the reason why there is none, or undefined. Never rejects.
 */
export async function makeOnce(environment: Environment): Promise<string | undefined> {
  const { folder } = environment
  if (isMade(environment)) return undefined
  const lock = `${folder}.lock`
  fs.mkdirSync(path.dirname(folder), { recursive: true })
  const deadline = Date.now() + 2.5 * stepTimeoutMs
  while (!takeLock(lock)) {
    if (Date.now() > deadline) return `another process has been making it for too long; see ${lock}`
    await sleep(50)
  }
  try {
    return isMade(environment) ? undefined : (recentFailure(folder) ?? (await makeNow(environment)))
  } finally {
    fs.rmSync(lock, { force: true })
  }
}

/** The stamp is written last: a folder without it was left half-made. */
function isMade({ folder, packages }: Environment): boolean {
  return readText(path.join(folder, 'made-with.txt')) === packages.join('\n')
}

/** One at a time; a lock whose process is gone is nobody's. */
function takeLock(lock: string): boolean {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const owner = Number(readText(lock))
  if (owner > 0 && !isRunning(owner)) fs.rmSync(lock, { force: true })
  return false
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function recentFailure(folder: string): string | undefined {
  const { time = 0, reason } = JSON.parse(readText(`${folder}.failed`) ?? '{}') as { time?: number; reason?: string }
  return Date.now() - time < failureHoldsMs ? reason : undefined
}

async function makeNow(environment: Environment): Promise<string | undefined> {
  const { folder, packages, make = (at) => installInto(at, packages) } = environment
  try {
    fs.rmSync(folder, { recursive: true, force: true })
    await make(folder)
    fs.writeFileSync(path.join(folder, 'made-with.txt'), packages.join('\n'))
    fs.rmSync(`${folder}.failed`, { force: true })
    return undefined
  } catch (error) {
    const reason = reasonOf(error)
    fs.writeFileSync(`${folder}.failed`, JSON.stringify({ time: Date.now(), reason }))
    return reason
  }
}

async function installInto(folder: string, packages: readonly string[]): Promise<void> {
  await run(await findPython(), ['-m', 'venv', folder], { timeout: stepTimeoutMs })
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input', '--only-binary', ':all:', '--retries', '1']
  const args = ['-m', 'pip', 'install', ...flags, ...packages]
  await run(path.join(folder, 'bin/python'), args, { timeout: stepTimeoutMs, killSignal: 'SIGKILL' })
}

/** The system's own first: it is the one that is built with every optimization. */
async function findPython(): Promise<string> {
  const reasons: string[] = []
  for (const python of ['/usr/bin/python3', 'python3']) {
    try {
      await run(python, ['-c', 'import ensurepip, venv'], { timeout: 10_000 })
      return python
    } catch (error) {
      reasons.push(`${python}: ${reasonOf(error)}`)
    }
  }
  throw new Error(`no Python that makes virtual environments; ${reasons.join('; ')}`)
}

/** The last line that a program printed tells most. */
function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string }
  const lines = `${message}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  return lines.at(-1) ?? 'unknown'
}

function readText(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined
}
