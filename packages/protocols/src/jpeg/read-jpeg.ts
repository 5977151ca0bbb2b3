import { JpegFault } from './jpeg-fault.ts'
import type { JpegComponent, JpegFacts, QuantTable } from './jpeg-facts.ts'
import { markers } from './markers.ts'

type Facts = {
  -readonly [Name in keyof JpegFacts]: JpegFacts[Name] extends readonly (infer Item)[] ? Item[] : JpegFacts[Name]
}

const mostComponents = 4

/**
 * Reads an image's headers up to its first scan, and where that ends (ITU-T T.81 annex B); pictures are not decoded.
 * Application data and comments are skipped. Throws `JpegFault` for what is no JPEG.
 */
export function readJpeg(bytes: Buffer): JpegFacts {
  if (bytes[0] !== 0xff || bytes[1] !== markers.startOfImage) throw new JpegFault('it does not begin with ff d8')
  const facts: Facts = {
    width: 0,
    height: 0,
    coding: 'other',
    precision: 0,
    components: [],
    quantTables: [undefined, undefined, undefined, undefined],
    dcTables: [undefined, undefined, undefined, undefined],
    acTables: [undefined, undefined, undefined, undefined],
    restartInterval: 0,
    scanComponents: 0,
    scanStart: 0,
    scanEnd: 0,
    isSingleScan: true,
  }
  let at = 2
  while (facts.scanStart === 0) at = readSegment(facts, bytes, at)
  findScanEnd(facts, bytes)
  return facts
}

/** Gives back where the next segment begins. */
function readSegment(facts: Facts, bytes: Buffer, from: number): number {
  if (from >= bytes.length) throw new JpegFault('it ends before its scan')
  if (bytes[from] !== 0xff) throw new JpegFault(`no marker at ${from}`)
  let at = from + 1
  while (bytes[at] === 0xff) at += 1
  const marker = bytes[at] ?? 0
  if (isAlone(marker)) return at + 1
  if (marker < markers.startOfFrame || marker === markers.startOfImage || marker === markers.endOfImage) {
    throw new JpegFault(`it has ff ${marker.toString(16)} at ${from}, before any scan`)
  }
  const start = at + 3
  const end = at + 1 + (((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0))
  if (end > bytes.length) throw new JpegFault(`the segment at ${from} is cut off`)
  takeSegment(facts, bytes, { marker, start, end })
  return end
}

interface Segment {
  marker: number
  /** Of what is behind the length. */
  start: number
  end: number
}

function takeSegment(facts: Facts, bytes: Buffer, segment: Segment): void {
  const { marker, start, end } = segment
  if (marker === markers.quantTables) readQuantTables(facts, bytes, start, end)
  else if (marker === markers.huffmanTables) readHuffmanTables(facts, bytes, start, end)
  else if (marker === markers.restartInterval) readRestartInterval(facts, bytes, start, end)
  else if (marker === markers.startOfScan) readScanHeader(facts, bytes, start, end)
  else if (isFrameHeader(marker)) readFrameHeader(facts, bytes, segment)
}

/** TEM and stray restart markers. */
function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= markers.restart && marker < markers.startOfImage)
}

function isFrameHeader(marker: number): boolean {
  return marker <= 0xcf && marker !== markers.extensions && marker !== markers.arithmeticConditions
}

/** DQT (B.2.4.1). */
function readQuantTables(facts: Facts, bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const precision = bytes[at]! >> 4 === 0 ? 8 : 16
    const next = at + 1 + precision * 8
    const id = bytes[at]! & 0x0f
    if (id > 3 || next > end) throw new JpegFault(`the quantisation tables at ${start} are malformed`)
    const table: QuantTable = { precision, bytes: bytes.subarray(at + 1, next) }
    facts.quantTables[id] = table
    at = next
  }
}

/** DHT (B.2.4.2). */
function readHuffmanTables(facts: Facts, bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const head = bytes[at]!
    let next = at + 17
    if (next <= end) for (let index = at + 1; index < at + 17; index++) next += bytes[index]!
    if ((head & 0x0f) > 3 || head >> 4 > 1 || next > end) {
      throw new JpegFault(`the Huffman tables at ${start} are malformed`)
    }
    const tables = head >> 4 === 0 ? facts.dcTables : facts.acTables
    tables[head & 0x0f] = bytes.subarray(at + 1, next)
    at = next
  }
}

/** DRI (B.2.4.4). */
function readRestartInterval(facts: Facts, bytes: Buffer, start: number, end: number): void {
  if (end - start < 2) throw new JpegFault(`the restart interval at ${start} is cut off`)
  facts.restartInterval = bytes.readUInt16BE(start)
}

/** SOFn (B.2.2). */
function readFrameHeader(facts: Facts, bytes: Buffer, { marker, start, end }: Segment): void {
  const count = bytes[start + 5] ?? 0
  if (facts.width > 0) throw new JpegFault(`a second frame header at ${start}`)
  if (end - start < 6 || end - start < 6 + 3 * count || count === 0 || count > mostComponents) {
    throw new JpegFault(`the frame header at ${start} is malformed`)
  }
  facts.coding = codingOf(marker)
  facts.precision = bytes[start]!
  facts.height = bytes.readUInt16BE(start + 1)
  facts.width = bytes.readUInt16BE(start + 3)
  if (facts.width === 0 || facts.height === 0) throw new JpegFault('a picture without pixels')
  for (let part = start + 6; part < start + 6 + 3 * count; part += 3) {
    facts.components.push({
      id: bytes[part]!,
      horizontal: bytes[part + 1]! >> 4,
      vertical: bytes[part + 1]! & 0x0f,
      quantTable: bytes[part + 2]!,
      dcTable: undefined,
      acTable: undefined,
    })
  }
}

function codingOf(marker: number): JpegFacts['coding'] {
  if (marker === 0xc0) return 'baseline'
  if (marker === 0xc1) return 'extended'
  return marker === 0xc2 ? 'progressive' : 'other'
}

/** SOS (B.2.3). */
function readScanHeader(facts: Facts, bytes: Buffer, start: number, end: number): void {
  if (facts.components.length === 0) throw new JpegFault('a scan before any frame header')
  const count = bytes[start] ?? 0
  if (end - start < 4 + 2 * count || count === 0 || count > mostComponents) {
    throw new JpegFault(`the scan header at ${start} is malformed`)
  }
  for (let part = start + 1; part < start + 1 + 2 * count; part += 2) {
    const component = facts.components.find(({ id }: JpegComponent) => id === bytes[part])
    if (!component) throw new JpegFault(`the scan at ${start} has a component that the picture has not`)
    component.dcTable = bytes[part + 1]! >> 4
    component.acTable = bytes[part + 1]! & 0x0f
  }
  facts.scanComponents = count
  facts.scanStart = end
}

/** Entropy-coded data holds ff only before 00, before restart markers and before itself as filling (B.1.1.5). */
function findScanEnd(facts: Facts, bytes: Buffer): void {
  let at = bytes.indexOf(0xff, facts.scanStart)
  while (at >= 0) {
    const next = bytes[at + 1]
    if (next === undefined) break
    if (next !== 0 && next !== 0xff && (next < markers.restart || next >= markers.startOfImage)) {
      facts.scanEnd = at
      facts.isSingleScan = next === markers.endOfImage
      return
    }
    at = bytes.indexOf(0xff, next === 0xff ? at + 1 : at + 2)
  }
  facts.scanEnd = bytes.length
}
