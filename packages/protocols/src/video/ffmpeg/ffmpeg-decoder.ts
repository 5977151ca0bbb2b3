import { Buffer } from 'node:buffer'
import type { Clock } from '@pelton/core'
import { Backlog } from '../backlog.ts'
import { FfmpegRun } from './ffmpeg-run.ts'
import { hasPicture } from '../has-picture.ts'
import { largestPicture, mostPixels } from '../sequence-set/largest-picture.ts'
import { PictureGate } from '../picture-gate.ts'
import { pictureSizeOf } from '../sequence-set/picture-size.ts'
import type { DecodedPicture, DecodingOptions, DecodingTaker, UnitToDecode, VideoDecoder } from '../video-decoder.ts'

/** What a decoder by ffmpeg is made of. */
export interface FfmpegDecoderOptions extends DecodingOptions {
  /** Path of the program. */
  program: string
  clock: Pick<Clock, 'now'>
}

/** A process that is too late is exchanged, but not again within this time. */
const leastRunMs = 5_000

/**
 * Decodes by a process of its own. It makes all pictures, since nobody can tell it which ones are wanted; where pictures are
 * reordered, one may have the tag of its neighbour.
 */
export class FfmpegDecoder implements VideoDecoder {
  readonly by = 'ffmpeg'
  readonly #options: FfmpegDecoderOptions
  readonly #backlog = new Backlog()
  readonly #gate: PictureGate<DecodedPicture>
  #run: FfmpegRun | undefined
  #runSince = 0
  #size = ''
  #isClosed = false
  #dropped = { damaged: 0, decoder_late: 0 }
  #isTelling = false

  constructor(options: FfmpegDecoderOptions) {
    this.#options = options
    const { taker } = options
    this.#gate = new PictureGate({
      make: (picture) => this.#tell(() => taker.onPicture(picture)),
      free: () => undefined,
      onSuperseded: () => taker.onSuperseded(1),
    })
  }

  push(unit: UnitToDecode): void {
    if (this.#isClosed) return
    const { codec, clock } = this.#options
    const now = clock.now()
    if (unit.isKey) this.#look(unit, now)
    const isTooLarge = largestPicture(codec, unit.bytes) > mostPixels
    if (isTooLarge) this.#end('damaged')
    // Without a key picture there is nothing to begin with.
    if (isTooLarge || (!this.#run && !unit.isKey)) return this.#drop(1, 'damaged')
    if (!this.#backlog.admit({ bytes: unit.bytes.length, isKey: unit.isKey }, now)) return this.#drop(1, 'decoder_late')
    this.#run ??= this.#start(now)
    this.#run.push(unit, hasPicture(codec, unit.bytes))
  }

  want(): void {
    if (!this.#isClosed) this.#gate.want()
  }

  close(): void {
    this.#isClosed = true
    this.#gate.clear()
    this.#run?.end()
    this.#run = undefined
  }

  /** At a key picture: another process begins with it where the one that runs is of no use any more. */
  #look({ bytes }: UnitToDecode, now: number): void {
    const { codec } = this.#options
    const size = pictureSizeOf(codec, bytes)
    const name = size ? `${size.width}x${size.height}` : this.#size
    const isResized = name !== this.#size
    this.#size = name
    if (isResized) this.#end('damaged')
    else if (this.#backlog.isDropping && now - this.#runSince > leastRunMs) this.#end('decoder_late')
  }

  #start(now: number): FfmpegRun {
    this.#runSince = now
    const { program, codec, format, taker } = this.#options
    return new FfmpegRun({
      program,
      codec,
      format,
      onPicture: ({ bytes, width, height }, { tag, place, due }) =>
        this.#gate.offer({ bytes: Buffer.from(bytes.buffer), width, height, tag, place }, due),
      onFinished: (units, damaged) => {
        this.#backlog.finish(units)
        if (damaged > 0) this.#drop(damaged, 'damaged')
      },
      onLost: (detail) => {
        this.close()
        taker.onLost(detail)
      },
    })
  }

  /** The units that are in the process are lost with it. */
  #end(reason: 'damaged' | 'decoder_late'): void {
    const units = this.#run?.end() ?? 0
    this.#run = undefined
    this.#backlog.finish(Infinity)
    if (units > 0) this.#drop(units, reason)
  }

  #drop(units: number, reason: Parameters<DecodingTaker['onDropped']>[1]): void {
    this.#dropped[reason] += units
    if (this.#isTelling) return
    this.#isTelling = true
    queueMicrotask(this.#tellDropped)
  }

  readonly #tellDropped = (): void => {
    this.#isTelling = false
    const dropped = this.#dropped
    this.#dropped = { damaged: 0, decoder_late: 0 }
    if (this.#isClosed) return
    const { taker } = this.#options
    if (dropped.damaged > 0) taker.onDropped(dropped.damaged, 'damaged')
    if (dropped.decoder_late > 0) taker.onDropped(dropped.decoder_late, 'decoder_late')
  }

  /** After the call that is under way. */
  #tell(what: () => void): void {
    queueMicrotask(() => {
      if (!this.#isClosed) what()
    })
  }
}
