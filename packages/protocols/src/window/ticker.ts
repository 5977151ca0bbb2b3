import type { Clock, Timer } from '@pelton/core'

/** Ticks at a steady pace while there is something to look at, and costs nothing else. */
export class Ticker<T> {
  readonly #clock: Clock
  readonly #everyMs: number
  /** True when there is nothing left to look at. */
  readonly #look: (item: T) => boolean
  readonly #items = new Set<T>()
  #timer: Timer | undefined

  constructor(clock: Clock, everyMs: number, look: (item: T) => boolean) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#look = look
  }

  /** Looks at the item at the next tick. */
  mark(item: T): void {
    this.#items.add(item)
    if (!this.#timer) this.#waitUntil(this.#clock.now() + this.#everyMs)
  }

  /** Ticks no more, and returns what it would have looked at. */
  stop(): T[] {
    this.#timer?.cancel()
    this.#timer = undefined
    const rest = [...this.#items]
    this.#items.clear()
    return rest
  }

  #waitUntil(due: number): void {
    this.#timer = this.#clock.after(due - this.#clock.now(), () => this.#tick(due))
  }

  #tick(due: number): void {
    this.#timer = undefined
    // Once more after the last item, so that the pace of a steady flow is kept.
    const isResting = this.#items.size === 0
    for (const item of this.#items) if (this.#look(item)) this.#items.delete(item)
    if (isResting) return
    const now = this.#clock.now()
    // Ticks that are missed are not made up for.
    this.#waitUntil(due + this.#everyMs > now ? due + this.#everyMs : now + this.#everyMs)
  }
}
