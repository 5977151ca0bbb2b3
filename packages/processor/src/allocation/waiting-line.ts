/** An event that waits for a worker. Linked, so that leaving the middle of the line costs nothing. */
export interface Waiter<T> {
  readonly value: T
  readonly order: number
  previous: Waiter<T> | undefined
  next: Waiter<T> | undefined
  line: WaitingLine<T> | undefined
}

/** First come, first served; anyone may leave. */
export class WaitingLine<T> {
  #first: Waiter<T> | undefined
  #last: Waiter<T> | undefined

  /** Who is next. */
  get first(): Waiter<T> | undefined {
    return this.#first
  }

  /** Joins at the end. `order` compares waiters of several lines. */
  join(value: T, order: number): Waiter<T> {
    const waiter: Waiter<T> = { value, order, previous: this.#last, next: undefined, line: this }
    if (this.#last) this.#last.next = waiter
    else this.#first = waiter
    this.#last = waiter
    return waiter
  }

  /** Leaves; false when it had left before. */
  leave(waiter: Waiter<T>): boolean {
    if (waiter.line !== this) return false
    waiter.line = undefined
    if (waiter.previous) waiter.previous.next = waiter.next
    else this.#first = waiter.next
    if (waiter.next) waiter.next.previous = waiter.previous
    else this.#last = waiter.previous
    return true
  }
}
