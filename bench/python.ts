import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pythonPeers } from '../scripts/tools/python-peers.ts'
import { measureServer } from './http.ts'
import type { LoadShape } from './load.ts'
import { type WireSubject, startWire } from './python/wire-subject.ts'
import { type Samples, type Subject, interleave, median, medianOf, ratio, table, whole } from './samples.ts'
import { type Server, environment, startPelton, startProgram, withServers } from './servers.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('python/echo', import.meta.url))
const rounds = { rounds: 5, seconds: 2 }
const megabyte = 1 << 20

/** One line of the comparison: two subjects by name, and what the first should reach. */
interface Comparison {
  what: string
  ours: string
  peer: string
  targets: string
}

const comparisons: Comparison[] = [
  { what: '1 KB echo, at the wire', ours: 'wire', peer: 'peer wire', targets: '≥ 2.5 ×, ≤ 0.5 ×' },
  { what: '1 KB echo, http', ours: 'http', peer: 'peer http', targets: '≥ 2.5 ×, ≤ 0.5 ×' },
  { what: '1 MB in, `event.body`, at the wire', ours: 'wire body', peer: 'peer wire 1 MB', targets: '≥ 4 ×' },
  { what: '1 MB in, `event.body_view`, at the wire', ours: 'wire view', peer: 'peer wire 1 MB', targets: '≥ 5 ×' },
  { what: '1 MB in, http', ours: 'http 1 MB', peer: 'peer http 1 MB', targets: '≥ 2.5 ×' },
]

/** The Python runtime against a copy of nuclio's wire, more workers than cores, and the start of a worker. */
export async function measurePython(): Promise<string> {
  const { python, skip } = await pythonPeers()
  if (python === undefined) throw new Error(`the Python benchmark ${skip}`)
  process.env['PELTON_PYTHON'] = python
  const about =
    `Medians of ${rounds.rounds} interleaved rounds, one worker, a Python handler; the peer is a copy of nuclio's wire ` +
    '(msgpack in, JSON with base64 out, one event at a time) driven from Node.js. ' +
    '1 KB with 64, 1 MB with 8 in flight; CPU is of all processes of the server.'
  return [about, await compareWires(python), await compareWorkers(), await compareStarts(python)].join('\n\n')
}

async function compareWires(python: string): Promise<string> {
  return withWires(python, (wires) =>
    withServers([...peltonServers(), ...peerServers(python)], async (servers) => {
      const subjects = [...wires, ...servers.map((server) => httpSubject(server))]
      return comparisonTable(await interleave(subjects, rounds))
    }),
  )
}

async function withWires<T>(python: string, use: (wires: WireSubject[]) => Promise<T>): Promise<T> {
  const small = { python, folder, handler: 'handler:echo', bodyBytes: 1024, inFlight: 64 }
  const large = { python, folder, handler: 'handler:size', bodyBytes: megabyte, inFlight: 8 }
  const wires: WireSubject[] = []
  try {
    wires.push(await startWire('wire', { ...small, side: 'pelton' }))
    wires.push(await startWire('peer wire', { ...small, side: 'peer' }))
    wires.push(await startWire('wire body', { ...large, side: 'pelton' }))
    wires.push(await startWire('wire view', { ...large, side: 'pelton', handler: 'handler:view_size' }))
    wires.push(await startWire('peer wire 1 MB', { ...large, side: 'peer' }))
    return await use(wires)
  } finally {
    await Promise.all(wires.map((wire) => wire.stop()))
  }
}

function peltonServers(): (() => Promise<Server>)[] {
  return [
    () => startPelton('http', 'python/echo'),
    () => startPelton('http 1 MB', 'python/echo', ['spec.handler=handler:size']),
  ]
}

function peerServers(python: string): (() => Promise<Server>)[] {
  const start = (name: string, handler: string) => () =>
    startProgram(name, ['python/peer-server.ts', python, folder, handler])
  return [start('peer http', 'handler:echo'), start('peer http 1 MB', 'handler:size')]
}

function httpSubject(server: Server): Subject {
  const shape: Omit<LoadShape, 'seconds'> = server.name.endsWith('1 MB')
    ? { connections: 8, bodyBytes: megabyte }
    : { connections: 64 }
  return { name: server.name, measure: (seconds) => measureServer(server, { ...shape, seconds }) }
}

function comparisonTable(samples: Samples): string {
  const rows = comparisons.map(({ what, ours, peer, targets }) => [
    what,
    whole(medianOf(samples, ours, (s) => s.perSecond)),
    whole(medianOf(samples, peer, (s) => s.perSecond)),
    `${ratio(samples, [ours, peer], (s) => s.perSecond).toFixed(2)} ×`,
    medianOf(samples, ours, (s) => s.cpuUs).toFixed(1),
    medianOf(samples, peer, (s) => s.cpuUs).toFixed(1),
    `${ratio(samples, [ours, peer], (s) => s.cpuUs).toFixed(2)} ×`,
    targets,
  ])
  return table(['', 'events/s', 'peer', 'ratio', 'CPU µs/event', 'peer', 'ratio', 'wanted'], rows)
}

/** More workers than cores must not cost throughput. */
async function compareWorkers(): Promise<string> {
  const start = (count: number) => (): Promise<Server> =>
    startPelton(`${count} workers`, 'python/echo', [
      'spec.triggers.http.kind=http',
      `spec.triggers.http.numWorkers=${count}`,
    ])
  return withServers([start(2), start(4)], async (servers) => {
    const samples = await interleave(servers.map(httpSubject), rounds)
    const rows = servers.map(({ name }) => [
      name,
      whole(medianOf(samples, name, (s) => s.perSecond)),
      medianOf(samples, name, (s) => s.cpuUs).toFixed(1),
      `${ratio(samples, [name, '2 workers'], (s) => s.perSecond).toFixed(2)} ×`,
    ])
    return table(['1 KB echo, http', 'events/s', 'CPU µs/event', 'of 2 workers'], rows)
  })
}

async function compareStarts(python: string): Promise<string> {
  const file = fileURLToPath(new URL('python/start-worker.ts', import.meta.url))
  const { stdout } = await run(process.execPath, [file, python, folder, '15'], { env: environment(), timeout: 60_000 })
  const { bare, worker } = JSON.parse(stdout) as { bare: number[]; worker: number[] }
  const [bareMs, workerMs] = [median(bare), median(worker)]
  return table(
    ['`python3 -c pass`', 'a worker, from asking to ready', 'more', 'wanted'],
    [[`${bareMs.toFixed(1)} ms`, `${workerMs.toFixed(1)} ms`, `${(workerMs - bareMs).toFixed(1)} ms`, '≤ 25 ms']],
  )
}
