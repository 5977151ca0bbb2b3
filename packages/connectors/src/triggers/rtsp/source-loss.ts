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

/** What an error of `connectRtsp` means for the source that `shown` names. */
export function lossOf({ code, message }: PeltonError, shown: string): SourceLoss {
  return { reason: reasons[code] ?? 'broken', detail: message.replaceAll(shown, 'the source') }
}
