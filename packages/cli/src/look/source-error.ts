import { type PeltonError, isPeltonError } from '@pelton/core'
import type { SourceLoss } from '@pelton/protocols/camera'
import { errors } from '../errors.ts'
import { printable } from '../infer/printable.ts'
import { unreachableReason } from '../infer/unreachable-reason.ts'

const noConnection = /^E(CONNREFUSED|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|TIMEDOUT)$/

/** What a loss by HTTP is for who watches; `hasPlayed`: something had come before. */
export function lossError({ reason, detail }: SourceLoss, shown: string, hasPlayed: boolean): PeltonError {
  const text = printable(`${shown}: ${detail}`)
  if (reason === 'unauthorized') return errors.source_unauthorized({ text })
  return hasPlayed ? errors.source_lost({ text }) : errors.source_unreadable({ text })
}

/** The same for what `connectRtsp` rejects with; anything else comes back as it is. */
export function rtspError(error: unknown, shown: string, hasPlayed: boolean): unknown {
  if (!isPeltonError(error) || !error.code.startsWith('rtsp_')) return error
  const text = printable(reworded(error, shown))
  if (error.code === 'rtsp_unauthorized') return errors.source_unauthorized({ text }, error)
  if (error.code === 'rtsp_medium_missing') return errors.source_medium_missing({ text }, error)
  return hasPlayed ? errors.source_lost({ text }, error) : errors.source_unreadable({ text }, error)
}

/** The system's own words for a host that is not reached are hard to read. */
function reworded({ message, cause }: PeltonError, shown: string): string {
  const isRough = cause instanceof Error && noConnection.test((cause as NodeJS.ErrnoException).code ?? '')
  return isRough ? `No stream from ${shown}: ${unreachableReason(cause)}` : message
}
