import { randomUUID } from 'node:crypto'
import type { Bytes, EventData, FieldMap, HeaderMap } from '@pelton/core'

/** A picture of a camera. */
export interface Frame {
  jpeg: Bytes
  /** From 1. */
  number: number
  /** Since the epoch, with fractions. */
  atMs: number
}

const noHeaders: HeaderMap = Object.freeze({})

/** A frame as an event. `url` is the camera's, without credentials. */
export function frameEvent(trigger: EventData['trigger'], url: string, { jpeg, number, atMs }: Frame): EventData {
  return {
    id: randomUUID(),
    attempt: 1,
    trigger,
    timestamp: new Date(atMs),
    method: '',
    path: url,
    url,
    contentType: 'image/jpeg',
    headers: noHeaders,
    fields: { frame_num: number, url, timestamp: atMs } satisfies FieldMap,
    body: jpeg,
    shardId: -1,
    offset: 0,
    topic: '',
  }
}
