import type { Clock, Timer } from '@pelton/core'

/** A call with a time by which something must have happened. */
export interface TimedCall {
  /** In `Clock.now()` milliseconds; `Infinity` when nothing is due. */
  readonly dueAt: number
  /** Called once `dueAt` is over, up to 10 ms late. */
  due(now: number): void
}

/** The least time between two looks: with thousands of deadlines each look costs thousands of steps. */
const leastMs = 10

/** The calls of a server, with one timer for all their deadlines. */
export class OpenCalls<Call extends TimedCall> {
  readonly #clock: Clock
  readonly #calls = new Set<Call>()
  #timer: Timer | undefined
  #armedFor = Infinity
  #onEmpty: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#calls.size
  }

  [Symbol.iterator](): Iterator<Call> {
    return this.#calls.values()
  }

  add(call: Call): void {
    this.#calls.add(call)
    if (call.dueAt < this.#armedFor) this.expect(call.dueAt)
  }

  delete(call: Call): void {
    this.#calls.delete(call)
    if (this.#calls.size === 0) this.#onEmpty?.()
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
      if (this.#calls.size === 0) resolve()
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
    for (const call of this.#calls) {
      if (call.dueAt <= now) call.due(now)
      if (call.dueAt < earliest) earliest = call.dueAt
    }
    this.#armedFor = Infinity
    if (earliest < Infinity) this.expect(Math.max(earliest, now + leastMs))
  }
}
