const slabBytes = 32_768
const mostFree = 64

/** Memory for what is about to be sent, used again and again: a connection that is silent holds none. */
export class SlabPool {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes)
  }

  /** Only of what nobody reads any more. */
  give(slab: Buffer): void {
    if (this.#free.length < mostFree) this.#free.push(slab)
  }
}
