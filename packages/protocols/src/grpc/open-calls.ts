import type { Clock, Timer } from '@pelton/core'

/** A call with a time by which something must have happened. */
export interface TimedCall {
  /** In `Clock.now()` milliseconds; `Infinity` when nothing is due. */
  readonly dueAt: number
  /** Where `OpenCalls` keeps it; -1 when it does not. */
  slot: number
  /** Called once `dueAt` is over, up to 10 ms late. */
  due(now: number): void
}

/** The least time between two looks: with thousands of deadlines each look costs thousands of steps. */
const leastMs = 10

/** The calls of a server, with one timer for all their deadlines. */
export class OpenCalls<Call extends TimedCall> {
  readonly #clock: Clock
  /**
   * Not a `Set`: one that is added to and deleted from without end leaves behind tables that refer to each other, and
   * through them the garbage collector keeps thousands of calls that are over.
   */
  readonly #calls: Call[] = []
  #timer: Timer | undefined
  #armedFor = Infinity
  #onEmpty: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#calls.length
  }

  /** Those that are open now, whatever becomes of them meanwhile. */
  [Symbol.iterator](): Iterator<Call> {
    return [...this.#calls].values()
  }

  add(call: Call): void {
    call.slot = this.#calls.length
    this.#calls.push(call)
    if (call.dueAt < this.#armedFor) this.expect(call.dueAt)
  }

  delete(call: Call): void {
    if (call.slot < 0) return
    const last = this.#calls.pop() as Call
    if (last !== call) {
      this.#calls[call.slot] = last
      last.slot = call.slot
    }
    call.slot = -1
    if (this.#calls.length === 0) this.#onEmpty?.()
  }

  /** Must be told whenever the `dueAt` of a call becomes earlier. */
  expect(dueAt: number): void {
    if (dueAt >= this.#armedFor) return
    this.#timer?.cancel()
    this.#armedFor = dueAt
    const waitMs = Math.max(0, dueAt - this.#clock.now())
    this.#timer = this.#clock.after(waitMs, () => this.#look())
  }

  /** Resolves when no call is open. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#calls.length === 0) resolve()
      else this.#onEmpty = resolve
    })
  }

  /** Cancels the timer: no deadline is kept any more. */
  stop(): void {
    this.#timer?.cancel()
    this.#armedFor = -Infinity
  }

  #look(): void {
    const now = this.#clock.now()
    let earliest = Infinity
    // From the end: the place of one that is deleted in here is taken by one that was looked at.
    for (let i = this.#calls.length - 1; i >= 0; i -= 1) {
      const call = this.#calls[i]
      if (!call) continue
      if (call.dueAt <= now) call.due(now)
      if (call.dueAt < earliest) earliest = call.dueAt
    }
    this.#armedFor = Infinity
    if (earliest < Infinity) this.expect(Math.max(earliest, now + leastMs))
  }
}
