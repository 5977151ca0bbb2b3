import { formatDuration } from '@pelton/core'

/** A decoder that gives nothing of what is due for so long, and of so many access units, cannot decode what it is given. */
const mostMs = 20_000
const mostUnits = 50

/** Tells when nothing comes out of a decoder although something should. */
export class SilenceWatch {
  /** Since when, and after how many units. */
  #since = 0
  #units = 0

  /** A unit went in at `now`, in milliseconds, while a picture was due and wanted, or not. Gives what to say when that lasts too long. */
  note(now: number, isWaiting: boolean): string | undefined {
    if (!isWaiting) {
      this.#units = 0
      return undefined
    }
    if (this.#units === 0) this.#since = now
    this.#units += 1
    const silentMs = now - this.#since
    if (silentMs < mostMs || this.#units <= mostUnits) return undefined
    return `no picture came out of the decoder in ${formatDuration(silentMs)}, of ${this.#units} access units`
  }

  /** A picture came. */
  reset(): void {
    this.#units = 0
  }
}
