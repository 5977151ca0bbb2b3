import { Buffer } from 'node:buffer'
import { wireType } from './wire-type.ts'

/** Messages share slabs of this size; a larger one gets memory of its own. A message that is kept keeps its slab. */
const slabBytes = 8_192
/** Up to here a loop writes text faster than a call. */
const mostForLoop = 48
/** Of a key and a length, or a key and a number. */
const mostHeadBytes = 16

/**
 * Writes messages of protobuf's wire format **from their end to their start**: a length is written when what it counts is
 * there already, so that nothing is measured before or moved afterwards. Write the last field first. One writer serves
 * any number of messages, one after the other.
 */
export class WireWriter {
  #slab: Buffer = Buffer.alloc(0)
  /** Where the message begins so far, and where it ends. */
  #at = 0
  #end = 0

  /** Begins a message, and forgets one that was not finished. */
  start(): this {
    this.#end = this.#at
    return this
  }

  /** The message. Its memory is not written again. */
  finish(): Buffer {
    const message = this.#slab.subarray(this.#at, this.#end)
    if (this.#slab.length > slabBytes) {
      this.#slab = Buffer.alloc(0)
      this.#at = 0
    }
    this.#end = this.#at
    return message
  }

  /** Before the fields of an embedded message (the last one first); `embed` takes what it returns. */
  mark(): number {
    return this.#end - this.#at
  }

  /** After the fields of an embedded message: makes it the value of a field. */
  embed(field: number, mark: number): void {
    this.#reserve(mostHeadBytes)
    this.#varint(this.#end - this.#at - mark)
    this.#key(field, wireType.bytes)
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#reserve(bytes.length + mostHeadBytes)
    this.#at -= bytes.length
    this.#slab.set(bytes, this.#at)
    this.#varint(bytes.length)
    this.#key(field, wireType.bytes)
  }

  /** As UTF-8; half a surrogate pair as U+FFFD. */
  text(field: number, text: string): void {
    const length = this.#ascii(text) ? text.length : this.#utf8(text)
    this.#varint(length)
    this.#key(field, wireType.bytes)
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0)
  }

  /** A whole number from 0 to 2^53 - 1: uint32, uint64, an enum or a length. */
  uint(field: number, value: number): void {
    this.#reserve(mostHeadBytes)
    this.#varint(value)
    this.#key(field, wireType.varint)
  }

  /** int32, int64, uint64: the low 64 bits. */
  bigint(field: number, value: bigint): void {
    this.#reserve(mostHeadBytes)
    let rest = BigInt.asUintN(64, value)
    const groups: number[] = []
    do {
      groups.push(Number(rest & 0x7fn))
      rest >>= 7n
    } while (rest > 0n)
    for (let index = groups.length - 1; index >= 0; index--) {
      this.#slab[--this.#at] = groups[index]! | (index === groups.length - 1 ? 0 : 0x80)
    }
    this.#key(field, wireType.varint)
  }

  float(field: number, value: number): void {
    this.#reserve(mostHeadBytes)
    this.#slab.writeFloatLE(value, (this.#at -= 4))
    this.#key(field, wireType.fixed32)
  }

  double(field: number, value: number): void {
    this.#reserve(mostHeadBytes)
    this.#slab.writeDoubleLE(value, (this.#at -= 8))
    this.#key(field, wireType.fixed64)
  }

  #key(field: number, type: number): void {
    if (field < 16) this.#slab[--this.#at] = field * 8 + type
    else this.#varint(field * 8 + type)
  }

  #varint(value: number): void {
    if (value < 0x80) {
      this.#slab[--this.#at] = value
      return
    }
    let length = 1
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
    let at = (this.#at -= length)
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#slab[at++] = (rest % 0x80) | 0x80
    this.#slab[at] = rest
  }

  /** False, with nothing written, for text that is long or not all ASCII. */
  #ascii(text: string): boolean {
    const { length } = text
    if (length > mostForLoop) return false
    this.#reserve(length + mostHeadBytes)
    const slab = this.#slab
    const at = this.#at - length
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) return false
      slab[at + index] = code
    }
    this.#at = at
    return true
  }

  #utf8(text: string): number {
    const length = Buffer.byteLength(text)
    this.#reserve(length + mostHeadBytes)
    this.#at -= length
    return this.#slab.write(text, this.#at, length)
  }

  #reserve(bytes: number): void {
    if (this.#at < bytes) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const written = this.#end - this.#at
    // Half as much again, so that a message of many fields is moved seldom.
    const needed = written + (written >> 1) + bytes + slabBytes / 8
    const slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, needed))
    const at = slab.length - written
    this.#slab.copy(slab, at, this.#at, this.#end)
    this.#slab = slab
    this.#at = at
    this.#end = slab.length
  }
}
