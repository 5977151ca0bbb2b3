import { Buffer } from 'node:buffer'
import { markers } from './markers.ts'
import { standardHuffman } from './standard-huffman.ts'

/** What RTP/JPEG says of an image instead of its headers. */
export interface JpegHeaderFacts {
  /** 4:2:2, or 4:2:0. */
  sampling: '4:2:2' | '4:2:0'
  /** 1 to 65,535 pixels. */
  width: number
  height: number
  /** The luma table, then the chroma table, in zigzag order: 64 bytes for 8 bits, 128 for 16. */
  luma: Uint8Array
  chroma: Uint8Array
  /** MCUs between restart markers; 0 for none. */
  restartInterval: number
}

/** The end marker, for images that come without it. */
export const endOfImage = Buffer.from([0xff, markers.endOfImage])

const jfif = segment(0xe0, Buffer.from('4a46494600010100000100010000', 'hex'))
const scanHeader = segment(markers.startOfScan, Buffer.from('03010002110311003f00', 'hex'))
const huffmanTables = segment(
  markers.huffmanTables,
  Buffer.concat([
    Buffer.of(0x00),
    standardHuffman.dcLuma,
    Buffer.of(0x10),
    standardHuffman.acLuma,
    Buffer.of(0x01),
    standardHuffman.dcChroma,
    Buffer.of(0x11),
    standardHuffman.acChroma,
  ]),
)

/** All that stands before the scan of a baseline JFIF image (RFC 2435 appendix B). */
export function jpegHeader(facts: JpegHeaderFacts): Buffer {
  const { restartInterval: interval } = facts
  return Buffer.concat([
    Buffer.of(0xff, markers.startOfImage),
    jfif,
    quantTable(0, facts.luma),
    quantTable(1, facts.chroma),
    ...(interval > 0 ? [segment(markers.restartInterval, Buffer.of(interval >> 8, interval & 0xff))] : []),
    frameHeader(facts),
    huffmanTables,
    scanHeader,
  ])
}

function quantTable(id: number, table: Uint8Array): Buffer {
  return segment(markers.quantTables, Buffer.concat([Buffer.of((table.length === 128 ? 0x10 : 0) | id), table]))
}

function frameHeader({ sampling, width, height, luma, chroma }: JpegHeaderFacts): Buffer {
  const isBaseline = luma.length === 64 && chroma.length === 64
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff]
  const components = [1, sampling === '4:2:2' ? 0x21 : 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]
  // Tables of 16 bits are not for baseline images (ITU-T T.81 B.2.4.1).
  return segment(markers.startOfFrame + (isBaseline ? 0 : 1), Buffer.of(8, ...size, 3, ...components))
}

function segment(marker: number, payload: Buffer): Buffer {
  const length = payload.length + 2
  return Buffer.concat([Buffer.of(0xff, marker, length >> 8, length & 0xff), payload])
}
