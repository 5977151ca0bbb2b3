import type { DispatchOptions } from '@pelton/core'

/** How an event of a transaction is dispatched. Its signal is made when somebody asks for it: few handlers do. */
export class TurnOptions implements DispatchOptions {
  readonly key?: string
  /** Once there is an event. */
  eventId: string | undefined
  #controller: AbortController | undefined
  #isAborted = false

  constructor(key: string | undefined) {
    if (key !== undefined) this.key = key
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#isAborted) this.#controller.abort()
    }
    return this.#controller.signal
  }

  /** The proxy waits no more. */
  abort(): void {
    this.#isAborted = true
    this.#controller?.abort()
  }
}
