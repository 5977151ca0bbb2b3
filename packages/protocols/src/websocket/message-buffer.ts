import { Buffer } from 'node:buffer'
import { ownCopy } from './own-copy.ts'

const growth = 4
const leastBytes = 1_024

/**
 * Collects a message that arrives in parts. It grows with what has arrived, never with what was announced, and holds
 * nothing per part, however small the parts are.
 */
export class MessageBuffer {
  #bytes: Buffer | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Copies a part in. The message is not going to be larger than `mostBytes`. */
  append(part: Uint8Array, mostBytes: number): void {
    const length = this.#length + part.length
    if (!this.#bytes || length > this.#bytes.length) this.#grow(length, mostBytes)
    this.#bytes?.set(part, this.#length)
    this.#length = length
  }

  /** The whole message, which belongs to the caller; the buffer is empty again. */
  take(): Buffer {
    const bytes = this.#bytes ?? Buffer.alloc(0)
    const length = this.#length
    this.#bytes = undefined
    this.#length = 0
    if (length === bytes.length) return bytes
    return length * 2 < bytes.length ? ownCopy(bytes.subarray(0, length)) : bytes.subarray(0, length)
  }

  #grow(length: number, mostBytes: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.min(mostBytes, Math.max(leastBytes, length * growth)))
    this.#bytes?.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
  }
}
