import type { Clock, OutcomeEnd, PeltonLogger, Timer } from '@pelton/core'

const everyMs = 60_000

/** Logs failures of frames: the first at once, then their number at most once a minute. */
export class EndLog {
  readonly #logger: PeltonLogger
  readonly #clock: Clock
  #count = 0
  #error = ''
  #quiet: Timer | undefined

  constructor({ logger, clock }: { logger: PeltonLogger; clock: Clock }) {
    this.#logger = logger
    this.#clock = clock
  }

  /** What became of a frame. */
  add(end: OutcomeEnd): void {
    if (!('error' in end)) return
    this.#count += 1
    this.#error = end.error
    if (!this.#quiet) this.#write()
  }

  /** Logs what is not logged yet. */
  close(): void {
    this.#write()
    this.#quiet?.cancel()
  }

  readonly #write = (): void => {
    this.#quiet?.cancel()
    this.#quiet = undefined
    if (this.#count === 0) return
    this.#logger.warn('frames_failed', { count: this.#count, error: this.#error })
    this.#count = 0
    this.#quiet = this.#clock.after(everyMs, this.#write)
  }
}
