import { Buffer } from 'node:buffer'
import { splitAnnexB, startCode } from '../../rtp/annex-b.ts'
import { pictureSizeOf } from './picture-size.ts'
import type { VideoCodec } from '../video-decoder.ts'

/** Pictures of more pixels are not decoded: a few bytes can demand any size. */
export const mostPixels = 40_000_000

/** Pixels of the largest picture that any sequence parameter set of an access unit describes; 0 when it has none. */
export function largestPicture(codec: VideoCodec, unit: Buffer): number {
  let most = 0
  for (const part of splitAnnexB(unit)) {
    if (!isSequenceSet(codec, part[0]!)) continue
    const size = pictureSizeOf(codec, Buffer.concat([startCode, part]))
    if (size) most = Math.max(most, size.width * size.height)
  }
  return most
}

function isSequenceSet(codec: VideoCodec, head: number): boolean {
  return codec === 'h264' ? (head & 0x1f) === 7 : (head & 0x7e) >> 1 === 33
}
