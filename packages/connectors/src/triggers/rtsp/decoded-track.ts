import { isPeltonError } from '@pelton/core'
import { countReason } from '@pelton/protocols/camera'
import type { AccessUnit, RtpPacket } from '@pelton/protocols/rtp'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import type { DecodedPicture, DecodingOptions, PictureFormat, VideoDecoder } from '@pelton/protocols/video'
import { DueFrames } from './due-frames.ts'
import { KeyGate } from './key-gate.ts'
import type { OpenDecoder, Track } from './medium.ts'
import { OpeningDecoder } from './opening-decoder.ts'
import { SilenceWatch } from './silence-watch.ts'
import { type VideoTrackParts, codecOf, depacketiserOf } from './video-track.ts'

/** What is decoded, and into what. */
export interface DecodedTrackOptions {
  choice: RtspStreamFacts['choice']
  format: PictureFormat
  open: OpenDecoder
  /** Told by what it is decoded. */
  onOpen(decoder: VideoDecoder): void
}

/**
 * Pictures of H.264, H.265 and, as pixels, JPEG. All access units that others need are decoded; pictures are made only of
 * those that are due, and only when they are wanted: one at a time, while a worker is free or a frame waits that the next one would replace.
 */
export class DecodedTrack implements Track {
  readonly #parts: VideoTrackParts
  readonly #format: PictureFormat
  readonly #depacketiser: Track
  readonly #decoder: OpeningDecoder
  readonly #gate = new KeyGate()
  readonly #frames = new DueFrames()
  readonly #silence = new SilenceWatch()
  #isWanted = false
  /** A picture was made in vain: the next one stands for it. */
  #isOwed = false
  /** Some gave no picture: one that is due may be among them. */
  #hasDropped = false
  readonly #encoding: string
  /** Its pictures stand alone: only those that are due go to the decoder. */
  readonly #isStill: boolean
  /** When the newest unit had come whose picture has come. */
  #newest = { at: 0, atMs: 0 }

  constructor(parts: VideoTrackParts, { choice, format, open, onOpen }: DecodedTrackOptions) {
    const { link, counts, handout } = parts
    const { encoding } = choice.format
    this.#parts = parts
    this.#encoding = encoding
    const codec = codecOf(choice.format)
    this.#isStill = codec === 'jpeg'
    this.#format = format
    this.#depacketiser = depacketiserOf(choice, (unit) => this.#takeUnit(unit))
    const taker: DecodingOptions['taker'] = {
      onPicture: (picture) => this.#takePicture(picture),
      onSuperseded: (pictures) => handout.countSuperseded(pictures),
      onDropped: (units, reason) => {
        countReason(counts.dropped, reason, units)
        this.#hasDropped = true
        // The one that was wanted may be among them.
        this.#isWanted = false
        this.want()
      },
      onLost: (detail) => link.lost({ reason: 'decoder_lost', detail: `the decoder of its ${encoding}: ${detail}` }),
    }
    this.#decoder = new OpeningDecoder(open({ codec, format, taker }), {
      onOpen(decoder) {
        onOpen(decoder)
        link.alive()
      },
      onFailed: (error) => this.#fail(error),
      onDropped: (units) => {
        if (this.#isStill) handout.countSuperseded(units)
        else countReason(counts.dropped, 'decoder_late', units)
        this.#hasDropped = true
      },
    })
  }

  get dropped(): number {
    return this.#depacketiser.dropped
  }

  get isOpening(): boolean {
    return !this.#decoder.isOpen
  }

  /** Resolves when nothing is opened for it any more. */
  get settled(): Promise<void> {
    return this.#decoder.settled
  }

  push(packet: RtpPacket): void {
    this.#depacketiser.push(packet)
  }

  /** To be called when a place has become free. */
  want(): void {
    if (this.#isWanted || !this.#parts.handout.wantsNewer) return
    this.#isWanted = true
    this.#decoder.want()
  }

  close(): void {
    this.#decoder.close()
  }

  #takeUnit({ bytes, timestamp, isKey, isAfterLoss }: AccessUnit): void {
    const { link, counts, handout, pace, clock, wallTime } = this.#parts
    const number = (counts.received += 1)
    const now = clock.now()
    const refusal = this.#gate.refuses({ isKey, isAfterLoss }, now)
    if (this.#gate.isPatient(now)) link.alive()
    if (refusal) return countReason(counts.dropped, refusal)
    const isPaced = pace.takes(now) || this.#isOwed
    this.#isOwed = false
    // A frame for which no worker was free gives way to each newer one, whatever the pace.
    const { hasOwed } = this.#frames
    const isDue = isPaced || handout.hasWaiting || (this.#hasDropped && hasOwed)
    const due = isDue ? 'always' : hasOwed ? 'ifWaiting' : 'never'
    if (due !== 'never') this.#frames.add({ number, at: now, atMs: wallTime(), rtpTimestamp: timestamp, isPaced })
    if (due !== 'never' || !this.#isStill) this.#decoder.push({ bytes, tag: number, isKey, due })
    this.want()
    const isWaiting = this.#decoder.isOpen && this.#isWanted && this.#frames.hasOwed
    const silence = this.#silence.note(now, isWaiting)
    if (silence !== undefined) {
      link.lost({ reason: 'undecodable', detail: `it sends ${this.#encoding}: ${silence}` })
    }
  }

  #takePicture({ bytes, width, height, tag, place: number }: DecodedPicture): void {
    const { link, handout } = this.#parts
    link.good()
    this.#isWanted = this.#hasDropped = false
    this.#silence.reset()
    const taken = this.#frames.take(tag)
    if (taken && (taken.isDue || handout.hasWaiting)) {
      const { at, rtpTimestamp } = taken.frame
      // Where pictures are reordered its unit may have come before that of the picture that it follows.
      if (at >= this.#newest.at) this.#newest = taken.frame
      const { atMs } = this.#newest
      const contentType = contentTypeOf(this.#format, width, height)
      const picture = { bytes, contentType, number, atMs, rtpTimestamp, size: { width, height }, unit: undefined }
      if (handout.wantsNewer) handout.offer(picture, at)
      else this.#leave()
    }
    this.want()
  }

  /** The one before it went out meanwhile: it would only grow old. */
  #leave(): void {
    this.#isOwed = true
    this.#parts.handout.countSuperseded(1)
  }

  #fail(error: unknown): void {
    const { link } = this.#parts
    if (!isPeltonError(error)) return link.lost({ reason: 'decoder_lost', detail: String(error) })
    const detail = `it sends ${this.#encoding}: ${error.message}. ${error.help}`
    link.lost({ reason: 'undecodable', detail, startError: error })
  }
}

function contentTypeOf(format: PictureFormat, width: number, height: number): string {
  return format === 'jpeg' ? 'image/jpeg' : `video/raw; format=${format}; width=${width}; height=${height}`
}
