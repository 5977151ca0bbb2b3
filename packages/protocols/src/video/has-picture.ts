import { Buffer } from 'node:buffer'
import type { SourceCodec, VideoCodec } from './video-decoder.ts'

const code = Buffer.of(0, 0, 1)

/** Whether an access unit has any slice of a picture (ITU-T H.264 §7.4.1, H.265 §7.4.2.2), and is not all parameters and remarks. */
export function hasPicture(codec: SourceCodec, unit: Buffer): boolean {
  if (codec === 'jpeg') return true
  for (let at = unit.indexOf(code); at >= 0; at = unit.indexOf(code, at + code.length)) {
    const head = unit[at + code.length]
    if (head !== undefined && isSlice(codec, head)) return true
  }
  return false
}

function isSlice(codec: VideoCodec, head: number): boolean {
  if (codec === 'h265') return (head & 0x7f) >> 1 < 32
  const type = head & 0x1f
  return type >= 1 && type <= 5
}
