import { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import type * as JpegTurbo from '@julusian/jpeg-turbo'
import { PictureGate } from '../picture-gate.ts'
import type { MadePicture, NativeOptions, NativeStream, StreamReport } from '../threads/native-stream.ts'
import { pictureSizeOf } from '../sequence-set/picture-size.ts'
import type { UnitToDecode } from '../video-decoder.ts'
import { i420OfRgb } from './i420-of-rgb.ts'

/** A decoder of JPEGs, and of nothing else. What jpeg-turbo has a remark on is damaged. */
export function openJpegTurbo(options: NativeOptions, report: StreamReport): Promise<NativeStream> {
  const { codec, format, module } = options
  if (codec !== 'jpeg' || format === 'jpeg') throw new Error('it makes pixels of JPEGs, and nothing else')
  const turbo = createRequire(import.meta.url)(module) as typeof JpegTurbo
  const isRgb = format === 'rgb'
  const gate = new PictureGate<UnitToDecode>({
    make({ bytes, tag }) {
      try {
        const picture = decode(turbo, bytes)
        const { width, height } = picture
        report.picture({
          ...picture,
          bytes: isRgb ? picture.bytes : i420OfRgb(picture.bytes, width, height),
          tag,
          place: tag,
        })
      } catch {
        // As good as no picture; whoever wanted it gets the next.
        report.damaged(1)
        gate.want()
      }
    },
    free: () => undefined,
    onSuperseded: () => report.superseded(1),
  })
  return Promise.resolve({
    push(unit) {
      gate.offer(unit, unit.due)
      report.finished(1)
    },
    want: () => gate.want(),
    close: () => gate.clear(),
  })
}

/** Red, green and blue of each pixel; throws when it cannot be decoded. */
function decode(turbo: typeof JpegTurbo, jpeg: Buffer): MadePicture {
  const size = pictureSizeOf('jpeg', jpeg)
  if (!size) throw new Error('no JPEG')
  const { width, height } = size
  // All of it is written: it need not be cleared before.
  const pixels = Buffer.allocUnsafeSlow(width * height * 3)
  turbo.decompressSync(jpeg, pixels, { format: turbo.FORMAT_RGB })
  return { bytes: new Uint8Array(pixels.buffer), width, height }
}
