/** What a map of an event holds. */
type Value = string | number | Readonly<Record<string, string | number>>

/** Writes one msgpack map of strings, whole numbers and maps of them; the format's shortest form of each. */
export class MsgpackWriter {
  #bytes = Buffer.allocUnsafe(4096)
  #length = 0

  /** Begins anew; `reserved` bytes stay free at the front. */
  reset(reserved: number): void {
    this.#length = reserved
  }

  /** A copy of what was written, the reserved bytes with it. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length))
  }

  map(size: number): void {
    if (size < 16) this.#byte(0x80 | size)
    else this.#head(0xde, size, 2)
  }

  entry(key: string, value: Value): void {
    this.string(key)
    if (typeof value === 'string') return this.string(value)
    if (typeof value === 'number') return this.integer(value)
    const entries = Object.entries(value)
    this.map(entries.length)
    for (const [name, inner] of entries) this.entry(name, inner)
  }

  string(text: string): void {
    const length = Buffer.byteLength(text)
    if (length < 32) this.#byte(0xa0 | length)
    else if (length < 0x100) this.#head(0xd9, length, 1)
    else if (length < 0x10000) this.#head(0xda, length, 2)
    else this.#head(0xdb, length, 4)
    this.#reserve(length)
    this.#length += this.#bytes.write(text, this.#length)
  }

  integer(value: number): void {
    if (value >= 0 && value < 128) this.#byte(value)
    else if (value < 0 && value >= -32) this.#byte(0x100 + value)
    else if (value >= 0 && value < 0x1_0000_0000) this.#head(0xce, value, 4)
    else {
      this.#reserve(9)
      this.#bytes[this.#length] = 0xd3
      this.#bytes.writeBigInt64BE(BigInt(value), this.#length + 1)
      this.#length += 9
    }
  }

  /** The head of bytes that follow. */
  binary(length: number): void {
    if (length < 0x100) this.#head(0xc4, length, 1)
    else if (length < 0x10000) this.#head(0xc5, length, 2)
    else this.#head(0xc6, length, 4)
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  #head(type: number, length: number, size: number): void {
    this.#reserve(1 + size)
    this.#bytes[this.#length] = type
    this.#length = this.#bytes.writeUIntBE(length, this.#length + 1, size)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#length + more))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
