import type { Socket } from 'node:net'
import type { PeltonLogger } from '@pelton/core'
import type { Connection } from './connection.ts'
import type { Source } from './source.ts'

/** What a trigger lets one connection owe it, and be owed. */
export interface FlowLimits {
  /** Bytes unhandled, and bytes unsent. */
  maxBacklogBytes: number
  /** How long a client may take nothing of a full backlog. */
  stallMs: number
}

/** Messages of one connection that may be unhandled. */
const mostMessages = 1024

/** Whether a client has to wait: too much of what it sent is unhandled, or of what it was sent is not taken; half of it ends the wait. */
export function mustPause(
  { unsentBytes, isPaused }: Connection,
  source: Source | undefined,
  maxBacklogBytes: number,
): boolean {
  const { length = 0, bytes = 0 } = source?.conversation ?? {}
  const share = isPaused ? 2 : 1
  return length >= mostMessages / share || bytes > maxBacklogBytes / share || unsentBytes > maxBacklogBytes / share
}

/** Watches a client that has a full backlog: when it takes nothing for `stallMs`, its connection is cut. */
export function watchStalled(connection: Connection, { stallMs }: FlowLimits, logger: PeltonLogger): void {
  // The socket's own timer: it sees bytes of one long message go out, where nobody else does.
  const socket = connection.socket as Partial<Socket>
  if (connection.unwatch || !socket.setTimeout) return
  const cut = (): void => {
    logger.warn('websocket_client_stalled', { connection: connection.id, unsent_bytes: connection.unsentBytes })
    connection.peer?.terminate()
  }
  socket.setTimeout(stallMs, cut)
  connection.unwatch = () => {
    connection.unwatch = undefined
    socket.setTimeout?.(0, cut)
  }
}
