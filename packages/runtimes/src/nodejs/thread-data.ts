import type { MessagePort } from 'node:worker_threads'
import type { ThreadLink } from '@pelton/protocols/worker'

/** What a worker's thread is given when it starts. */
export interface ThreadData {
  link: ThreadLink
  /** The table of begun events. */
  begun: SharedArrayBuffer
  /** Words that the thread sets for the main thread: see `nativeAddonLoaded`. */
  state: SharedArrayBuffer
  resident?: { port: MessagePort; data: unknown }
}

/** Index in `state`: 1 as soon as the thread has loaded a native addon. */
export const nativeAddonLoaded = 0
