/** No syntax element that is read here needs more. */
const mostZeros = 31

/** Reads bits, most significant first. Beyond the end, and behind a number that is too long, all is 0 and `isBroken` is true. */
export class BitReader {
  isBroken = false
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** An unsigned number of at most 32 bits. */
  bits(count: number): number {
    let value = 0
    for (let read = 0; read < count; read++) value = value * 2 + this.#bit()
    return value
  }

  flag(): boolean {
    return this.#bit() === 1
  }

  skip(count: number): void {
    this.#at += count
    if (this.#at > 8 * this.#bytes.length) this.isBroken = true
  }

  /** `ue(v)` (ITU-T H.264 §9.1). */
  unsigned(): number {
    let zeros = 0
    while (!this.flag()) {
      zeros += 1
      if (this.isBroken || zeros > mostZeros) {
        this.isBroken = true
        return 0
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** `se(v)` (ITU-T H.264 §9.1.1). */
  signed(): number {
    const code = this.unsigned()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }

  #bit(): number {
    const byte = this.isBroken ? undefined : this.#bytes[this.#at >> 3]
    if (byte === undefined) {
      this.isBroken = true
      return 0
    }
    const bit = (byte >> (7 - (this.#at & 7))) & 1
    this.#at += 1
    return bit
  }
}
