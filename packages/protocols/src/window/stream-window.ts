import { Buffer } from 'node:buffer'

/** Sizes in bytes, all from 1; neither of the others is more than `max_bytes`. */
export interface WindowSizes {
  chunk_bytes: number
  max_bytes: number
  trim_bytes: number
}

/**
 * A rolling window over a stream of bytes. Bytes join it in whole chunks; whenever it is longer than `max_bytes`, it loses
 * multiples of `trim_bytes` at its front until it is not. It takes as much memory as was needed so far, at most twice its
 * bounds.
 */
export class StreamWindow {
  readonly #sizes: WindowSizes
  #buffer = Buffer.alloc(0)
  /** The window is from `start` to `end`; what is not yet a chunk follows, to `filled`. */
  #start = 0
  #end = 0
  #filled = 0
  #hasNew = false
  #startsAt = 0

  constructor(sizes: WindowSizes) {
    this.#sizes = sizes
  }

  /** Whether a chunk has joined since the last `take`. */
  get hasNew(): boolean {
    return this.#hasNew
  }

  /** How many bytes have left the window at its front so far. */
  get startsAt(): number {
    return this.#startsAt
  }

  add(data: Uint8Array): void {
    const { chunk_bytes } = this.#sizes
    for (let at = 0; at < data.byteLength;) {
      const missing = chunk_bytes - (this.#filled - this.#end)
      const part = data.subarray(at, at + missing)
      this.#append(part)
      at += part.byteLength
      if (part.byteLength === missing) this.#moveChunk()
    }
  }

  /** The window, as bytes of its own; undefined when nothing new has joined it. */
  take(): Buffer | undefined {
    if (!this.#hasNew) return undefined
    this.#hasNew = false
    return Buffer.from(this.#buffer.subarray(this.#start, this.#end))
  }

  #moveChunk(): void {
    const { max_bytes, trim_bytes } = this.#sizes
    this.#end = this.#filled
    this.#hasNew = true
    const excess = this.#end - this.#start - max_bytes
    if (excess <= 0) return
    const dropped = Math.ceil(excess / trim_bytes) * trim_bytes
    this.#start += dropped
    this.#startsAt += dropped
  }

  #append(part: Uint8Array): void {
    if (this.#filled + part.byteLength > this.#buffer.byteLength) this.#makeRoom(part.byteLength)
    this.#buffer.set(part, this.#filled)
    this.#filled += part.byteLength
  }

  /** Twice what is kept, so that moving it is rare. */
  #makeRoom(bytes: number): void {
    const kept = this.#buffer.subarray(this.#start, this.#filled)
    const needed = kept.byteLength + bytes
    if (needed * 2 > this.#buffer.byteLength) {
      const larger = Buffer.allocUnsafeSlow(needed * 2)
      larger.set(kept)
      this.#buffer = larger
    } else this.#buffer.copyWithin(0, this.#start, this.#filled)
    this.#filled -= this.#start
    this.#end -= this.#start
    this.#start = 0
  }
}
