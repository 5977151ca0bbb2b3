import { workerData } from 'node:worker_threads'
import { type BegunMarks, openBegunMemory } from './begun-table.ts'
import type { Channel } from './channel.ts'
import { createThreadChannel, type ThreadLink } from './thread-channel.ts'
import { watchAddons } from './thread-vessel.ts'

/** What a thread that serves the worker wire is given as its `workerData`. */
export interface ThreadData {
  link: ThreadLink
  /** The table of begun events. */
  begun: SharedArrayBuffer
  state: SharedArrayBuffer
  extra: unknown
}

/** This end of the wire. */
export interface OpenedHost {
  channel: Channel
  begun: BegunMarks
  /** As it was given to `spawnThreadHost`. */
  extra: unknown
}

/** Opens the wire in a thread that `spawnThreadHost` started; to be called before anything else is loaded. */
export function openThreadHost(): OpenedHost {
  const { link, begun, state, extra } = workerData as ThreadData
  watchAddons(state)
  return { channel: createThreadChannel(link), begun: openBegunMemory(begun), extra }
}
