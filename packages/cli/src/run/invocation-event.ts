import { randomUUID } from 'node:crypto'
import { type EventData, type FieldMap, type HeaderMap, quote } from '@pelton/core'
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
/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// oxlint-disable-next-line no-control-regex -- what a header cannot carry
const noFieldText = /[\u0000-\u0008\u000a-\u001f\u007f\u0100-\u{10ffff}]/u

/** The event of `pelton invoke`, shaped as the http trigger would; throws `wrong_usage`. */
export function invocationEvent(words: EventWords): Omit<EventData, 'trigger'> {
  const headers = readHeaders(words.header ?? [])
  const url = words.path ?? '/'
  const { method, contentType: given } = words
  // oxlint-disable-next-line no-control-regex -- what a request line cannot carry
  if (!/^\/[^\s\u0000-\u001f\u007f#]*$/.test(url))
    throw unexpected('--path', 'a path that begins with /, without spaces and #', url)
  if (method !== undefined && !token.test(method)) throw unexpected('--method', 'one word such as GET', method)
  if (given !== undefined && noFieldText.test(given))
    throw unexpected('--content-type', 'one line of Latin characters', given)
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
    if (name === undefined || value === undefined) throw unexpected('--header', "'Name: value'", line)
    if (noFieldText.test(value)) throw unexpected('--header', "'Name: value' in one line of Latin characters", line)
    const key = name.toLowerCase()
    const before = headers[key]
    headers[key] = before === undefined ? value.trim() : [before, value.trim()].flat()
  }
  return { ...headers }
}

function unexpected(flag: string, expected: string, given: string): Error {
  return errors.wrong_usage({ reason: `${flag}: expected ${expected}, got ${quote(given, 60)}` })
}

function readQuery(url: string): FieldMap {
  const query = url.slice(url.indexOf('?') + 1)
  return url.includes('?') ? Object.fromEntries(new URLSearchParams(query)) : {}
}

function lastOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.at(-1) : value
}
