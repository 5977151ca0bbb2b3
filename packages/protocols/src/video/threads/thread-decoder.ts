import { Buffer } from 'node:buffer'
import type { Clock } from '@pelton/core'
import { Backlog } from '../backlog.ts'
import { type FromThread, sharedAt, type ToThread } from './thread-messages.ts'
import type { DecodedPicture, DecodingTaker, UnitToDecode, VideoDecoder } from '../video-decoder.ts'

/** What a decoder needs of the thread that decodes for it. */
export interface ThreadSide {
  post(message: ToThread, transfer?: readonly ArrayBuffer[]): void
  /** The stream is decoded no more, but the thread may still be at it. */
  leave(stream: number): void
  /** Units wait: the thread must make progress. */
  watch(): void
}

/** Which stream of a thread it is. */
export interface ThreadDecoderOptions {
  by: string
  stream: number
  taker: DecodingTaker
  side: ThreadSide
  clock: Pick<Clock, 'now'>
}

/** The end of a stream in this thread; the other end is in a decoding thread. */
export class ThreadDecoder implements VideoDecoder {
  readonly by: string
  readonly shared = new SharedArrayBuffer(8)
  readonly #numbers = new Int32Array(this.shared)
  readonly #options: ThreadDecoderOptions
  readonly #backlog = new Backlog()
  #isOver = false
  #late = 0
  /** Units that were done with since the last look. */
  #progress = 0
  #idleLooks = 0

  constructor(options: ThreadDecoderOptions) {
    this.by = options.by
    this.#options = options
  }

  /** Units that the thread was given and has not done with. */
  get waiting(): number {
    return this.#backlog.waiting
  }

  push({ bytes: given, tag, isKey, due }: UnitToDecode): void {
    if (this.#isOver) return
    this.#settle()
    const { side, stream, clock } = this.#options
    if (!this.#backlog.admit({ bytes: given.length, isKey }, clock.now())) {
      if (this.#late++ === 0) queueMicrotask(this.#tellLate)
      return
    }
    const bytes = wholeOf(given)
    side.post({ what: 'unit', stream, bytes, tag, isKey, due }, [bytes.buffer])
    side.watch()
  }

  want(): void {
    if (!this.#isOver) this.#options.side.post({ what: 'want', stream: this.#options.stream })
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    // What waits is not decoded any more.
    Atomics.store(this.#numbers, sharedAt.closed, 1)
    const { side, stream } = this.#options
    side.post({ what: 'close', stream })
    side.leave(stream)
  }

  /** The units that were done with since the last look, and how many looks in a row saw units wait and none done with. */
  look(): { progress: number; idleLooks: number } {
    this.#settle()
    const progress = this.#progress
    this.#progress = 0
    this.#idleLooks = progress === 0 && this.waiting > 0 ? this.#idleLooks + 1 : 0
    return { progress, idleLooks: this.#idleLooks }
  }

  /** What the thread tells of the stream. */
  take(message: FromThread): void {
    if (this.#isOver) return
    const { taker, side, stream } = this.#options
    if (message.what === 'picture') taker.onPicture(pictureOf(message))
    else if (message.what === 'superseded') taker.onSuperseded(message.count)
    else if (message.what === 'damaged') taker.onDropped(message.count, 'damaged')
    else if (message.what === 'lost') {
      side.leave(stream)
      this.lose(message.detail)
    }
  }

  /** Gets nowhere while others of the thread do. */
  giveUp(detail: string): void {
    if (this.#isOver) return
    this.close()
    this.#options.taker.onLost(detail)
  }

  /** The thread decodes it no more. */
  lose(detail: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.taker.onLost(detail)
  }

  #settle(): void {
    const units = Atomics.exchange(this.#numbers, sharedAt.finished, 0)
    if (units === 0) return
    this.#progress += units
    this.#backlog.finish(units)
  }

  readonly #tellLate = (): void => {
    const units = this.#late
    this.#late = 0
    if (!this.#isOver) this.#options.taker.onDropped(units, 'decoder_late')
  }
}

function pictureOf({ bytes, width, height, tag, place }: Extract<FromThread, { what: 'picture' }>): DecodedPicture {
  return { bytes: Buffer.from(bytes.buffer), width, height, tag, place }
}

/** Only memory that is nobody else's can be handed over. */
function wholeOf(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(bytes)
}
