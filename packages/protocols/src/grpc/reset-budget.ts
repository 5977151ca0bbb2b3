const burst = 2_000
const perSecond = 500

/**
 * How many streams a peer may cut before they were answered: opening and cutting them costs the peer nothing, and
 * goes past the limit of streams at a time (CVE-2023-44487).
 */
export class ResetBudget {
  #left = burst
  #at: number

  /** Times are monotonic milliseconds. */
  constructor(now: number) {
    this.#at = now
  }

  /** Counts one; false when it is one too many. */
  spend(now: number): boolean {
    this.#left = Math.min(burst, this.#left + ((now - this.#at) * perSecond) / 1_000)
    this.#at = now
    this.#left -= 1
    return this.#left >= 0
  }
}
