import type { PeltonError } from '@pelton/core'
import type { SourceLoss } from '@pelton/protocols/camera'

const reasons: Readonly<Record<string, string>> = {
  rtsp_not_connected: 'unreachable',
  rtsp_refused: 'refused',
  rtsp_unauthorized: 'unauthorized',
  rtsp_medium_missing: 'unsuitable',
  rtsp_stalled: 'stalled',
  rtsp_lost: 'broken',
}

/** What can be read of the medium that was not asked for; the other formats would be no way out. */
const offers = {
  video: / offers .*\baudio (?:L16|L8|PCMU|PCMA)\b/,
  audio: / offers .*\bvideo (?:JPEG|H264|H265)\b/,
}

/** What an error of `connectRtsp` means for the source that `shown` names, which was asked for a medium. */
export function lossOf({ code, message }: PeltonError, shown: string, media: 'video' | 'audio'): SourceLoss {
  const detail = message.replaceAll(shown, 'the source')
  const isOther = code === 'rtsp_medium_missing' && offers[media].test(message)
  const wayOut = isOther ? `; set media_type: ${media === 'video' ? 'audio' : 'video'}` : ''
  return { reason: reasons[code] ?? 'broken', detail: detail + wayOut }
}
