import { randomUUID } from 'node:crypto'
import type { EventData, FieldMap, HeaderMap } from '@pelton/core'
import { errors } from '../errors.ts'

/** What the command line says about the event. */
export interface EventWords {
  body: Uint8Array | undefined
  header?: string[]
  method?: string
  path?: string
  contentType?: string
}

const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/s

/** The event of `pelton invoke`, shaped as the http trigger would; throws `wrong_usage`. */
export function invocationEvent(words: EventWords): Omit<EventData, 'trigger'> {
  const headers = readHeaders(words.header ?? [])
  const url = words.path ?? '/'
  if (!url.startsWith('/'))
    throw errors.wrong_usage({ reason: `--path: expected a path that begins with /, got ${JSON.stringify(url)}` })
  const named = words.contentType ?? lastOf(headers['content-type'])
  const contentType = named ?? (words.body ? 'text/plain; charset=utf-8' : '')
  if (contentType !== '') headers['content-type'] = contentType
  return {
    id: randomUUID(),
    attempt: 1,
    timestamp: new Date(),
    method: (words.method ?? (words.body ? 'POST' : 'GET')).toUpperCase(),
    path: url.split('?', 1)[0] ?? '/',
    url,
    contentType,
    headers,
    fields: readQuery(url),
    body: words.body ?? Buffer.alloc(0),
    shardId: -1,
    offset: 0,
    topic: '',
  }
}

/** Headers written `Name: value`, by their lower-case names; throws `wrong_usage`. */
export function readHeaders(lines: readonly string[]): HeaderMap {
  const headers: HeaderMap = Object.create(null) as HeaderMap
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? []
    if (name === undefined || value === undefined || /[\r\n\0]/.test(value)) {
      throw errors.wrong_usage({ reason: `--header: expected 'Name: value', got ${JSON.stringify(line)}` })
    }
    const key = name.toLowerCase()
    const before = headers[key]
    headers[key] = before === undefined ? value.trim() : [before, value.trim()].flat()
  }
  return { ...headers }
}

function readQuery(url: string): FieldMap {
  const query = url.slice(url.indexOf('?') + 1)
  return url.includes('?') ? Object.fromEntries(new URLSearchParams(query)) : {}
}

function lastOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.at(-1) : value
}
