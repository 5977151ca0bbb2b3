import { Buffer } from 'node:buffer'

/** Gathers bytes whose number is not known before, with at most twice their memory and few copies. */
export class GrowingBuffer {
  #memory: Buffer | undefined
  #length = 0
  /** Of what was taken last: the next one is likely to be about as long. */
  #usualLength = 0

  get length(): number {
    return this.#length
  }

  /** What has been gathered, without a copy; more may be added later. */
  get bytes(): Buffer {
    return (this.#memory ?? Buffer.alloc(0)).subarray(0, this.#length)
  }

  /** Adds all that `bytes` has from `from` on. */
  add(bytes: Buffer, from: number): void {
    const length = this.#length + bytes.length - from
    bytes.copy(this.#room(length), this.#length, from)
    this.#length = length
  }

  /** Forgets it all; what `bytes` gave is the receiver's. */
  clear(): void {
    if (this.#length > 0) this.#usualLength = this.#length
    this.#memory = undefined
    this.#length = 0
  }

  #room(length: number): Buffer {
    if (this.#memory && this.#memory.length >= length) return this.#memory
    const likely = this.#memory ? this.#memory.length * 2 : this.#usualLength * 1.25
    const memory = Buffer.allocUnsafeSlow(Math.ceil(Math.max(length, likely)))
    if (this.#memory) this.#memory.copy(memory, 0, 0, this.#length)
    return (this.#memory = memory)
  }
}
