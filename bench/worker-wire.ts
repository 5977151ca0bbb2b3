// Cost of one event over the worker wire between two threads: CPU of both, and time. Run: npx node bench/worker-wire.ts
import { Worker as Thread } from 'node:worker_threads'
import type { EventData, Worker, WorkerHooks } from '@pelton/core'
import {
  createBegunMemory,
  createThreadChannel,
  createThreadLink,
  createWireWorker,
  openBegunMemory,
} from '@pelton/protocols/worker'
import { eventData } from '@pelton/testkit'

const hooks: WorkerHooks = { log: () => {}, fault: () => {}, call: async () => undefined }

async function startEcho(slots: number): Promise<Worker> {
  const link = createThreadLink()
  const begun = createBegunMemory(slots)
  const thread = new Thread(new URL('./worker-wire-echo.ts', import.meta.url), {
    workerData: { link: link.there, begun },
    transferList: link.transfer,
  })
  const gone = new Promise<string>((resolve) => thread.once('exit', () => resolve('ended')))
  const vessel = { gone, kill: () => void thread.terminate() }
  const trigger = { kind: 'http', name: 'http' }
  const channel = createThreadChannel(link.here)
  return createWireWorker({
    channel,
    vessel,
    worker: 'echo',
    start: {},
    trigger,
    slots,
    begun: openBegunMemory(begun),
    hooks,
  })
}

const small = Buffer.alloc(16_385, 'x')

function eventOf(bytes: number): EventData {
  const body = bytes > 16_384 ? Buffer.allocUnsafeSlow(bytes) : small.subarray(0, bytes)
  return eventData(body, {
    contentType: 'application/octet-stream',
    headers: { host: 'localhost:8080', 'content-length': String(bytes), 'user-agent': 'bench', accept: '*/*' },
  })
}

async function measure(worker: Worker, bytes: number, inFlight: number, ms: number): Promise<void> {
  const times: number[] = []
  let count = 0
  const until = performance.now() + ms
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const start = performance.now()
      const outcome = await worker.handle(eventOf(bytes)).outcome
      if (outcome.status === 'failed') throw outcome.error
      if (count++ % 16 === 0) times.push(performance.now() - start)
    }
  }
  const cpu = process.cpuUsage()
  const start = performance.now()
  await Promise.all(Array.from({ length: inFlight }, one))
  const used = process.cpuUsage(cpu)
  const elapsed = performance.now() - start
  times.sort((a, b) => a - b)
  const at = (share: number): string => ((times[Math.floor(times.length * share)] ?? 0) * 1000).toFixed(0)
  const perEvent = ((used.user + used.system) / count).toFixed(2)
  const rate = ((count / elapsed) * 1000).toFixed(0)
  console.log(
    `${bytes} B, ${inFlight} in flight: ${rate}/s, ${perEvent} µs CPU an event, p50 ${at(0.5)} µs, p99 ${at(0.99)} µs`,
  )
}

const worker = await startEcho(64)
const ms = Number(process.argv[2] ?? 1500)
await measure(worker, 1024, 64, ms / 3)
await measure(worker, 1024, 64, ms)
await measure(worker, 1024, 64, ms)
await measure(worker, 1024, 1, ms)
await measure(worker, 8 * 1024, 16, ms)
await measure(worker, 16 * 1024, 16, ms)
await measure(worker, 32 * 1024, 16, ms)
await measure(worker, 100 * 1024, 16, ms)
await measure(worker, 100 * 1024, 1, ms)
await worker.stop(1000)
