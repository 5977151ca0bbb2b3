import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Load, post } from './load.ts'
import { type Server, cpuMicroseconds, residentMegabytes, startBare, startPelton } from './servers.ts'

const rounds = 5
const seconds = 3
const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))

interface Sample extends Load {
  cpuUs: number
}

type Samples = Map<string, Sample[]>

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function measure(server: Server, connections: number, forSeconds = seconds): Promise<Sample> {
  const before = cpuMicroseconds(server.pid)
  const load = await post(server.port, connections, forSeconds)
  return { ...load, cpuUs: (cpuMicroseconds(server.pid) - before) / load.requests }
}

/** Every server in turn, round after round, so that a slow minute of the machine meets all of them. */
async function interleave(servers: Server[], connections: number): Promise<Samples> {
  const samples: Samples = new Map(servers.map(({ name }) => [name, []]))
  for (const server of servers) await measure(server, connections, 1)
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) samples.get(server.name)?.push(await measure(server, connections))
  }
  for (const [name, list] of samples) {
    const failures = list.reduce((sum, { failures: of }) => sum + of, 0)
    if (failures > 0) throw new Error(`${name}: ${failures} requests failed`)
  }
  return samples
}

/** Medians of the ratios to `base`, pair by pair. */
function ratio(samples: Samples, name: string, of: (sample: Sample) => number, base = 'node:http'): number {
  const bases = samples.get(base) ?? []
  return median((samples.get(name) ?? []).map((sample, i) => of(sample) / of(bases[i] ?? sample)))
}

function medianOf(samples: Samples, name: string, of: (sample: Sample) => number): number {
  return median((samples.get(name) ?? []).map(of))
}

async function withServers<T>(starts: (() => Promise<Server>)[], use: (servers: Server[]) => Promise<T>): Promise<T> {
  const servers: Server[] = []
  try {
    for (const start of starts) servers.push(await start())
    return await use(servers)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

const inWorker = (): Promise<Server> => startPelton('in-worker', 'http-echo')
const dispatched = (): Promise<Server> =>
  startPelton('dispatched', 'http-echo', ['spec.triggers.http.kind=http', 'spec.triggers.http.placement=dispatched'])

async function echo(): Promise<string[]> {
  return withServers([() => startBare('node:http', 0), inWorker, dispatched], async (servers) => {
    const busy = await interleave(servers, 64)
    const calm = await interleave(servers, 1)
    const rows = servers.map(({ name }) => {
      const cpu = medianOf(busy, name, (s) => s.cpuUs)
      return [
        name,
        Math.round(medianOf(busy, name, (s) => s.perSecond)).toLocaleString('en'),
        cpu.toFixed(1),
        `${ratio(busy, name, (s) => s.cpuUs).toFixed(2)} ×`,
        `${Math.round(medianOf(busy, name, (s) => s.p99Us)) / 1000} ms`,
        `${Math.round(medianOf(calm, name, (s) => s.p50Us))} µs`,
      ]
    })
    return [table(['server', 'requests/s', 'CPU µs/request', 'of node:http', 'p99', 'p50, one in flight'], rows)]
  })
}

async function slow(): Promise<string> {
  const starts = [() => startBare('node:http', 10), () => startPelton('in-worker', 'http-slow')]
  return withServers(starts, async (servers) => {
    const rows: string[][] = []
    for (const connections of [200, 1000]) {
      const samples = await interleave(servers, connections)
      const allowed = await timersPerSecond(connections)
      for (const { name } of servers) {
        const perSecond = medianOf(samples, name, (s) => s.perSecond)
        rows.push([
          `${name}, ${connections} connections`,
          Math.round(perSecond).toLocaleString('en'),
          `${((100 * perSecond) / allowed).toFixed(0)} %`,
          `${ratio(samples, name, (s) => s.perSecond).toFixed(2)} ×`,
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

function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function record(text: string): void {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node.js ${process.version}`
  const result = `Medians of ${rounds} interleaved rounds, ${date}, ${machine}; the load generator shares the cores.\n\n${text}\n`
  writeFileSync(`${here}results.md`, `# Recorded by npm run bench\n\n${result}`)
  const readme = `${root}README.md`
  const marked = /(<!-- generated:bench -->\n)[\s\S]*?(<!-- \/generated -->)/
  writeFileSync(
    readme,
    readFileSync(readme, 'utf8').replace(marked, (_, open: string, close: string) => `${open}\n${result}\n${close}`),
  )
}

await fetch('data:,warm')
execFileSync(process.execPath, [`${root}scripts/build.ts`], { stdio: 'inherit' })
const parts = [...(await echo()), await slow(), await startAndMemory()]
record(parts.join('\n\n'))
process.stdout.write(`${parts.join('\n\n')}\n`)
