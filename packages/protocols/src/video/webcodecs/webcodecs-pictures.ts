import { Buffer } from 'node:buffer'
import type * as JpegTurbo from '@julusian/jpeg-turbo'
import type * as WebCodecs from '@napi-rs/webcodecs'
import type { MadePicture } from '../threads/native-stream.ts'
import type { PictureFormat } from '../video-decoder.ts'
import { type I420Colours, limitRange, rgbaOfI420 } from './i420-colours.ts'

const jpegQuality = 88

/** Makes pictures of the frames of @napi-rs/webcodecs. */
export class WebCodecsPictures {
  readonly #format: PictureFormat
  readonly #turbo: typeof JpegTurbo | undefined

  constructor(format: PictureFormat, turbo: typeof JpegTurbo | undefined) {
    this.#format = format
    this.#turbo = turbo
  }

  /** Rejects when the frame cannot be converted. */
  async make(frame: WebCodecs.VideoFrame): Promise<MadePicture> {
    const { width, height } = frame.visibleRect
    const colours = coloursOf(frame)
    if (this.#format === 'i420') {
      const planes = await copyOf(frame, 'I420')
      if (colours?.isFull) limitRange(planes, width * height)
      return { bytes: planes, width, height }
    }
    const pixels = colours
      ? rgbaOfI420(await copyOf(frame, 'I420'), { width, height }, colours)
      : await copyOf(frame, 'RGBA')
    const bytes = this.#format === 'rgb' ? withoutAlpha(pixels) : this.#encode(pixels, width, height)
    return { bytes, width, height }
  }

  #encode(pixels: Uint8Array<ArrayBuffer>, width: number, height: number): Uint8Array<ArrayBuffer> {
    const turbo = this.#turbo
    if (!turbo) throw new Error('there is no encoder of JPEG')
    const { FORMAT_RGBA: format, SAMP_420: subsampling } = turbo
    const options = { format, width, height, subsampling, quality: jpegQuality }
    return new Uint8Array(turbo.compressSync(Buffer.from(pixels.buffer), options))
  }
}

/** What the package does not heed: it takes all colours for those of BT.601 in limited range. Undefined: that is right. */
function coloursOf({ colorSpace: { matrix, fullRange } }: WebCodecs.VideoFrame): I420Colours | undefined {
  const isFull = fullRange === true
  if (matrix === 'bt709') return { matrix, isFull }
  return isFull ? { matrix: 'bt601', isFull } : undefined
}

async function copyOf(frame: WebCodecs.VideoFrame, format: 'I420' | 'RGBA'): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(frame.allocationSize({ format }))
  await frame.copyTo(bytes, { format })
  return bytes
}

function withoutAlpha(pixels: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((pixels.length / 4) * 3)
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    bytes[to] = pixels[from]!
    bytes[to + 1] = pixels[from + 1]!
    bytes[to + 2] = pixels[from + 2]!
  }
  return bytes
}
