import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { judgeMemory } from '../judge-memory.ts'
import { type Holdings, type ProcessorProcess, startProcessor } from '../processor-process.ts'
import { createRandom } from '../random.ts'
import { functionFile } from './function-file.ts'
import { judgeCounts } from './judge-counts.ts'
import { parseMetrics } from './metrics.ts'
import { drawSession } from './sessions.ts'
import { type Receiver, type Receivers, startWebhookReceiver } from './webhook-receiver.ts'
import { startWebSocketReceiver } from './websocket-receiver.ts'

/** How long peers come and go, and the seed of what they do. */
export interface PeersSize {
  seconds: number
  seed: number
}

/** What a soak with peers has shown. */
export interface PeersReport {
  seconds: number
  /** Sessions by their kind. */
  sessions: Map<string, number>
  /** Counts of the end, by what is counted. */
  counts: Record<string, number>
  messages: ReadonlyMap<string, number>
  samplesMb: number[]
  before: Holdings
  after: Holdings
  /** What must not be, in words; at best none. */
  faults: string[]
}

/** Sessions at a time. */
const lanes = 24
const settleMs = 30_000
/** In less time memory is still growing into its use. */
const settledSeconds = 120

/** Clients and targets that come, go, stall and die around one processor; `folder` is an empty one, and removed. */
export async function soakPeers(size: PeersSize, folder: string): Promise<PeersReport> {
  const webhook = await startWebhookReceiver()
  const websocket = await startWebSocketReceiver()
  try {
    const processor = await start(folder, webhook, websocket)
    try {
      return await soakIn(processor, { webhook, websocket }, size)
    } finally {
      await processor.stop()
    }
  } finally {
    await Promise.all([webhook.close(), websocket.close()])
    rmSync(folder, { recursive: true, force: true })
  }
}

function start(folder: string, webhook: Receiver, websocket: Receiver): Promise<ProcessorProcess> {
  const home = path.join(folder, 'function')
  const platformFile = path.join(folder, 'platform.yaml')
  mkdirSync(home)
  writeFileSync(platformFile, "webAdmin: { listenAddress: '127.0.0.1:0' }\nhealthCheck: { enabled: false }\n")
  writeFileSync(
    path.join(home, 'function.yaml'),
    functionFile({ webhookPort: webhook.port, websocketPort: websocket.port }),
  )
  copyFileSync(path.join(import.meta.dirname, 'function/handler.mjs'), path.join(home, 'handler.mjs'))
  return startProcessor({ folder: home, platformFile, flags: [], env: { TMPDIR: folder } })
}

async function soakIn(processor: ProcessorProcess, receivers: Receivers, size: PeersSize): Promise<PeersReport> {
  const before = processor.holdings()
  const since = performance.now()
  const load = await loadProcessor(processor, receivers, size)
  const seconds = (performance.now() - since) / 1000
  const metrics = await settled(processor, before)
  const after = processor.holdings()
  const { faults, counts } = judgeCounts(metrics, receivers, seconds)
  faults.push(...load.faults, ...judgeHoldings(before, after))
  const grown = size.seconds >= settledSeconds ? judgeMemory(load.samplesMb) : undefined
  if (grown !== undefined) faults.push(grown)
  faults.push(...(await processor.stop()))
  return { ...load, seconds, counts, messages: processor.messages, before, after, faults }
}

async function loadProcessor(
  { port, holdings, isAlive }: ProcessorProcess,
  receivers: Receivers,
  { seconds, seed }: PeersSize,
): Promise<Pick<PeersReport, 'sessions' | 'samplesMb' | 'faults'>> {
  const until = performance.now() + seconds * 1000
  const isOver = (): boolean => performance.now() >= until || !isAlive()
  const sessions = new Map<string, number>()
  const faults: string[] = []
  const samplesMb: number[] = []
  let started = 0
  const lane = async (_: unknown, index: number): Promise<void> => {
    const random = createRandom(seed + index)
    while (!isOver()) {
      const session = drawSession(random)
      sessions.set(session.name, (sessions.get(session.name) ?? 0) + 1)
      try {
        const fault = await session({ port, name: `s${started++}`, random })
        if (fault !== undefined) faults.push(fault)
      } catch (error) {
        faults.push(`${session.name}: ${String(error)}`)
      }
    }
  }
  const sampling = setInterval(() => samplesMb.push(holdings().residentMb), 1000)
  const troubles = Object.values(receivers).map((receiver: Receiver, i) => trouble(receiver, seed - 1 - i, isOver))
  await Promise.all([...Array.from({ length: lanes }, lane), ...troubles])
  clearInterval(sampling)
  return { sessions, samplesMb, faults }
}

/** A receiver is well and bad in turn. */
async function trouble(receiver: Receiver, seed: number, isOver: () => boolean): Promise<void> {
  const random = createRandom(seed)
  while (!isOver()) {
    await sleep(1000 + random() * 4000)
    if (!isOver()) await receiver.misbehave(random() * 4000, random)
  }
}

/** The metrics once the queues of the sinks are empty and nothing more is held than before, or after too long. */
async function settled(processor: ProcessorProcess, before: Holdings): Promise<ReturnType<typeof parseMetrics>> {
  const deadline = performance.now() + settleMs
  for (;;) {
    const metrics = await scrape(processor)
    const queued = [...metrics].filter(([name]) => name.startsWith('pelton_sink_queued'))
    const isIdle = queued.length === 2 && queued.every(([, count]) => count === 0)
    if (isIdle && judgeHoldings(before, processor.holdings()).length === 0) return metrics
    if (performance.now() > deadline) return metrics
    await sleep(200)
  }
}

async function scrape({ metricsUrl }: ProcessorProcess): Promise<ReturnType<typeof parseMetrics>> {
  const answer = await fetch(metricsUrl, { headers: { connection: 'close' } })
  return parseMetrics(await answer.text())
}

/** Sinks may hold a connection more or less, and so may the reader of the metrics. */
function judgeHoldings(before: Holdings, after: Holdings): string[] {
  const grown = after.descriptors - before.descriptors
  const faults =
    after.processes === before.processes ? [] : [`${after.processes} processes, ${before.processes} before`]
  return grown > 4 ? [...faults, `${grown} descriptors more than before`] : faults
}
