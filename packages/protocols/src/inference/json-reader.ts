import type { Buffer } from 'node:buffer'
import { internSlot, internedAt, keepInterned } from '../protobuf/interned-text.ts'
import { setMember } from '../protobuf/struct.ts'
import { JsonNumbers } from './json-numbers.ts'
import { longestText } from './show.ts'
import type { Parameter } from './tensor.ts'

/** Any JSON; whole numbers beyond 2^53 are bigints. */
export type JsonValue = Parameter | null | JsonValue[] | { [name: string]: JsonValue }

/** Lists and objects in each other. */
const maxDepth = 64

const quotationMark = 0x22
const comma = 0x2c
const colon = 0x3a
const openList = 0x5b
const backslash = 0x5c
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/**
 * Reads JSON (RFC 8259) from UTF-8 bytes, piece by piece, and loses nothing: no digit of a number, no member of an object, whatever its name.
 * Of members with one name the last counts. Throws InferenceError 400 with the position, also beyond 64 levels.
 */
export class JsonReader extends JsonNumbers {
  /** Elements of BYTES so far, of all tensors: each is an object of its own. */
  byteStrings = 0
  #depth = 0

  get isList(): boolean {
    return this.peek() === openList
  }

  get isText(): boolean {
    return this.peek() === quotationMark
  }

  get isObject(): boolean {
    return this.peek() === openObject
  }

  /** NaN and Infinity look like numbers, too: reading them says what is wrong with them. */
  get isNumber(): boolean {
    return isNumberStart(this.peek())
  }

  /** Goes past null; false when the next value is something else. */
  takesNull(): boolean {
    return this.peek() === 0x6e && this.takes('null')
  }

  /** True or false when that is next, otherwise undefined. */
  takesTruth(): boolean | undefined {
    const byte = this.peek()
    if (byte === 0x74 && this.takes('true')) return true
    return byte === 0x66 && this.takes('false') ? false : undefined
  }

  /** The first key of an object, undefined when it is empty. Its value is read next. */
  firstKey(what: string): string | undefined {
    this.#open(openObject, what, 'an object')
    if (this.peek() === closeObject) return this.#close()
    return this.#key()
  }

  /** The key after a value; undefined at the end of the object. */
  nextKey(): string | undefined {
    const byte = this.peek()
    if (byte === closeObject) return this.#close()
    if (byte !== comma) this.fail('expected "," or "}"')
    this.at++
    this.peek()
    return this.#key()
  }

  /** Goes into a list; false when it is empty. */
  firstItem(what: string): boolean {
    this.#open(openList, what, 'a list')
    if (this.peek() !== closeList) return true
    this.#close()
    return false
  }

  /** After an item of a list: whether there is another one, which is read next. */
  nextItem(): boolean {
    const byte = this.peek()
    if (byte === closeList) {
      this.#close()
      return false
    }
    if (byte !== comma) this.fail('expected "," or "]"')
    this.at++
    return true
  }

  /** A string's text. */
  text(what: string): string {
    const from = this.#peekText(what)
    if (this.#passText()) return this.#unescape(from)
    this.#checkLength(from)
    return this.#shared(from + 1, this.at - 1)
  }

  /** The UTF-8 bytes of a string: a view on the JSON when it has no escapes. */
  textBytes(what: string): Uint8Array {
    const from = this.#peekText(what)
    if (!this.#passText()) return this.bytes.subarray(from + 1, this.at - 1)
    const text = this.#unescape(from)
    if (!text.isWellFormed()) this.fail('half of a surrogate pair, which UTF-8 cannot hold')
    return new TextEncoder().encode(text)
  }

  /** Whatever comes next. */
  value(): JsonValue {
    const byte = this.peek()
    if (byte === quotationMark) return this.text('a value')
    if (byte === openObject) return this.#object()
    if (byte === openList) return this.#list()
    if (this.takesNull()) return null
    const truth = this.takesTruth()
    if (truth !== undefined) return truth
    if (!this.isNumber) this.fail('expected a value')
    return this.number()
  }

  /** Goes past a value; it must be JSON, too. */
  skip(): void {
    const byte = this.peek()
    // Numbers first: of them there are many.
    if (isNumberStart(byte)) this.passNumber()
    else if (byte === quotationMark) this.#passText()
    else if (byte === openList) for (let more = this.firstItem(''); more; more = this.nextItem()) this.skip()
    else if (byte === openObject) {
      for (let key = this.firstKey(''); key !== undefined; key = this.nextKey()) this.skip()
    } else if (!this.takesNull() && this.takesTruth() === undefined) this.fail('expected a value')
  }

  /** There must be nothing more. */
  end(): void {
    if (this.peek() !== -1) this.fail('expected the end')
  }

  #open(byte: number, what: string, kind: string): void {
    if (this.peek() !== byte) this.fail(`${what} must be ${kind}`)
    if (++this.#depth > maxDepth) this.fail(`more than ${maxDepth} levels`)
    this.at++
  }

  #close(): undefined {
    this.#depth--
    this.at++
    return undefined
  }

  #key(): string {
    const key = this.text('a key')
    if (this.peek() !== colon) this.fail('expected ":"')
    this.at++
    return key
  }

  #object(): JsonValue {
    const object = {}
    for (let key = this.firstKey(''); key !== undefined; key = this.nextKey()) setMember(object, key, this.value())
    return object
  }

  #list(): JsonValue {
    const list: JsonValue[] = []
    for (let more = this.firstItem(''); more; more = this.nextItem()) list.push(this.value())
    return list
  }

  /** Where the string begins that must come next. */
  #peekText(what: string): number {
    if (this.peek() !== quotationMark) this.fail(`${what} must be a string`)
    return this.at
  }

  /** Goes past a string and says whether there are escapes in it. */
  #passText(): boolean {
    const { bytes } = this
    let hasEscapes = false
    let at = this.at + 1
    for (let byte = bytes[at]; byte !== quotationMark; byte = bytes[++at]) {
      if (byte === undefined) this.fail('a string without its end', at)
      if (byte < 0x20) this.fail('a control character in a string', at)
      if (byte !== backslash) continue
      hasEscapes = true
      at++
    }
    this.at = at + 1
    return hasEscapes
  }

  /** Keys, names and datatypes come again: the text that was made before. */
  #shared(from: number, to: number): string {
    const { bytes } = this
    const slot = internSlot(bytes, from, to)
    const kept = slot < 0 ? undefined : internedAt(slot, bytes, from, to)
    if (kept !== undefined) return kept
    const text = bytes.toString('utf8', from, to)
    // Others are not told apart by their characters from Latin-1.
    if (slot >= 0 && text.length === to - from) keepInterned(slot, text)
    return text
  }

  #checkLength(from: number): void {
    if (this.at - from > longestText) this.fail(`a string of more than ${longestText} bytes`, from)
  }

  #unescape(from: number): string {
    this.#checkLength(from)
    const text = this.bytes.toString('utf8', from, this.at)
    try {
      return JSON.parse(text) as string
    } catch {
      // Its message would show the text and another position.
      return this.fail('a string with an unknown escape', from)
    }
  }
}

/** Reads one JSON value that loses nothing; InferenceError 400 when the bytes are none. */
export function readJson(bytes: Buffer): JsonValue {
  const reader = new JsonReader(bytes)
  const value = reader.value()
  reader.end()
  return value
}

function isNumberStart(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x49 || byte === 0x4e
}
