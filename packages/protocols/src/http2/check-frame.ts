import { ConnectionFault, misplaced } from './connection-fault.ts'
import type { FrameHead } from './frame-reader.ts'
import { errorCodes, frameFlags, frameTypes } from './http2-codes.ts'

/** Throws `ConnectionFault` when a client's frame is on a stream where it must not be, or of a wrong length (RFC 9113 §6). */
export function checkFrame({ type, streamId, length, flags }: FrameHead): void {
  switch (type) {
    case frameTypes.priority:
      if (streamId === 0) throw misplaced('PRIORITY without a stream')
      return
    case frameTypes.rstStream:
      if (streamId === 0) throw misplaced('RST_STREAM on an idle stream')
      if (length !== 4) throw wrongLength('RST_STREAM')
      return
    case frameTypes.settings:
      if (streamId !== 0) throw misplaced('SETTINGS on a stream')
      if ((flags & frameFlags.ack) !== 0 && length > 0) throw wrongLength('an acknowledgement')
      return
    case frameTypes.pushPromise:
      throw misplaced('PUSH_PROMISE from a client')
    case frameTypes.ping:
      if (streamId !== 0) throw misplaced('PING on a stream')
      if (length !== 8) throw wrongLength('PING')
      return
    case frameTypes.goaway:
      if (streamId !== 0) throw misplaced('GOAWAY on a stream')
      if (length < 8) throw wrongLength('GOAWAY')
      return
    case frameTypes.windowUpdate:
      if (length !== 4) throw wrongLength('WINDOW_UPDATE')
  }
}

function wrongLength(what: string): ConnectionFault {
  return new ConnectionFault(errorCodes.frameSizeError, `${what} of a wrong length`)
}
