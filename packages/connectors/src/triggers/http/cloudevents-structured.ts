import type { Bytes, HeaderMap } from '@pelton/core'
import { setOwn } from '@pelton/protocols/http'
import type { CloudEvent, CloudEventReading } from './cloudevent.ts'
import { attributesOf01, extensionsOf10, missingOf10, readTime, textOf } from './cloudevents-attributes.ts'

type Envelope = Record<string, unknown>

/** Reads an envelope: `application/cloudevents+json`. */
export function readStructured(contentType: string, body: Bytes): CloudEventReading {
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase()
  if (mediaType.startsWith('application/cloudevents-batch')) {
    return { status: 415, reason: 'batches of CloudEvents are not supported: send them one by one' }
  }
  if (mediaType !== 'application/cloudevents+json' && mediaType !== 'application/cloudevents') {
    return { status: 415, reason: `CloudEvents are read as application/cloudevents+json, not as ${mediaType}` }
  }
  const envelope = parseEnvelope(body)
  if (envelope === undefined) return malformed('the body is no JSON object')
  if ('specversion' in envelope) return readVersion10(envelope)
  const isVersion01 = ['cloudEventsVersion', 'eventType', 'eventID'].some((name) => name in envelope)
  return isVersion01 ? readVersion01(envelope) : malformed('there is no specversion')
}

/** An envelope of 0.1: its extensions take the place of the headers. */
function readVersion01(envelope: Envelope): CloudEventReading {
  const time = readTime(textOf(envelope['eventTime']))
  if (time === 'malformed') return malformed('eventTime is no RFC 3339 time')
  const contentType = textOf(envelope['contentType'])
  const { data, extensions } = envelope
  const source = textOf(envelope['source'])
  const event: CloudEvent = {
    ...attributesOf01({
      id: textOf(envelope['eventID']),
      type: textOf(envelope['eventType']),
      typeVersion: textOf(envelope['eventTypeVersion']),
      version: textOf(envelope['cloudEventsVersion']),
      source,
      extensions: isObject(extensions) ? extensions : {},
    }),
    trigger: { kind: source, name: source },
    headers: headersOf(extensions),
    body: typeof data === 'string' ? Buffer.from(data) : jsonBytes(data),
    contentType: contentType || (data === undefined || typeof data === 'string' ? '' : 'application/json'),
    ...(time ? { timestamp: time } : {}),
  }
  return { event }
}

/** An envelope of 1.0 (JSON event format §3). */
function readVersion10(envelope: Envelope): CloudEventReading {
  const read = (name: string): string => textOf(envelope[name])
  const missing = missingOf10(read)
  if (missing) return malformed(missing)
  const time = readTime(read('time'))
  if (time === 'malformed') return malformed('time is no RFC 3339 time')
  const contentType = read('datacontenttype') || 'application/json'
  const body = dataOf10(envelope, contentType)
  if (typeof body === 'string') return malformed(body)
  const event: CloudEvent = {
    id: read('id'),
    contentType,
    body,
    ...(time ? { timestamp: time } : {}),
    extra: extensionsOf10(read, envelope),
  }
  return { event }
}

/** The payload as bytes, or what is wrong with it. */
function dataOf10(envelope: Envelope, contentType: string): Bytes | string {
  const { data, data_base64: encoded } = envelope
  if (encoded !== undefined && data !== undefined) return 'data and data_base64 exclude each other'
  if (encoded !== undefined) return decodeBase64(encoded)
  if (data === undefined) return Buffer.alloc(0)
  return typeof data === 'string' && !isJson(contentType) ? Buffer.from(data) : jsonBytes(data)
}

function decodeBase64(encoded: unknown): Bytes | string {
  const isBase64 = typeof encoded === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(encoded) && encoded.length % 4 === 0
  return isBase64 ? Buffer.from(encoded, 'base64') : 'data_base64 is no base64'
}

function isJson(contentType: string): boolean {
  return /^[^;]*[/+]json\s*(?:;|$)/i.test(contentType)
}

function parseEnvelope(body: Bytes): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
    return isObject(value) ? value : undefined
  } catch {
    // The caller is told that it is no JSON; where it breaks says nothing about the event.
    return undefined
  }
}

function headersOf(extensions: unknown): HeaderMap {
  const headers: HeaderMap = {}
  if (!isObject(extensions)) return headers
  for (const [name, value] of Object.entries(extensions)) {
    setOwn<string | string[]>(headers, name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return headers
}

function jsonBytes(data: unknown): Bytes {
  return data === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(data))
}

function isObject(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(reason: string): CloudEventReading {
  return { status: 400, reason: `malformed CloudEvent: ${reason}` }
}
