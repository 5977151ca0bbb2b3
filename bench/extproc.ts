import { pace, saturate } from './extproc/load.ts'
import {
  type Proxied,
  type ProxiedServers,
  startGrpcJs,
  startProcessor,
  withProxiedServers,
} from './extproc/proxied-servers.ts'
import type { Load } from './load.ts'
import { endedChildrenCpuMicroseconds, treeCpuMicroseconds } from './process-tree.ts'
import { type Sample, type Samples, interleave, median, medianOf, ratio, table, whole } from './samples.ts'

const rounds = { rounds: 5, seconds: 3 }
const connections = 64
const bare = 'no filter'
const peer = 'grpc-js'
const starts = { [bare]: undefined, [peer]: startGrpcJs, Pelton: () => startProcessor('Pelton') }
const wanted: Record<string, string> = { Pelton: '≥ 1.5 ×' }

/** `cpuUs` is the processor's. */
type ProxySample = Load & Sample & { envoyUs: number; loadUs: number }

/** What a header-only processor costs behind Envoy: Pelton, a minimal one on grpc-js, and Envoy alone. */
export async function measureExtProc(): Promise<string> {
  return withProxiedServers(starts, async (servers) => {
    const saturated = await compare(servers, ({ port }, seconds) => saturate(port, connections, seconds))
    const perSecond = Math.round(medianOf(saturated, peer, (s) => s.perSecond) / 2)
    const paced = await compare(servers, ({ port }, seconds) => pace(port, perSecond, seconds))
    const names = Object.keys(starts)
    return [about, saturatedTable(saturated, names), pacedTable(paced, names, perSecond)].join('\n\n')
  })
}

const about =
  `Medians of ${rounds.rounds} interleaved rounds through one Envoy (one worker thread) that answers by itself; each processor sets one header on the ` +
  'request and lets the response pass. CPU is that of all processes of a processor.'

function compare(
  { envoy, proxied }: ProxiedServers,
  load: (of: Proxied, seconds: number) => Promise<Load>,
): Promise<Samples<ProxySample>> {
  const subjects = proxied.map((of) => ({
    name: of.name,
    measure: (seconds: number) => measure(of, envoy.pid, () => load(of, seconds)),
  }))
  return interleave(subjects, rounds)
}

async function measure({ processor }: Proxied, envoyPid: number, load: () => Promise<Load>): Promise<ProxySample> {
  const now = (): number[] => [
    processor ? treeCpuMicroseconds(processor.pid) : 0,
    treeCpuMicroseconds(envoyPid),
    endedChildrenCpuMicroseconds(),
  ]
  const before = now()
  const result = await load()
  const [cpuUs = 0, envoyUs = 0, loadUs = 0] = now().map((us, i) => (us - (before[i] ?? 0)) / result.requests)
  return { ...result, cpuUs, envoyUs, loadUs }
}

function saturatedTable(samples: Samples<ProxySample>, names: readonly string[]): string {
  const header = [
    `${connections} connections`,
    'requests/s',
    'transactions per CPU second',
    'of grpc-js',
    'wanted',
    'CPU µs each',
    "Envoy's",
    "the load's",
    'p99',
  ]
  const rows = names.map((name) => {
    const of = (figure: (sample: ProxySample) => number): number => medianOf(samples, name, figure)
    const processor = [
      whole(of((s) => 1e6 / s.cpuUs)),
      `${ratio(samples, [name, peer], (s) => 1 / s.cpuUs).toFixed(2)} ×`,
      wanted[name] ?? '',
      of((s) => s.cpuUs).toFixed(1),
    ]
    return [
      name,
      whole(of((s) => s.perSecond)),
      ...(name === bare ? ['', '', '', ''] : processor),
      of((s) => s.envoyUs).toFixed(1),
      of((s) => s.loadUs).toFixed(1),
      `${(of((s) => s.p99Us) / 1000).toFixed(2)} ms`,
    ]
  })
  return table(header, rows)
}

function pacedTable(samples: Samples<ProxySample>, names: readonly string[], perSecond: number): string {
  const latency = ['added', 'of grpc-js', 'wanted']
  const header = [`${whole(perSecond)} requests/s`, 'p50', ...latency, 'p99', ...latency, 'CPU µs each', "Envoy's"]
  const rows = names.map((name) => [
    name,
    ...latencyCells(samples, name, { of: (s) => s.p50Us, wanted: '≤ 0.8 ×' }),
    ...latencyCells(samples, name, { of: (s) => s.p99Us, wanted: '≤ 1 ×' }),
    name === bare ? '' : medianOf(samples, name, (s) => s.cpuUs).toFixed(1),
    medianOf(samples, name, (s) => s.envoyUs).toFixed(1),
  ])
  return table(header, rows)
}

interface Latency {
  of: (sample: ProxySample) => number
  wanted: string
}

/** Added is what it is more than without the filter, in the same round. */
function latencyCells(samples: Samples<ProxySample>, name: string, latency: Latency): string[] {
  const us = (value: number): string => `${Math.round(value)} µs`
  const all = us(medianOf(samples, name, latency.of))
  if (name === bare) return [all, '', '', '']
  const added = addedOf(samples, name, latency.of)
  const ofPeer = addedOf(samples, peer, latency.of)
  const times = median(added.map((value, i) => value / (ofPeer[i] ?? Number.NaN)))
  return [all, us(median(added)), `${times.toFixed(2)} ×`, name in wanted ? latency.wanted : '']
}

function addedOf(samples: Samples<ProxySample>, name: string, of: (sample: ProxySample) => number): number[] {
  const base = samples.get(bare) ?? []
  return (samples.get(name) ?? []).map((sample, i) => of(sample) - of(base[i] ?? sample))
}
