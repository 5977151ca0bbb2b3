import type { BitWriter } from './bit-writer.ts'
import { type BlockCoding, BlockWriter, strange } from './block-writer.ts'
import {
  type DecodingTable,
  isBlockEnd,
  isDcSize,
  longEntry,
  lookupBits,
  skipBits,
  skippedAtOnce,
} from './huffman-tables.ts'
import { damaged } from './jpeg-error.ts'
import type { Divisors } from './jpeg-tables.ts'
import type { ScanBits } from './scan-bits.ts'
import { zigzag } from './zigzag.ts'

const lookupShift = 32 - lookupBits
const skipShift = 32 - skipBits
/** From there on, codes of the next block could be skipped. */
const mostSkippedFrom = 64 - skippedAtOnce

/**
 * Takes the blocks of a scan from its bits to other bits. What nothing is drawn on is never decoded: where codes stay the same, bits are
 * copied, long stretches at once; otherwise each symbol is written by its new code.
 */
export class BlockCoder {
  readonly #bits: ScanBits
  readonly #output: BitWriter
  readonly #writer: BlockWriter
  /** Where the stretch begins that is still to be copied; -1 for none. */
  #copyFrom = -1

  constructor(bits: ScanBits, output: BitWriter) {
    this.#bits = bits
    this.#output = output
    this.#writer = new BlockWriter(output)
  }

  /** Writes the next block as it is. */
  pass(coding: BlockCoding): void {
    const from = this.#bits.position
    const isCopied = coding.isStandard && coding.dcRead === coding.dcWritten
    coding.dcRead += this.#readDc(coding.dc)
    if (isCopied) {
      if (this.#copyFrom < 0) this.#copyFrom = from
      coding.dcWritten = coding.dcRead
      this.#skipAc(coding)
    } else {
      this.#copyUpTo(from)
      this.#writer.writeDc(coding, coding.dcRead)
      this.#passAc(coding)
    }
    this.#checkEnd()
  }

  /** Reads the coefficients of the next block, rows one after another; the block is left out. */
  read(coding: BlockCoding, block: Float64Array, { values }: Divisors): void {
    this.flush()
    block.fill(0)
    coding.dcRead += this.#readDc(coding.dc)
    block[0] = coding.dcRead * values[0]!
    const { lookup } = coding.ac
    const bits = this.#bits
    let index = 1
    while (index < 64) {
      const word = bits.peek()
      const entry = lookup[word >>> lookupShift]! || longEntry(coding.ac, word)
      bits.position += entry & 63
      index += (entry >> 8) & 0xff
      const size = (entry >> 16) & 0x0f
      if (size === 0 || index > 64) continue
      const value = extended((word << (entry >>> 24)) >>> (32 - size), size)
      block[zigzag[index - 1]!] = value * values[index - 1]!
    }
    checkIndex(index)
    this.#checkEnd()
  }

  /** Writes a block of coefficients, rows one after another. */
  write(coding: BlockCoding, block: Float64Array, divisors: Divisors): void {
    this.#writer.write(coding, block, divisors)
  }

  /** Writes what is still to be copied: something else follows. */
  flush(): void {
    this.#copyUpTo(this.#bits.position)
  }

  #copyUpTo(position: number): void {
    if (this.#copyFrom >= 0) this.#output.copy(this.#bits.view, this.#copyFrom, position)
    this.#copyFrom = -1
  }

  #readDc(table: DecodingTable): number {
    const word = this.#bits.peek()
    const entry = table.lookup[word >>> lookupShift]! || longEntry(table, word)
    this.#bits.position += entry & 63
    const size = (entry >> 16) & 0x0f
    if (!isDcSize(size)) throw strange()
    return size === 0 ? 0 : extended((word << (entry >>> 24)) >>> (32 - size), size)
  }

  /** Goes to the end of a block of standard codes. */
  #skipAc({ ac, standard }: BlockCoding): void {
    const { lookup } = ac
    const { skipping } = standard.ac
    const { view } = this.#bits
    let { position } = this.#bits
    let index = 1
    while (index < 64) {
      // At least 25 bits, where a code has 16 at most.
      const word = view.getInt32(position >> 3) << (position & 7)
      const skipped = index < mostSkippedFrom ? skipping[word >>> skipShift]! : 0
      const entry = skipped || lookup[word >>> lookupShift]! || longEntry(ac, word)
      position += entry & 63
      index += (entry >> 8) & 0xff
    }
    this.#bits.position = position
    checkIndex(index)
  }

  #passAc({ ac, standard }: BlockCoding): void {
    const { lookup } = ac
    const { writing } = standard.ac
    const bits = this.#bits
    let index = 1
    while (index < 64) {
      const word = bits.peek()
      const entry = lookup[word >>> lookupShift]! || longEntry(ac, word)
      const symbol = (entry >> 16) & 0xff
      bits.position += entry & 63
      index += (entry >> 8) & 0xff
      // Two shifts, since one by 32 does nothing.
      this.#writer.writeSymbol(writing, symbol, ((word << (entry >>> 24)) >>> 1) >>> (31 - (symbol & 0x0f)))
    }
    checkIndex(index)
  }

  #checkEnd(): void {
    if (this.#bits.position > this.#bits.end) throw damaged('it breaks off')
  }
}

function checkIndex(index: number): void {
  if (!isBlockEnd(index)) throw strange()
}

// ITU-T T.81 F.2.2.1: values whose first bit is 0 are negative.
function extended(value: number, size: number): number {
  return value < 1 << (size - 1) ? value - (1 << size) + 1 : value
}
