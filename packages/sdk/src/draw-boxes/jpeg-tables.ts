import { type DecodingTable, decodingTable } from './huffman-tables.ts'
import { damaged } from './jpeg-error.ts'
import { standardTables } from './standard-tables.ts'

/** What coefficients are divided by, in zigzag order. */
export interface Divisors {
  readonly values: Uint16Array
  /** 1 by each of them. */
  readonly inverses: Float64Array
}

/** The tables that were told so far, by their ids 0 to 3 (ITU-T T.81 B.2.4). */
export interface JpegTables {
  readonly divisors: (Divisors | undefined)[]
  readonly dc: (DecodingTable | undefined)[]
  readonly ac: (DecodingTable | undefined)[]
}

/** No divisors yet, and the Huffman tables that motion JPEG leaves out. */
export function createTables(): JpegTables {
  const [luma, chroma] = standardTables()
  return { divisors: [], dc: [luma.dc.reading, chroma.dc.reading], ac: [luma.ac.reading, chroma.ac.reading] }
}

/** Takes the payload of a DQT segment. */
export function readDivisors({ divisors }: JpegTables, payload: Uint8Array): void {
  for (let at = 0; at < payload.length;) {
    const isWide = payload[at]! >> 4 !== 0
    const id = payload[at]! & 0x0f
    const end = at + 1 + (isWide ? 128 : 64)
    if (id > 3 || end > payload.length) throw damaged('a quantisation table is malformed')
    const bytes = payload.subarray(at + 1, end)
    const values = Uint16Array.from({ length: 64 }, (_, index) =>
      isWide ? (bytes[index * 2]! << 8) | bytes[index * 2 + 1]! : bytes[index]!,
    )
    if (values.includes(0)) throw damaged('a quantisation table divides by 0')
    divisors[id] = { values, inverses: Float64Array.from(values, (value) => 1 / value) }
    at = end
  }
}

/** Takes the payload of a DHT segment. */
export function readHuffmanTables({ dc, ac }: JpegTables, payload: Uint8Array): void {
  for (let at = 0; at < payload.length;) {
    const id = payload[at]! & 0x0f
    const kind = payload[at]! >> 4
    let count = 0
    for (let length = 1; length <= 16; length++) count += payload[at + length] ?? 0
    const end = at + 17 + count
    if (id > 3 || kind > 1 || count > 256 || end > payload.length) throw damaged('a Huffman table is malformed')
    const spec = payload.subarray(at + 1, end)
    if (kind === 0) dc[id] = tableOf(spec, 'dc')
    else ac[id] = tableOf(spec, 'ac')
    at = end
  }
}

function tableOf(spec: Uint8Array, kind: 'dc' | 'ac'): DecodingTable {
  const known = standardTables().find((tables) => isSame(tables[kind].spec, spec))
  return known ? known[kind].reading : decodingTable(spec, kind)
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
