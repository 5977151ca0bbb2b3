/** Seconds from NTP's epoch to that of Unix. */
const epochSeconds = 2_208_988_800
const fractions = 2 ** 32

/** A timestamp of NTP (RFC 3550 §4): seconds, and fractions of 2^-32 s. */
export interface NtpTime {
  seconds: number
  fraction: number
}

/** From milliseconds since the Unix epoch. */
export function toNtp(wallMs: number): NtpTime {
  const whole = Math.floor(wallMs / 1_000)
  const fraction = Math.floor(((wallMs - whole * 1_000) / 1_000) * fractions)
  return { seconds: (whole + epochSeconds) % fractions, fraction: Math.min(fraction, fractions - 1) }
}

/** Milliseconds since the Unix epoch, with fractions; seconds below 2^31 are those after February 2036. */
export function fromNtp({ seconds, fraction }: NtpTime): number {
  const era = seconds < 2 ** 31 ? fractions : 0
  return (seconds + era - epochSeconds) * 1_000 + (fraction / fractions) * 1_000
}

/** The middle 32 bits, by which reception reports name a sender report (RFC 3550 §6.4.1). */
export function middleOfNtp({ seconds, fraction }: NtpTime): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0
}

/** Knows from sender reports when packets were captured, by the sender's clock. */
export class SenderClock {
  readonly #clockRate: number
  #report: { wallMs: number; timestamp: number } | undefined

  constructor(clockRate: number) {
    this.#clockRate = clockRate
  }

  /** Takes what a sender report says. */
  set(ntp: NtpTime, rtpTimestamp: number): void {
    this.#report = { wallMs: fromNtp(ntp), timestamp: rtpTimestamp }
  }

  /** Milliseconds since the epoch; undefined before the first report. */
  wallMs(rtpTimestamp: number): number | undefined {
    const report = this.#report
    return report && report.wallMs + (((rtpTimestamp - report.timestamp) | 0) / this.#clockRate) * 1_000
  }
}
