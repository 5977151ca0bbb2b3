import { FrameHandout, createWallTime } from '@pelton/protocols/camera'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import { DecodedTrack } from './decoded-track.ts'
import { FramePace } from './frame-pace.ts'
import { createJpegTrack } from './jpeg-track.ts'
import { type Medium, type MediumParts, type Track, type TrackLink, sourceFields } from './medium.ts'
import { type Picture, pictureEvent } from './picture-event.ts'
import { createUnitTrack } from './unit-track.ts'
import { type VideoTrackParts, codecOf } from './video-track.ts'

const usualIntervalMs = 2_000

/** Frames of a source: the newest one for each worker that is free; access units in their order. */
export class Video implements Medium {
  readonly #parts: MediumParts
  readonly #handout: FrameHandout<Picture>
  readonly #tracks: Omit<VideoTrackParts, 'link'>
  /** Every frame is an event. */
  readonly #isUnpaced: boolean
  /** Of the connection that is read. */
  #decoded: DecodedTrack | undefined
  /** Of those before as well. */
  #settled: Promise<void> = Promise.resolve()
  /** By what it was decoded last, for the log. */
  #decodedBy = ''

  constructor(parts: MediumParts) {
    const { settings, context, counts, url, ends } = parts
    const { processing_interval: intervalMs, processing_factor: factor } = settings.attributes
    const trigger = { kind: settings.kind, name: settings.name }
    const pauseMs = intervalMs ?? (factor === 1 ? usualIntervalMs : 0)
    this.#parts = parts
    this.#isUnpaced = pauseMs === 0 && factor === 1
    this.#handout = new FrameHandout<Picture>({
      context,
      places: settings.numWorkers,
      toEvent: (picture) => pictureEvent(picture, { trigger, url, fields: sourceFields(url, counts) }),
      chain: { continues: ({ unit }) => unit?.isKey === false, bytes: ({ bytes }) => bytes.byteLength },
      signal: context.abort,
      onEnd: (end) => ends.add(end),
      onFree: () => this.#decoded?.want(),
    })
    const { clock } = context
    const pace = new FramePace(pauseMs, factor)
    this.#tracks = { counts, handout: this.#handout, pace, clock, wallTime: createWallTime(clock) }
  }

  get counts(): FrameHandout<Picture>['counts'] {
    return this.#handout.counts
  }

  begin({ choice }: RtspStreamFacts, link: TrackLink): Track {
    const { decode } = this.#parts.settings.attributes
    const parts = { ...this.#tracks, link }
    this.#decoded = undefined
    const isPassed = decode === 'jpeg' || decode === 'none'
    if (choice.format.encoding === 'JPEG' && isPassed) return createJpegTrack(parts, choice.media.dimensions)
    if (decode === 'none') return createUnitTrack(parts, { choice, isUnpaced: this.#isUnpaced })
    this.#decoded = new DecodedTrack(parts, {
      choice,
      format: decode,
      open: this.#parts.openDecoder,
      onOpen: ({ by }) => this.#tell(by, codecOf(choice.format)),
    })
    // The results would make a list that each connection makes longer.
    this.#settled = Promise.all([this.#settled, this.#decoded.settled]).then(() => undefined)
    return this.#decoded
  }

  stop(): void {
    this.#handout.stop()
  }

  async idle(): Promise<void> {
    await Promise.all([this.#handout.idle(), this.#settled])
  }

  #tell(by: string, codec: string): void {
    const facts = `${codec} ${by}`
    if (this.#decodedBy === facts) return
    this.#decodedBy = facts
    this.#parts.context.logger.info('decoder_opened', { codec, decoder: by })
  }
}
