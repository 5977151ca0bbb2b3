import type { Clock, Timer } from '@pelton/core'

/** A source that takes longer to answer at the start does not hold up the function's start. */
const mostMs = 1000
/** And one for which a decoder is loaded, no longer than this. */
const mostOpeningMs = 10_000

/** How long a start waits for a source: until something was told of it. */
export class StartWait {
  readonly #clock: Clock
  readonly #onOver: () => void
  #timer: Timer
  #isOver = false

  /** `onOver` is called when it has waited long enough. */
  constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock
    this.#onOver = onOver
    this.#timer = clock.after(mostMs, this.#give)
  }

  /** Whether the start waits no more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The source has answered, and something is opened for it: waits somewhat longer, from now on. */
  extend(): void {
    if (this.#isOver) return
    this.#timer.cancel()
    this.#timer = this.#clock.after(mostOpeningMs, this.#give)
  }

  /** Something was told. */
  end(): void {
    this.#isOver = true
    this.#timer.cancel()
  }

  /** There is nothing to wait for any more: `onOver` is not called. */
  cancel(): void {
    this.#timer.cancel()
  }

  readonly #give = (): void => {
    this.end()
    this.#onOver()
  }
}
