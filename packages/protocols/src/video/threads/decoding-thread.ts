import { Worker as Thread } from 'node:worker_threads'
import type { Clock, Timer } from '@pelton/core'
import { exitPast } from '../../worker/exit-past-threads.ts'
import type { NativeOptions } from './native-stream.ts'
import { ThreadDecoder, type ThreadSide } from './thread-decoder.ts'
import type { FromThread, NativePackage, ToThread } from './thread-messages.ts'
import type { DecodingTaker } from '../video-decoder.ts'

/** A stream to be decoded by a package in a thread. */
export interface NativeRequest extends NativeOptions {
  by: NativePackage
  taker: DecodingTaker
}

/** How a thread is run. */
export interface DecodingThreadOptions {
  entry: URL
  clock: Pick<Clock, 'now' | 'after'>
  /** It has no stream any more, and a new one may come. */
  onIdle(): void
  /** It takes no more streams. */
  onOver(): void
  /** It does not answer; `gone` resolves when it has ended after all. */
  onStuck(gone: Promise<void>): void
}

/** A package may take so long to load, on a machine that is busy. */
const mostOpenMs = 30_000
const lookMs = 2_000
/** With units waiting, so many looks that see no progress: of one stream, or of the thread. */
const mostLooks = 5

interface Opening {
  decoder: ThreadDecoder
  resolve: (decoder: ThreadDecoder) => void
  reject: (error: Error) => void
  timer: Timer
}

/** A thread that decodes several streams. It is never ended, but asked to end: it may be inside native code. */
export class DecodingThread {
  readonly #options: DecodingThreadOptions
  readonly #thread: Thread
  readonly #gone: Promise<void>
  readonly #openings = new Map<number, Opening>()
  readonly #decoders = new Map<number, ThreadDecoder>()
  /** The thread has not said yet that it is done with them. */
  readonly #closing = new Set<number>()
  #nextStream = 0
  #isOver = false
  #looking: Timer | undefined
  #idleLooks = 0
  /** When it last said or did something. */
  #aliveAt = -Infinity

  constructor(options: DecodingThreadOptions) {
    this.#options = options
    const thread = (this.#thread = new Thread(options.entry, { name: 'video-decoder' }))
    // While it has no stream it waits for a message, outside of native code.
    exitPast(thread, () => this.streams > 0 || this.#closing.size > 0 || this.#isOver)
    thread.on('message', (message: FromThread) => this.#take(message))
    thread.on('error', (error) => this.#end(`its thread failed: ${error.message}`))
    this.#gone = new Promise((resolve) => {
      thread.on('exit', () => {
        this.#end('its thread ended')
        resolve()
      })
    })
  }

  /** How many streams it decodes or is about to. */
  get streams(): number {
    return this.#openings.size + this.#decoders.size
  }

  /** Rejects with why the package does not decode the stream. */
  open({ by, taker, codec, format, module, turbo }: NativeRequest): Promise<ThreadDecoder> {
    const stream = this.#nextStream++
    const { clock } = this.#options
    const decoder = new ThreadDecoder({ by, stream, taker, side: this.#side, clock })
    this.#thread.ref()
    return new Promise((resolve, reject) => {
      const timer = clock.after(mostOpenMs, () => this.#refuse(stream))
      this.#openings.set(stream, { decoder, resolve, reject, timer })
      const { shared } = decoder
      this.#post({ what: 'open', stream, by, codec, format, module, turbo, shared })
    })
  }

  /** Asks it to end, and resolves when it has. */
  close(): Promise<void> {
    this.#post({ what: 'stop' })
    this.#thread.ref()
    this.#end('its thread was asked to end')
    return this.#gone
  }

  readonly #post = (message: ToThread, transfer: readonly ArrayBuffer[] = []): void => {
    this.#thread.postMessage(message, transfer)
  }

  readonly #side: ThreadSide = {
    post: this.#post,
    leave: (stream) => this.#leave(stream),
    watch: () => {
      this.#looking ??= this.#options.clock.after(lookMs, this.#look)
    },
  }

  #take(message: FromThread): void {
    const { stream } = message
    this.#aliveAt = this.#options.clock.now()
    if (message.what === 'closed') return void this.#closing.delete(stream)
    const opening = this.#openings.get(stream)
    if (!opening) return this.#decoders.get(stream)?.take(message)
    opening.timer.cancel()
    this.#openings.delete(stream)
    if (message.what === 'opened') {
      this.#decoders.set(stream, opening.decoder)
      return opening.resolve(opening.decoder)
    }
    opening.reject(new Error(message.what === 'refused' ? message.detail : 'it does not answer'))
    this.#rest()
  }

  #leave(stream: number): void {
    this.#decoders.delete(stream)
    this.#closing.add(stream)
    this.#rest()
  }

  #rest(): void {
    if (this.streams > 0 || this.#isOver) return
    // It keeps nobody waiting.
    this.#thread.unref()
    this.#looking?.cancel()
    this.#looking = undefined
    this.#options.onIdle()
  }

  readonly #look = (): void => {
    this.#looking = undefined
    const looks = [...this.#decoders.values()].map((decoder) => ({ decoder, ...decoder.look() }))
    const hasMoved = looks.some(({ progress }) => progress > 0)
    if (hasMoved) this.#aliveAt = this.#options.clock.now()
    this.#idleLooks = !hasMoved && this.#areWaiting() ? this.#idleLooks + 1 : 0
    const detail = `it decoded nothing for ${mostLooks * lookMs} ms`
    if (this.#idleLooks >= mostLooks) return this.#abandon(detail)
    for (const { decoder, idleLooks } of looks) if (idleLooks >= mostLooks) decoder.giveUp(detail)
    if (this.#areWaiting()) this.#side.watch()
  }

  #areWaiting(): boolean {
    return [...this.#decoders.values()].some(({ waiting }) => waiting > 0)
  }

  /** A stream that does not open, alone where the thread goes on with others. */
  #refuse(stream: number): void {
    const detail = `it did not open within ${mostOpenMs} ms`
    const opening = this.#openings.get(stream)
    if (!opening || this.#options.clock.now() - this.#aliveAt > mostLooks * lookMs) return this.#abandon(detail)
    this.#openings.delete(stream)
    opening.decoder.close()
    opening.reject(new Error(detail))
  }

  /** It ends itself when it comes back from where it is stuck. */
  #abandon(detail: string): void {
    this.#post({ what: 'stop' })
    this.#thread.unref()
    this.#options.onStuck(this.#gone)
    this.#end(detail)
  }

  #end(detail: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#looking?.cancel()
    this.#options.onOver()
    for (const { reject, timer } of this.#openings.values()) {
      timer.cancel()
      reject(new Error(detail))
    }
    this.#openings.clear()
    const decoders = [...this.#decoders.values()]
    this.#decoders.clear()
    for (const decoder of decoders) decoder.lose(detail)
  }
}
