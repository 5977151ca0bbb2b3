import { Buffer } from 'node:buffer'

/** One RTP packet (RFC 3550 §5.1) without what senders mixed in, extended or padded. */
export interface RtpPacket {
  payloadType: number
  isMarked: boolean
  /** 16 bits. */
  sequence: number
  /** 32 bits, unsigned. */
  timestamp: number
  ssrc: number
  /** A view of the packet's bytes. */
  payload: Buffer
}

/** What a packet's head says. */
export type RtpHead = Omit<RtpPacket, 'payload'>

/** Bytes of a head without contributing sources and extension. */
export const rtpHeadBytes = 12

/** Undefined for what is no RTP packet, or is cut off. */
export function readRtp(bytes: Buffer): RtpPacket | undefined {
  const { length } = bytes
  if (length < rtpHeadBytes || bytes[0]! >> 6 !== 2) return undefined
  const first = bytes[0]!
  let start = rtpHeadBytes + 4 * (first & 0x0f)
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return undefined
    start += 4 + 4 * bytes.readUInt16BE(start + 2)
  }
  const padding = (first & 0x20) === 0 ? 0 : bytes[length - 1]!
  const end = length - padding
  if (start > end || ((first & 0x20) !== 0 && padding === 0)) return undefined
  return {
    payloadType: bytes[1]! & 0x7f,
    isMarked: bytes[1]! > 0x7f,
    sequence: (bytes[2]! << 8) | bytes[3]!,
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(start, end),
  }
}

const noBytes = Buffer.alloc(0)

/** In place of a packet that says nothing here: its number is not missing then. */
export function emptied(packet: RtpPacket): RtpPacket {
  return { ...packet, isMarked: false, payload: noBytes }
}

/** Gives back where the payload begins. */
export function writeRtpHead(bytes: Buffer, at: number, head: RtpHead): number {
  bytes[at] = 0x80
  bytes[at + 1] = (head.isMarked ? 0x80 : 0) | head.payloadType
  bytes[at + 2] = head.sequence >> 8
  bytes[at + 3] = head.sequence
  bytes.writeUInt32BE(head.timestamp, at + 4)
  return bytes.writeUInt32BE(head.ssrc, at + 8)
}
