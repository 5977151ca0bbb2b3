import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../packages/cli/bin/pelton.cjs', import.meta.url))

/** As users run it: the built packages, not the sources. */
export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: '' }
}

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
export function startBare(name: string, delayMs: number): Promise<Server> {
  return startProgram(name, ['bare-server.ts', String(delayMs)])
}

/** Starts a program of this folder that prints its port. */
export async function startProgram(name: string, [file = '', ...args]: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [`${here}${file}`, ...args], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    return serverOf(name, child, Number(line), 0)
  }
  throw new Error(`${name} did not start`)
}

/** Starts the command as users do; `sets` are `--set` values. Resolves at the first answer. */
export async function startPelton(name: string, folder: string, sets: string[] = []): Promise<Server> {
  const since = performance.now()
  const server = await startListening(name, folder, sets)
  const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body: 'x' })
  await answer.arrayBuffer()
  return { ...server, startMs: performance.now() - since }
}

/** The same for what no HTTP client can ask. Resolves when it listens. */
export async function startListening(name: string, folder: string, sets: string[] = []): Promise<Server> {
  // The ports of other triggers than http stand in their files.
  const httpPort = /^(websocket|extproc)/.test(folder) ? [] : ['--port', '0']
  const flags = [...httpPort, '--log-format', 'json', ...sets.flatMap((set) => ['--set', set])]
  const since = performance.now()
  const child = spawn(process.execPath, [bin, 'run', `${here}${folder}`, ...flags], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = createInterface({ input: child.stderr })
  const port = await new Promise<number>((resolve, reject) => {
    let last = ''
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}: ${last}`)))
    lines.on('line', (line) => {
      last = line
      const found = /(?:http|ws|grpc):\/\/(?:127\.0\.0\.1|localhost|\[::\]|0\.0\.0\.0):(\d+)/.exec(line)
      if (found && /default-http|trigger/.test(line)) resolve(Number(found[1]))
    })
  })
  return serverOf(name, child, port, performance.now() - since)
}

/** A program that is told its port, and where it answers when it is ready. */
export interface Serving {
  name: string
  port: number
  command: { file: string; args: readonly string[]; env: NodeJS.ProcessEnv }
  readyPath: string
}

/** Starts a program that says nothing; resolves when it answers 200 there, within a minute. */
export async function startServing({ name, port, command, readyPath }: Serving): Promise<Server> {
  const since = performance.now()
  const child = spawn(command.file, command.args, { env: command.env, stdio: 'ignore' })
  const server = serverOf(name, child, port, 0)
  while (child.exitCode === null && performance.now() - since < 60_000) {
    const answer = await fetch(`http://127.0.0.1:${port}${readyPath}`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.status === 200) return { ...server, startMs: performance.now() - since }
    await sleep(20)
  }
  if (child.exitCode === null) await server.stop()
  throw new Error(`${name} is not ready; its exit code is ${child.exitCode}`)
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

/** Servers for as long as they are used; whatever was started is stopped. */
export async function withServers<T, S extends Server = Server>(
  starts: (() => Promise<S>)[],
  use: (servers: S[]) => Promise<T>,
): Promise<T> {
  const servers: S[] = []
  try {
    for (const start of starts) servers.push(await start())
    return await use(servers)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}
