import type { Bytes, Clock, Handled, Timer } from '@pelton/core'
import type { DropReason } from './sink-counts.ts'

/** The bytes that all streams of a trigger may hold at a time. */
export class GatherBudget {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  /** False when there are not so many left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  give(bytes: number): void {
    this.#left += bytes
  }
}

/** What a gathered stream comes to: its bytes, or why there are none. */
export type Gathered = { body: Bytes } | { lost: DropReason }

/** How a stream is gathered. */
export interface GatherOptions {
  /** Most bytes of this stream. */
  mostBytes: number
  budget: GatherBudget
  clock: Clock
  /** Told once, when the stream has ended or it is known that it can't be gathered. */
  onEnd: (gathered: Gathered) => void
}

/** How long after its end a stream may still be begun to be read, in milliseconds. */
const unreadMs = 10_000

/** A streamed body that gathers what its reader reads; chunks reach the reader as they were. */
export class GatheringStream implements AsyncIterable<Bytes>, AsyncIterator<Bytes, undefined> {
  readonly #source: AsyncIterator<Bytes>
  readonly #options: GatherOptions
  /** At most twice as large as what it holds: a million small chunks cost no more than a large one. */
  #buffer = Buffer.alloc(0)
  #bytes = 0
  #isOver = false
  #isRead = false
  #patience: Timer | undefined

  constructor(body: AsyncIterable<Bytes>, finished: Handled['finished'], options: GatherOptions) {
    this.#source = body[Symbol.asyncIterator]()
    this.#options = options
    finished.then(
      () => this.#expectReader(),
      () => this.giveUp('broken_stream'),
    )
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Bytes, undefined>> {
    this.#isRead = true
    this.#patience?.cancel()
    try {
      const step = await this.#source.next()
      if (step.done) this.#end({ body: this.#buffer.subarray(0, this.#bytes) })
      else this.#add(step.value)
      return step.done ? { done: true, value: undefined } : step
    } catch (error) {
      this.giveUp('broken_stream')
      throw error
    }
  }

  async return(): Promise<IteratorResult<Bytes, undefined>> {
    this.giveUp('broken_stream')
    await this.#source.return?.()
    return { done: true, value: undefined }
  }

  /** Gathers no more; the reader reads on. */
  giveUp(lost: DropReason): void {
    this.#end({ lost })
  }

  #add(chunk: Bytes): void {
    if (this.#isOver) return
    const { mostBytes, budget } = this.#options
    const size = chunk.byteLength
    if (this.#bytes + size > mostBytes) return this.giveUp('too_large')
    if (!budget.take(size)) return this.giveUp('queue_full')
    if (this.#bytes + size > this.#buffer.length) this.#grow(this.#bytes + size)
    this.#buffer.set(chunk, this.#bytes)
    this.#bytes += size
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, Math.min(2 * this.#bytes, this.#options.mostBytes)))
    larger.set(this.#buffer.subarray(0, this.#bytes))
    this.#buffer = larger
  }

  /** The stream is whole, and its reader may only be late; a reader that never comes must not be waited for. */
  #expectReader(): void {
    if (this.#isOver || this.#isRead) return
    this.#patience = this.#options.clock.after(unreadMs, () => this.giveUp('unread'))
  }

  #end(gathered: Gathered): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#patience?.cancel()
    this.#options.budget.give(this.#bytes)
    this.#buffer = Buffer.alloc(0)
    this.#options.onEnd(gathered)
  }
}
