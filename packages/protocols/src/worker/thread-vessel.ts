import type { Worker as Thread } from 'node:worker_threads'
import { exitPast } from './exit-past-threads.ts'
import type { Vessel } from './wire-worker.ts'

/** Index in a thread's state: 1 as soon as the thread has loaded a native addon. */
const nativeAddonLoaded = 0

/** Words that a thread sets for the main thread: it gets the memory and calls `watchAddons`, this side reads it at `kill`. */
export function createThreadState(): SharedArrayBuffer {
  return new SharedArrayBuffer(4)
}

/** Called in the thread, before anything is loaded: from the first native addon on it must not be ended by force, for that may abort the process. */
export function watchAddons(state: SharedArrayBuffer): void {
  const words = new Int32Array(state)
  const load = process.dlopen
  process.dlopen = function dlopen(this: unknown, ...given: Parameters<typeof load>): void {
    // Noted before the addon runs.
    Atomics.store(words, nativeAddonLoaded, 1)
    Reflect.apply(load, process, given)
  }
}

/** A thread as a vessel; `state` is that of `createThreadState`. */
export function createThreadVessel(thread: Thread, state: SharedArrayBuffer): Vessel {
  const { promise: gone, resolve } = Promise.withResolvers<string>()
  const words = new Int32Array(state)
  let how: string | undefined
  thread.on('error', (error: NodeJS.ErrnoException) => {
    how = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'ran out of memory' : `failed: ${error.message}`
  })
  thread.on('exit', (code) => resolve(how ?? `ended with exit code ${code}`))
  const hasAddon = (): boolean => Atomics.load(words, nativeAddonLoaded) === 1
  exitPast(thread, hasAddon)
  return {
    gone,
    kill() {
      // Ending a thread inside native code may abort the process: it was asked to stop, now it is left alone.
      if (hasAddon()) {
        thread.unref()
        return resolve('was abandoned, because it has loaded a native addon')
      }
      how ??= 'was ended by force'
      void thread.terminate()
    },
  }
}
