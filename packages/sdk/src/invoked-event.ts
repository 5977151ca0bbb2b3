import { bytesOfText } from './bytes.ts'
import type { Bytes, EventData, FieldMap, HeaderMap } from './event.ts'

/** An event as a test writes it down; what is left out is as in a plain POST. */
export interface InvokedEvent {
  id?: string
  attempt?: number
  trigger?: { kind: string; name: string }
  timestamp?: Date
  method?: string
  path?: string
  contentType?: string
  /** Names in any letter case. */
  headers?: HeaderMap
  fields?: FieldMap
  /** Text and bytes as they are, every other value as JSON. */
  body?: unknown
  shardId?: number
  offset?: number
  topic?: string
  extra?: Record<string, unknown>
  /** Becomes `event.signal`. */
  signal?: AbortSignal
}

/** Fills an event up to what a trigger hands out. */
export function invokedEventData(given: InvokedEvent, number: number): EventData {
  const { signal: _, body, headers = {}, path = '/', ...rest } = given
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const named = lowerCased(headers)
  const contentType = named['content-type']
  return {
    id: `event-${number}`,
    attempt: 1,
    trigger: { kind: 'http', name: 'test' },
    timestamp: new Date(),
    method: isRaw && body === undefined ? 'GET' : 'POST',
    path,
    url: path,
    contentType: typeof contentType === 'string' ? contentType : isRaw ? '' : 'application/json',
    fields: {},
    shardId: -1,
    offset: 0,
    topic: '',
    ...rest,
    headers: named,
    body: bytesOfBody(body),
  }
}

function lowerCased(headers: HeaderMap): HeaderMap {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function bytesOfBody(body: unknown): Bytes {
  if (body instanceof Uint8Array) return body
  if (body === undefined) return bytesOfText('')
  return bytesOfText(typeof body === 'string' ? body : JSON.stringify(body))
}
