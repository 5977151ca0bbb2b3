const quotationMark = 0x22
const backslash = 0x5c
const openObject = 0x7b
const closeObject = 0x7d

/** Where the object ends with which bytes begin, that is the index behind its last brace; the number of bytes when it does not end. It is not checked otherwise. */
export function jsonEnd(bytes: Uint8Array): number {
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quotationMark) at = textEnd(bytes, at)
    else if (byte === openObject) depth++
    else if (byte === closeObject && --depth <= 0) return at + 1
  }
  return bytes.length
}

function textEnd(bytes: Uint8Array, from: number): number {
  let at = from + 1
  while (at < bytes.length && bytes[at] !== quotationMark) at += bytes[at] === backslash ? 2 : 1
  return at
}
