import { Buffer } from 'node:buffer'
import type { JpegFacts } from '../../jpeg/jpeg-facts.ts'
import { readJpeg } from '../../jpeg/read-jpeg.ts'
import { JpegFault } from '../../jpeg/jpeg-fault.ts'
import { splitAnnexB } from '../../rtp/annex-b.ts'
import { BitReader } from './bit-reader.ts'
import { readH264Set } from './h264-sequence-set.ts'
import { readH265Set } from './h265-sequence-set.ts'
import type { SequenceSet } from './sequence-set.ts'
import type { SourceCodec, VideoCodec } from '../video-decoder.ts'

/** The longest beginning of a set that can matter: what is behind the size is not read. */
const mostSetBytes = 4_096

const rules = {
  h264: { isSet: (unit: Uint8Array) => (unit[0]! & 0x1f) === 7, headBytes: 1, read: readH264Set },
  // Sets of further layers are written otherwise.
  h265: {
    isSet: (unit: Uint8Array) => (unit[0]! & 0x7f) === 33 << 1 && unit[1]! >> 3 === 0,
    headBytes: 2,
    read: readH265Set,
  },
} as const

/** Size in pixels of the pictures that a byte stream's sequence parameter set, or a JPEG's frame header, describes; undefined when none can be read. Never throws. */
export function pictureSizeOf(codec: SourceCodec, unit: Uint8Array): { width: number; height: number } | undefined {
  const facts = codec === 'jpeg' ? readJpegFacts(unit) : readSequenceSet(codec, unit)
  return facts && { width: facts.width, height: facts.height }
}

/** The first sequence parameter set of a byte stream (ITU-T H.264 annex B) that can be read; undefined when there is none. Never throws. */
export function readSequenceSet(codec: VideoCodec, unit: Uint8Array): SequenceSet | undefined {
  const { isSet, headBytes, read } = rules[codec]
  for (const part of splitAnnexB(Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength))) {
    if (!isSet(part)) continue
    const set = read(new BitReader(withoutEmulation(part.subarray(headBytes, mostSetBytes))))
    if (set) return set
  }
  return undefined
}

function readJpegFacts({ buffer, byteOffset, byteLength }: Uint8Array): JpegFacts | undefined {
  try {
    return readJpeg(Buffer.from(buffer, byteOffset, byteLength))
  } catch (error) {
    if (error instanceof JpegFault) return undefined
    throw error
  }
}

/** Without the bytes that keep start codes out of a unit (ITU-T H.264 §7.4.1). */
function withoutEmulation(unit: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(unit.length)
  let length = 0
  let zeros = 0
  for (const byte of unit) {
    if (zeros < 2 || byte !== 3) bytes[length++] = byte
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return bytes.subarray(0, length)
}
