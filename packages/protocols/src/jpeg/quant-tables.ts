import { Buffer } from 'node:buffer'

/** The tables of ITU-T T.81 annex K.1, in zigzag order as they are transmitted. */
const lumaBase = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
  60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121,
  112, 100, 120, 92, 101, 103, 99,
]
const chromaBase = [
  17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
]

const known = new Map<number, Buffer>()

/** The luma table, then the chroma table that a Q from 1 to 99 stands for (RFC 2435 §4.2, appendix A): 128 bytes. */
export function quantTablesOfQ(q: number): Buffer {
  const found = known.get(q)
  if (found) return found
  const scale = q < 50 ? Math.floor(5_000 / q) : 200 - q * 2
  const tables = Buffer.from([...lumaBase, ...chromaBase].map((base) => scaled(base, scale)))
  known.set(q, tables)
  return tables
}

function scaled(base: number, scale: number): number {
  return Math.max(1, Math.min(255, Math.floor((base * scale + 50) / 100)))
}
