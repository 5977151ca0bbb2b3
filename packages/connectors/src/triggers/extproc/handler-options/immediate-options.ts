import { checkText, headerLines } from './header-lines.ts'
import { kindOf } from './check-options.ts'

// Responses of every trigger are checked by it again, and Latin-1 is what they may have (RFC 9110 §5.5).
const beyondLatin1 = /[^\0-\xff]/

/** The headers of an answer by lower-case name; a repeated one has a list. Throws `TypeError`. */
export function headersOfAnswer(given: unknown): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  if (given === undefined) return headers
  for (const [name, value] of headerLines('respond: headers', given)) {
    checkLatin1(`respond: headers["${name}"]`, value)
    if (Object.hasOwn(headers, name)) headers[name]?.push(value)
    // Not an assignment: `__proto__` is a name like any other.
    else Object.defineProperty(headers, name, { value: [value], writable: true, enumerable: true, configurable: true })
  }
  return headers
}

/** The content type of an answer: as named, else a header's, else `natural`. Throws `TypeError`. */
export function typeOfAnswer(named: unknown, headers: Record<string, string[]>, natural: string): string {
  if (named === undefined || named === '') return Object.hasOwn(headers, 'content-type') ? '' : natural
  if (typeof named !== 'string') throw new TypeError(`respond: contentType must be text, not ${kindOf(named)}`)
  checkText('respond: contentType', named)
  checkLatin1('respond: contentType', named)
  return named
}

function checkLatin1(where: string, text: string): void {
  if (beyondLatin1.test(text)) throw new TypeError(`${where} has characters beyond Latin-1`)
}
