import { Buffer } from 'node:buffer'
import { type ReportBlock, type RtcpPacket, rtcpTypes, sdesItems } from './rtcp-packet.ts'

type Writable = Exclude<RtcpPacket, { type: 'other' }>

const mostCounted = 31
const mostTextBytes = 255

/**
 * One compound packet (RFC 3550 §6.1), whose first packet should be a report. Of reports, sources and SSRCs the first 31
 * are taken, of texts the first 255 bytes.
 */
export function writeRtcp(packets: readonly Writable[]): Buffer {
  return Buffer.concat(packets.map(writePacket))
}

function writePacket(packet: Writable): Buffer {
  if (packet.type === 'sender') return writeSenderReport(packet)
  if (packet.type === 'receiver') {
    return joined(rtcpTypes.receiverReport, packet.reports.length, [words(packet.ssrc), ...blocks(packet.reports)])
  }
  if (packet.type === 'sdes') {
    return joined(rtcpTypes.sdes, packet.sources.length, packet.sources.slice(0, mostCounted).map(writeSource))
  }
  const reason = packet.reason === '' ? [] : [padded(withLength(packet.reason))]
  return joined(rtcpTypes.bye, packet.ssrcs.length, [words(...packet.ssrcs.slice(0, mostCounted)), ...reason])
}

function writeSenderReport(packet: Extract<RtcpPacket, { type: 'sender' }>): Buffer {
  const { ssrc, ntp, rtpTimestamp, packets, octets, reports } = packet
  const info = words(ssrc, ntp.seconds, ntp.fraction, rtpTimestamp, packets, octets)
  return joined(rtcpTypes.senderReport, reports.length, [info, ...blocks(reports)])
}

function blocks(reports: readonly ReportBlock[]): Buffer[] {
  return reports.slice(0, mostCounted).map((report) => {
    const loss = (report.fractionLost << 24) | (report.lost & 0xff_ffff)
    return words(report.ssrc, loss, report.highestSequence, report.jitter, report.lastReport, report.delay)
  })
}

function writeSource({ ssrc, cname }: { ssrc: number; cname: string }): Buffer {
  const item = Buffer.concat([words(ssrc), Buffer.of(sdesItems.cname), withLength(cname), Buffer.of(sdesItems.end)])
  return padded(item)
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, mostTextBytes)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index))
  return bytes
}

function joined(packetType: number, count: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length / 4
  const head = Buffer.of(0x80 | Math.min(count, mostCounted), packetType, length >> 8, length & 0xff)
  return Buffer.concat([head, body])
}
