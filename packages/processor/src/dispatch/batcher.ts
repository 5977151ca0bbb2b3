import type { Clock, Timer } from '@pelton/core'

/** When a batch leaves. */
export interface BatchRules {
  /** Most events of a batch: a full one leaves at once. */
  size: number
  /** How long its first event waits for more, in milliseconds. */
  timeoutMs: number
}

/** Gathers items until there are enough of them or the first one has waited long enough. Empty, it does nothing. */
export class Batcher<T> {
  readonly #rules: BatchRules
  readonly #clock: Clock
  readonly #leave: (batch: Set<T>) => void
  #items = new Set<T>()
  #timer: Timer | undefined

  /** `leave` is given each batch, in the order of its items; it is never empty. */
  constructor(rules: BatchRules, clock: Clock, leave: (batch: Set<T>) => void) {
    this.#rules = rules
    this.#clock = clock
    this.#leave = leave
  }

  add(item: T): void {
    this.#items.add(item)
    if (this.#items.size >= this.#rules.size) this.flush()
    else this.#timer ??= this.#clock.after(this.#rules.timeoutMs, () => this.flush())
  }

  /** Takes an item out; false when it is not here any more. */
  delete(item: T): boolean {
    const wasHere = this.#items.delete(item)
    if (wasHere && this.#items.size === 0) this.#cancel()
    return wasHere
  }

  /** Lets the batch go as it is. */
  flush(): void {
    const batch = this.clear()
    if (batch.size > 0) this.#leave(batch)
  }

  /** Takes out everything that has not left yet. */
  clear(): Set<T> {
    this.#cancel()
    const items = this.#items
    this.#items = new Set()
    return items
  }

  #cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
