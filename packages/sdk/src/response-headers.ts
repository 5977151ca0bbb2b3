import type { HeaderList } from './response.ts'

/** Headers that were read, or why they cannot be sent. */
export type HeaderReading = { list: HeaderList; contentType: string } | { failure: string }

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Reads what a handler gave as headers: an object, a `Headers`, a `Map` or pairs. Numbers and booleans become text,
 * lists repeated headers, `undefined` and `null` nothing. `content-type` is taken out. RFC 9110 §5.
 */
export function readHeaders(given: unknown): HeaderReading {
  if (given === undefined || given === null) return { list: [], contentType: '' }
  if (typeof given !== 'object') return { failure: `headers must be an object, not a ${typeof given}` }
  const list: HeaderList = []
  let contentType = ''
  for (const pair of pairsOf(given)) {
    if (!Array.isArray(pair) || pair.length !== 2)
      return { failure: 'headers given as a list must be [name, value] pairs' }
    const name = String(pair[0])
    if (!token.test(name)) return { failure: `invalid header name ${JSON.stringify(name)}` }
    for (const value of Array.isArray(pair[1]) ? pair[1] : [pair[1]]) {
      if (value === undefined || value === null) continue
      const text = headerText(value)
      if (text === undefined) return { failure: `the value of header ${name} is neither text nor a number` }
      if (!fieldValue.test(text)) return { failure: `invalid characters in the value of header ${name}` }
      if (name.toLowerCase() === 'content-type') contentType = text
      else list.push([name, text])
    }
  }
  return { list, contentType }
}

/** Why a text cannot be sent as a content type; undefined when it can. */
export function contentTypeFault(contentType: unknown): string | undefined {
  if (typeof contentType !== 'string') return `contentType must be a string, not a ${typeof contentType}`
  return fieldValue.test(contentType) ? undefined : 'invalid characters in contentType'
}

function pairsOf(given: object): Iterable<unknown> {
  const iterable = (given as { [Symbol.iterator]?: unknown })[Symbol.iterator]
  return typeof iterable === 'function' ? (given as Iterable<unknown>) : Object.entries(given)
}

function headerText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined
}
