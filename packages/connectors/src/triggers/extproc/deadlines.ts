import type { Clock, Timer } from '@pelton/core'

/** Something that is going to happen unless it is cancelled. */
export interface Deadline {
  /** Harmless once it has happened. */
  cancel(): void
}

interface Entry extends Deadline {
  readonly until: number
  readonly action: () => void
  previous: Entry | undefined
  next: Entry | undefined
}

/**
 * Many deadlines with one timer: made for those that come in about the order in which they end, and of which few are
 * ever reached.
 */
export class Deadlines {
  readonly #clock: Clock
  #first: Entry | undefined
  #last: Entry | undefined
  #timer: Timer | undefined
  #dueAt = Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `action` once at `until`, in `Clock.now()` milliseconds. */
  add(until: number, action: () => void): Deadline {
    let before = this.#last
    while (before && before.until > until) before = before.previous
    const next = before ? before.next : this.#first
    const entry: Entry = { until, action, previous: before, next, cancel: () => this.#remove(entry) }
    if (before) before.next = entry
    else this.#first = entry
    if (next) next.previous = entry
    else this.#last = entry
    if (until < this.#dueAt) this.#arm()
    return entry
  }

  /** Forgets all of them. */
  clear(): void {
    this.#first = this.#last = undefined
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueAt = Infinity
  }

  #remove(entry: Entry): void {
    const { previous, next } = entry
    if (previous ? previous.next !== entry : this.#first !== entry) return
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
  }

  /** The timer is left as it is when its deadline is cancelled: it finds the next one when it fires. */
  #arm(): void {
    const first = this.#first
    if (!first) return
    this.#timer?.cancel()
    this.#dueAt = first.until
    this.#timer = this.#clock.after(Math.max(0, first.until - this.#clock.now()), () => this.#fire())
  }

  #fire(): void {
    this.#timer = undefined
    this.#dueAt = Infinity
    const now = this.#clock.now()
    for (let entry = this.#first; entry && entry.until <= now; entry = this.#first) {
      this.#remove(entry)
      entry.action()
    }
    this.#arm()
  }
}
