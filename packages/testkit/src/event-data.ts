import { randomUUID } from 'node:crypto'
import type { EventData } from '@pelton/core'

/** An event with a body, as an http trigger might hand it out; `facts` replace what they name. */
export function eventData(body: string | Uint8Array = '', facts: Partial<EventData> = {}): EventData {
  return {
    id: randomUUID(),
    attempt: 1,
    trigger: { kind: 'http', name: 'http' },
    timestamp: new Date(),
    method: 'POST',
    path: '/',
    url: '/',
    contentType: 'text/plain',
    headers: {},
    fields: {},
    body: typeof body === 'string' ? Buffer.from(body) : body,
    shardId: -1,
    offset: 0,
    topic: '',
    ...facts,
  }
}
