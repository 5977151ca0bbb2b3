import type { Bytes, Clock } from '@pelton/core'

/** A handler's stream as its reader sees it, and when it is over. */
export interface BodyStream {
  body: AsyncIterable<Bytes>
  /** Rejects when the stream broke off; never unhandled. */
  finished: Promise<void>
}

/** How a stream is watched. */
export interface BodyStreamOptions {
  /** Ends the stream when it aborts. */
  signal: AbortSignal | undefined
  clock: Clock
  /** Calls into the handler's code, so that what it does there is its event's. */
  inside<T>(call: () => T): T
  /** Names what broke the stream. */
  broken(cause: unknown): Error
  /** Names that its reader has gone, or the signal has aborted. */
  left(): Error
  /** Makes what the handler yielded its reader's own; absent: the reader copies it before it asks for more. */
  own?: (chunk: Bytes) => Bytes
}

/** How long a producer may take to clean up after its reader has left, before its slot is given on. */
const cleanUpMs = 5_000

/**
 * Follows a handler's stream: what its reader takes is passed on chunk by chunk; when the reader leaves or the signal
 * aborts, the producer's `return()` is called once and waited for, at most 5 seconds.
 */
export function followStream(source: AsyncIterable<Bytes>, options: BodyStreamOptions): BodyStream {
  const stream = new FollowedStream(source, options)
  return { body: stream, finished: stream.finished }
}

class FollowedStream implements AsyncIterable<Bytes>, AsyncIterator<Bytes, undefined> {
  readonly finished: Promise<void>
  readonly #options: BodyStreamOptions
  readonly #source: AsyncIterable<Bytes>
  readonly #settle: PromiseWithResolvers<void>
  readonly #aborted = (): void => void this.#leave()
  #iterator: AsyncIterator<Bytes> | undefined
  #over = false
  #leaving: Promise<void> | undefined

  constructor(source: AsyncIterable<Bytes>, options: BodyStreamOptions) {
    this.#source = source
    this.#options = options
    this.#settle = Promise.withResolvers<void>()
    this.finished = this.#settle.promise
    // Whoever holds the slot looks at it; when nobody does, a broken stream is still no unhandled rejection.
    this.finished.catch(() => undefined)
    if (options.signal?.aborted) this.#aborted()
    else options.signal?.addEventListener('abort', this.#aborted, { once: true })
  }

  [Symbol.asyncIterator](): AsyncIterator<Bytes, undefined> {
    return this
  }

  async next(): Promise<IteratorResult<Bytes, undefined>> {
    if (this.#leaving !== undefined) throw this.#options.left()
    if (this.#over) return { done: true, value: undefined }
    const pending = this.#take()
    const left = Promise.withResolvers<never>()
    this.#interrupt = left.reject
    try {
      return await Promise.race([pending, left.promise])
    } finally {
      this.#interrupt = undefined
    }
  }

  async return(): Promise<IteratorResult<Bytes, undefined>> {
    if (!this.#over) await this.#leave()
    return { done: true, value: undefined }
  }

  #interrupt: ((error: Error) => void) | undefined

  async #take(): Promise<IteratorResult<Bytes, undefined>> {
    try {
      const step = await this.#options.inside(() => this.#opened().next())
      if (!step.done) return this.#options.own ? { done: false, value: this.#options.own(step.value) } : step
      // A producer that is being left may end early because of it: that is no end.
      if (this.#leaving === undefined) this.#end()
      return { done: true, value: undefined }
    } catch (cause) {
      const error = this.#options.broken(cause)
      this.#end(error)
      throw error
    }
  }

  #opened(): AsyncIterator<Bytes> {
    this.#iterator ??= this.#source[Symbol.asyncIterator]()
    return this.#iterator
  }

  async #leave(): Promise<void> {
    if (this.#over && this.#leaving === undefined) return
    this.#leaving ??= this.#cleanUp()
    await this.#leaving
  }

  async #cleanUp(): Promise<void> {
    const error = this.#options.left()
    this.#interrupt?.(error)
    // A producer that was never asked for anything still holds what it opened: it is asked to let go as well.
    const patience = this.#options.clock.after(cleanUpMs, () => this.#end(error))
    try {
      const cleaned = this.#options.inside(() => this.#opened().return?.())
      await Promise.race([cleaned, this.finished.catch(() => undefined)])
    } catch {
      // It is being left: how its own clean-up failed changes nothing for anybody.
    } finally {
      patience.cancel()
      this.#end(error)
    }
  }

  #end(error?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#options.signal?.removeEventListener('abort', this.#aborted)
    if (error === undefined) this.#settle.resolve()
    else this.#settle.reject(error)
  }
}
