import type { HandleOptions, Outcome, PeltonError, Task } from '@pelton/core'
import type { BodyInbox } from './body-inbox.ts'

/** What a task asks of the proxy that sent it. */
export interface TaskSender {
  /** Milliseconds of this thread's `performance.now()` when the host began the event; undefined when it has not. */
  readBegun(id: number): number | undefined
  /** Tells the host not to begin the event; false when it has begun it. */
  recall(id: number): boolean
  /** Why an event fails that was taken back. */
  recalled(): PeltonError
}

/** An event that was sent to a host, until the host is done with it. */
export class PendingTask implements Task {
  readonly id: number
  readonly outcome: Promise<Outcome>
  readonly options: HandleOptions | undefined
  inbox: BodyInbox | undefined
  /** First page of the region of shared memory that holds its body. */
  region: number | undefined
  readonly #sender: TaskSender
  readonly #resolve: (outcome: Outcome) => void
  /** Milliseconds of this thread's `performance.now()`; set when it is known for good. */
  #begun: number | undefined
  #settled = false
  #givenAt: number | undefined
  #onAbort: (() => void) | undefined

  constructor(id: number, options: HandleOptions | undefined, sender: TaskSender) {
    this.id = id
    this.options = options
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.outcome = promise
    this.#resolve = resolve
    this.#sender = sender
  }

  begunAt(): number | undefined {
    return this.#settled ? this.#begun : (this.#begun ?? this.#sender.readBegun(this.id))
  }

  /** The body has been given away to the host's thread: the event counts as begun, for it cannot go to another worker. */
  give(): void {
    this.#givenAt = performance.now()
  }

  /** The whole answer is there. When it began interests nobody any more, and to look it up may cost a system call. */
  answer(outcome: Outcome): void {
    this.#settle(outcome, performance.now())
  }

  /** Gives the outcome of an event that goes on, or has failed: the time when it began is read before its slot is another's. */
  settle(outcome: Outcome): void {
    if (!this.#settled) this.#settle(outcome, this.begunAt() ?? this.#givenAt)
  }

  fail(error: PeltonError): void {
    this.settle({ status: 'failed', error })
  }

  recall(): void {
    if (this.#settled || this.id === 0 || this.#givenAt !== undefined || !this.#sender.recall(this.id)) return
    this.returned()
  }

  /** The host has not begun the event and never will. */
  returned(): void {
    this.#settle({ status: 'failed', error: this.#sender.recalled() }, undefined)
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

  #settle(outcome: Outcome, begun: number | undefined): void {
    if (this.#settled) return
    this.#settled = true
    this.#begun = begun
    this.#resolve(outcome)
  }
}
