import { Buffer } from 'node:buffer'
import { lastStaticIndex, staticFields } from './static-table.ts'

/** The first index of each name; those of one name follow each other. */
const nameIndices = new Map<string, number>()
for (let index = lastStaticIndex; index > 0; index--) nameIndices.set(staticFields[2 * index - 2]!, index)

/**
 * A header block that needs no state of the connection: references to the static table, literals without indexing, no
 * Huffman (RFC 7541 §6). `headers` are lower-case names and values by turns, of characters up to U+00FF.
 */
export function encodeHeaders(headers: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(mostBytes(headers))
  let at = 0
  for (let i = 0; i + 1 < headers.length; i += 2) at = writeField(bytes, at, headers[i]!, headers[i + 1]!)
  return bytes.subarray(0, at)
}

/** An index and two lengths take at most 15 bytes. */
function mostBytes(headers: readonly string[]): number {
  let most = 0
  for (const text of headers) most += text.length + 8
  return most
}

function writeField(bytes: Buffer, from: number, name: string, value: string): number {
  const index = nameIndices.get(name) ?? 0
  for (let whole = index; whole > 0 && staticFields[2 * whole - 2] === name; whole++) {
    if (staticFields[2 * whole - 1] !== value) continue
    // None of 61 needs a second byte.
    bytes[from] = 0x80 | whole
    return from + 1
  }
  const at = writeInteger(bytes, from, 0x0f, index)
  return writeText(bytes, index === 0 ? writeText(bytes, at, name) : at, value)
}

function writeText(bytes: Buffer, from: number, text: string): number {
  const at = writeInteger(bytes, from, 0x7f, text.length)
  return at + bytes.write(text, at, 'latin1')
}

/** RFC 7541 §5.1, with zeros for what is not of the integer's in its first byte: a literal without indexing, no Huffman. */
function writeInteger(bytes: Buffer, from: number, prefix: number, value: number): number {
  if (value < prefix) {
    bytes[from] = value
    return from + 1
  }
  bytes[from] = prefix
  let at = from + 1
  let rest = value - prefix
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
  bytes[at++] = rest
  return at
}
