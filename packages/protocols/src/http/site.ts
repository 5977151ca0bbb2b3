import type { Duplex } from 'node:stream'
import type { HttpHead, HttpResponse, OnRequest, Precheck } from './http-message.ts'
import { textAnswer } from './text-answer.ts'
import type { OnUpgrade } from './upgrade.ts'

/** What serves the requests of one path. */
export interface SiteOptions {
  onRequest: OnRequest
  precheck?: Precheck
  /** Takes requests for WebSocket. Without it they are answered like any other. */
  onUpgrade?: OnUpgrade
  maxBodyBytes: number
  /** The status that answers a larger body; default 413. */
  tooLargeStatus?: number
  /** Answers a larger body; without it a text with that status does. */
  tooLargeAnswer?: HttpResponse
}

/** A user of a listener, with its requests in flight. */
export class Site {
  readonly onRequest: OnRequest
  readonly precheck: Precheck | undefined
  readonly onUpgrade: OnUpgrade | undefined
  readonly maxBodyBytes: number
  readonly tooLargeAnswer: HttpResponse
  readonly #held = new Set<Duplex>()
  #active = 0
  /** Who waits until it is idle. */
  readonly #waiting = new Set<() => void>()

  constructor(options: SiteOptions) {
    this.onRequest = options.onRequest
    this.precheck = options.precheck
    this.onUpgrade = options.onUpgrade
    this.maxBodyBytes = options.maxBodyBytes
    this.tooLargeAnswer =
      options.tooLargeAnswer ??
      textAnswer(options.tooLargeStatus ?? 413, `the request body is larger than ${options.maxBodyBytes} bytes\n`)
  }

  begin(): void {
    this.#active += 1
  }

  finish(): void {
    this.#active -= 1
    if (this.#active > 0) return
    for (const done of this.#waiting) done()
    this.#waiting.clear()
  }

  /** An upgraded connection counts as a request until it is closed. */
  hold(socket: Duplex): void {
    this.#held.add(socket)
    this.begin()
  }

  release(socket: Duplex): void {
    this.#held.delete(socket)
    this.finish()
  }

  /** Resolves when no request is being handled; or at once when `signal` aborts, which cuts upgraded connections. */
  idle(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cut = (): void => {
        for (const socket of this.#held) socket.destroy()
        resolve()
      }
      if (this.#active === 0) return resolve()
      if (signal?.aborted) return cut()
      this.#waiting.add(resolve)
      signal?.addEventListener('abort', cut, { once: true })
    })
  }
}

/** Finds who serves a request, by its head; `undefined` is a 404. */
export type Route = (head: HttpHead) => Site | undefined
