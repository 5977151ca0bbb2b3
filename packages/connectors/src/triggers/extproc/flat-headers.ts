import type { HeaderMap } from '@pelton/core'
import type { FlatHeaders } from '@pelton/protocols/ext-proc'

/** What the pseudo headers of a request say (RFC 9113 §8.3.1); empty for what they do not. */
export interface RequestLine {
  method: string
  /** Without the query; `/` when the proxy has sent none. */
  path: string
  /** As it came: path and query. */
  url: string
  /** All after the first question mark. */
  query: string
  authority: string
  scheme: string
}

const colon = 0x3a

/** A new map of the headers for an event: lower-case names, repeated ones as lists, pseudo headers left out. */
export function headerMapOf(flat: FlatHeaders): HeaderMap {
  const headers: HeaderMap = {}
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]!
    if (name.charCodeAt(0) !== colon) addHeader(headers, name.toLowerCase(), flat[at + 1]!)
  }
  return headers
}

function addHeader(headers: HeaderMap, name: string, value: string): void {
  // What every object has, such as `constructor`, is neither text nor list: so nothing need be asked of its owner.
  const known: unknown = headers[name]
  if (known === undefined) headers[name] = value
  else if (typeof known === 'string') headers[name] = [known, value]
  else if (Array.isArray(known)) known.push(value)
  else Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true })
}

/** The first value of a header, by its lower-case name. */
export function findHeader(flat: FlatHeaders, name: string): string | undefined {
  const at = indexOf(flat, name, 0)
  return at === -1 ? undefined : flat[at + 1]
}

/** All values of a header, by its lower-case name, as one list (RFC 9110 §5.3). */
export function joinedHeader(flat: FlatHeaders, name: string): string | undefined {
  let at = indexOf(flat, name, 0)
  if (at === -1) return undefined
  let joined = flat[at + 1]!
  while ((at = indexOf(flat, name, at + 2)) !== -1) joined += `, ${flat[at + 1]!}`
  return joined
}

function indexOf(flat: FlatHeaders, name: string, start: number): number {
  for (let at = start; at + 1 < flat.length; at += 2) {
    const candidate = flat[at]!
    // Proxies send lower case, so the second comparison is hardly ever made.
    if (candidate.length === name.length && (candidate === name || candidate.toLowerCase() === name)) return at
  }
  return -1
}

/** Reads the request's pseudo headers in one pass. */
export function requestLine(flat: FlatHeaders): RequestLine {
  const line: RequestLine = { method: '', path: '/', url: '/', query: '', authority: '', scheme: '' }
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]!
    if (name.charCodeAt(0) === colon) setPseudo(line, name, flat[at + 1]!)
  }
  return line
}

function setPseudo(line: RequestLine, name: string, value: string): void {
  switch (name) {
    case ':method':
      line.method = value
      return
    case ':scheme':
      line.scheme = value
      return
    case ':authority':
      line.authority = value
      return
    case ':path':
      if (value !== '') setPath(line, value)
  }
}

function setPath(line: RequestLine, url: string): void {
  const mark = url.indexOf('?')
  line.url = url
  line.path = mark === -1 ? url : url.slice(0, mark)
  line.query = mark === -1 ? '' : url.slice(mark + 1)
}
