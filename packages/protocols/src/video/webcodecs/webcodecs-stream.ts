import { createRequire } from 'node:module'
import type * as JpegTurbo from '@julusian/jpeg-turbo'
import type * as WebCodecs from '@napi-rs/webcodecs'
import { hasPicture } from '../has-picture.ts'
import type { NativeOptions, NativeStream, StreamReport } from '../threads/native-stream.ts'
import { PictureGate } from '../picture-gate.ts'
import { largestPicture, mostPixels } from '../sequence-set/largest-picture.ts'
import { type PictureNote, UnitLedger } from '../unit-ledger.ts'
import type { SourceCodec, UnitToDecode } from '../video-decoder.ts'
import { WebCodecsPictures } from './webcodecs-pictures.ts'

/** The parameters themselves come with the key pictures: these say only that there are any. */
const codecNames: Partial<Record<SourceCodec, string>> = { h264: 'avc1.640033', h265: 'hev1.1.6.L153.B0' }
const mostInside = 64

interface Decoded {
  frame: WebCodecs.VideoFrame
  note: PictureNote
}

/** A decoder of @napi-rs/webcodecs, whose pictures come some units late; JPEGs are made by jpeg-turbo. */
export async function openWebCodecs(options: NativeOptions, report: StreamReport): Promise<NativeStream> {
  const { codec, format, module, turbo } = options
  const require = createRequire(import.meta.url)
  const codecs = require(module) as typeof WebCodecs
  if (format === 'jpeg' && turbo === undefined) throw new Error('it makes JPEGs only with @julusian/jpeg-turbo')
  const { supported } = await codecs.VideoDecoder.isConfigSupported(configOf(options))
  if (!supported) throw new Error(`it has no decoder of ${codec}`)
  const encoder = turbo === undefined ? undefined : (require(turbo) as typeof JpegTurbo)
  return new WebCodecsStream(codecs, options, new WebCodecsPictures(format, encoder), report)
}

class WebCodecsStream implements NativeStream {
  readonly #codecs: typeof WebCodecs
  readonly #options: NativeOptions
  readonly #report: StreamReport
  readonly #pictures: WebCodecsPictures
  readonly #gate: PictureGate<Decoded>
  readonly #ledger = new UnitLedger(mostInside)
  #decoder: WebCodecs.VideoDecoder | undefined
  /** Pushed into the decoder and not reported as finished yet. */
  #inside = 0
  #making: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(codecs: typeof WebCodecs, options: NativeOptions, pictures: WebCodecsPictures, report: StreamReport) {
    this.#codecs = codecs
    this.#options = options
    this.#report = report
    this.#pictures = pictures
    this.#gate = new PictureGate({
      make: (decoded) => void (this.#making = this.#making.then(() => this.#make(decoded))),
      free: ({ frame }) => frame.close(),
      onSuperseded: () => report.superseded(1),
    })
  }

  push(unit: UnitToDecode): void {
    if (largestPicture(this.#options.codec, unit.bytes) > mostPixels) this.#spoil()
    else if (unit.isKey || this.#decoder) return this.#decode(unit)
    this.#report.damaged(1)
    this.#report.finished(1)
  }

  want(): void {
    this.#gate.want()
  }

  close(): void {
    this.#isClosed = true
    this.#gate.clear()
    this.#drop()
  }

  #decode({ bytes, tag, isKey, due }: UnitToDecode): void {
    const hasTag = hasPicture(this.#options.codec, bytes)
    const timestamp = hasTag ? this.#ledger.add({ tag, due }) : -1
    this.#inside += 1
    try {
      this.#decoder ??= this.#open()
      const chunk = new this.#codecs.EncodedVideoChunk({ type: isKey ? 'key' : 'delta', timestamp, data: bytes })
      this.#decoder.decode(chunk)
    } catch {
      this.#spoil()
    }
  }

  #open(): WebCodecs.VideoDecoder {
    const { VideoDecoder } = this.#codecs
    const decoder: WebCodecs.VideoDecoder = new VideoDecoder({
      output: (frame) => this.#offer(decoder, frame),
      error: () => this.#decoder === decoder && this.#spoil(),
    })
    decoder.ondequeue = () => this.#decoder === decoder && this.#finish(decoder.decodeQueueSize)
    decoder.configure(configOf(this.#options))
    return decoder
  }

  #offer(decoder: WebCodecs.VideoDecoder, frame: WebCodecs.VideoFrame): void {
    const note = this.#decoder === decoder ? this.#ledger.take(frame.timestamp) : undefined
    if (!note) return frame.close()
    this.#gate.offer({ frame, note }, note.due)
    const lost = this.#ledger.giveUp()
    if (lost > 0) this.#report.damaged(lost)
  }

  /** Never rejects. */
  async #make({ frame, note: { tag, place } }: Decoded): Promise<void> {
    try {
      const picture = await this.#pictures.make(frame)
      if (!this.#isClosed) this.#report.picture({ ...picture, tag, place })
    } catch {
      // As good as no picture; whoever wanted it gets the next.
      if (!this.#isClosed) this.#report.damaged(1)
      this.#gate.want()
    }
    frame.close()
  }

  #finish(waiting: number): void {
    const done = this.#inside - waiting
    if (done <= 0) return
    this.#inside = waiting
    this.#report.finished(done)
  }

  /** The decoder is exchanged at the next key picture. */
  #spoil(): void {
    this.#drop()
    const lost = this.#ledger.clear()
    if (lost > 0) this.#report.damaged(lost)
    this.#finish(0)
  }

  #drop(): void {
    const decoder = this.#decoder
    this.#decoder = undefined
    // After an error it is closed already.
    if (decoder && decoder.state !== 'closed') decoder.close()
  }
}

function configOf({ codec }: NativeOptions): Parameters<typeof WebCodecs.VideoDecoder.isConfigSupported>[0] {
  const name = codecNames[codec]
  if (name === undefined) throw new Error(`it has no decoder of ${codec}`)
  return { codec: name, optimizeForLatency: true, hardwareAcceleration: 'prefer-software' }
}
