import type { HeaderMap } from '@pelton/core'
import { setOwn } from '@pelton/protocols/http'
import type { CloudEventReading, CloudEventSource } from './cloudevent.ts'
import { attributesOf01, extensionsOf10, missingOf10, readTime } from './cloudevents-attributes.ts'

/** Reads an event whose attributes are `ce-` headers; undefined when there are none. Body and headers stay the request's. */
export function readBinary(source: CloudEventSource): CloudEventReading {
  if (source.header('ce-specversion')) return readVersion10(source)
  return source.header('ce-cloudeventsversion') ? readVersion01(source) : undefined
}

function readVersion01(source: CloudEventSource): CloudEventReading {
  const read = (name: string): string => source.header(`ce-${name}`) ?? ''
  const time = readTime(read('eventtime'))
  if (time === 'malformed') return malformed('CE-EventTime is no RFC 3339 time')
  const event = {
    ...attributesOf01({
      id: read('eventid'),
      type: read('eventtype'),
      typeVersion: read('eventtypeversion'),
      version: read('cloudeventsversion'),
      source: read('source'),
      extensions: prefixed(source.headers, 'ce-x-'),
    }),
    trigger: { kind: read('source'), name: read('name') },
    ...(time ? { timestamp: time } : {}),
  }
  return { event }
}

function readVersion10(source: CloudEventSource): CloudEventReading {
  const attributes = prefixed(source.headers, 'ce-')
  const read = (name: string): string => (Object.hasOwn(attributes, name) ? (attributes[name] ?? '') : '')
  const missing = missingOf10(read)
  if (missing) return malformed(missing)
  const time = readTime(read('time'))
  if (time === 'malformed') return malformed('ce-time is no RFC 3339 time')
  const event = { id: read('id'), ...(time ? { timestamp: time } : {}), extra: extensionsOf10(read, attributes) }
  return { event }
}

/** Headers of a prefix by what follows it, decoded (HTTP protocol binding §3.1.3.2). */
function prefixed(headers: HeaderMap, prefix: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value
    if (name.startsWith(prefix) && name.length > prefix.length) {
      setOwn(found, name.slice(prefix.length), decodeValue(last ?? ''))
    }
  }
  return found
}

function decodeValue(value: string): string {
  const unquoted = /^"(?:[^"\\]|\\.)*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
  if (!unquoted.includes('%')) return unquoted
  try {
    return decodeURIComponent(unquoted)
  } catch {
    // A percent sign that encodes nothing was meant as one.
    return unquoted
  }
}

function malformed(reason: string): CloudEventReading {
  return { status: 400, reason: `malformed CloudEvent: ${reason}` }
}
