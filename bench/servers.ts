import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../packages/cli/bin/pelton.cjs', import.meta.url))
/** As users run it: the built packages, not the sources. */
const environment = { ...process.env, NODE_OPTIONS: '' }

/** A server under measurement. */
export interface Server {
  name: string
  port: number
  pid: number
  /** Milliseconds from spawning to the first answer; 0 where it was not watched. */
  startMs: number
  stop(): Promise<void>
}

/** Starts node:http alone. */
export async function startBare(name: string, delayMs: number): Promise<Server> {
  const child = spawn(process.execPath, [`${here}bare-server.ts`, String(delayMs)], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    return serverOf(name, child, Number(line), 0)
  }
  throw new Error(`${name} did not start`)
}

/** Starts the command as users do; `sets` are `--set` values. Resolves at the first answer. */
export async function startPelton(name: string, folder: string, sets: string[] = []): Promise<Server> {
  const flags = ['--port', '0', '--log-format', 'json', ...sets.flatMap((set) => ['--set', set])]
  const since = performance.now()
  const child = spawn(process.execPath, [bin, 'run', `${here}${folder}`, ...flags], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = createInterface({ input: child.stderr })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
    lines.on('line', (line) => {
      const found = /http:\/\/(?:127\.0\.0\.1|localhost|\[::\]|0\.0\.0\.0):(\d+)/.exec(line)
      if (found && /default-http|trigger/.test(line)) resolve(Number(found[1]))
    })
  })
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' })
  await answer.arrayBuffer()
  return serverOf(name, child, port, performance.now() - since)
}

function serverOf(name: string, child: ChildProcess, port: number, startMs: number): Server {
  const { pid } = child
  if (pid === undefined) throw new Error(`${name} has no process`)
  return {
    name,
    port,
    pid,
    startMs,
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** User and system time of a process with all its threads, in microseconds; from /proc, Linux only. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return ticks * 10_000
}

/** Resident memory of a process, in megabytes. */
export function residentMegabytes(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) / 1000
}
