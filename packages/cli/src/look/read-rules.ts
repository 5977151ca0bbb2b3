import type { Clock } from '@pelton/core'
import type { WatchTarget } from './watch-target.ts'

/** How a source is read. */
export interface ReadRules {
  target: WatchTarget
  clock: Clock
  /** Longest wait for the connection, for an answer and for what it sends. */
  timeoutMs: number
  isInsecure: boolean
  /** Of RTSP. */
  transport: 'auto' | 'tcp' | 'udp'
  /** Of RTSP; undefined: video, or audio where there is none. */
  media: 'video' | 'audio' | undefined
}
