import type { Buffer } from 'node:buffer'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'

/** Arrays of whole numbers that protobuf sends as int32 or uint32. */
export type NarrowArray = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array

const mostVarintBytes = 10

/** How many numbers a packed list holds, and never more than it has bytes. Throws MalformedMessage when the last one is cut. */
export function countVarints(packed: Buffer): number {
  let count = 0
  for (let at = 0; at < packed.length; at++) if (packed[at]! < 0x80) count++
  if (packed.length > 0 && packed[packed.length - 1]! >= 0x80) throw new MalformedMessage('half a number')
  return count
}

/**
 * Reads the low 32 bits of each number of a packed list that `countVarints` has counted, into `target` from `index` on.
 * Gives the index of the first one that the array's type does not hold, -1 when it holds them all.
 */
export function unpack32(packed: Buffer, target: NarrowArray, index: number): number {
  const isSigned = target instanceof Int8Array || target instanceof Int16Array || target instanceof Int32Array
  let next = index
  for (let at = 0; at < packed.length; next++) {
    let byte = packed[at++]!
    let bits = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = continued(packed, at++, shift)
      if (shift < 32) bits |= (byte & 0x7f) << shift
    }
    const value = isSigned ? bits | 0 : bits >>> 0
    target[next] = value
    if (target[next] !== value) return next
  }
  return -1
}

/** As `unpack32`, all 64 bits: two words a number, the low one first. */
export function unpack64(packed: Buffer, words: Int32Array, index: number): void {
  let next = 2 * index
  for (let at = 0; at < packed.length; next += 2) {
    let byte = packed[at++]!
    let low = byte & 0x7f
    let high = 0
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = continued(packed, at++, shift)
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      if (shift > 28) high |= bits << (shift - 32)
      else if (shift === 28) high |= bits >>> 4
    }
    words[next] = low
    words[next + 1] = high
  }
}

/** As `unpack32`, 1 for what is not 0. */
export function unpackBools(packed: Buffer, target: Uint8Array, index: number): void {
  let next = index
  for (let at = 0; at < packed.length; next++) {
    let byte = packed[at++]!
    let bits = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = continued(packed, at++, shift)
      bits |= byte & 0x7f
    }
    target[next] = bits === 0 ? 0 : 1
  }
}

/** Whole numbers of a packed list of int64, rounded beyond 2^53. */
export function unpackNumbers(packed: Buffer): number[] {
  const words = new Int32Array(2 * countVarints(packed))
  unpack64(packed, words, 0)
  const numbers: number[] = []
  for (let at = 0; at < words.length; at += 2) numbers.push(words[at + 1]! * 2 ** 32 + (words[at]! >>> 0))
  return numbers
}

function continued(packed: Buffer, at: number, shift: number): number {
  if (shift >= 7 * mostVarintBytes) throw new MalformedMessage('a number of more than ten bytes')
  return packed[at]!
}
