import type { Clock } from '@pelton/core'
import type { FrameHandout } from '@pelton/protocols/camera'
import { type AccessUnit, H264Depacketiser, H265Depacketiser, spropUnits } from '@pelton/protocols/rtp'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import type { VideoCodec } from '@pelton/protocols/video'
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

/** The codec of a stream of access units. */
export function codecOf({ encoding }: RtspStreamFacts['choice']['format']): VideoCodec {
  return encoding === 'H265' ? 'h265' : 'h264'
}

/** Makes access units of its packets. */
export function depacketiserOf(format: RtspStreamFacts['choice']['format'], onUnit: (unit: AccessUnit) => void): Track {
  const sets = { parameterSets: spropUnits(format.parameters) }
  if (codecOf(format) === 'h264') return new H264Depacketiser(onUnit, sets)
  const hasOrderNumbers = Number(format.parameters.get('sprop-max-don-diff') ?? 0) > 0
  return new H265Depacketiser(onUnit, { ...sets, hasOrderNumbers })
}
