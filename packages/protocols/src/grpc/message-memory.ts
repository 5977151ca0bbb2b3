/** Smaller messages cost less to allocate than to keep account of. */
const leastBytes = 65_536
/** What is kept for messages to come, in all. */
const mostKeptBytes = 16 * 1024 * 1024

/**
 * Memory for large messages, used again once nobody reads them any more: each of these is memory outside V8's heap, for which V8
 * collects its whole heap again and again.
 */
export class MessageMemory {
  readonly #lent = new WeakSet<ArrayBufferLike>()
  #free: ArrayBuffer[] = []
  #freeBytes = 0

  /** Memory for a message, which ends where arrays of any type may end. */
  take(bytes: number): Buffer {
    const padded = Math.ceil(bytes / 8) * 8
    if (padded < leastBytes) return Buffer.allocUnsafe(padded).subarray(padded - bytes)
    const memory = this.#reuse(padded) ?? Buffer.allocUnsafeSlow(padded).buffer
    this.#lent.add(memory)
    return Buffer.from(memory, memory.byteLength - bytes, bytes)
  }

  /** Takes back the memory of a message; does nothing with what `take` has not given, or with what has been taken back. */
  give({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return
    if (buffer.byteLength > mostKeptBytes) return
    while (this.#freeBytes + buffer.byteLength > mostKeptBytes) this.#freeBytes -= this.#free.shift()?.byteLength ?? 0
    this.#free.push(buffer)
    this.#freeBytes += buffer.byteLength
  }

  /** The latest one that is large enough, and not twice as large. */
  #reuse(bytes: number): ArrayBuffer | undefined {
    const at = this.#free.findLastIndex(({ byteLength }) => byteLength >= bytes && byteLength <= bytes * 2)
    if (at < 0) return undefined
    const [memory] = this.#free.splice(at, 1)
    if (memory) this.#freeBytes -= memory.byteLength
    return memory
  }
}
