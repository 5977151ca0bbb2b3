import { setTimeout as sleep } from 'node:timers/promises'
import { type Load, type LoadShape, post } from './load.ts'
import { residentMegabytes, treeCpuMicroseconds } from './process-tree.ts'
import { type Sample, type Samples, interleave, median, medianOf, ratio, table, whole } from './samples.ts'
import { type Server, startBare, startPelton, withServers } from './servers.ts'

const rounds = { rounds: 5, seconds: 3 }

/** What one run of the load generator and /proc say. */
export type LoadSample = Load & Sample

/** Loads a server for so long; requests that failed are an error. */
export async function measureServer(server: Server, shape: LoadShape): Promise<LoadSample> {
  const before = treeCpuMicroseconds(server.pid)
  const load = await post(server.port, shape)
  if (load.failures > 0) throw new Error(`${server.name}: ${load.failures} requests failed`)
  return { ...load, cpuUs: (treeCpuMicroseconds(server.pid) - before) / load.requests }
}

function compare(servers: readonly Server[], connections: number): Promise<Samples<LoadSample>> {
  const subjects = servers.map((server) => ({
    name: server.name,
    measure: (seconds: number) => measureServer(server, { connections, seconds }),
  }))
  return interleave(subjects, rounds)
}

const inWorker = (): Promise<Server> => startPelton('in-worker', 'http-echo')
const dispatched = (): Promise<Server> =>
  startPelton('dispatched', 'http-echo', ['spec.triggers.http.kind=http', 'spec.triggers.http.placement=dispatched'])

/** The http trigger with functions of Node.js against node:http alone, its start and its memory. */
export async function measureHttp(): Promise<string> {
  const about = `Medians of ${rounds.rounds} interleaved rounds; POST of a 1 KB echo over 64 keep-alive connections.`
  return [about, await echo(), await slow(), await startAndMemory()].join('\n\n')
}

async function echo(): Promise<string> {
  return withServers([() => startBare('node:http', 0), inWorker, dispatched], async (servers) => {
    const busy = await compare(servers, 64)
    const calm = await compare(servers, 1)
    const rows = servers.map(({ name }) => [
      name,
      whole(medianOf(busy, name, (s) => s.perSecond)),
      medianOf(busy, name, (s) => s.cpuUs).toFixed(1),
      `${ratio(busy, [name, 'node:http'], (s) => s.cpuUs).toFixed(2)} ×`,
      `${Math.round(medianOf(busy, name, (s) => s.p99Us)) / 1000} ms`,
      `${Math.round(medianOf(calm, name, (s) => s.p50Us))} µs`,
    ])
    return table(['server', 'requests/s', 'CPU µs/request', 'of node:http', 'p99', 'p50, one in flight'], rows)
  })
}

async function slow(): Promise<string> {
  const starts = [() => startBare('node:http', 10), () => startPelton('in-worker', 'http-slow')]
  return withServers(starts, async (servers) => {
    const rows: string[][] = []
    for (const connections of [200, 1000]) {
      const samples = await compare(servers, connections)
      const allowed = await timersPerSecond(connections)
      for (const { name } of servers) {
        const perSecond = medianOf(samples, name, (s) => s.perSecond)
        rows.push([
          `${name}, ${connections} connections`,
          whole(perSecond),
          `${((100 * perSecond) / allowed).toFixed(0)} %`,
          `${ratio(samples, [name, 'node:http'], (s) => s.perSecond).toFixed(2)} ×`,
        ])
      }
    }
    return table(['10 ms timers', 'requests/s', 'of what the timers allow', 'of node:http'], rows)
  })
}

/** How often so many loops of 10 ms timers fire when nothing else is done. */
async function timersPerSecond(loops: number): Promise<number> {
  let fired = 0
  const until = performance.now() + 2000
  const loop = async (): Promise<void> => {
    while (performance.now() < until) {
      await sleep(10)
      fired++
    }
  }
  await Promise.all(Array.from({ length: loops }, loop))
  return fired / 2
}

async function startAndMemory(): Promise<string> {
  const starts: number[] = []
  for (let i = 0; i < 7; i++) {
    await withServers([inWorker], async ([server]) => void starts.push(server?.startMs ?? Number.NaN))
  }
  const memory: number[] = []
  for (const numWorkers of [1, 2, 4]) {
    const sets = ['spec.triggers.http.kind=http', `spec.triggers.http.numWorkers=${numWorkers}`]
    await withServers([() => startPelton('hello', 'http-echo', sets)], async ([server]) => {
      memory.push(server ? residentMegabytes(server.pid) : Number.NaN)
    })
  }
  const [one = 0, , four = 0] = memory
  return table(
    ['start to first answer', 'memory, one worker', 'each further worker'],
    [[`${median(starts).toFixed(0)} ms`, `${one.toFixed(0)} MB`, `${((four - one) / 3).toFixed(1)} MB`]],
  )
}
