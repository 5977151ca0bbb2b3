const firstMs = 5000
const mostMs = 60_000
/** Each wait is longer or shorter by up to so much of it, so that many processors do not come at once. */
const jitter = 0.2

/** How long to wait before a source is tried again: 5 s, then twice as long each time, up to 60 s. */
export class ReconnectPace {
  readonly #random: () => number
  #failures = 0

  /** `random` gives 0 to 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** The source has failed: milliseconds until it is tried again. */
  next(): number {
    const baseMs = Math.min(mostMs, firstMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    return Math.min(mostMs, Math.round(baseMs * (1 - jitter + 2 * jitter * this.#random())))
  }

  /** The source works: the next wait is the first one again. */
  reset(): void {
    this.#failures = 0
  }
}
