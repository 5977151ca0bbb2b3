// node wire-server.ts OPTIONS: a worker without any trigger, driven from here; tells by IPC what each run has counted.
import { createRuntimeCatalogue } from '@pelton/runtimes'
import { eventData } from '@pelton/testkit'
import type { EventData, Outcome, Worker, WorkerSpec } from '@pelton/core'
import { childrenCpuMicroseconds } from '../process-tree.ts'
import { Peer } from './peer.ts'
import { workerSpec } from './worker-spec.ts'

/** What is measured. */
export interface WireOptions {
  side: 'pelton' | 'peer'
  python: string
  folder: string
  handler: string
  bodyBytes: number
  inFlight: number
}

/** What one run has counted. */
export interface WireCounts {
  events: number
  ms: number
  /** Of this process and all below it. */
  cpuUs: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as WireOptions
const body = Buffer.allocUnsafeSlow(options.bodyBytes).fill('x')
const headers = { host: 'localhost:8080', 'content-length': String(body.length), 'user-agent': 'bench', accept: '*/*' }
const expected = options.handler.endsWith('echo') ? body.length : String(body.length).length
let count = 0

function nextEvent(): EventData {
  return eventData(body, { id: String(++count), headers, contentType: 'application/octet-stream' })
}

/** Handles one event; the length of what was answered. */
type Side = (event: EventData) => Promise<number>

async function peerSide(): Promise<Side> {
  const peer = await Peer.start(options.python, options.folder, options.handler)
  return async (event) => (await peer.handle(event)).body.length
}

/** Sends what the worker bears at a time; the rest waits here, in the order in which it came. */
async function peltonSide(): Promise<Side> {
  const found = await createRuntimeCatalogue().runtime('python')
  if (!found) throw new Error('there is no runtime python')
  const spec: WorkerSpec = workerSpec(options.folder, options.handler, options.inFlight)
  const worker = await (await found.manifest.load()).spawn(spec)
  const room = Math.min(options.inFlight, (worker.concurrency ?? spec.concurrency) + (worker.ahead ?? 0))
  return inLine(worker, room)
}

function inLine(worker: Worker, room: number): Side {
  const waiting: { event: EventData; resolve: (length: number) => void; reject: (error: unknown) => void }[] = []
  let free = room
  const run = async (event: EventData): Promise<number> => {
    const outcome = await worker.handle(event).outcome
    const next = waiting.shift()
    if (next) run(next.event).then(next.resolve, next.reject)
    else free++
    return lengthOf(outcome)
  }
  return (event) => {
    if (free > 0) {
      free--
      return run(event)
    }
    return new Promise((resolve, reject) => waiting.push({ event, resolve, reject }))
  }
}

function lengthOf(outcome: Outcome): number {
  if (outcome.status === 'failed') throw outcome.error
  return (outcome.response.body as Uint8Array).length
}

async function measure(side: Side, ms: number): Promise<WireCounts> {
  let events = 0
  const since = performance.now()
  const own = process.cpuUsage()
  const below = childrenCpuMicroseconds(process.pid)
  const loop = async (): Promise<void> => {
    while (performance.now() < since + ms) {
      const length = await side(nextEvent())
      if (length !== expected) throw new Error(`${length} bytes were answered instead of ${expected}`)
      events++
    }
  }
  await Promise.all(Array.from({ length: options.inFlight }, loop))
  const { user, system } = process.cpuUsage(own)
  const cpuUs = user + system + childrenCpuMicroseconds(process.pid) - below
  return { events, ms: performance.now() - since, cpuUs }
}

const side = await (options.side === 'peer' ? peerSide() : peltonSide())
process.on('message', (ms: number) => {
  void measure(side, ms).then((counts) => process.send?.(counts))
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
