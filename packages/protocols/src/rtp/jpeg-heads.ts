import { Buffer } from 'node:buffer'
import { jpegHeader } from '../jpeg/jpeg-header.ts'
import { quantTablesOfQ } from '../jpeg/quant-tables.ts'

/** The headers of one packet of RTP/JPEG (RFC 2435 §3.1). */
export interface JpegHead {
  offset: number
  /** 0 or 1: restart markers are told by `restartInterval`. */
  type: number
  restartInterval: number
  q: number
  /** Pixels; 0 for more than 2,040. */
  width: number
  height: number
  /** The quantisation table header's data of the first packet; undefined when there is none. */
  tables: { precision: number; bytes: Buffer } | undefined
  /** Where the scan's data begins. */
  start: number
}

/** Undefined for what is malformed, or of a type that nobody has defined. */
export function readJpegHead(payload: Buffer): JpegHead | undefined {
  if (payload.length < 8) return undefined
  const type = payload[4]!
  const q = payload[5]!
  const hasRestarts = type >= 64 && type < 128
  let start = hasRestarts ? 12 : 8
  if ((type & ~64) > 1 || payload.length < start || q === 0 || (q > 99 && q < 128)) return undefined
  const offset = payload.readUIntBE(1, 3)
  let tables: JpegHead['tables']
  if (q >= 128 && offset === 0) {
    if (payload.length < start + 4) return undefined
    const end = start + 4 + payload.readUInt16BE(start + 2)
    if (end > payload.length) return undefined
    tables = { precision: payload[start + 1]!, bytes: payload.subarray(start + 4, end) }
    start = end
  }
  const restartInterval = hasRestarts ? payload.readUInt16BE(8) : 0
  const width = payload[6]! * 8
  return { offset, type: type & 1, restartInterval, q, width, height: payload[7]! * 8, tables, start }
}

interface Tables {
  luma: Buffer
  chroma: Buffer
}

/** Makes the headers of images from those of packets; it remembers tables that are sent only once, and the last header. */
export class JpegHeads {
  readonly #tables = new Map<number, Tables>()
  #last: { head: JpegHead; tables: Tables; bytes: Buffer } | undefined

  /** Undefined while the tables of the head's Q are unknown. Nobody writes to what it gives. */
  headerOf(head: JpegHead): Buffer | undefined {
    const tables = this.#tablesOf(head)
    if (!tables) return undefined
    const last = this.#last
    if (last && last.tables === tables && isAlike(last.head, head)) return last.bytes
    const { type, width, height, restartInterval } = head
    const sampling = type === 0 ? '4:2:2' : '4:2:0'
    const bytes = jpegHeader({ sampling, width, height, restartInterval, ...tables })
    this.#last = { head: { ...head, tables: undefined }, tables, bytes }
    return bytes
  }

  #tablesOf({ q, tables }: JpegHead): Tables | undefined {
    const known = this.#tables.get(q)
    if (q < 128) return known ?? this.#keep(q, split(quantTablesOfQ(q), 64, 64))
    // No data: the same as before. Q 255 has no before (RFC 2435 §3.1.8).
    if (!tables || tables.bytes.length === 0) return q === 255 ? undefined : known
    const lumaBytes = (tables.precision & 1) === 0 ? 64 : 128
    const chromaBytes = (tables.precision & 2) === 0 ? 64 : 128
    const given = split(tables.bytes, lumaBytes, chromaBytes)
    if (!given) return undefined
    const isKnown = known?.luma.equals(given.luma) && known.chroma.equals(given.chroma)
    return isKnown ? known : this.#keep(q, { luma: Buffer.from(given.luma), chroma: Buffer.from(given.chroma) })
  }

  #keep(q: number, tables: Tables | undefined): Tables | undefined {
    if (tables) this.#tables.set(q, tables)
    return tables
  }
}

/** A single table is for all components. */
function split(bytes: Buffer, lumaBytes: number, chromaBytes: number): Tables | undefined {
  if (bytes.length < lumaBytes) return undefined
  const luma = bytes.subarray(0, lumaBytes)
  const isBoth = bytes.length >= lumaBytes + chromaBytes
  return { luma, chroma: isBoth ? bytes.subarray(lumaBytes, lumaBytes + chromaBytes) : luma }
}

function isAlike(one: JpegHead, other: JpegHead): boolean {
  const isSame = one.type === other.type && one.restartInterval === other.restartInterval
  return isSame && one.width === other.width && one.height === other.height
}
