import { FrameBreach, headerBytes, streamWindowBytes } from './frame.ts'

/** What an inbox asks of the sender of its body. */
export interface InboxActions {
  /** The reader has taken so many bytes more. */
  grant(bytes: number): void
  /** The reader has left. */
  cancel(): void
}

/** A streamed body on the receiving side: one reader, at most one window and one chunk in memory. */
export class BodyInbox implements AsyncIterableIterator<Buffer> {
  /** Settles when the sender has produced the body; never an unhandled rejection. */
  readonly finished: Promise<void>
  readonly #actions: InboxActions
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void }
  readonly #chunks: Buffer[] = []
  readonly #readers: ((result: Promise<IteratorResult<Buffer, undefined>>) => void)[] = []
  #credit = streamWindowBytes
  #taken = 0
  #left = false
  #ended = false
  #error: Error | undefined

  constructor(actions: InboxActions) {
    this.#actions = actions
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.finished = promise
    // Whoever is interested awaits it; when nobody is, a broken body is no reason to end the process.
    promise.catch(() => undefined)
    this.#settle = { resolve, reject }
  }

  /** Takes a chunk; throws when the sender does not keep to the window. */
  push(chunk: Buffer): void {
    if (this.#credit <= 0) throw new FrameBreach('a chunk beyond the window of its stream')
    this.#credit -= costOf(chunk)
    if (this.#left || this.#ended) return
    const reader = this.#readers.shift()
    if (reader === undefined) return void this.#chunks.push(chunk)
    reader(Promise.resolve({ value: chunk, done: false }))
    this.#grant(chunk)
  }

  /** The sender has finished, or broken off with an error that the reader gets after the chunks. */
  end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    if (error === undefined) this.#settle.resolve()
    else this.#settle.reject(error)
    for (const reader of this.#readers.splice(0)) reader(this.#last())
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#grant(chunk)
      return Promise.resolve({ value: chunk, done: false })
    }
    if (this.#left || this.#ended) return this.#last()
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    if (!this.#left) {
      this.#left = true
      this.#chunks.length = 0
      for (const reader of this.#readers.splice(0)) reader(this.#last())
      if (!this.#ended) this.#actions.cancel()
    }
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #last(): Promise<IteratorResult<Buffer, undefined>> {
    if (this.#left || this.#error === undefined) return Promise.resolve({ value: undefined, done: true })
    this.#left = true
    return Promise.reject(this.#error)
  }

  /** Grants in halves of a window, so that small chunks do not cost a frame each. */
  #grant(chunk: Buffer): void {
    this.#taken += costOf(chunk)
    if (this.#taken < streamWindowBytes / 2 || this.#ended) return
    this.#credit += this.#taken
    this.#actions.grant(this.#taken)
    this.#taken = 0
  }
}

/** A chunk counts with its header: a million empty ones are not free. */
export function costOf(chunk: Uint8Array): number {
  return headerBytes + chunk.length
}
