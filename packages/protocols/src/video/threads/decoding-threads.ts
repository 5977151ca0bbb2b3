import { availableParallelism } from 'node:os'
import { type Clock, defineShared, moduleBeside, systemClock } from '@pelton/core'
import { DecodingThread, type NativeRequest } from './decoding-thread.ts'
import type { VideoDecoder } from '../video-decoder.ts'

/** Each keeps its memory, and perhaps a core: with more of them no other thread is started. */
const mostStuck = 4

/** The threads that decode for all kinds of a processor. */
export interface DecodingThreads {
  /** Rejects with why the package does not decode the stream. */
  open(request: NativeRequest): Promise<VideoDecoder>
  /** Asks all threads to end, and resolves when they have. */
  close(): Promise<void>
}

/** How the threads are run; what is left out is as in a processor. */
export interface DecodingThreadsOptions {
  most?: number
  /** How long a thread without a stream waits for one. */
  idleMs?: number
  entry?: URL
  clock?: Pick<Clock, 'now' | 'after'>
}

/** The set of threads of a processor. */
export const decodingThreads = defineShared<DecodingThreads>('decoding-threads', () => createDecodingThreads())

/** Makes a set of threads of its own: they are started when streams come, as many as there are cores at most. */
export function createDecodingThreads(options: DecodingThreadsOptions = {}): DecodingThreads {
  const { most = availableParallelism(), idleMs = 10_000, clock = systemClock } = options
  const entry = options.entry ?? new URL(moduleBeside(import.meta.url, './decode-entry'))
  const threads = new Set<DecodingThread>()
  let stuck = 0

  const start = (): DecodingThread => {
    const thread: DecodingThread = new DecodingThread({
      entry,
      clock,
      onIdle() {
        // Not by the clock, whose timers keep the process alive.
        setTimeout(() => {
          if (threads.has(thread) && thread.streams === 0) void thread.close()
        }, idleMs).unref()
      },
      onOver: () => threads.delete(thread),
      onStuck(gone) {
        stuck += 1
        void gone.then(() => (stuck -= 1))
      },
    })
    threads.add(thread)
    return thread
  }
  const choose = (): DecodingThread => {
    const [least] = [...threads].toSorted((a, b) => a.streams - b.streams)
    return least && (least.streams === 0 || threads.size >= most) ? least : start()
  }
  return {
    async open(request) {
      if (stuck >= mostStuck) throw new Error(`${stuck} threads of decoders are stuck: restart Pelton`)
      return choose().open(request)
    },
    close: async () => void (await Promise.all([...threads].map((thread) => thread.close()))),
  }
}
