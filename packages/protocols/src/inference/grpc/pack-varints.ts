import { Buffer } from 'node:buffer'

/** Whole numbers as the value of a packed list of int32, int64, uint32 or uint64; exact up to 2^53 on either side of 0. */
export function packNumbers(numbers: ArrayLike<number>): Buffer {
  let bytes = 0
  for (let index = 0; index < numbers.length; index++) {
    const value = numbers[index]!
    bytes += value >= 0 && value < 0x80 ? 1 : varintBytes(value >>> 0, highWord(value))
  }
  const packed = Buffer.allocUnsafe(bytes)
  let at = 0
  for (let index = 0; index < numbers.length; index++) {
    const value = numbers[index]!
    if (value >= 0 && value < 0x80) packed[at++] = value
    else at = writeVarint(packed, at, value >>> 0, highWord(value))
  }
  return packed
}

/** 64-bit numbers as the value of a packed list of int64 or uint64. */
export function packBigInts(numbers: BigInt64Array | BigUint64Array): Buffer {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  let bytes = 0
  for (let index = 0; index < words.length; index += 2) bytes += varintBytes(words[index]!, words[index + 1]!)
  const packed = Buffer.allocUnsafe(bytes)
  let at = 0
  for (let index = 0; index < words.length; index += 2) at = writeVarint(packed, at, words[index]!, words[index + 1]!)
  return packed
}

/** Of the two's complement. */
function highWord(value: number): number {
  return Math.floor(value / 2 ** 32) >>> 0
}

function varintBytes(low: number, high: number): number {
  const bits = high === 0 ? 32 - Math.clz32(low | 1) : 64 - Math.clz32(high)
  return Math.ceil(bits / 7)
}

/** Gives where the number ends. */
function writeVarint(target: Buffer, start: number, low: number, high: number): number {
  let at = start
  let lower = low
  let upper = high
  while (upper !== 0 || lower >= 0x80) {
    target[at++] = (lower & 0x7f) | 0x80
    lower = ((lower >>> 7) | (upper << 25)) >>> 0
    upper >>>= 7
  }
  target[at++] = lower
  return at
}
