/** An event that waits for a worker. Linked, so that leaving the middle of the line costs nothing. */
export interface Waiter<T> {
  readonly value: T
  readonly order: number
  previous: Waiter<T> | undefined
  next: Waiter<T> | undefined
  line: WaitingLine<T> | undefined
}

/** First come, first served; anyone may leave, and who has been served in vain comes back to the front. */
export class WaitingLine<T> {
  #first: Waiter<T> | undefined
  #last: Waiter<T> | undefined
  /** Who came back last: those that come back together do so in order. */
  #returned: Waiter<T> | undefined

  /** Who is next. */
  get first(): Waiter<T> | undefined {
    return this.#first
  }

  /** Joins behind all whose order is lower. `order` also compares waiters of several lines. */
  join(value: T, order: number): Waiter<T> {
    const isLast = !this.#last || this.#last.order <= order
    const before = isLast ? this.#last : this.#predecessor(order)
    const next = before ? before.next : this.#first
    const waiter: Waiter<T> = { value, order, previous: before, next, line: this }
    if (before) before.next = waiter
    else this.#first = waiter
    if (next) next.previous = waiter
    else this.#last = waiter
    if (!isLast) this.#returned = waiter
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
    if (this.#returned === waiter) this.#returned = waiter.previous
    return true
  }

  /** The last one with a lower order, looked for from the front, where those who come back belong. */
  #predecessor(order: number): Waiter<T> | undefined {
    let before = this.#returned && this.#returned.order < order ? this.#returned : undefined
    for (let next = before?.next ?? this.#first; next && next.order < order; next = next.next) before = next
    return before
  }
}
