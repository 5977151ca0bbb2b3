import { Buffer } from 'node:buffer'

/** Below it, a view on words costs more than it saves. */
const fewestForWords = 64
const isLittleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1

/**
 * Masks or unmasks bytes `from` to `to` in place (RFC 6455 §5.3); the key's first byte is its lowest. Gives back all
 * results or-ed: bytes are ASCII when no bit of `0x80808080` is set.
 */
export function applyMask(bytes: Uint8Array, from: number, to: number, key: number): number {
  if (to - from < fewestForWords) return maskBytes(bytes, from, to, key)
  const lead = -(bytes.byteOffset + from) & 3
  const words = (to - from - lead) >> 2
  const wordsFrom = from + lead
  const wordsTo = wordsFrom + words * 4
  const turned = turnKey(key, lead)
  let seen = maskBytes(bytes, from, wordsFrom, key)
  seen |= maskWords(new Int32Array(bytes.buffer, bytes.byteOffset + wordsFrom, words), turned)
  return seen | maskBytes(bytes, wordsTo, to, turned)
}

/** The key for what follows `count` masked bytes. */
export function turnKey(key: number, count: number): number {
  const bits = (count & 3) * 8
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits))
}

function maskBytes(bytes: Uint8Array, from: number, to: number, key: number): number {
  let seen = 0
  let turning = key
  for (let at = from; at < to; at++) {
    seen |= bytes[at] = bytes[at]! ^ (turning & 0xff)
    turning = (turning >>> 8) | (turning << 24)
  }
  return seen & 0xff
}

function maskWords(words: Int32Array, key: number): number {
  const word = isLittleEndian ? key : swapBytes(key)
  let seen = 0
  for (let at = 0; at < words.length; at++) seen |= words[at] = words[at]! ^ word
  return seen
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

const keyBytes = 4_096
let keys: Buffer | undefined
let nextKey = 0

/** A key that the peer cannot foresee (RFC 6455 §10.3). */
export function randomKey(): number {
  if (!keys || nextKey === keyBytes) {
    keys ??= Buffer.alloc(keyBytes)
    process.getBuiltinModule('node:crypto').randomFillSync(keys)
    nextKey = 0
  }
  nextKey += 4
  return keys.readInt32LE(nextKey - 4)
}
