import type { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type * as JpegTurbo from '@julusian/jpeg-turbo'
import type * as NodeAv from 'node-av/lib'
import type { AVCodecFlag, AVLogLevel } from 'node-av/constants'
import { hasPicture } from '../has-picture.ts'
import { mostPixels } from '../sequence-set/largest-picture.ts'
import type { NativeOptions, NativeStream, StreamReport } from '../threads/native-stream.ts'
import { NodeAvPictures } from './node-av-pictures.ts'
import { PictureGate } from '../picture-gate.ts'
import { type PictureNote, UnitLedger } from '../unit-ledger.ts'
import type { SourceCodec, UnitToDecode } from '../video-decoder.ts'

const quiet = -8 as AVLogLevel
const lowDelay = (1 << 19) as AVCodecFlag
/** What asks for the next packet. */
const againCode = -11
const mostInside = 64
const decoders = { h264: 'h264', h265: 'hevc', jpeg: 'mjpeg' } as const

interface Decoded {
  frame: NodeAv.Frame
  note: PictureNote
}

/** A decoder of node-av. Pictures come out in the call that brings their unit, unless the stream reorders them. */
export async function openNodeAv(options: NativeOptions, report: StreamReport): Promise<NativeStream> {
  const av = (await import(pathToFileURL(options.module).href)) as typeof NodeAv
  av.Log.setLevel(quiet)
  return new NodeAvStream(av, options, new NodeAvPictures(av, options.format, turboOf(options)), report)
}

class NodeAvStream implements NativeStream {
  readonly #av: typeof NodeAv
  readonly #codec: SourceCodec
  readonly #report: StreamReport
  #context: NodeAv.CodecContext
  readonly #packet: NodeAv.Packet
  readonly #pictures: NodeAvPictures
  readonly #gate: PictureGate<Decoded>
  readonly #ledger = new UnitLedger(mostInside)
  readonly #spare: NodeAv.Frame[] = []
  /** Up to the next key picture what comes lacks what it needs. */
  #isBroken = false

  constructor(av: typeof NodeAv, { codec }: NativeOptions, pictures: NodeAvPictures, report: StreamReport) {
    this.#av = av
    this.#codec = codec
    this.#report = report
    this.#context = openContext(av, codec)
    this.#packet = new av.Packet()
    this.#packet.alloc()
    this.#pictures = pictures
    this.#gate = new PictureGate({
      make: (decoded) => this.#make(decoded),
      free: ({ frame }) => this.#free(frame),
      onSuperseded: () => report.superseded(1),
    })
  }

  push(unit: UnitToDecode): void {
    if (unit.isKey && this.#isBroken) this.#mend()
    if (this.#isBroken) this.#report.damaged(1)
    else this.#decode(unit)
    this.#report.finished(1)
  }

  want(): void {
    this.#gate.want()
  }

  close(): void {
    this.#gate.clear()
    for (const frame of this.#spare) frame.free()
    this.#pictures.close()
    this.#packet.free()
    this.#context.freeContext()
  }

  #decode({ bytes, tag, due }: UnitToDecode): void {
    // A picture of a unit that has none is nobody's.
    const number = hasPicture(this.#codec, bytes) ? this.#ledger.add({ tag, due }) : -1
    const sent = this.#send(bytes, number)
    if (sent < 0 && number >= 0) return this.#spoil()
    for (;;) {
      const frame = this.#spare.pop() ?? this.#newFrame()
      const code = this.#context.receiveFrameSync(frame)
      if (code < 0) {
        this.#spare.push(frame)
        if (code !== againCode) this.#spoil()
        break
      }
      this.#offer(frame)
    }
    const lost = this.#ledger.giveUp()
    if (lost > 0) this.#report.damaged(lost)
  }

  #send(bytes: Buffer, number: number): number {
    const packet = this.#packet
    packet.data = bytes
    packet.pts = BigInt(number)
    const code = this.#context.sendPacketSync(packet)
    packet.unref()
    return code
  }

  #offer(frame: NodeAv.Frame): void {
    const isWhole = frame.decodeErrorFlags === 0
    const note = this.#ledger.take(Number(frame.pts))
    if (!note || !isWhole) {
      this.#free(frame)
      if (isWhole) return
      if (note) this.#report.damaged(1)
      return this.#spoil()
    }
    this.#gate.offer({ frame, note }, note.due)
  }

  #make({ frame, note: { tag, place } }: Decoded): void {
    try {
      const picture = this.#pictures.make(frame)
      this.#report.picture({ ...picture, tag, place })
    } catch {
      // As good as no picture; whoever wanted it gets the next.
      this.#report.damaged(1)
      this.#gate.want()
    }
    this.#free(frame)
  }

  /** What is inside the decoder is given up, and what comes before the next key picture. */
  #spoil(): void {
    this.#isBroken = true
    const lost = this.#ledger.clear()
    if (lost > 0) this.#report.damaged(lost)
  }

  /** Another decoder knows nothing of what the damaged units told. */
  #mend(): void {
    const context = openContext(this.#av, this.#codec)
    this.#context.freeContext()
    this.#context = context
    this.#isBroken = false
  }

  #newFrame(): NodeAv.Frame {
    const frame = new this.#av.Frame()
    frame.alloc()
    return frame
  }

  #free(frame: NodeAv.Frame): void {
    frame.unref()
    this.#spare.push(frame)
  }
}

/** Undefined where it is not needed, not installed or does not load: then node-av makes the JPEGs, too. */
function turboOf({ format, turbo }: NativeOptions): typeof JpegTurbo | undefined {
  if (format !== 'jpeg' || turbo === undefined) return undefined
  try {
    return createRequire(import.meta.url)(turbo) as typeof JpegTurbo
  } catch {
    return undefined
  }
}

function openContext({ Codec, CodecContext }: typeof NodeAv, codec: SourceCodec): NodeAv.CodecContext {
  const name = decoders[codec] as Parameters<typeof Codec.findDecoderByName>[0]
  const decoder = Codec.findDecoderByName(name)
  if (!decoder) throw new Error(`it has no decoder of ${codec}`)
  const context = new CodecContext()
  context.allocContext3(decoder)
  // More threads would hold pictures back.
  context.threadCount = 1
  context.setFlags(lowDelay)
  const isLimited = context.setOption('max_pixels', String(mostPixels)) >= 0
  // Half a JPEG is no picture.
  const isStrict = codec !== 'jpeg' || context.setOption('err_detect', 'explode') >= 0
  const isOpen = isLimited && isStrict && context.open2Sync(decoder, null) >= 0
  if (!isOpen) {
    context.freeContext()
    throw new Error(`its decoder of ${codec} does not open`)
  }
  return context
}
