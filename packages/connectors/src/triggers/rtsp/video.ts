import { FrameHandout, type SourceLoss, countReason, createWallTime } from '@pelton/protocols/camera'
import {
  type AccessUnit,
  H264Depacketiser,
  H265Depacketiser,
  JpegDepacketiser,
  type JpegFrame,
  spropUnits,
} from '@pelton/protocols/rtp'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import { FramePace } from './frame-pace.ts'
import { type Medium, type MediumParts, type Track, sourceFields } from './medium.ts'
import { type Picture, pictureEvent } from './picture-event.ts'

const usualIntervalMs = 2_000

type UnitType = 'video/h264' | 'video/h265'
type Size = Picture['size']

/** Frames of a source: the newest one for each worker that is free; access units in their order. */
export class Video implements Medium {
  readonly #parts: MediumParts
  readonly #handout: FrameHandout<Picture>
  readonly #wallTime: () => number
  readonly #pace: FramePace
  /** Every frame is an event. */
  readonly #isUnpaced: boolean

  constructor(parts: MediumParts) {
    const { settings, context, counts, url, ends } = parts
    const { processing_interval: intervalMs, processing_factor: factor } = settings.attributes
    const trigger = { kind: settings.kind, name: settings.name }
    const pauseMs = intervalMs ?? (factor === 1 ? usualIntervalMs : 0)
    this.#parts = parts
    this.#pace = new FramePace(pauseMs, factor)
    this.#isUnpaced = pauseMs === 0 && factor === 1
    this.#wallTime = createWallTime(context.clock)
    this.#handout = new FrameHandout<Picture>({
      context,
      places: settings.numWorkers,
      toEvent: (picture) => pictureEvent(picture, { trigger, url, fields: sourceFields(url, counts) }),
      chain: { continues: ({ unit }) => unit?.isKey === false, bytes: ({ bytes }) => bytes.byteLength },
      signal: context.abort,
      onEnd: (end) => ends.add(end),
    })
  }

  get counts(): FrameHandout<Picture>['counts'] {
    return this.#handout.counts
  }

  begin({ choice: { format, media } }: RtspStreamFacts, onGood: () => void): Track | SourceLoss {
    const { encoding, parameters } = format
    if (encoding === 'JPEG') {
      return new JpegDepacketiser((frame) => this.#takeJpeg(frame, onGood), { dimensions: media.dimensions })
    }
    if (this.#parts.settings.attributes.decode !== 'none') return undecodable(encoding)
    const sets = { parameterSets: spropUnits(parameters) }
    if (encoding === 'H264') return new H264Depacketiser(this.#unitTaker('video/h264', media.dimensions, onGood), sets)
    const hasOrderNumbers = Number(parameters.get('sprop-max-don-diff') ?? 0) > 0
    const take = this.#unitTaker('video/h265', media.dimensions, onGood)
    return new H265Depacketiser(take, { ...sets, hasOrderNumbers })
  }

  stop(): void {
    this.#handout.stop()
  }

  idle(): Promise<void> {
    return this.#handout.idle()
  }

  #takeJpeg({ bytes, timestamp, width, height }: JpegFrame, onGood: () => void): void {
    onGood()
    const number = (this.#parts.counts.received += 1)
    if (!this.#isDue()) return
    const size = { width, height }
    this.#offer({ bytes, contentType: 'image/jpeg', number, rtpTimestamp: timestamp, size, unit: undefined })
  }

  /** Those before the first key picture of a connection are of use to nobody. */
  #unitTaker(contentType: UnitType, size: Size, onGood: () => void): (unit: AccessUnit) => void {
    let hasKey = false
    return ({ bytes, timestamp, isKey, isAfterLoss }) => {
      const { counts } = this.#parts
      onGood()
      const number = (counts.received += 1)
      hasKey ||= isKey
      if (!hasKey) return countReason(counts.dropped, 'before_key')
      // Where some are left out, only key pictures can be decoded.
      if (!this.#isUnpaced && !(isKey && this.#isDue())) return
      this.#offer({ bytes, contentType, number, rtpTimestamp: timestamp, size, unit: { isKey, isAfterLoss } })
    }
  }

  /** A frame for which no worker was free gives way to each newer one, whatever the pace. */
  #isDue(): boolean {
    const { offered, handedOut, superseded } = this.#handout.counts
    return this.#pace.takes(this.#parts.context.clock.now()) || offered > handedOut + superseded
  }

  #offer(picture: Omit<Picture, 'atMs'>): void {
    this.#handout.offer({ ...picture, atMs: this.#wallTime() })
  }
}

function undecodable(encoding: string): SourceLoss {
  const detail = `it sends ${encoding}, which is not decoded here: set decode: none for its access units, or let the source send MJPEG`
  return { reason: 'undecodable', detail }
}
