import { randomInt } from 'node:crypto'
import { toNtp } from './ntp-time.ts'
import type { RtcpPacket } from './rtcp-packet.ts'
import { rtpHeadBytes, writeRtpHead } from './rtp-packet.ts'

/** A source of packets. What is left out is random, as RFC 3550 §5.1 wants it. */
export interface RtpSenderOptions {
  payloadType: number
  /** Ticks a second. */
  clockRate: number
  ssrc?: number
  /** Of the first packet. */
  sequence?: number
  /** Of the time 0. */
  timestamp?: number
  /** The whole packet: 1,450 unless it says otherwise, which leaves room for UDP over IPv6. */
  maxPacketBytes?: number
}

/** Numbers and counts the packets of one source. */
export class RtpSender {
  readonly payloadType: number
  readonly clockRate: number
  readonly ssrc: number
  readonly maxPacketBytes: number
  readonly #base: number
  #sequence: number
  #packets = 0
  #octets = 0

  constructor(options: RtpSenderOptions) {
    this.payloadType = options.payloadType
    this.clockRate = options.clockRate
    this.ssrc = options.ssrc ?? randomInt(2 ** 32)
    this.maxPacketBytes = options.maxPacketBytes ?? 1_450
    this.#sequence = options.sequence ?? randomInt(2 ** 16)
    this.#base = options.timestamp ?? randomInt(2 ** 32)
  }

  /** Of the next packet: what a response to PLAY names (RFC 2326 §12.33). */
  get nextSequence(): number {
    return this.#sequence
  }

  /** The timestamp of a time of the medium, in milliseconds since its start. */
  timestampAt(mediaMs: number): number {
    return this.timestampOf(Math.round((mediaMs / 1_000) * this.clockRate))
  }

  /** The timestamp of so many ticks since the medium's start. */
  timestampOf(ticks: number): number {
    return (this.#base + (ticks % 2 ** 32)) >>> 0
  }

  /** Writes the head of the next packet, and gives back where its payload of `payloadBytes` begins. */
  writeHead(bytes: Buffer, at: number, packet: { timestamp: number; isMarked: boolean; payloadBytes: number }): number {
    const { payloadType, ssrc } = this
    const sequence = this.#sequence
    this.#sequence = (sequence + 1) & 0xffff
    this.#packets = (this.#packets + 1) >>> 0
    this.#octets = (this.#octets + packet.payloadBytes) >>> 0
    const { timestamp, isMarked } = packet
    return writeRtpHead(bytes, at, { payloadType, isMarked, sequence, timestamp, ssrc })
  }

  /** What a sender report says: that it is `wallMs` since the epoch while the medium is at `mediaMs` (RFC 3550 §6.4.1). */
  report(wallMs: number, mediaMs: number): Extract<RtcpPacket, { type: 'sender' }> {
    return {
      type: 'sender',
      ssrc: this.ssrc,
      ntp: toNtp(wallMs),
      rtpTimestamp: this.timestampAt(mediaMs),
      packets: this.#packets,
      octets: this.#octets,
      reports: [],
    }
  }
}

/** The packets of one frame, in one piece of memory. */
export class PacketBatch {
  readonly packets: Buffer[] = []
  readonly bytes: Buffer
  readonly #sender: RtpSender
  readonly #timestamp: number
  #at = 0

  /** There is room for `packets` packets with payloads of `payloadBytes` in all. */
  constructor(sender: RtpSender, timestamp: number, room: { packets: number; payloadBytes: number }) {
    this.#sender = sender
    this.#timestamp = timestamp
    this.bytes = Buffer.allocUnsafe(room.packets * rtpHeadBytes + room.payloadBytes)
  }

  /** Begins a packet, and gives back where in `bytes` its payload is to be written. */
  add(payloadBytes: number, isMarked: boolean): number {
    const from = this.#at
    const start = this.#sender.writeHead(this.bytes, from, { timestamp: this.#timestamp, isMarked, payloadBytes })
    this.#at = start + payloadBytes
    this.packets.push(this.bytes.subarray(from, this.#at))
    return start
  }
}
