import { quote } from '@pelton/core'
import { kindOf } from './check-options.ts'

/** One entry a line; a name may stand in several. */
type Lines = [name: string, value: string][]

const lowerToken = /^[a-z\d!#$%&'*+\-.^_`|~]+$/
const token = /^[A-Za-z\d!#$%&'*+\-.^_`|~]+$/
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for; HT is a space (RFC 9110 §5.5)
const control = /[\0-\x08\x0a-\x1f\x7f]/

/**
 * Header values as lines: names in lower case, a list repeats its name. `least: 'some'` refuses an empty list. Throws
 * `TypeError` for what is no header (RFC 9110 §5), which begins with `where`.
 */
export function headerLines(where: string, given: unknown, least?: 'some'): Lines {
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`${where} must be an object of names and values, not ${kindOf(given)}`)
  const lines: Lines = []
  for (const [name, value] of pairsOf(where, given)) {
    const lower = headerName(where, name)
    if (!Array.isArray(value)) {
      lines.push([lower, headerValue(where, lower, value)])
      continue
    }
    if (value.length === 0 && least === 'some')
      throw new TypeError(`${where}[${quote(name, 100)}] is empty; to remove a header, name it in removeHeaders`)
    for (const each of value) lines.push([lower, headerValue(where, lower, each)])
  }
  return lines
}

/** A list of header names, in lower case. */
export function headerNames(where: string, given: unknown): string[] {
  if (!Array.isArray(given)) throw new TypeError(`${where} must be a list of names, not ${kindOf(given)}`)
  return given.map((name: unknown) => {
    if (typeof name !== 'string') throw new TypeError(`${where} must be a list of names, and has ${kindOf(name)}`)
    return headerName(where, name)
  })
}

/** Whether a text is a token (RFC 9110 §5.6.2), as names of headers and methods are. */
export function isToken(text: string): boolean {
  return token.test(text)
}

/** Throws when a text has a control character, which would end a line, or the message. */
export function checkText(where: string, text: string): void {
  const found = control.exec(text)
  if (found) throw new TypeError(`${where} has the control character ${codePoint(found[0])}`)
}

function pairsOf(where: string, given: object): Iterable<[string, unknown]> {
  if (!(Symbol.iterator in given)) return Object.entries(given)
  const pairs = [...(given as Iterable<unknown>)]
  for (const pair of pairs)
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
      throw new TypeError(`${where} given as a list must be [name, value] pairs`)
  return pairs as [string, unknown][]
}

function headerName(where: string, name: string): string {
  if (lowerToken.test(name)) return name
  if (token.test(name)) return name.toLowerCase()
  const fault = name.startsWith(':') ? 'is a pseudo-header; path, method and status are options' : 'is no header name'
  throw new TypeError(`${where}[${quote(name, 100)}] ${fault}`)
}

function headerValue(where: string, name: string, value: unknown): string {
  if (typeof value === 'string') {
    if (control.test(value)) checkText(`${where}["${name}"]`, value)
    return value
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  throw new TypeError(`${where}["${name}"] must be text, a number or a boolean, not ${kindOf(value)}`)
}

function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
