import { Buffer } from 'node:buffer'
import { spropUnits } from '@pelton/protocols/rtp'
import type { MediaDescription, MediaFormat, SessionDescription } from '@pelton/protocols/sdp'
import { readSequenceSet } from '@pelton/protocols/video'
import type { MediumFacts, PictureFacts } from './observer.ts'

const startCode = Buffer.of(0, 0, 1)

/** What a session description offers, format by format; `watched` is the one that is read. */
export function describeMedia({ media }: SessionDescription, watched: MediaFormat): MediumFacts[] {
  return media.flatMap((medium) => medium.formats.map((format) => describeFormat(medium, format, watched)))
}

function describeFormat(medium: MediaDescription, format: MediaFormat, watched: MediaFormat): MediumFacts {
  const { encoding, payloadType, clockRate, channels } = format
  return {
    type: medium.type,
    codec: encoding === '' ? `payload type ${payloadType}` : encoding,
    isWatched: format === watched,
    clockRate: clockRate === 0 ? undefined : clockRate,
    channels: medium.type === 'audio' ? channels : undefined,
    picture: { size: medium.dimensions, ...pictureOf(format) },
    framerate: medium.framerate,
    note: medium.direction === 'inactive' ? 'inactive' : '',
  }
}

/** By the parameter sets that the description has. */
function pictureOf({ encoding, parameters }: MediaFormat): PictureFacts {
  if (encoding !== 'H264' && encoding !== 'H265') return {}
  const stream = Buffer.concat(spropUnits(parameters).flatMap((unit) => [startCode, unit]))
  return pictureOfUnit(encoding === 'H264' ? 'h264' : 'h265', stream)
}

/** By the parameter sets in a byte stream; empty where it has none. */
export function pictureOfUnit(codec: 'h264' | 'h265', unit: Uint8Array): PictureFacts {
  const set = readSequenceSet(codec, unit)
  if (!set) return {}
  const { width, height, profile, level } = set
  return { size: { width, height }, profile, level }
}
