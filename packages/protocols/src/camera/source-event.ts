import { randomUUID } from 'node:crypto'
import type { EventData, HeaderMap } from '@pelton/core'

/** What an event of a source is, beside what all of them have. `url` is the source's, without credentials. */
export interface SourceEvent extends Pick<EventData, 'trigger' | 'url' | 'contentType' | 'fields' | 'body'> {
  /** Since the epoch, with fractions. */
  atMs: number
}

const noHeaders: HeaderMap = Object.freeze({})

/** What a source gave, as an event. */
export function sourceEvent({ trigger, url, contentType, fields, body, atMs }: SourceEvent): EventData {
  return {
    id: randomUUID(),
    attempt: 1,
    trigger,
    timestamp: new Date(atMs),
    method: '',
    path: url,
    url,
    contentType,
    headers: noHeaders,
    fields,
    body,
    shardId: -1,
    offset: 0,
    topic: '',
  }
}
