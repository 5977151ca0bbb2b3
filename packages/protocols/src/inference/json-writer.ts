import { Buffer } from 'node:buffer'
import { quote } from './show.ts'
import { InferenceError, type Parameters } from './tensor.ts'

const firstBytes = 1024
/** Longer texts are written faster by what Node.js has for it. */
const longestPlain = 64

/** Writes JSON bytes into a buffer that grows. */
export class JsonWriter {
  bytes: Buffer = Buffer.allocUnsafe(firstBytes)
  /** Where the next byte is written. */
  at = 0

  /** Makes room for so many more bytes. */
  reserve(count: number): void {
    const needed = this.at + count
    if (needed <= this.bytes.length) return
    const bytes = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2))
    bytes.set(this.bytes.subarray(0, this.at))
    this.bytes = bytes
  }

  byte(byte: number): void {
    this.reserve(1)
    this.bytes[this.at++] = byte
  }

  /** Text that is JSON already. */
  json(text: string): void {
    this.reserve(Buffer.byteLength(text))
    this.at += this.bytes.write(text, this.at)
  }

  /** A few ASCII characters that are JSON already: faster than `json`. */
  ascii(text: string): void {
    this.reserve(text.length)
    const { bytes, at } = this
    for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index)
    this.at = at + text.length
  }

  text(text: string): void {
    if (!this.#takesPlain(text)) this.json(JSON.stringify(text))
  }

  /** `,"key":`, without the comma after the bracket that opens an object. */
  key(key: string): void {
    if (this.bytes[this.at - 1] !== 0x7b) this.byte(0x2c)
    this.text(key)
    this.byte(0x3a)
  }

  /** InferenceError with `status` for NaN and infinite numbers: other transports may bring them. */
  parameters(parameters: Parameters, status: number): void {
    this.byte(0x7b)
    for (const [name, value] of Object.entries(parameters)) {
      this.key(name)
      if (typeof value === 'string') this.text(value)
      else if (typeof value !== 'number' || Number.isFinite(value)) this.ascii(String(value))
      else throw new InferenceError(status, `the parameter ${quote(name)} is ${value}, which JSON cannot carry`)
    }
    this.byte(0x7d)
  }

  /** Writes a short text without anything to escape, as most names are; false when it is not one. */
  #takesPlain(text: string): boolean {
    const { length } = text
    if (length > longestPlain) return false
    this.reserve(length + 2)
    const { bytes } = this
    let { at } = this
    bytes[at++] = 0x22
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false
      bytes[at++] = code
    }
    bytes[at++] = 0x22
    this.at = at
    return true
  }

  /** Writes bytes as they are if there is room for them; false when there is none. */
  takesBytes(bytes: Uint8Array): boolean {
    if (this.at + bytes.length > this.bytes.length) return false
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
    return true
  }

  /** What was written; the writer must not be used any more. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.at)
  }
}
