import { type BitWriter, mostBits } from './bit-writer.ts'
import type { CodingTable, DecodingTable } from './huffman-tables.ts'
import { damaged } from './jpeg-error.ts'
import type { Divisors } from './jpeg-tables.ts'
import type { StandardTables } from './standard-tables.ts'
import { zigzag } from './zigzag.ts'

/** How the blocks of a component are read and written, and the DC values from which the next ones differ. */
export interface BlockCoding {
  readonly dc: DecodingTable
  readonly ac: DecodingTable
  /** What is written with. */
  readonly standard: StandardTables
  /** What is read with is the same. */
  readonly isStandard: boolean
  /** In what is read, and in what is written. */
  dcRead: number
  dcWritten: number
}

/** What one block may take at most: 64 values of 27 bits, and what the bits want to spare. */
const mostBytes = 64 * 4 + 4
const mostDcDifference = 2_047
/** What 8 bits can hold (ITU-T T.81 F.1.2). */
const mostValue = 1_023
/** More than any coefficient. */
const above = 1 << 20
const sixteenZeros = 0xf0
const endOfBlock = 0x00

/** Writes the blocks of a scan by the standard codes. */
export class BlockWriter {
  readonly #bits: BitWriter
  readonly #coefficients = new Int32Array(64)

  constructor(bits: BitWriter) {
    this.#bits = bits
  }

  /** Writes a block of coefficients, rows one after another. */
  write(coding: BlockCoding, block: Float64Array, { inverses }: Divisors): void {
    const coefficients = this.#coefficients
    // By index: which ones are not 0. They are few, and branches that nobody can foresee cost more than these sums.
    let first = 0
    let second = 0
    for (let index = 0; index < 64; index++) {
      // Rounded: what is cut off is positive.
      const value = ((block[zigzag[index]!]! * inverses[index]! + above + 0.5) | 0) - above
      coefficients[index] = value
      const bit = (value | -value) >>> 31
      if (index < 32) first |= bit << index
      else second |= bit << (index - 32)
    }
    this.writeDc(coding, clamped(coefficients[0]!))
    const { writing } = coding.standard.ac
    const previous = this.#writeHalf(writing, first & ~1, 0, 0)
    if (this.#writeHalf(writing, second, 32, previous) < 63) this.writeSymbol(writing, endOfBlock, 0)
  }

  /** Begins a block by its DC value. Throws for one that is too far from the one before. */
  writeDc(coding: BlockCoding, value: number): void {
    const difference = value - coding.dcWritten
    if (difference > mostDcDifference || difference < -mostDcDifference) throw strange()
    this.#bits.reserve(mostBytes)
    coding.dcWritten = value
    const size = sizeOf(difference)
    this.writeSymbol(coding.standard.dc.writing, size, difference < 0 ? difference + (1 << size) - 1 : difference)
  }

  /** Writes 32 coefficients from `start` on, of which `present` are not 0. Takes and gives the index of the last that was written. */
  #writeHalf(table: CodingTable, present: number, start: number, previous: number): number {
    let last = previous
    for (let left = present; left !== 0; left &= left - 1) {
      const index = start + 31 - Math.clz32(left & -left)
      let run = index - last - 1
      for (; run > 15; run -= 16) this.writeSymbol(table, sixteenZeros, 0)
      const value = clamped(this.#coefficients[index]!)
      const size = sizeOf(value)
      this.writeSymbol(table, (run << 4) | size, value < 0 ? value + (1 << size) - 1 : value)
      last = index
    }
    return last
  }

  /** Writes a symbol, the lower four bits of which say how many bits the value has behind it. */
  writeSymbol({ codes, lengths }: CodingTable, symbol: number, value: number): void {
    const size = symbol & 0x0f
    const length = lengths[symbol]!
    if (length + size <= mostBits) return this.#bits.put((codes[symbol]! << size) | value, length + size)
    this.#bits.put(codes[symbol]!, length)
    this.#bits.put(value, size)
  }
}

/** The error for what only pictures of more bits have. */
export function strange(): Error {
  return damaged('it has values that no picture of 8 bits has')
}

function clamped(value: number): number {
  return Math.max(-mostValue, Math.min(mostValue, value))
}

function sizeOf(value: number): number {
  return 32 - Math.clz32(value < 0 ? -value : value)
}
