/** The most bits that are put at once. */
export const mostBits = 24

/** Bits of one stretch of entropy-coded data, from the highest on. */
export class BitWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  /** Whole bytes, and what is behind them: fewer than eight bits, at the top of a word. */
  #length = 0
  #word = 0
  #bits = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Makes room for that many bytes: bits must have it before they are put, with four bytes to spare. */
  reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#length + count, this.#bytes.length * 1.5))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  /** Adds the lowest `count` bits, `mostBits` at most, of a value that has no others. */
  put(value: number, count: number): void {
    const bits = this.#bits + count
    const word = this.#word | (value << (32 - bits))
    // Whole or not: what is not is written again, which costs less than to find out.
    this.#view.setInt32(this.#length, word)
    this.#length += bits >> 3
    this.#word = word << (bits & 0x38)
    this.#bits = bits & 7
  }

  /** Adds the bits `from` to `to` of other bytes, behind which there are four at least. */
  copy(source: DataView, from: number, to: number): void {
    this.reserve((to - from) / 8 + 8)
    let at = from
    for (; to - at >= mostBits; at += mostBits) this.put((source.getInt32(at >> 3) << (at & 7)) >>> 8, mostBits)
    if (at < to) this.put((source.getInt32(at >> 3) << (at & 7)) >>> (32 - to + at), to - at)
  }

  /** Fills the last byte with ones, gives all bytes, and begins anew; they are valid until bits are put. */
  take(): Uint8Array {
    this.reserve(8)
    if (this.#bits > 0) this.put((1 << (8 - this.#bits)) - 1, 8 - this.#bits)
    const bytes = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    return bytes
  }
}
