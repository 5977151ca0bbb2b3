import { randomUUID } from 'node:crypto'
import type { Bytes, EventData, FieldMap, HeaderMap } from './event.ts'
import type { AttributeNote } from './kind.ts'
import type { Compat } from './runtime.ts'
import { any, map, object, string, type Static } from './schema/schema.ts'

/** Attribute `event` of kinds whose event is written in the configuration. */
export const configuredEvent = object(
  {
    body: any({ default: '', doc: 'Body of the event: text, or a map or list, which is sent as JSON' }),
    headers: map(any(), {
      default: {},
      doc: 'Headers of the event; Content-Type is its content type. Values as text, in nuclio files as they are written',
    }),
    path: string({ default: '', doc: 'Path of the event' }),
    method: string({ default: '', doc: 'Method of the event' }),
    fields: map(any(), { default: {}, doc: 'Fields of the event: texts, numbers, true and false' }),
  },
  { default: {}, doc: 'The event that the function is given' },
)

/** The decoded attribute; a body that the command line gave is bytes. */
export type ConfiguredEvent = Static<typeof configuredEvent>

/** What the schema leaves open: kinds call it from their `check`. */
export function checkConfiguredEvent({ body, headers, fields }: ConfiguredEvent): AttributeNote[] {
  const notes: AttributeNote[] = []
  const fault = (path: string[], message: string): void => {
    notes.push({ level: 'error', path: ['event', ...path], message })
  }
  if (typeof body !== 'string' && (typeof body !== 'object' || body === null)) {
    fault(['body'], `expected text, a map or a list, got ${String(body)}; put it in quotes`)
  }
  for (const [part, values] of Object.entries({ headers, fields })) {
    for (const [name, value] of Object.entries(values)) {
      if (!isScalar(value)) fault([part, name], 'expected text, a number, true or false')
    }
  }
  return notes
}

/** The event of one delivery: of an id that every attempt has, and of the time when it happened. */
export function createConfiguredEvent(
  { body, headers, path, method, fields }: ConfiguredEvent,
  facts: { kind: string; name: string; compat: Compat; timestamp: Date; id?: string; attempt?: number },
): EventData {
  const named = headerMap(headers, facts.compat)
  const { bytes, isJson } = bodyBytes(body)
  const { kind, name, timestamp, id = randomUUID(), attempt = 1 } = facts
  return {
    id,
    attempt,
    trigger: { kind, name },
    timestamp,
    method,
    path,
    url: path,
    contentType: String(named['content-type'] ?? (isJson ? 'application/json' : '')),
    headers: named,
    fields: fields as FieldMap,
    body: bytes,
    shardId: -1,
    offset: 0,
    topic: '',
  }
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** nuclio's handlers see numbers and booleans as they were written, which the type of headers does not know. */
function headerMap(headers: Record<string, unknown>, compat: Compat): HeaderMap {
  const keep = compat !== 'none'
  const entries = Object.entries(headers).map(([name, value]): [string, unknown] => [
    name.toLowerCase(),
    keep ? value : String(value),
  ])
  return Object.fromEntries(entries) as HeaderMap
}

function bodyBytes(body: unknown): { bytes: Bytes; isJson: boolean } {
  if (body instanceof Uint8Array) return { bytes: body, isJson: false }
  if (typeof body === 'string') return { bytes: Buffer.from(body), isJson: false }
  return { bytes: Buffer.from(JSON.stringify(body)), isJson: true }
}
