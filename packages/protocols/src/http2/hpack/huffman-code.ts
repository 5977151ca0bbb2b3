/** The bits of the code of each byte, and of the end of a string (RFC 7541 Appendix B). */
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
]

/** The symbol that ends a string; no string contains it. */
export const endOfString = 256
/** The longest code has so many bits. */
const longest = 30
/** Codes of at most so many bits are found by one look. */
const quickBits = 8

/** Symbols by length of their codes, then by code, which is by symbol: the code is canonical. */
const symbols = Uint16Array.from(
  lengths.map((_, symbol) => symbol).toSorted((a, b) => lengths[a]! - lengths[b]! || a - b),
)
/** Where the symbols of a length begin in `symbols`, less the first code of that length. */
const offsets = new Int32Array(longest + 1)
/** One more than the last code of a length. */
const ends = new Int32Array(longest + 1)
/** By the next bits: the length of the code times 256 plus its symbol; 0 for a longer code. */
export const quickCodes = new Uint16Array(1 << quickBits)

let code = 0
let taken = 0
for (let length = 1; length <= longest; length++) {
  code *= 2
  offsets[length] = taken - code
  for (; taken < symbols.length && lengths[symbols[taken]!] === length; taken++, code++) {
    const spare = quickBits - length
    if (spare >= 0) quickCodes.fill(length * 256 + symbols[taken]!, code << spare, (code + 1) << spare)
  }
  ends[length] = code
}

/** The length times 512 plus the symbol of the code that 32 bits begin with, for codes beyond `quickCodes`. */
export function longCode(bits: number): number {
  let length = quickBits + 1
  while (length < longest && bits >>> (32 - length) >= ends[length]!) length++
  return length * 512 + symbols[offsets[length]! + (bits >>> (32 - length))]!
}
