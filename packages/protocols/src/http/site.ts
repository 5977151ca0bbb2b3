import type { HttpHead, OnRequest, Precheck } from './http-message.ts'

/** What serves the requests of one path. */
export interface SiteOptions {
  onRequest: OnRequest
  precheck?: Precheck
  maxBodyBytes: number
  /** The status that answers a larger body; default 413. */
  tooLargeStatus?: number
}

/** A user of a listener, with its requests in flight. */
export class Site {
  readonly onRequest: OnRequest
  readonly precheck: Precheck | undefined
  readonly maxBodyBytes: number
  readonly tooLargeStatus: number
  #active = 0
  #onIdle: (() => void) | undefined

  constructor(options: SiteOptions) {
    this.onRequest = options.onRequest
    this.precheck = options.precheck
    this.maxBodyBytes = options.maxBodyBytes
    this.tooLargeStatus = options.tooLargeStatus ?? 413
  }

  begin(): void {
    this.#active += 1
  }

  finish(): void {
    this.#active -= 1
    if (this.#active === 0) this.#onIdle?.()
  }

  /** Resolves when no request is being handled, or at once when `signal` aborts. */
  idle(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#active === 0 || signal?.aborted) return resolve()
      this.#onIdle = resolve
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}

/** Finds who serves a request, by its head; `undefined` is a 404. */
export type Route = (head: HttpHead) => Site | undefined
