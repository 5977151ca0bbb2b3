import type { NtpTime } from './ntp-time.ts'

/** Packet types (RFC 3550 §12.1). */
export const rtcpTypes = { senderReport: 200, receiverReport: 201, sdes: 202, bye: 203 } as const

/** Types of SDES items that are read (RFC 3550 §6.5). */
export const sdesItems = { end: 0, cname: 1 } as const

/** What one receiver says of one source (RFC 3550 §6.4.1). */
export interface ReportBlock {
  ssrc: number
  /** Of the packets since the last report: 256ths, 0 to 255. */
  fractionLost: number
  /** Signed, 24 bits. */
  lost: number
  /** The highest sequence number, with its cycles above the lower 16 bits. */
  highestSequence: number
  /** In ticks of the source's clock. */
  jitter: number
  /** Middle of the last sender report's NTP time; 0 for none. */
  lastReport: number
  /** Since that report, in 65,536ths of a second. */
  delay: number
}

/** One of the packets of a compound. */
export type RtcpPacket =
  | {
      type: 'sender'
      ssrc: number
      ntp: NtpTime
      rtpTimestamp: number
      packets: number
      octets: number
      reports: ReportBlock[]
    }
  | { type: 'receiver'; ssrc: number; reports: ReportBlock[] }
  | { type: 'sdes'; sources: { ssrc: number; cname: string }[] }
  | { type: 'bye'; ssrcs: number[]; reason: string }
  | { type: 'other'; packetType: number }
