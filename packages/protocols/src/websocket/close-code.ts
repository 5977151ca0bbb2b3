import { Buffer } from 'node:buffer'

/** Reasons to close that are used here (RFC 6455 §7.4.1). */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** Never sent: a close frame without a code. */
  none: 1005,
  /** Never sent: the connection went without a close frame. */
  abnormal: 1006,
  invalidData: 1007,
  tooBig: 1009,
} as const

const mostReasonBytes = 123

/** Whether a code may be in a close frame: those that RFC 6455 §7.4 and its registry give a meaning, and 3000 to 4999. */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  if (code >= 3000) return code <= 4999
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
}

/** The payload of a close frame; empty for 1005. A reason of more than 123 bytes is cut between two characters. */
export function closePayload(code: number, reason: string): Buffer {
  if (code === closeCodes.none) return Buffer.alloc(0)
  const text = Buffer.from(reason)
  let length = Math.min(text.length, mostReasonBytes)
  // 10xxxxxx continues a character.
  while (length < text.length && (text[length]! & 0xc0) === 0x80) length -= 1
  const payload = Buffer.alloc(2 + length)
  payload.writeUInt16BE(code)
  text.copy(payload, 2, 0, length)
  return payload
}
