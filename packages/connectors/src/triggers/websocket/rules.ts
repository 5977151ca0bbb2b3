import type { TriggerSettings } from '@pelton/core'
import type { WebSocketAttributes } from './config.ts'

/** What makes an event of what a connection sends. */
export type WebSocketMode = 'discrete' | 'stream' | 'message'

/** What holds where an attribute is absent, or depends on whose rules the file follows. */
export interface WebSocketRules {
  mode: WebSocketMode
  isShared: boolean
  maxConnections: number
  tickMs: number
}

/** The shortest time between two ticks that a nuclio file can ask for, by asking for none. */
export const leastTickMs = 10

/** Connections at a time where the file says nothing. */
const usualConnections = 10_000

/** The rules of one trigger. */
export function rulesOf({ attributes, compat, numWorkers }: TriggerSettings<WebSocketAttributes>): WebSocketRules {
  const { mode, is_stream, shared, max_connections, processing_interval } = attributes
  const isOld = compat !== 'none'
  return {
    mode: mode ?? modeOf(is_stream, isOld),
    isShared: shared ?? compat === 'digitalhub',
    maxConnections: max_connections ?? (isOld ? numWorkers : usualConnections),
    tickMs: processing_interval === 0 ? leastTickMs : processing_interval,
  }
}

function modeOf(isStream: boolean | undefined, isOld: boolean): WebSocketMode {
  if (isStream === undefined) return isOld ? 'discrete' : 'message'
  return isStream ? 'stream' : 'discrete'
}
