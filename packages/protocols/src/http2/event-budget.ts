/** How often something may happen. */
export interface EventRate {
  /** So many times at once, */
  burst: number
  /** and so many more each second. */
  perSecond: number
}

/**
 * Streams that a peer may have cut before they were answered, or that it makes us cut: both cost the peer nothing and
 * go past the limit of streams at a time (CVE-2023-44487, CVE-2025-8671).
 */
export const resetRate: EventRate = { burst: 2_000, perSecond: 500 }

/** Frames that a peer may send without getting anywhere: PING, SETTINGS, PRIORITY, unknown ones, empty DATA. */
export const idleFrameRate: EventRate = { burst: 10_000, perSecond: 10_000 }

/** Counts events that cost a peer nothing, and says when they are too many. */
export class EventBudget {
  readonly #rate: EventRate
  #left: number
  #at: number

  /** Times are monotonic milliseconds. */
  constructor(rate: EventRate, now: number) {
    this.#rate = rate
    this.#left = rate.burst
    this.#at = now
  }

  /** Counts one; false when it is one too many. */
  spend(now: number): boolean {
    const { burst, perSecond } = this.#rate
    this.#left = Math.min(burst, this.#left + ((now - this.#at) * perSecond) / 1_000)
    this.#at = now
    this.#left -= 1
    return this.#left >= 0
  }
}
