import { middleOfNtp, type NtpTime } from './ntp-time.ts'
import type { ReportBlock } from './rtcp-packet.ts'
import type { RtpPacket } from './rtp-packet.ts'
import { sequenceDistance } from './wrapping.ts'

/** Further ahead or behind, a number begins another run (RFC 3550 A.1). */
const farthestAhead = 3_000
const farthestBehind = 100
const mostLost = 0x7f_ffff
const leastLost = -0x80_0000

/** Counts the packets of one source as they arrive (RFC 3550 A.1, A.3, A.8). Time is the caller's, in milliseconds. */
export class ReceptionStatistics {
  readonly #clockRate: number
  #ssrc = 0
  #received = 0
  #first = 0
  /** The highest number, with its cycles. */
  #highest = -1
  /** The number, and its source, that would confirm another run. */
  #confirming = -1
  #confirmingSsrc = 0
  #jitter = 0
  #transit = 0
  #receivedBefore = 0
  #expectedBefore = 0
  #lastReport = 0
  #lastReportAt = 0

  /** `clockRate` is of the packets' timestamps, in ticks a second. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate
  }

  get ssrc(): number {
    return this.#ssrc
  }

  get received(): number {
    return this.#received
  }

  /** Negative where packets came twice. */
  get lost(): number {
    return this.#expected - this.#received
  }

  get jitterMs(): number {
    return (this.#jitter / this.#clockRate) * 1_000
  }

  get #expected(): number {
    return this.#highest < 0 ? 0 : this.#highest - this.#first + 1
  }

  /** Takes a packet at its arrival, before any reordering. */
  take(packet: RtpPacket, arrivedMs: number): void {
    if (this.#highest < 0) this.#restart(packet)
    else if (!this.#advance(packet)) return
    this.#received += 1
    this.#measure(packet.timestamp, arrivedMs)
  }

  /** Notes a sender report of the source, which the next report will name. */
  noteSenderReport(ntp: NtpTime, arrivedMs: number): void {
    this.#lastReport = middleOfNtp(ntp)
    this.#lastReportAt = arrivedMs
  }

  /** What to report now; undefined before the first packet. Each call begins a new interval. */
  report(nowMs: number): ReportBlock | undefined {
    if (this.#highest < 0) return undefined
    const expected = this.#expected - this.#expectedBefore
    const lost = expected - (this.#received - this.#receivedBefore)
    this.#expectedBefore = this.#expected
    this.#receivedBefore = this.#received
    return {
      ssrc: this.#ssrc,
      fractionLost: lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      lost: Math.max(leastLost, Math.min(mostLost, this.lost)),
      highestSequence: this.#highest % 2 ** 32,
      jitter: Math.floor(this.#jitter),
      lastReport: this.#lastReport,
      delay: this.#lastReport === 0 ? 0 : Math.floor(((nowMs - this.#lastReportAt) * 65_536) / 1_000) >>> 0,
    }
  }

  #restart({ ssrc, sequence }: RtpPacket): void {
    if (ssrc !== this.#ssrc) this.#lastReport = 0
    this.#ssrc = ssrc
    this.#received = this.#receivedBefore = this.#expectedBefore = this.#jitter = 0
    this.#first = this.#highest = sequence
    this.#confirming = -1
  }

  /** Whether the packet counts. */
  #advance(packet: RtpPacket): boolean {
    const ahead = sequenceDistance(packet.sequence, this.#highest & 0xffff)
    if (packet.ssrc !== this.#ssrc || ahead > farthestAhead || ahead < -farthestBehind) return this.#confirm(packet)
    this.#confirming = -1
    if (ahead > 0) this.#highest += ahead
    return true
  }

  /** A single packet of another run is a stray; with the next one of it, that run is the stream. */
  #confirm(packet: RtpPacket): boolean {
    const { ssrc, sequence } = packet
    const isConfirmed = sequence === this.#confirming && ssrc === this.#confirmingSsrc
    this.#confirming = (sequence + 1) & 0xffff
    this.#confirmingSsrc = ssrc
    if (isConfirmed) this.#restart(packet)
    return isConfirmed
  }

  #measure(timestamp: number, arrivedMs: number): void {
    // Only differences count, so that both may wrap.
    const transit = (((arrivedMs / 1_000) * this.#clockRate) % 2 ** 32) - timestamp
    if (this.#received > 1) {
      const difference = Math.abs((transit - this.#transit) | 0)
      this.#jitter += (difference - this.#jitter) / 16
    }
    this.#transit = transit
  }
}
