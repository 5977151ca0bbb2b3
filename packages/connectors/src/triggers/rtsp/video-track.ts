import type { Clock } from '@pelton/core'
import type { FrameHandout } from '@pelton/protocols/camera'
import {
  type AccessUnit,
  H264Depacketiser,
  H265Depacketiser,
  JpegDepacketiser,
  spropUnits,
} from '@pelton/protocols/rtp'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import type { SourceCodec } from '@pelton/protocols/video'
import type { FramePace } from './frame-pace.ts'
import type { StreamCounts, Track, TrackLink } from './medium.ts'
import type { Picture } from './picture-event.ts'

/** What a track of video is made of. */
export interface VideoTrackParts {
  link: TrackLink
  counts: StreamCounts
  handout: FrameHandout<Picture>
  pace: FramePace
  clock: Pick<Clock, 'now'>
  /** Milliseconds since the epoch, with fractions. */
  wallTime: () => number
}

/** The codec of a stream. */
export function codecOf({ encoding }: RtspStreamFacts['choice']['format']): SourceCodec {
  if (encoding === 'JPEG') return 'jpeg'
  return encoding === 'H265' ? 'h265' : 'h264'
}

/** Makes access units of its packets; a JPEG is one that stands alone. */
export function depacketiserOf(
  { format, media: { dimensions } }: RtspStreamFacts['choice'],
  onUnit: (unit: AccessUnit) => void,
): Track {
  const codec = codecOf(format)
  if (codec === 'jpeg') {
    return new JpegDepacketiser(
      ({ bytes, timestamp }) => onUnit({ bytes, timestamp, isKey: true, isAfterLoss: false }),
      { dimensions },
    )
  }
  const sets = { parameterSets: spropUnits(format.parameters) }
  if (codec === 'h264') return new H264Depacketiser(onUnit, sets)
  const hasOrderNumbers = Number(format.parameters.get('sprop-max-don-diff') ?? 0) > 0
  return new H265Depacketiser(onUnit, { ...sets, hasOrderNumbers })
}
