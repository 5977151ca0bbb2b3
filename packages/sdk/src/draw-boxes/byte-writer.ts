/** Bytes that grow. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  append(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Adds entropy-coded data: a zero follows each byte ff (ITU-T T.81 F.1.2.3). */
  appendStuffed(data: Uint8Array): void {
    for (let from = 0; from < data.length;) {
      const found = data.indexOf(0xff, from)
      const end = found < 0 ? data.length : found + 1
      this.append(data.subarray(from, end))
      if (found >= 0) this.append([0])
      from = end
    }
  }

  /** All of them, in memory of their own. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#length + count, this.#bytes.length * 1.5))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
