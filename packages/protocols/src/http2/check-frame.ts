import { ConnectionFault, misplaced } from './connection-fault.ts'
import type { FrameHead } from './frame-reader.ts'
import { errorCodes, frameFlags, frameTypes } from './http2-codes.ts'

interface FrameRule {
  name: string
  /** Whether it belongs to a stream, or to the connection; absent: to either. */
  onStream?: boolean
  /** Of the payload, in bytes; absent: any. */
  least?: number
  most?: number
}

/** RFC 9113 §6.3 to §6.9. What breaks only a stream, and what lies in a payload, is looked at elsewhere. */
const rules = new Map<number, FrameRule>([
  [frameTypes.priority, { name: 'PRIORITY', onStream: true }],
  [frameTypes.rstStream, { name: 'RST_STREAM', onStream: true, least: 4, most: 4 }],
  [frameTypes.settings, { name: 'SETTINGS', onStream: false }],
  [frameTypes.ping, { name: 'PING', onStream: false, least: 8, most: 8 }],
  [frameTypes.goaway, { name: 'GOAWAY', onStream: false, least: 8 }],
  [frameTypes.windowUpdate, { name: 'WINDOW_UPDATE', least: 4, most: 4 }],
])

/** Throws `ConnectionFault` when a client's frame is where it must not be, or of a wrong length. */
export function checkFrame({ type, streamId, length, flags }: FrameHead): void {
  if (type === frameTypes.pushPromise) throw misplaced('PUSH_PROMISE from a client')
  const rule = rules.get(type)
  if (!rule) return
  const { name, onStream, least = 0, most = Infinity } = rule
  if (onStream !== undefined && onStream !== streamId > 0) throw misplaced(`${name} on stream ${streamId}`)
  const isAcknowledgement = type === frameTypes.settings && (flags & frameFlags.ack) !== 0
  if (length < least || length > (isAcknowledgement ? 0 : most)) {
    throw new ConnectionFault(errorCodes.frameSizeError, `${name} of ${length} bytes`)
  }
}
