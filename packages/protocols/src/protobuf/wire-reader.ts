import { Buffer, isUtf8 } from 'node:buffer'
import { MalformedMessage } from './malformed-message.ts'
import { internSlot, internedAt, keepInterned } from './interned-text.ts'
import { wireType } from './wire-type.ts'

/** Buffer's own, without the checks of `toString`; @types/node does not have them. */
type Slice = (this: Buffer, from: number, to: number) => string
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as { latin1Slice: Slice; utf8Slice: Slice }

/** Messages inside messages; what protobuf's own libraries take. */
const defaultMaxDepth = 100

/**
 * Reads one message of protobuf's wire format, field after field. Every reading takes the key that `next` gave, and throws
 * `MalformedMessage` when the field is of another wire type or its value is not all there.
 */
export class WireReader {
  readonly #bytes: Buffer
  readonly #maxDepth: number
  #at = 0
  #end: number
  #depth = 0

  constructor(bytes: Buffer, maxDepth: number = defaultMaxDepth) {
    this.#bytes = bytes
    this.#end = bytes.length
    this.#maxDepth = maxDepth
  }

  /** The key of the next field, which is its number times eight plus its wire type; 0 at the end of the message. */
  next(): number {
    if (this.#at >= this.#end) return 0
    const first = this.#bytes[this.#at]!
    const key = first < 0x80 ? (this.#at++, first) : this.#varint()
    if (key < 8 || key > 0xffff_ffff) throw new MalformedMessage('a field without a valid number')
    return key
  }

  /** Begins an embedded message or map entry: `next` gives its fields. `leave` takes what it returns. */
  enter(key: number): number {
    const end = this.#spanEnd(key)
    const outer = this.#end
    if (++this.#depth > this.#maxDepth) throw new MalformedMessage(`more than ${this.#maxDepth} messages in each other`)
    this.#end = end
    return outer
  }

  /** Goes on after the embedded message, wherever in it the reader is. */
  leave(outer: number): void {
    this.#at = this.#end
    this.#end = outer
    this.#depth--
  }

  /** A view, not a copy. */
  bytes(key: number): Buffer {
    const end = this.#spanEnd(key)
    const from = this.#at
    this.#at = end
    return this.#bytes.subarray(from, end)
  }

  /** UTF-8, or Latin-1 as a whole when it is none. */
  text(key: number): string {
    const end = this.#spanEnd(key)
    const from = this.#at
    this.#at = end
    return this.#textOf(from, end)
  }

  /** As `text`, faster for what comes again and again: names, short values. */
  interned(key: number): string {
    const end = this.#spanEnd(key)
    const from = this.#at
    this.#at = end
    const slot = internSlot(this.#bytes, from, end)
    if (slot < 0) return this.#textOf(from, end)
    const kept = internedAt(slot, this.#bytes, from, end)
    if (kept !== undefined) return kept
    const text = this.#textOf(from, end)
    // Others are not told apart by their characters from Latin-1.
    if (text.length === end - from) keepInterned(slot, text)
    return text
  }

  bool(key: number): boolean {
    this.#expect(key, wireType.varint)
    let bits = 0
    const end = this.#varintEnd()
    while (this.#at < end) bits |= this.#bytes[this.#at++]! & 0x7f
    return bits !== 0
  }

  /** uint32 or uint64 of at most 2^53 - 1. */
  uint(key: number): number {
    this.#expect(key, wireType.varint)
    const value = this.#varint()
    if (value > Number.MAX_SAFE_INTEGER) throw new MalformedMessage('a number beyond 2^53')
    return value
  }

  /** int32 or an enum: the low 32 bits, signed. */
  int(key: number): number {
    this.#expect(key, wireType.varint)
    const end = this.#varintEnd()
    let bits = 0
    for (let at = end - 1; at >= this.#at; at--) bits = (bits << 7) | (this.#bytes[at]! & 0x7f)
    this.#at = end
    return bits
  }

  uint64(key: number): bigint {
    this.#expect(key, wireType.varint)
    return BigInt.asUintN(64, this.#bigVarint())
  }

  int64(key: number): bigint {
    this.#expect(key, wireType.varint)
    return BigInt.asIntN(64, this.#bigVarint())
  }

  fixed32(key: number): number {
    return this.#bytes.readUInt32LE(this.#fixed(key, wireType.fixed32, 4))
  }

  fixed64(key: number): bigint {
    return this.#bytes.readBigUInt64LE(this.#fixed(key, wireType.fixed64, 8))
  }

  float(key: number): number {
    return this.#bytes.readFloatLE(this.#fixed(key, wireType.fixed32, 4))
  }

  double(key: number): number {
    return this.#bytes.readDoubleLE(this.#fixed(key, wireType.fixed64, 8))
  }

  /** Calls `read` for each value of a repeated number that has come here, packed or alone; it reads with the key it gets. */
  repeated(key: number, type: number, read: (key: number) => void): void {
    if ((key & 7) === type) {
      read(key)
      return
    }
    const outer = this.enter(key)
    while (this.#at < this.#end) read(type)
    this.leave(outer)
  }

  /** Reads over a field, groups included. */
  skip(key: number): void {
    const type = key & 7
    if (type === wireType.bytes) this.#at = this.#spanEnd(key)
    else if (type === wireType.varint) this.#at = this.#varintEnd()
    else if (type === wireType.fixed64) this.#fixed(key, type, 8)
    else if (type === wireType.fixed32) this.#fixed(key, type, 4)
    else if (type === wireType.startGroup) this.#skipGroup(key)
    else throw new MalformedMessage(type === wireType.endGroup ? 'the end of no group' : `the wire type ${type}`)
  }

  /** A loop, since groups may be in each other as deep as the message is long. */
  #skipGroup(key: number): void {
    const open = [key >>> 3]
    while (open.length > 0) {
      const inner = this.next()
      if (inner === 0) throw new MalformedMessage('a group without an end')
      const type = inner & 7
      if (type === wireType.startGroup) open.push(inner >>> 3)
      else if (type !== wireType.endGroup) this.skip(inner)
      else if (open.pop() !== inner >>> 3) throw new MalformedMessage('the end of another group')
      if (open.length > this.#maxDepth) throw new MalformedMessage(`more than ${this.#maxDepth} groups in each other`)
    }
  }

  #textOf(from: number, to: number): string {
    const text = utf8Slice.call(this.#bytes, from, to)
    // Few texts hold a U+FFFD, and those of one byte a character are not even searched for it.
    if (text.indexOf('\ufffd') < 0 || isUtf8(this.#bytes.subarray(from, to))) return text
    return latin1Slice.call(this.#bytes, from, to)
  }

  #expect(key: number, type: number): void {
    if ((key & 7) !== type) throw new MalformedMessage(`the field ${key >>> 3} of wire type ${key & 7}`)
  }

  /** Reads the length of a field; gives where it ends. */
  #spanEnd(key: number): number {
    this.#expect(key, wireType.bytes)
    const first = this.#at < this.#end ? this.#bytes[this.#at]! : 0x80
    const length = first < 0x80 ? (this.#at++, first) : this.#varint()
    const end = this.#at + length
    if (end > this.#end) throw new MalformedMessage('a field that is longer than its message')
    return end
  }

  /** Where the value of a fixed length begins. */
  #fixed(key: number, type: number, length: number): number {
    this.#expect(key, type)
    const from = this.#at
    if (from + length > this.#end) throw new MalformedMessage('half a number')
    this.#at = from + length
    return from
  }

  #varintEnd(): number {
    const last = Math.min(this.#end, this.#at + 10)
    for (let at = this.#at; at < last; at++) if (this.#bytes[at]! < 0x80) return at + 1
    throw new MalformedMessage(last === this.#end ? 'half a number' : 'a number of more than ten bytes')
  }

  /** Not exact beyond 2^53. */
  #varint(): number {
    const end = this.#varintEnd()
    let value = 0
    for (let at = end - 1; at >= this.#at; at--) value = value * 128 + (this.#bytes[at]! & 0x7f)
    this.#at = end
    return value
  }

  #bigVarint(): bigint {
    const end = this.#varintEnd()
    // 49 bits, which a number holds: bigints are slow.
    if (end - this.#at <= 7) return BigInt(this.#varint())
    let value = 0n
    for (let at = end - 1; at >= this.#at; at--) value = (value << 7n) | BigInt(this.#bytes[at]! & 0x7f)
    this.#at = end
    return value
  }
}
