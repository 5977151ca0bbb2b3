import { Buffer } from 'node:buffer'
import type * as JpegTurbo from '@julusian/jpeg-turbo'
import type * as NodeAv from 'node-av/lib'
import type { AVCodecFlag, AVColorRange, AVColorSpace, AVPixelFormat } from 'node-av/constants'
import type { MadePicture } from '../threads/native-stream.ts'
import type { PictureFormat } from '../video-decoder.ts'

// The constants' module would be most of what is loaded.
const yuv420 = 0 as AVPixelFormat
const rgb24 = 2 as AVPixelFormat
const yuvj420 = 12 as AVPixelFormat
/** Four bytes a pixel are faster than three, for FFmpeg as for jpeg-turbo. */
const bgra = 28 as AVPixelFormat
const limited = 1 as AVColorRange
const full = 2 as AVColorRange
/** What JPEG means by its colours (ITU-T T.871: those of BT.601). */
const bt601 = 5 as AVColorSpace
const fixedQuality = 2 as AVCodecFlag
/** FFmpeg's scale; about 85 of 100. */
const jpegQuality = 3 * 118
const turboQuality = 88

type Shape = { format: AVPixelFormat; range: AVColorRange; space: AVColorSpace }

/** Makes pictures of decoded frames by node-av alone; JPEGs by jpeg-turbo where it is installed: then they take half the time. */
export class NodeAvPictures {
  readonly #av: typeof NodeAv
  readonly #turbo: typeof JpegTurbo | undefined
  readonly #make: (frame: NodeAv.Frame) => Uint8Array<ArrayBuffer>
  readonly #scaler: NodeAv.SoftwareScaleContext
  #target: NodeAv.Frame | undefined
  /** Of the target, which stays where it is: V8 would collect its whole heap again and again for new views of so much memory. */
  #planes: Buffer[] | undefined
  #encoder: NodeAv.CodecContext | undefined
  readonly #packet: NodeAv.Packet
  /** Where jpeg-turbo writes to. */
  #jpeg = Buffer.alloc(0)

  constructor(av: typeof NodeAv, format: PictureFormat, turbo: typeof JpegTurbo | undefined) {
    this.#av = av
    this.#turbo = turbo
    this.#make = { jpeg: this.#toJpeg, rgb: this.#toRgb, i420: this.#toI420 }[format].bind(this)
    this.#scaler = new av.SoftwareScaleContext()
    this.#scaler.allocContext()
    this.#packet = new av.Packet()
    this.#packet.alloc()
  }

  /** Throws when the frame cannot be converted. */
  make(frame: NodeAv.Frame): MadePicture {
    const { width, height } = frame
    return { bytes: this.#make(frame), width, height }
  }

  close(): void {
    this.#target?.free()
    this.#encoder?.freeContext()
    this.#scaler.freeContext()
    this.#packet.free()
  }

  #toRgb(frame: NodeAv.Frame): Uint8Array<ArrayBuffer> {
    const { width, height, colorSpace: space } = frame
    const scaled = this.#scale(frame, { format: rgb24, range: full, space })
    return packPlanes(this.#planesOf(scaled), scaled.linesize, [{ rowBytes: width * 3, rows: height }])
  }

  #toI420(frame: NodeAv.Frame): Uint8Array<ArrayBuffer> {
    const { width, height, colorSpace: space } = frame
    const isFit = frame.format === yuv420 && frame.colorRange !== full
    const source = isFit ? frame : this.#scale(frame, { format: yuv420, range: limited, space })
    const half = { rowBytes: (width + 1) >> 1, rows: (height + 1) >> 1 }
    return packPlanes(this.#planesOf(source), source.linesize, [{ rowBytes: width, rows: height }, half, half])
  }

  #toJpeg(frame: NodeAv.Frame): Uint8Array<ArrayBuffer> {
    if (this.#turbo) return this.#byTurbo(this.#turbo, frame)
    const source = this.#scale(frame, { format: yuvj420, range: full, space: bt601 })
    const encoder = this.#encoderOf(source)
    source.quality = jpegQuality
    check(encoder.sendFrameSync(source), 'encoding')
    check(encoder.receivePacketSync(this.#packet), 'encoding')
    const jpeg = new Uint8Array(this.#packet.data ?? [])
    this.#packet.unref()
    return jpeg
  }

  #byTurbo(turbo: typeof JpegTurbo, frame: NodeAv.Frame): Uint8Array<ArrayBuffer> {
    const { width, height, colorSpace: space } = frame
    const scaled = this.#scale(frame, { format: bgra, range: full, space })
    const [pixels] = this.#planesOf(scaled)
    if (!pixels) throw new Error('it gave a picture without pixels')
    const { FORMAT_BGRX: format, SAMP_420: subsampling } = turbo
    const stride = (scaled.linesize[0] ?? 0) / 4
    const most = turbo.bufferSize({ width, height, subsampling })
    if (this.#jpeg.length < most) this.#jpeg = Buffer.allocUnsafeSlow(most)
    const options = { format, width, height, stride, subsampling, quality: turboQuality }
    return new Uint8Array(turbo.compressSync(pixels, this.#jpeg, options))
  }

  #planesOf(frame: NodeAv.Frame): readonly Buffer[] {
    if (frame !== this.#target) return frame.data ?? []
    return (this.#planes ??= frame.data ?? [])
  }

  /** The frame in another shape, which is good until the next one. */
  #scale(frame: NodeAv.Frame, shape: Shape): NodeAv.Frame {
    const target = this.#targetOf(frame, shape)
    target.colorSpace = shape.space
    check(this.#scaler.scaleFrameSync(target, frame), 'scaling')
    return target
  }

  #targetOf({ width, height }: NodeAv.Frame, { format, range }: Shape): NodeAv.Frame {
    const known = this.#target
    if (known && known.width === width && known.height === height) {
      if (!known.isWritable) {
        this.#planes = undefined
        check(known.makeWritable(), 'scaling')
      }
      return known
    }
    known?.free()
    this.#planes = undefined
    const target = (this.#target = new this.#av.Frame())
    target.alloc()
    Object.assign(target, { format, width, height, colorRange: range })
    check(target.getBuffer(0), 'memory')
    return target
  }

  #encoderOf({ width, height }: NodeAv.Frame): NodeAv.CodecContext {
    if (this.#encoder?.width === width && this.#encoder.height === height) return this.#encoder
    this.#encoder?.freeContext()
    const { Codec, CodecContext, Rational } = this.#av
    const codec = Codec.findEncoderByName('mjpeg' as Parameters<typeof Codec.findEncoderByName>[0])
    if (!codec) throw new Error('it has no encoder of JPEG')
    const encoder = (this.#encoder = new CodecContext())
    encoder.allocContext3(codec)
    const facts = {
      width,
      height,
      pixelFormat: yuvj420,
      colorRange: full,
      timeBase: new Rational(1, 25),
      threadCount: 1,
    }
    Object.assign(encoder, facts, { globalQuality: jpegQuality })
    encoder.setFlags(fixedQuality)
    // The tables that RFC 2435 readers have. By an option: node-av frees a dictionary of options twice.
    check(encoder.setOption('huffman', 'default'), 'the encoder of JPEG')
    check(encoder.open2Sync(codec, null), 'the encoder of JPEG')
    return encoder
  }
}

function packPlanes(
  data: readonly Buffer[],
  linesize: readonly number[],
  planes: readonly { rowBytes: number; rows: number }[],
): Uint8Array<ArrayBuffer> {
  // All of it is written: it need not be cleared before.
  const size = planes.reduce((sum, { rowBytes, rows }) => sum + rowBytes * rows, 0)
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
  let at = 0
  for (const [index, { rowBytes, rows }] of planes.entries()) {
    const plane = data[index]
    const stride = linesize[index] ?? 0
    if (!plane || stride < rowBytes) throw new Error('it gave a picture without pixels')
    if (stride === rowBytes) bytes.set(plane.subarray(0, rowBytes * rows), at)
    else
      for (let row = 0; row < rows; row++)
        bytes.set(plane.subarray(row * stride, row * stride + rowBytes), at + row * rowBytes)
    at += rowBytes * rows
  }
  return bytes
}

function check(code: number, what: string): void {
  if (code < 0) throw new Error(`${what} failed with code ${code}`)
}
