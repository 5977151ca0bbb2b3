import { randomUUID } from 'node:crypto'
import type { Bytes, EventData } from '@pelton/core'

/** What a handler asks of a model, as the event that the model's worker gets. */
export function modelEvent(model: string, body: Bytes, extra: Record<string, unknown>): EventData {
  return {
    id: randomUUID(),
    attempt: 1,
    trigger: { kind: '', name: model },
    timestamp: new Date(),
    method: 'POST',
    path: '/',
    url: '/',
    contentType: 'application/json',
    headers: {},
    fields: {},
    body,
    shardId: -1,
    offset: 0,
    topic: '',
    extra,
  }
}
