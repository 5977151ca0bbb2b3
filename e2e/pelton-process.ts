import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** One line of a JSON log. */
export interface LogLine extends Record<string, unknown> {
  time: string
  level: string
  message: string
}

/** The command `pelton` as a process of its own. */
export interface PeltonProcess {
  readonly child: ChildProcessWithoutNullStreams
  readonly stdout: () => Buffer
  readonly stderr: () => string
  /** Log lines so far. */
  readonly lines: () => LogLine[]
  /** The first log line of this message, from line number `from`; rejects when the process ends before. */
  line(message: string, from?: number): Promise<LogLine>
  /** Resolves when stderr matches; rejects when the process ends before. */
  says(pattern: RegExp): Promise<void>
  /** Address of the first trigger that has one. */
  url(): Promise<string>
  /** Resolves when the process is gone. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** After a first signal: sends `signal` until it counts as a second one, and waits for the end. */
  endNow(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Sends SIGTERM and waits; SIGKILL when that takes 20 s. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** How the process is started. */
export interface StartOptions {
  cwd?: string
  env?: Record<string, string>
  input?: string | Uint8Array
  execArgv?: readonly string[]
  /** Another script than the bin; empty: none. */
  bin?: string
}

const ownBin = fileURLToPath(new URL('../packages/cli/bin/pelton.cjs', import.meta.url))
const killMs = 20_000

/** Starts the bin from the sources, without the shell's own colours and ports. */
export function startPelton(args: readonly string[], options: StartOptions = {}): PeltonProcess {
  const { bin = ownBin, execArgv = ['--conditions=pelton-source'] } = options
  const { NODE_OPTIONS: _options, FORCE_COLOR: _colour, NODE_TEST_CONTEXT: _test, ...env } = process.env
  const child = spawn(process.execPath, [...execArgv, ...(bin === '' ? [] : [bin]), ...args], {
    cwd: options.cwd,
    env: { ...env, ...options.env },
  })
  const out: Buffer[] = []
  let err = ''
  let isGone = false
  const waiting = new Set<() => void>()
  const wake = (): void => waiting.forEach((check) => check())
  child.stdout.on('data', (part: Buffer) => void out.push(part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    err += part
    wake()
  })
  // A process that ended before it read its input is what some tests are about.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input)
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => {
      isGone = true
      resolve({ code, signal })
      wake()
    })
  })

  const lines = (): LogLine[] =>
    err
      .slice(0, err.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((text) => text.startsWith('{'))
      .map((text) => JSON.parse(text) as LogLine)

  const waitFor = <T>(what: string, find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = find()
        if (found !== undefined) resolve(found)
        else if (isGone) reject(new Error(`pelton ended before ${what}:\n${err}`))
        else return
        waiting.delete(check)
      }
      waiting.add(check)
      check()
    })

  const line = (message: string, from = 0): Promise<LogLine> =>
    waitFor(`the log line ${message}`, () =>
      lines()
        .slice(from)
        .find((one) => one.message === message),
    )

  return {
    child,
    stdout: () => Buffer.concat(out),
    stderr: () => err,
    lines,
    line,
    says: (pattern) => waitFor(`saying ${pattern}`, () => (pattern.test(err) ? true : undefined)).then(() => undefined),
    async url() {
      await line('function_started')
      const urls = lines().flatMap((one) => (Array.isArray(one.urls) ? (one.urls as string[]) : []))
      if (urls[0] === undefined) throw new Error(`no trigger has an address:\n${err}`)
      return urls[0].replace('//0.0.0.0', '//127.0.0.1').replace(/\/$/, '')
    },
    ended,
    async endNow(signal) {
      const timer = setInterval(() => child.kill(signal), 50)
      return ended.finally(() => clearInterval(timer))
    },
    async stop() {
      if (!isGone) child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), killMs)
      const end = await ended
      clearTimeout(timer)
      return end
    },
  }
}

/** Runs a command to its end. */
export async function runPelton(
  args: readonly string[],
  options: StartOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const pelton = startPelton(args, options)
  const { code } = await pelton.ended
  return { code, stdout: pelton.stdout().toString(), stderr: pelton.stderr() }
}
