import type { HandleOptions, Outcome, PeltonError, Task } from '@pelton/core'
import type { BodyInbox } from './body-inbox.ts'

/** An event that was sent to a host, until the host is done with it. */
export class PendingTask implements Task {
  readonly id: number
  readonly outcome: Promise<Outcome>
  readonly options: HandleOptions | undefined
  /** Milliseconds of this thread's `performance.now()`; set when it is known for good. */
  begun: number | undefined
  inbox: BodyInbox | undefined
  readonly #resolve: (outcome: Outcome) => void
  readonly #readBegun: (id: number) => number | undefined
  #settled = false
  #givenAt: number | undefined
  #onAbort: (() => void) | undefined

  constructor(id: number, options: HandleOptions | undefined, readBegun: (id: number) => number | undefined) {
    this.id = id
    this.options = options
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.outcome = promise
    this.#resolve = resolve
    this.#readBegun = readBegun
  }

  begunAt(): number | undefined {
    return this.#settled ? this.begun : (this.begun ?? this.#readBegun(this.id))
  }

  /** The body has been given away to the host's thread: the event counts as begun, for it cannot go to another worker. */
  give(): void {
    this.#givenAt = performance.now()
  }

  /** Gives the outcome. The time when it began is read now: its slot is another event's soon. */
  settle(outcome: Outcome): void {
    if (this.#settled) return
    this.begun ??= this.#readBegun(this.id) ?? this.#givenAt
    this.#settled = true
    this.#resolve(outcome)
  }

  fail(error: PeltonError): void {
    this.settle({ status: 'failed', error })
  }

  /** Calls `action` once when the caller's signal aborts. */
  watch(signal: AbortSignal, action: () => void): void {
    if (signal.aborted) return action()
    this.#onAbort = action
    signal.addEventListener('abort', action, { once: true })
  }

  /** The host is done with the event. */
  release(): void {
    if (this.#onAbort) this.options?.signal?.removeEventListener('abort', this.#onAbort)
    this.#onAbort = undefined
  }
}
