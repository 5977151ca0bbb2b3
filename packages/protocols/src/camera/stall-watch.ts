import type { Clock, Timer } from '@pelton/core'

/** Tells when nothing has come for too long. A touch costs no timer. */
export class StallWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onStall: () => void
  #touchedAt: number
  #timer: Timer

  /** Watches from now on, until it has told once or is stopped. */
  constructor(clock: Clock, limitMs: number, onStall: () => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#onStall = onStall
    this.#touchedAt = clock.now()
    this.#timer = clock.after(limitMs, this.#look)
  }

  /** Something has come. */
  touch(): void {
    this.#touchedAt = this.#clock.now()
  }

  stop(): void {
    this.#timer.cancel()
  }

  readonly #look = (): void => {
    const leftMs = this.#touchedAt + this.#limitMs - this.#clock.now()
    if (leftMs > 0) this.#timer = this.#clock.after(leftMs, this.#look)
    else this.#onStall()
  }
}
