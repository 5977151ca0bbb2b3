import type { MessagePort } from 'node:worker_threads'

/** What a worker's thread is given beside the wire. */
export interface ThreadExtra {
  resident?: { port: MessagePort; data: unknown }
}
