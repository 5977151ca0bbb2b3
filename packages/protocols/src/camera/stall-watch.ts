import type { Clock, Timer } from '@pelton/core'

/** A look that is so much late tells that this process was asleep: what came meanwhile has not been read yet. */
const mostLateMs = 1_000

/** Tells when nothing has come for too long, while this process was awake. A touch costs no timer. */
export class StallWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onStall: () => void
  #touchedAt: number
  #timer!: Timer
  #lookDueAt = 0

  /** Watches from now on, until it has told once or is stopped. */
  constructor(clock: Clock, limitMs: number, onStall: () => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#onStall = onStall
    this.#touchedAt = clock.now()
    this.#lookIn(limitMs)
  }

  /** Something has come. */
  touch(): void {
    this.#touchedAt = this.#clock.now()
  }

  stop(): void {
    this.#timer.cancel()
  }

  #lookIn(ms: number): void {
    this.#lookDueAt = this.#clock.now() + ms
    this.#timer = this.#clock.after(ms, this.#look)
  }

  readonly #look = (): void => {
    const now = this.#clock.now()
    if (now - this.#lookDueAt > mostLateMs) this.#touchedAt = now
    const leftMs = this.#touchedAt + this.#limitMs - now
    if (leftMs > 0) this.#lookIn(leftMs)
    else this.#onStall()
  }
}
