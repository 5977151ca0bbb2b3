import { misplaced } from './connection-fault.ts'
import type { FrameHead } from './frame-reader.ts'
import { frameFlags } from './http2-codes.ts'

/** The payload of DATA or HEADERS without its padding (RFC 9113 §6.1, §6.2). Throws `ConnectionFault`. */
export function unpadded(head: FrameHead, bytes: Buffer, start: number): Buffer {
  const end = start + head.length
  if ((head.flags & frameFlags.padded) === 0) return bytes.subarray(start, end)
  const padding = bytes[start] as number
  if (head.length === 0 || padding >= head.length) throw misplaced('padding that is longer than its frame')
  return bytes.subarray(start + 1, end - padding)
}
