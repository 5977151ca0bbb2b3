import { countReason } from '@pelton/protocols/camera'
import type { AccessUnit } from '@pelton/protocols/rtp'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import { type SourceCodec, pictureSizeOf } from '@pelton/protocols/video'
import type { Track } from './medium.ts'
import type { Picture } from './picture-event.ts'
import { type VideoTrackParts, codecOf, depacketiserOf } from './video-track.ts'

/** What is passed on as access units. */
export interface UnitTrackOptions {
  choice: RtspStreamFacts['choice']
  /** Every frame is an event; else only key pictures are, for others are of no use without those before them. */
  isUnpaced: boolean
}

/** Access units as they come, in their order. */
export function createUnitTrack(parts: VideoTrackParts, options: UnitTrackOptions): Track {
  const units = new Units(parts, options)
  return depacketiserOf(options.choice, (unit) => units.take(unit))
}

class Units {
  readonly #parts: VideoTrackParts
  readonly #codec: SourceCodec
  readonly #isUnpaced: boolean
  #size: Picture['size']
  #hasKey = false

  constructor(parts: VideoTrackParts, { choice, isUnpaced }: UnitTrackOptions) {
    this.#parts = parts
    this.#codec = codecOf(choice.format)
    this.#isUnpaced = isUnpaced
    this.#size = choice.media.dimensions
  }

  /** Those before the first key picture of a connection are of use to nobody. */
  take({ bytes, timestamp, isKey, isAfterLoss }: AccessUnit): void {
    const { link, counts, handout, wallTime } = this.#parts
    link.good()
    const number = (counts.received += 1)
    this.#hasKey ||= isKey
    if (!this.#hasKey) return countReason(counts.dropped, 'before_key')
    // What the stream itself says is newer than what its description says.
    if (isKey) this.#size = pictureSizeOf(this.#codec, bytes) ?? this.#size
    if (!this.#isUnpaced && !(isKey && this.#isDue())) return
    handout.offer({
      bytes,
      contentType: `video/${this.#codec}`,
      number,
      atMs: wallTime(),
      rtpTimestamp: timestamp,
      size: this.#size,
      unit: { isKey, isAfterLoss },
    })
  }

  /** A picture for which no worker was free gives way to each newer one, whatever the pace. */
  #isDue(): boolean {
    const { pace, clock, handout } = this.#parts
    return pace.takes(clock.now()) || handout.hasWaiting
  }
}
