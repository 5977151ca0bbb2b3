/** Says which frames are events: of `factor` frames the first, and none sooner than `intervalMs` after the one before. */
export class FramePace {
  readonly #intervalMs: number
  readonly #factor: number
  #frames = 0
  #dueAt = Number.NEGATIVE_INFINITY

  constructor(intervalMs: number, factor: number) {
    this.#intervalMs = intervalMs
    this.#factor = factor
  }

  /** Whether the frame that has come at `now`, in milliseconds, is one. */
  takes(now: number): boolean {
    const isChosen = this.#frames % this.#factor === 0
    this.#frames += 1
    if (!isChosen || now < this.#dueAt) return false
    // A frame that is a little late does not delay those after it.
    const isLate = now - this.#dueAt >= this.#intervalMs
    this.#dueAt = (isLate ? now : this.#dueAt) + this.#intervalMs
    return true
  }
}
