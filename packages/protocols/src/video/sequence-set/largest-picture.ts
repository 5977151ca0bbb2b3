import { Buffer } from 'node:buffer'
import { splitAnnexB, startCode } from '../../rtp/annex-b.ts'
import { pictureSizeOf } from './picture-size.ts'
import type { SourceCodec, VideoCodec } from '../video-decoder.ts'

/** Pictures of more pixels are not decoded: a few bytes can demand any size. */
export const mostPixels = 40_000_000

/** Pixels of a JPEG, or of the largest picture that any sequence parameter set of an access unit describes; 0 when none tells it. */
export function largestPicture(codec: SourceCodec, unit: Buffer): number {
  if (codec === 'jpeg') return pixelsOf(codec, unit)
  let most = 0
  for (const part of splitAnnexB(unit)) {
    if (!isSequenceSet(codec, part[0]!)) continue
    most = Math.max(most, pixelsOf(codec, Buffer.concat([startCode, part])))
  }
  return most
}

function pixelsOf(codec: SourceCodec, unit: Buffer): number {
  const size = pictureSizeOf(codec, unit)
  return size ? size.width * size.height : 0
}

function isSequenceSet(codec: VideoCodec, head: number): boolean {
  return codec === 'h264' ? (head & 0x1f) === 7 : (head & 0x7e) >> 1 === 33
}
