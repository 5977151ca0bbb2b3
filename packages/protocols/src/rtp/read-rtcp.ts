import { type ReportBlock, type RtcpPacket, rtcpTypes, sdesItems } from './rtcp-packet.ts'

const headBytes = 4
const senderInfoBytes = 24
const blockBytes = 24

/**
 * Reads the packets of a compound (RFC 3550 §6), also of one that begins with no report (RFC 5506). Reading ends at the
 * first that is malformed: what came before it counts.
 */
export function readRtcp(bytes: Buffer): RtcpPacket[] {
  const packets: RtcpPacket[] = []
  let at = 0
  while (at + headBytes <= bytes.length && bytes[at]! >> 6 === 2) {
    const next = at + headBytes + 4 * bytes.readUInt16BE(at + 2)
    if (next > bytes.length) break
    const padding = (bytes[at]! & 0x20) === 0 ? 0 : bytes[next - 1]!
    const end = next - padding
    const packet = end < at + headBytes ? undefined : readPacket(bytes.subarray(at, end))
    if (!packet) break
    packets.push(packet)
    at = next
  }
  return packets
}

/** Undefined when it is shorter than what it counts. */
function readPacket(bytes: Buffer): RtcpPacket | undefined {
  const count = bytes[0]! & 0x1f
  const packetType = bytes[1]!
  if (packetType === rtcpTypes.senderReport) return readSenderReport(bytes, count)
  if (packetType === rtcpTypes.receiverReport) {
    const reports = readBlocks(bytes, 8, count)
    return reports && { type: 'receiver', ssrc: bytes.readUInt32BE(4), reports }
  }
  if (packetType === rtcpTypes.sdes) return readSdes(bytes, count)
  return packetType === rtcpTypes.bye ? readBye(bytes, count) : { type: 'other', packetType }
}

function readSenderReport(bytes: Buffer, count: number): RtcpPacket | undefined {
  const reports = readBlocks(bytes, headBytes + senderInfoBytes, count)
  return (
    reports && {
      type: 'sender',
      ssrc: bytes.readUInt32BE(4),
      ntp: { seconds: bytes.readUInt32BE(8), fraction: bytes.readUInt32BE(12) },
      rtpTimestamp: bytes.readUInt32BE(16),
      packets: bytes.readUInt32BE(20),
      octets: bytes.readUInt32BE(24),
      reports,
    }
  )
}

function readBlocks(bytes: Buffer, from: number, count: number): ReportBlock[] | undefined {
  if (from + count * blockBytes > bytes.length) return undefined
  return Array.from({ length: count }, (_, index) => {
    const at = from + index * blockBytes
    return {
      ssrc: bytes.readUInt32BE(at),
      fractionLost: bytes[at + 4]!,
      lost: bytes.readIntBE(at + 5, 3),
      highestSequence: bytes.readUInt32BE(at + 8),
      jitter: bytes.readUInt32BE(at + 12),
      lastReport: bytes.readUInt32BE(at + 16),
      delay: bytes.readUInt32BE(at + 20),
    }
  })
}

function readSdes(bytes: Buffer, count: number): RtcpPacket | undefined {
  const sources: { ssrc: number; cname: string }[] = []
  let at = headBytes
  for (let index = 0; index < count; index++) {
    if (at + 4 > bytes.length) return undefined
    const source = { ssrc: bytes.readUInt32BE(at), cname: '' }
    at += 4
    while (at < bytes.length && bytes[at] !== sdesItems.end) {
      const end = at + 2 + (bytes[at + 1] ?? 0)
      if (end > bytes.length) return undefined
      if (bytes[at] === sdesItems.cname) source.cname = bytes.toString('utf8', at + 2, end)
      at = end
    }
    // At least one zero ends the items, and fills up to a multiple of four.
    at = (at + 4) & ~3
    sources.push(source)
  }
  return { type: 'sdes', sources }
}

function readBye(bytes: Buffer, count: number): RtcpPacket | undefined {
  const end = headBytes + 4 * count
  if (end > bytes.length) return undefined
  const ssrcs = Array.from({ length: count }, (_, index) => bytes.readUInt32BE(headBytes + 4 * index))
  const reason = bytes.toString('utf8', end + 1, Math.min(bytes.length, end + 1 + (bytes[end] ?? 0)))
  return { type: 'bye', ssrcs, reason }
}
