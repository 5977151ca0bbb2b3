import { ByteWriter } from './byte-writer.ts'
import { JpegError, damaged } from './jpeg-error.ts'
import { type FrameComponent, type JpegFrame, readFrame } from './jpeg-frame.ts'
import { type JpegTables, createTables, readDivisors, readHuffmanTables } from './jpeg-tables.ts'
import type { Overlay } from './overlay.ts'
import { leastBytes, rewriteScan } from './rewrite-scan.ts'
import { ScanBits } from './scan-bits.ts'
import { takeScanHeader } from './scan-header.ts'
import { standardTables } from './standard-tables.ts'

/** What is drawn on: the frame, and whether its components are red, green and blue rather than luma and chroma. */
export interface Canvas {
  readonly frame: JpegFrame
  readonly isRgb: boolean
}

interface State {
  readonly source: Uint8Array
  readonly writer: ByteWriter
  readonly tables: JpegTables
  readonly draw: (canvas: Canvas) => Overlay
  frame: JpegFrame | undefined
  overlay: Overlay | undefined
  /** What application segments say of the colours. */
  isRgb: boolean | undefined
  restartInterval: number
  /** There is nothing to change. */
  isSame: boolean
  /** Components that had their scan. */
  readonly scanned: Set<FrameComponent>
}

/** A segment behind its length (B.1.1.4). */
interface Segment {
  readonly marker: number
  readonly start: number
  readonly end: number
}

const mostBytes = 128 * 1024 * 1024
const marks = {
  tables: 0xc4,
  start: 0xd8,
  end: 0xd9,
  scan: 0xda,
  divisors: 0xdb,
  interval: 0xdd,
  jfif: 0xe0,
  adobe: 0xee,
}

/**
 * Gives the JPEG with what `draw` puts on its canvas, with the Huffman tables of ITU-T T.81 annex K; blocks that it leaves alone and other
 * segments are as they were. What follows the picture's end is left out. Throws `JpegError`; takes time and memory in proportion to the bytes.
 */
export function rewriteJpeg(source: Uint8Array, draw: (canvas: Canvas) => Overlay): Uint8Array {
  if (source[0] !== 0xff || source[1] !== marks.start) throw damaged('it does not begin as a JPEG does, with ff d8')
  if (source.length > mostBytes) {
    throw new JpegError('jpeg_too_large', 'cannot draw on this JPEG: it has more than 128 MiB')
  }
  const state: State = {
    source,
    writer: new ByteWriter(source.length + (source.length >> 2) + 1_024),
    tables: createTables(),
    draw,
    frame: undefined,
    overlay: undefined,
    isRgb: undefined,
    isSame: false,
    restartInterval: 0,
    scanned: new Set(),
  }
  state.writer.append(source.subarray(0, 2))
  let at = 2
  while (at < source.length) {
    const segment = segmentAt(source, at)
    if (segment.marker === marks.end) break
    at = takeSegment(state, segment)
  }
  if (state.isSame) return source
  if (state.scanned.size !== (state.frame?.components.length ?? -1)) throw damaged('it ends before its picture does')
  state.writer.append([0xff, marks.end])
  return state.writer.taken()
}

function segmentAt(source: Uint8Array, from: number): Segment {
  if (source[from] !== 0xff) throw damaged(`no marker at byte ${from}`)
  let at = from + 1
  while (source[at] === 0xff) at += 1
  const marker = source[at] ?? 0
  if (isAlone(marker)) return { marker, start: at + 1, end: at + 1 }
  if (marker < 0xc0 || marker === marks.start) throw damaged(`ff ${marker.toString(16)} at byte ${from}`)
  const end = at + 1 + (((source[at + 1] ?? 0) << 8) | (source[at + 2] ?? 0))
  if (end < at + 3 || end > source.length) throw damaged(`the segment at byte ${from} is cut off`)
  return { marker, start: at + 3, end }
}

/** TEM, restart markers behind a scan, and the end. */
function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker & 0xf8) === 0xd0 || marker === marks.end
}

/** Gives where the next segment is. */
function takeSegment(state: State, segment: Segment): number {
  const { marker, start, end } = segment
  const { source, tables } = state
  if (isAlone(marker)) return end
  const payload = source.subarray(start, end)
  // All scans are written by the tables that stand before the first.
  if (marker === marks.tables) readHuffmanTables(tables, payload)
  else if (marker === marks.scan) return takeScan(state, segment)
  else {
    if (marker === marks.divisors) readDivisors(tables, payload)
    else if (marker === marks.interval) state.restartInterval = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0)
    else if (marker === marks.jfif || marker === marks.adobe) state.isRgb ??= saysRgb(marker, payload)
    else if (marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) takeFrame(state, payload, marker)
    appendSegment(state.writer, marker, payload)
  }
  return end
}

function appendSegment(writer: ByteWriter, marker: number, payload: ArrayLike<number>): void {
  const length = payload.length + 2
  writer.append([0xff, marker, length >> 8, length & 0xff])
  writer.append(payload)
}

/** JFIF pictures are not RGB; Adobe's segment says whether one is. Others say nothing. */
function saysRgb(marker: number, payload: Uint8Array): boolean | undefined {
  const begins = (name: string): boolean => name === String.fromCharCode(...payload.subarray(0, name.length))
  if (marker === marks.jfif) return begins('JFIF') ? false : undefined
  return begins('Adobe') ? payload[11] === 0 : undefined
}

function takeFrame(state: State, payload: Uint8Array, marker: number): void {
  if (state.frame) throw damaged('it has two frame headers')
  state.frame = readFrame(payload, marker)
}

function takeScan(state: State, { start, end }: Segment): number {
  const { source, writer, tables, frame, scanned, restartInterval } = state
  if (!frame) throw damaged('a scan comes before its frame header')
  const header = source.slice(start, end)
  const parts = takeScanHeader(header, frame, tables)
  for (const { component } of parts) {
    if (scanned.has(component)) throw damaged('a component comes twice')
    scanned.add(component)
  }
  const scan = { frame, parts, restartInterval }
  // Before anything is drawn: a few bytes may tell of 40 million pixels.
  if (source.length - end < leastBytes(scan)) throw damaged('it breaks off')
  if (!state.overlay) {
    state.overlay = state.draw({ frame, isRgb: state.isRgb ?? hasNamesOfRgb(frame) })
    const isWhole = parts.length === frame.components.length && parts.every(({ coding }) => coding.isStandard)
    state.isSame = isWhole && state.overlay.isEmpty
    if (state.isSame) return source.length
    appendSegment(writer, marks.tables, huffmanTables(frame.components.length))
  }
  appendSegment(writer, marks.scan, header)
  const bits = new ScanBits(source, end)
  rewriteScan(scan, bits, state.overlay, writer)
  return bits.next
}

function hasNamesOfRgb({ components }: JpegFrame): boolean {
  return String.fromCharCode(...components.map(({ id }) => id)) === 'RGB'
}

/** What is between the length of a DHT segment and its end (B.2.4.2). */
function huffmanTables(components: number): number[] {
  const used = standardTables().slice(0, components === 1 ? 1 : 2)
  return used.flatMap(({ dc, ac }, id) => [id, ...dc.spec, 0x10 | id, ...ac.spec])
}
