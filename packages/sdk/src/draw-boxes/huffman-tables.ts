import { damaged } from './jpeg-error.ts'

/** Codes of up to so many bits are looked up at once. */
export const lookupBits = 10

/** How many bits are looked up at once where blocks are left as they are, and how many coefficients that may go on by. */
export const skipBits = 12
export const skippedAtOnce = 16

/** What an end-of-block code adds to the index of the coefficient: more than any run. */
const endOfBlock = 128

/** Leads to an index that is neither in a block, nor one that `endOfBlock` leads to. */
const outOfBlock = 64
const largestDc = 11
const largestAc = 10

/**
 * How to read codes. An entry is 0 for what is no code, else: bits 0 to 5, how many bits the code and its value take; 8 to 15, how many
 * coefficients it goes on by; 16 to 23, the symbol; 24 to 28, how many bits the code takes alone.
 */
export interface DecodingTable {
  /** By the next `lookupBits` bits. */
  readonly lookup: Int32Array
  /** For longer codes: by length the last code, or -1, and what leads from a code to its entry. */
  readonly lastCodes: Int32Array
  readonly offsets: Int32Array
  readonly entries: Int32Array
}

/** How to write symbols: code and length by symbol. */
export interface CodingTable {
  readonly codes: Int32Array
  readonly lengths: Uint8Array
}

/** Makes the table of a DHT segment: 16 counts, then 256 symbols at most (ITU-T T.81 annex C). Throws when there are too many codes. */
export function decodingTable(spec: Uint8Array, kind: 'dc' | 'ac'): DecodingTable {
  const lookup = new Int32Array(1 << lookupBits)
  const lastCodes = new Int32Array(17).fill(-1)
  const offsets = new Int32Array(17)
  const entries = new Int32Array(256)
  const entryOf = kind === 'dc' ? dcEntry : acEntry
  forEachCode(spec, (code, length, index) => {
    const entry = entryOf(spec[16 + index]!, length)
    entries[index] = entry
    lastCodes[length] = code
    offsets[length] = index - code
    if (length > lookupBits) return
    const first = code << (lookupBits - length)
    lookup.fill(entry, first, first + (1 << (lookupBits - length)))
  })
  return { lookup, lastCodes, offsets, entries }
}

/**
 * By the next `skipBits` bits: how many bits some codes and their values take, and how many coefficients they go on by, as in an entry; 0
 * where a code is longer. Those before an end of block go on by `skippedAtOnce` at most.
 */
export function skipTable({ lookup }: DecodingTable): Int32Array {
  return Int32Array.from({ length: 1 << skipBits }, (_, window) => {
    let bits = 0
    let advance = 0
    while (bits < skipBits && advance < endOfBlock) {
      const entry = lookup[((window << (32 - skipBits)) << bits) >>> (32 - lookupBits)]!
      const next = (entry >> 8) & 0xff
      const isSeen = entry !== 0 && bits + (entry >>> 24) <= skipBits
      if (!isSeen || (next < endOfBlock && advance + next > skippedAtOnce)) break
      bits += entry & 63
      advance += next
    }
    return bits | (advance << 8)
  })
}

/** Makes what is needed to write by the same table. */
export function codingTable(spec: Uint8Array): CodingTable {
  const codes = new Int32Array(256)
  const lengths = new Uint8Array(256)
  forEachCode(spec, (code, length, index) => {
    codes[spec[16 + index]!] = code
    lengths[spec[16 + index]!] = length
  })
  return { codes, lengths }
}

/** The entry of a code that is too long for the lookup; `word` begins with it. Throws for what is no code. */
export function longEntry(table: DecodingTable, word: number): number {
  for (let length = lookupBits + 1; length <= 16; length++) {
    const code = word >>> (32 - length)
    if (code <= table.lastCodes[length]!) return table.entries[code + table.offsets[length]!]!
  }
  throw damaged('its data hold what is no Huffman code')
}

function forEachCode(spec: Uint8Array, take: (code: number, length: number, index: number) => void): void {
  let code = 0
  let index = 0
  for (let length = 1; length <= 16; length++, code <<= 1) {
    if (code + spec[length - 1]! > 1 << length) throw damaged('a Huffman table has too many codes')
    for (let count = spec[length - 1]!; count > 0; count--) take(code++, length, index++)
  }
}

// A symbol that pictures of 8 bits do not have is found out where the block is read: it goes on too far, or is too large.
function acEntry(symbol: number, length: number): number {
  const run = symbol >> 4
  const size = symbol & 0x0f
  if (symbol === 0) return length | (endOfBlock << 8) | (length << 24)
  if (size > largestAc || (size === 0 && run !== 15)) return length | (outOfBlock << 8) | (length << 24)
  return (length + size) | ((run + 1) << 8) | (symbol << 16) | (length << 24)
}

function dcEntry(symbol: number, length: number): number {
  const size = Math.min(symbol, largestDc + 1)
  return (length + size) | (1 << 8) | (size << 16) | (length << 24)
}

/** Whether a block ends after the coefficient before this one: the last, or an end-of-block code. */
export function isBlockEnd(index: number): boolean {
  return index === 64 || index > endOfBlock
}

/** Whether pictures of 8 bits have DC differences of so many bits. */
export function isDcSize(size: number): boolean {
  return size <= largestDc
}
