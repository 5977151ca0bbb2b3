import { RtpSender, isKeyPicture, packetiseH264, splitAnnexB } from '@pelton/protocols/rtp'
import { errors } from '../../errors.ts'
import type { LineParts } from './line-parts.ts'
import { MediaClock } from './media-clock.ts'
import type { MediaLine } from './media-line.ts'
import { H264Sets } from './h264-sets.ts'

/** The first of those that descriptions name (RFC 3551 §6). */
const payloadType = 96

/** Access units of H.264 in packetisation mode 1 (RFC 6184); a key picture is preceded by its parameter sets. */
export function createH264Line({ name, clock, describe, credentials }: LineParts): MediaLine {
  const sender = new RtpSender({ payloadType, clockRate: 90_000 })
  const time = new MediaClock(clock)
  const sets = new H264Sets()
  return {
    source: {
      sdp: () =>
        describe({
          type: 'video',
          payloadType,
          encoding: 'H264',
          clockRate: sender.clockRate,
          parameters: { 'packetization-mode': 1, ...sets.parameters },
          control: 'trackID=0',
        }),
      report: () => time.times && sender.report(time.times.wallMs, time.times.mediaMs),
      nextSequence: () => (time.times ? sender.nextSequence : undefined),
      credentials,
    },
    write(body, send) {
      const units = startsWithCode(body) ? splitAnnexB(body) : []
      if (units.length === 0) throw errors.answer_no_access_unit({ sink: name, reason: faultOf(body) })
      const key = isKeyPicture(units)
      const whole = sets.complete(units, key)
      send(packetiseH264(sender, whole, sender.timestampOf(time.nextTicks())), key)
      return undefined
    },
    close: () => Promise.resolve(),
  }
}

/** Annex B of ITU-T H.264: zeros, then a one. */
function startsWithCode(body: Buffer): boolean {
  return body[0] === 0 && body[1] === 0 && (body[2] === 1 || (body[2] === 0 && body[3] === 1))
}

function faultOf(body: Buffer): string {
  if (body[0] === 0xff && body[1] === 0xd8) return 'it is a JPEG'
  return startsWithCode(body) ? 'it has no unit' : 'it does not begin with a start code (00 00 01)'
}
