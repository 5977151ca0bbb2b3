import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { residentMegabytes, treeCpuMicroseconds } from './process-tree.ts'
import { type Sample, type Samples, interleave, medianOf, ratio, table, whole } from './samples.ts'
import { type Server, environment, startPelton, startProgram, withServers } from './servers.ts'

const run = promisify(execFile)
const rounds = { rounds: 5, seconds: 3 }
const idleConnections = 10_000

/** What the load generator prints. */
interface EchoLoad {
  messages: number
  perSecond: number
  p50Us: number
  p99Us: number
}

type EchoSample = EchoLoad & Sample

/** The websocket trigger against `ws` alone, and its memory for connections that say nothing. */
export async function measureWebSocket(): Promise<string> {
  const about =
    `Medians of ${rounds.rounds} interleaved rounds; echo of 100-byte messages over 64 connections. ` +
    'The load generator takes most of one of the cores.'
  return [about, await compareEchoes(), await idleMemory()].join('\n\n')
}

const bare = (): Promise<Server> => startProgram('ws', ['websocket/bare-server.ts'])
const inWorker = (): Promise<Server> => startWebSocket('in-worker, one worker', [])
const dispatched = (): Promise<Server> => startWebSocket('dispatched, two workers', ['spec.triggers.echo.numWorkers=2'])

function startWebSocket(name: string, sets: string[]): Promise<Server> {
  return startPelton(name, 'websocket-echo', sets)
}

async function compareEchoes(): Promise<string> {
  return withServers([bare, inWorker, dispatched], async (servers) => {
    const rows: string[][] = []
    for (const inFlight of [1, 8]) rows.push(...echoRows(await compare(servers, inFlight), servers, inFlight))
    return table(['', 'messages/s', 'of ws', 'wanted', 'CPU µs/message', 'of ws', 'p50', 'p99'], rows)
  })
}

const wanted: Record<string, string> = {
  'in-worker, one worker 1': '≥ 0.9 ×',
  'dispatched, two workers 1': '≥ 0.7 ×',
  'in-worker, one worker 8': '≥ 3 ×',
}

function compare(servers: readonly Server[], inFlight: number): Promise<Samples<EchoSample>> {
  const subjects = servers.map((server) => ({
    name: server.name,
    measure: (seconds: number) => measureEcho(server, inFlight, seconds),
  }))
  return interleave(subjects, rounds)
}

async function measureEcho(server: Server, inFlight: number, seconds: number): Promise<EchoSample> {
  const before = treeCpuMicroseconds(server.pid)
  const file = fileURLToPath(new URL('websocket/echo-load.ts', import.meta.url))
  const args = [file, server.port, 64, inFlight, seconds].map(String)
  const { stdout } = await run(process.execPath, args, { env: environment(), timeout: (seconds + 30) * 1000 })
  const load = JSON.parse(stdout) as EchoLoad
  return { ...load, cpuUs: (treeCpuMicroseconds(server.pid) - before) / load.messages }
}

function echoRows(samples: Samples<EchoSample>, servers: readonly Server[], inFlight: number): string[][] {
  return servers.map(({ name }) => [
    `${name}, ${inFlight === 1 ? 'ping-pong' : `${inFlight} in flight`}`,
    whole(medianOf(samples, name, (s) => s.perSecond)),
    `${ratio(samples, [name, 'ws'], (s) => s.perSecond).toFixed(2)} ×`,
    wanted[`${name} ${inFlight}`] ?? '',
    medianOf(samples, name, (s) => s.cpuUs).toFixed(1),
    `${ratio(samples, [name, 'ws'], (s) => s.cpuUs).toFixed(2)} ×`,
    `${Math.round(medianOf(samples, name, (s) => s.p50Us))} µs`,
    `${Math.round(medianOf(samples, name, (s) => s.p99Us))} µs`,
  ])
}

async function idleMemory(): Promise<string> {
  const rows: string[][] = []
  for (const start of [bare, inWorker, dispatched]) {
    await withServers([start], async ([server]) => {
      if (!server) return
      const before = residentMegabytes(server.pid)
      const held = await holdIdle(server.port)
      const after = residentMegabytes(server.pid)
      await held.stop()
      const kilobytes = ((after - before) * 1000) / idleConnections
      rows.push([server.name, `${before.toFixed(0)} MB`, `${after.toFixed(0)} MB`, `${kilobytes.toFixed(1)} KB`])
    })
  }
  return table(['memory', 'without', `${whole(idleConnections)} idle (wanted < 220 MB)`, 'a connection'], rows)
}

async function holdIdle(port: number): Promise<{ stop: () => Promise<void> }> {
  const file = fileURLToPath(new URL('websocket/idle-load.ts', import.meta.url))
  const child = spawn(process.execPath, [file, String(port), String(idleConnections)], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const [count] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), gone])) as [unknown]
  if (Number(count) !== idleConnections) throw new Error(`only ${String(count)} connections could be opened`)
  return {
    async stop() {
      child.kill('SIGTERM')
      await gone
    },
  }
}
