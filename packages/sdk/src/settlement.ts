import type { CompatMode } from './compat.ts'
import { isThenable } from './thenable.ts'

/** How an event was answered. */
export type Answer = { by: 'return' | 'callback'; value: unknown } | { by: 'throw'; error: unknown }

/** Who wants to know. None of them may throw. */
export interface SettlementOptions {
  compat: CompatMode
  /** The first answer, exactly once. */
  answered(answer: Answer): void
  /** The handler failed after it had answered. */
  failedLate(error: unknown): void
  /** A nuclio handler has returned, or returned a promise, and not answered yet: from now on it may be forgotten. */
  left(): void
}

/**
 * Decides when an event is answered; the first answer counts. The value that a handler returns or resolves to answers,
 * in nuclio files unless it is `undefined`; `callback` answers at any time; what is thrown answers.
 */
export class Settlement {
  readonly #options: SettlementOptions
  #answered = false

  constructor(options: SettlementOptions) {
    this.#options = options
  }

  get isAnswered(): boolean {
    return this.#answered
  }

  /** What `context.callback` calls. */
  callback(value: unknown): void {
    this.#answer({ by: 'callback', value })
  }

  /** Fails the event from outside; whether it was still open. */
  fail(error: unknown): boolean {
    return this.#answer({ by: 'throw', error })
  }

  /** Calls the handler and follows what it returns. */
  run(handler: () => unknown): void {
    try {
      const result = handler()
      if (isThenable(result)) this.#follow(result)
      else this.#returned(result)
    } catch (error) {
      this.#threw(error)
    }
    if (this.#options.compat !== 'none' && !this.#answered) this.#options.left()
  }

  #follow(result: PromiseLike<unknown>): void {
    Promise.resolve(result).then(
      (value) => this.#returned(value),
      (error: unknown) => this.#threw(error),
    )
  }

  #returned(value: unknown): void {
    if (value !== undefined || this.#options.compat === 'none') this.#answer({ by: 'return', value })
  }

  #threw(error: unknown): void {
    if (!this.#answer({ by: 'throw', error })) this.#options.failedLate(error)
  }

  #answer(answer: Answer): boolean {
    if (this.#answered) return false
    this.#answered = true
    this.#options.answered(answer)
    return true
  }
}
