import { Buffer } from 'node:buffer'
import { BlockCache, type DecodedBlock } from './block-cache.ts'
import { DynamicTable } from './dynamic-table.ts'
import { HpackError } from './hpack-error.ts'
import { decodeHuffman } from './huffman.ts'
import { lastStaticIndex, staticFields } from './static-table.ts'
import { TextCache } from './text-cache.ts'

/** Bounds of a decoder. All have defaults. */
export interface HpackLimits {
  /** The size of the dynamic table that both sides begin with and that the peer cannot go beyond; default 4,096. */
  maxTableBytes?: number
  /** Bytes of a header list as RFC 9113 §6.5.2 counts them; default 16 KiB. */
  maxListBytes?: number
  /** Fields of a header list; default 256. */
  maxFields?: number
}

/** Buffer's own, without the checks of `toString`; @types/node does not have it. */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(this: Buffer, from: number, to: number): string }

/** What a field takes beside its name and its value (RFC 9113 §6.5.2). */
const fieldOverhead = 32
/** Bytes of an integer after its first: no length or index that is of any use needs more. */
const maxIntegerBytes = 4
/** The longest code of Huffman's has 30 bits, the shortest 5. */
const mostCharsPerByte = 8 / 5

const nothing: Buffer = Buffer.alloc(0)

/** Where Huffman's code is decoded to: synchronously, so that one is enough. It grows to the largest bound in use. */
let scratch: Buffer = Buffer.allocUnsafeSlow(1_024)

/**
 * Decodes the header blocks of one connection, in the order in which they come (RFC 7541). What it keeps is bounded
 * whatever they are: the dynamic table, and 4 blocks and 64 texts that may come again.
 */
export class HpackDecoder {
  readonly #maxTableBytes: number
  readonly #maxListBytes: number
  readonly #maxFields: number
  readonly #table: DynamicTable
  readonly #blocks = new BlockCache()
  readonly #texts = new TextCache()
  #block = nothing
  #at = 0
  #headers: string[] = []
  #listBytes = 0
  #isTooLarge = false
  /** The field that is being read has a text that fits neither list nor table, and stands there as an empty one. */
  #isOversized = false

  constructor({ maxTableBytes = 4_096, maxListBytes = 16_384, maxFields = 256 }: HpackLimits = {}) {
    this.#maxTableBytes = maxTableBytes
    this.#maxListBytes = maxListBytes
    this.#maxFields = maxFields
    this.#table = new DynamicTable(maxTableBytes)
  }

  /**
   * Decodes one whole block: the fragments of HEADERS and its CONTINUATIONs joined. Throws `HpackError` when it is
   * malformed, after which the decoder is of no more use. Keeps no reference to `block`.
   */
  decode(block: Buffer): DecodedBlock {
    const { changes } = this.#table
    const known = this.#blocks.find(block, changes)
    if (known) return known
    this.#block = block
    this.#at = 0
    this.#headers = []
    this.#listBytes = 0
    this.#isTooLarge = false
    this.#readSizeUpdates()
    while (this.#at < block.length) this.#readField(block[this.#at]!)
    const decoded = { headers: this.#headers, isTooLarge: this.#isTooLarge }
    this.#block = nothing
    if (changes === this.#table.changes) this.#blocks.keep(block, changes, decoded)
    return decoded
  }

  /** They stand at the start of a block only (RFC 7541 §4.2). */
  #readSizeUpdates(): void {
    const block = this.#block
    while (this.#at < block.length && (block[this.#at]! & 0xe0) === 0x20) {
      const size = this.#integer(0x1f)
      if (size > this.#maxTableBytes) throw new HpackError(`a table of ${size} bytes`)
      this.#table.resize(size)
    }
  }

  #readField(first: number): void {
    if (first >= 0x80) {
      const index = first < 0xff ? (this.#at++, first & 0x7f) : this.#integer(0x7f)
      this.#add(this.#nameAt(index), this.#valueAt(index))
    } else if (first >= 0x40) this.#readLiteral(0x3f, true)
    else if (first < 0x20) this.#readLiteral(0x0f, false)
    else throw new HpackError('a change of the table after the start of a block')
  }

  #readLiteral(prefix: number, isIndexed: boolean): void {
    this.#isOversized = false
    // What the table takes comes from there the next time, and what is never indexed is secret: neither is kept.
    const isKept = this.#block[this.#at]! < 0x10
    const index = this.#integer(prefix)
    const name = index === 0 ? this.#text(isKept) : this.#nameAt(index)
    const value = this.#text(isKept)
    if (this.#isOversized) {
      this.#isTooLarge = true
      if (isIndexed) this.#table.clear()
      return
    }
    if (isIndexed) this.#table.insert(name, value)
    this.#add(name, value)
  }

  #add(name: string, value: string): void {
    this.#listBytes += name.length + value.length + fieldOverhead
    if (this.#listBytes > this.#maxListBytes || this.#headers.length >= 2 * this.#maxFields) this.#isTooLarge = true
    if (!this.#isTooLarge) this.#headers.push(name, value)
  }

  #nameAt(index: number): string {
    if (index > lastStaticIndex) return this.#table.name(this.#dynamicIndex(index))
    if (index === 0) throw new HpackError('the index 0')
    return staticFields[2 * index - 2]!
  }

  /** After `#nameAt`, which has found the index to be one. */
  #valueAt(index: number): string {
    return index > lastStaticIndex ? this.#table.value(index - lastStaticIndex - 1) : staticFields[2 * index - 1]!
  }

  #dynamicIndex(index: number): number {
    const dynamic = index - lastStaticIndex - 1
    if (dynamic < this.#table.count) return dynamic
    throw new HpackError(`the index ${index} of ${lastStaticIndex + this.#table.count}`)
  }

  /** RFC 7541 §5.1. `prefix` is the mask of the bits of the first byte that belong to it. */
  #integer(prefix: number): number {
    const block = this.#block
    let value = this.#byte() & prefix
    if (value < prefix) return value
    for (let shift = 0; shift < 7 * maxIntegerBytes; shift += 7) {
      const byte = this.#byte()
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new HpackError(`an integer of more than ${maxIntegerBytes + 1} bytes in a block of ${block.length}`)
  }

  #byte(): number {
    if (this.#at >= this.#block.length) throw new HpackError('a block that ends in the middle of a field')
    return this.#block[this.#at++]!
  }

  /** RFC 7541 §5.2. */
  #text(isKept: boolean): string {
    const block = this.#block
    const start = this.#at
    const length = this.#integer(0x7f)
    const from = this.#at
    const to = from + length
    if (to > block.length) throw new HpackError('a text that is longer than its block')
    this.#at = to
    const known = isKept ? this.#texts.find(block, start, to) : undefined
    if (known !== undefined) return known
    const text = block[start]! < 0x80 ? this.#plain(from, to) : this.#huffman(from, to)
    // A text that was dropped is not the empty one that stands for it.
    if (isKept && !this.#isOversized) this.#texts.keep(block, start, to, text)
    return text
  }

  #plain(from: number, to: number): string {
    if (to - from > this.#maxTextBytes) return this.#oversized()
    return latin1Slice.call(this.#block, from, to)
  }

  #huffman(from: number, to: number): string {
    const needed = Math.min(this.#maxTextBytes, Math.ceil((to - from) * mostCharsPerByte))
    if (needed > scratch.length) scratch = Buffer.allocUnsafeSlow(Math.max(needed, 2 * scratch.length))
    const length = decodeHuffman(this.#block, from, to, scratch)
    return length > this.#maxTextBytes ? this.#oversized() : latin1Slice.call(scratch, 0, length)
  }

  /** No longer text is of any use, neither in the list nor in the table. */
  get #maxTextBytes(): number {
    return Math.max(this.#maxListBytes, this.#maxTableBytes)
  }

  #oversized(): string {
    this.#isOversized = true
    return ''
  }
}
