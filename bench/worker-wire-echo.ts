import { workerData } from 'node:worker_threads'
import type { EventData, Outcome } from '@pelton/core'
import {
  createThreadChannel,
  createWireHooks,
  openBegunMemory,
  serveWorker,
  type ThreadLink,
} from '@pelton/protocols/worker'

// The smallest host: what is measured is the wire, not the handler's loading and calling.
const data = workerData as { link: ThreadLink; begun: SharedArrayBuffer }
const channel = createThreadChannel(data.link)
const finished = Promise.resolve()

function handle(event: EventData): { outcome: Promise<Outcome>; begunAt: () => number } {
  const response = { status: 200, headers: [], contentType: event.contentType, body: event.body }
  return { outcome: Promise.resolve({ status: 'handled', response, finished }), begunAt: () => 0 }
}

serveWorker({
  channel,
  hooks: createWireHooks(channel),
  begun: openBegunMemory(data.begun),
  load: async () => ({ worker: { handle }, trigger: { kind: 'http', name: 'http' } }),
  onEnd: () => process.exit(0),
})
