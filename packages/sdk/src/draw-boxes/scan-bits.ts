import { damaged } from './jpeg-error.ts'

/** How far a block may read past the end before that is noticed: 64 coefficients of 31 bits, and a word. */
const slack = 64 * 4 + 8

/** The entropy-coded data of a picture, one stretch between markers at a time, without its stuffed zeros. */
export class ScanBits {
  readonly #source: Uint8Array
  readonly #bytes: Uint8Array<ArrayBuffer>
  /** Of this stretch. What is behind `end` is left from an earlier one, and may be read without harm. */
  readonly view: DataView
  /** In bits. */
  position = 0
  end = 0
  /** Where the source's next marker is, or its end. */
  next: number

  constructor(source: Uint8Array, start: number) {
    this.#source = source
    this.#bytes = new Uint8Array(source.length - start + slack)
    this.view = new DataView(this.#bytes.buffer)
    this.next = start
    this.#load()
  }

  /** The next 32 bits. */
  peek(): number {
    const at = this.position >> 3
    const shift = this.position & 7
    return (this.view.getInt32(at) << shift) | (this.#bytes[at + 4]! >>> (8 - shift))
  }

  /** Goes on behind the restart marker that must be here. */
  restart(): void {
    const marker = this.#source[this.next + 1] ?? 0
    if ((marker & 0xf8) !== 0xd0) throw damaged(`no restart marker at byte ${this.next}`)
    this.next += 2
    this.#load()
  }

  #load(): void {
    const source = this.#source
    let from = this.next
    let count = 0
    for (;;) {
      let at = source.indexOf(0xff, from)
      if (at < 0) at = source.length
      this.#bytes.set(source.subarray(from, at), count)
      count += at - from
      // Bytes ff in front of a marker are filling (B.1.1.2).
      while (source[at + 1] === 0xff) at += 1
      from = at + 2
      if (source[at + 1] !== 0) {
        this.next = at
        break
      }
      this.#bytes[count++] = 0xff
    }
    this.position = 0
    this.end = count * 8
  }
}
