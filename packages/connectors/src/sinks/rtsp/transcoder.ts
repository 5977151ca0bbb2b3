import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Worker as Thread } from 'node:worker_threads'
import { type Clock, moduleBeside } from '@pelton/core'
import { exitPast } from '@pelton/protocols/worker'
import { errors } from '../../errors.ts'
import type { ThreadAnswer, ThreadFacts } from './transcode-entry.ts'

const packageName = '@julusian/jpeg-turbo'

/** Makes pictures fit for RTP/JPEG (RFC 2435). */
export interface Transcoder {
  /** Gives such a JPEG; `unfit` says why this one is none. One at a time. Rejects with `picture_not_fit` or `picture_not_transcoded`. */
  transcode(jpeg: Buffer, unfit: string): Promise<Buffer>
  /** Ends its thread once the call that is under way is over; when `signal` aborts, it is left to end by itself. */
  close(signal: AbortSignal): Promise<void>
}

/** Whose pictures, and where the package is looked for first. */
export interface TranscoderOptions {
  sink: string
  folder: string
  clock: Pick<Clock, 'after'>
  /** File URL from which it is looked for then; given by tests only. */
  from?: string
}

interface Call {
  unfit: string
  resolve: (jpeg: Buffer) => void
  reject: (error: unknown) => void
}

/** A call that takes longer is given up, and with it the thread, which is inside the decoder. */
const mostMs = 20_000

/** A transcoder whose thread is started by the first picture, with jpeg-turbo as installed for the function, or else for Pelton. */
export function createTranscoder(options: TranscoderOptions): Transcoder {
  return new ThreadTranscoder(options)
}

class ThreadTranscoder implements Transcoder {
  readonly #sink: string
  readonly #folder: string
  readonly #clock: TranscoderOptions['clock']
  readonly #from: string
  /** Undefined: not looked for yet. */
  #module: string | false | undefined
  #thread: Thread | undefined
  #call: Call | undefined

  constructor({ sink, folder, clock, from = import.meta.url }: TranscoderOptions) {
    this.#sink = sink
    this.#folder = folder
    this.#clock = clock
    this.#from = from
  }

  async transcode(jpeg: Buffer, unfit: string): Promise<Buffer> {
    this.#module ??= findModule(join(this.#folder, 'package.json'), this.#from)
    if (this.#module === false) throw errors.picture_not_fit({ sink: this.#sink, reason: unfit })
    const thread = (this.#thread ??= this.#start(this.#module))
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    this.#call = { unfit, resolve, reject }
    const timer = this.#clock.after(mostMs, () => this.#abandon(thread, 'it takes too long'))
    // The answer is everybody's: the thread is given a copy.
    const bytes = new Uint8Array(jpeg)
    thread.postMessage(bytes, [bytes.buffer])
    try {
      return await promise
    } finally {
      timer.cancel()
    }
  }

  async close(signal: AbortSignal): Promise<void> {
    const thread = this.#thread
    if (!thread) return
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    thread.once('exit', () => resolve())
    const leave = (): void => {
      this.#abandon(thread, 'the sink was closed')
      resolve()
    }
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    else thread.postMessage('stop')
    await gone
    signal.removeEventListener('abort', leave)
    this.#thread = undefined
  }

  #start(module: string): Thread {
    const facts: ThreadFacts = { module }
    const thread = new Thread(new URL(moduleBeside(import.meta.url, './transcode-entry')), {
      name: 'transcoder',
      workerData: facts,
    })
    exitPast(thread, () => true)
    thread.on('message', (answer: ThreadAnswer) => this.#take(answer))
    thread.on('error', (error) => this.#lose(thread, `its thread failed: ${error.message}`))
    thread.on('exit', () => this.#lose(thread, 'its thread ended'))
    return thread
  }

  #take(answer: ThreadAnswer): void {
    const call = this.#call
    this.#call = undefined
    if (answer instanceof Uint8Array) call?.resolve(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength))
    else call?.reject(this.#fault(call, answer.fault))
  }

  #lose(thread: Thread, reason: string): void {
    if (this.#thread !== thread) return
    const call = this.#call
    this.#thread = this.#call = undefined
    call?.reject(this.#fault(call, reason))
  }

  /** A thread inside native code must not be ended: that may abort the process. It ends itself when it comes back. */
  #abandon(thread: Thread, reason: string): void {
    thread.postMessage('stop')
    thread.unref()
    this.#lose(thread, reason)
  }

  #fault({ unfit }: Call, reason: string): Error {
    return errors.picture_not_transcoded({ sink: this.#sink, unfit, reason })
  }
}

/** The package's main module, from the first place that it is found from. */
function findModule(...places: string[]): string | false {
  for (const from of places) {
    try {
      return createRequire(from).resolve(packageName)
    } catch {
      // Not installed there.
    }
  }
  return false
}
