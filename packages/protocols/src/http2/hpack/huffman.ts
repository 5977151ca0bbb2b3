import type { Buffer } from 'node:buffer'
import { HpackError } from './hpack-error.ts'
import { endOfString, longCode, quickCodes } from './huffman-code.ts'

/**
 * Decodes bytes in Huffman's code into `out` and gives their number, which may be more than `out` has taken. Throws
 * `HpackError` for an end in the middle and for padding of more than seven bits or not all ones (RFC 7541 §5.2).
 */
export function decodeHuffman(bytes: Buffer, from: number, to: number, out: Uint8Array): number {
  let at = from
  let length = 0
  // The next bits, from the highest on, and how many of the 32 there are.
  let bits = 0
  let count = 0
  for (;;) {
    while (count <= 24 && at < to) {
      bits |= bytes[at++]! << (24 - count)
      count += 8
    }
    let code = quickCodes[bits >>> 24]!
    while (code !== 0 && code >>> 8 <= count) {
      // Of the code only its symbol is taken, and beyond the end of `out` nothing.
      out[length++] = code
      bits <<= code >>> 8
      count -= code >>> 8
      code = quickCodes[bits >>> 24]!
    }
    if (at < to && count <= 24) continue
    if (count < 8) return checkPadding(bits, count, length)
    code = longCode(at < to ? bits | (bytes[at]! >>> (count - 24)) : bits)
    if ((code & 0x1ff) === endOfString) throw new HpackError('an end inside of a string')
    if (code >>> 9 > count + 8 * (to - at)) throw new HpackError('a string with too much padding')
    out[length++] = code
    bits <<= code >>> 9
    count -= code >>> 9
    if (count < 0) {
      bits = bytes[at++]! << (24 - count)
      count += 8
    }
  }
}

function checkPadding(bits: number, count: number, length: number): number {
  if (count > 0 && bits >> (32 - count) !== -1) throw new HpackError('a string with false padding')
  return length
}
