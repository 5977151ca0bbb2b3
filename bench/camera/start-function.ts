import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { environment } from '../servers.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../../packages/cli/bin/pelton.cjs', import.meta.url))
const startMs = 20_000

/** A line of its log. */
export type LogLine = Record<string, unknown> & { message: string }

/** A function that runs as users run it. */
export interface RunningFunction {
  pid: number
  /** Of its admin listener. */
  admin: string
  /** Waits for a log line of this message, from now on or from before. */
  line(message: string): Promise<LogLine>
  /** The sum of a series of `/metrics` over all samples that have these labels, as text: `reason="stalled"`. */
  metric(name: string, labels?: string): Promise<number>
  /** Asks it to end; rejects unless it ended well. */
  stop(): Promise<void>
}

/** How it is started. */
export interface FunctionOptions {
  /** Folder beside this file. */
  folder: string
  /** `--set` values. */
  sets?: readonly string[]
  /** Of Node.js. */
  execArgv?: readonly string[]
  /** Told each line of its log. */
  onLine?(line: LogLine): void
  /** Told each line that is none of its log. */
  onText?(text: string): void
}

/** Starts a function of this folder; resolves when it has started, whether its cameras are there or not. */
export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const { folder, sets = [], execArgv = [], onLine, onText } = options
  const flags = ['--log-format', 'json', '--platform-config', `${here}platform.yaml`]
  const args = ['run', `${here}${folder}`, ...flags, ...sets.flatMap((set) => ['--set', set])]
  const child = spawn(process.execPath, [...execArgv, bin, ...args], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = once(child, 'exit')
  const firsts = new Map<string, LogLine>()
  const waiting = new Set<() => void>()
  let last = ''
  createInterface({ input: child.stderr }).on('line', (text) => {
    last = text
    if (!text.startsWith('{')) return onText?.(text)
    const line = JSON.parse(text) as LogLine
    if (!firsts.has(line.message)) firsts.set(line.message, line)
    onLine?.(line)
    for (const look of waiting) look()
  })
  const line = (message: string): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${folder}: no ${message} in time: ${last}`)), startMs)
      const look = (): void => {
        const found = firsts.get(message)
        if (!found) return
        clearTimeout(timer)
        waiting.delete(look)
        resolve(found)
      }
      child.once('exit', (code) => reject(new Error(`${folder} ended with ${code}: ${last}`)))
      waiting.add(look)
      look()
    })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const [code, signal] = (await gone) as [number | null, NodeJS.Signals | null]
    if (code !== 0) throw new Error(`${folder} ended with ${code ?? signal}: ${last}`)
  }
  try {
    const admin = String((await line('function_started'))['admin'])
    return { pid: child.pid ?? 0, admin, line, stop, metric: (name, labels = '') => metricOf(admin, name, labels) }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

async function metricOf(admin: string, name: string, labels: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
