import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const bin = path.join(import.meta.dirname, '../packages/cli/bin/pelton.cjs')
const killMs = 20_000
/** V8 lets garbage lie as long as there is room: in a small heap memory that grows is memory that leaks. */
const tightHeap = ['--max-semi-space-size=2', '--max-old-space-size=96']

/** What a processor holds at a moment. */
export interface Holdings {
  /** Open file descriptors of the processor. */
  descriptors: number
  /** Processes below it. */
  processes: number
  /** Of the processor, in megabytes. */
  residentMb: number
}

/** The command `pelton run` as a process of its own. */
export interface ProcessorProcess {
  /** Of the trigger that was started first. */
  readonly port: number
  /** Empty when the admin listener is off. */
  readonly metricsUrl: string
  isAlive(): boolean
  /** All 0 when it is gone. */
  holdings(): Holdings
  /** How many log lines there were of each message. */
  readonly messages: ReadonlyMap<string, number>
  /** Asks it to end and waits; what went wrong, in words. */
  stop(): Promise<string[]>
}

/** Where and with what it is started. */
export interface ProcessorOptions {
  /** Folder of the function. */
  folder: string
  platformFile: string
  /** More of the command line. */
  flags: readonly string[]
  /** Added to the environment. */
  env: Record<string, string>
}

/** Starts a function and waits until it serves. Its log is counted, not kept. */
export async function startProcessor({
  folder,
  platformFile,
  flags,
  env,
}: ProcessorOptions): Promise<ProcessorProcess> {
  const args = ['run', folder, ...flags, '--platform-config', platformFile, '--log-format', 'json']
  const { NODE_TEST_CONTEXT: _test, ...inherited } = process.env
  const child = spawn(process.execPath, [...tightHeap, bin, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const messages = new Map<string, number>()
  const started = Promise.withResolvers<void>()
  const last: string[] = []
  let port = 0
  let metricsUrl = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (last.push(line) > 20) last.shift()
    const message = /"message":"(\w+)"/.exec(line)?.[1] ?? 'printed'
    messages.set(message, (messages.get(message) ?? 0) + 1)
    if (message === 'trigger_started') port ||= Number(/"(?:http|ws):\/\/[^"]*?:(\d+)/.exec(line)?.[1] ?? 0)
    if (message !== 'function_started') return
    metricsUrl = /"(http:[^"]*\/metrics)"/.exec(line)?.[1] ?? ''
    started.resolve()
  })
  child.once('exit', (code) => started.reject(new Error(`it ended with ${code}:\n${last.join('\n')}`)))
  await started.promise
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  const holdings = (): Holdings => (isAlive() ? holdingsOf(child.pid ?? 0) : nothing)
  return { port, metricsUrl, messages, isAlive, holdings, stop: () => stop(child, last) }
}

const nothing: Holdings = { descriptors: 0, processes: 0, residentMb: 0 }

async function stop(child: ChildProcess, last: readonly string[]): Promise<string[]> {
  if (child.exitCode !== null || child.signalCode !== null)
    return [`the processor had ended: ${child.exitCode ?? child.signalCode}`]
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), killMs)
  const [code, signal] = await gone
  clearTimeout(timer)
  return code === 0 ? [] : [`the processor ended with ${code ?? signal}, its last lines:\n${last.slice(-6).join('\n')}`]
}

function holdingsOf(pid: number): Holdings {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    processes: countBelow(pid),
    residentMb: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1000,
  }
}

/** A process that ends meanwhile has nothing below it. */
function countBelow(pid: number): number {
  let count = 0
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean)
      count += children.reduce((sum, child) => sum + 1 + countBelow(Number(child)), 0)
    }
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  return count
}

/** Processes, of whatever parent, that have inherited `NAME=value`. */
export function processesWith(variable: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(variable))
    .map((pid) => ({ pid: Number(pid), command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }))
}

/** Ends a process of the soak that nobody else did. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(path.join('/proc', pid, file), 'utf8')
  } catch {
    return '' // It ended meanwhile, or it is another user's.
  }
}
