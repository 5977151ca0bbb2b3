import type { Buffer } from 'node:buffer'
import type { Clock } from '@pelton/core'
import type { DeflateTerms } from './deflate-terms.ts'

/** How a connection is kept. Times in milliseconds. */
export interface PeerOptions {
  role: 'server' | 'client'
  /** A larger message, fragmented or compressed as it may be, closes with 1009. */
  maxMessageBytes: number
  /** A ping is sent when nothing was received for so long, and the connection is cut when nothing comes for as long again; 0 for none. */
  pingIntervalMs: number
  /** Closes with 1001 when no message was sent and none received in whole for so long; pings do not count. 0 for never. */
  idleTimeoutMs: number
  /** As agreed on in the handshake. */
  deflate?: DeflateTerms | undefined
  /** How long the closing handshake may take before the connection is cut, once the peer has taken what was sent before, for which it has a second each 256 kB; default 5,000. */
  closeTimeoutMs?: number | undefined
  clock?: Clock | undefined
  /** What arrived after the handshake. */
  early?: Buffer | undefined
  /** As agreed on in the handshake. */
  subprotocol?: string | undefined
}

/** How a connection ended. */
export interface PeerEnd {
  /** That of the first close frame, sent or received; 1005 when it gave none, 1006 when there was no close frame. */
  code: number
  /** That of the close frame; what happened when there was none. */
  reason: string
  /** Both sides have sent their close frame, and neither broke the protocol. */
  clean: boolean
}

/** Told what happens on a connection, never from within a call to its peer. They must not throw. */
export interface PeerEvents {
  /**
   * A whole message, text being valid UTF-8. `data` belongs to the receiver and stays as it is; kept for long, it keeps
   * at most four times its size, or 8 KiB, alive. Without this member messages of any size are read over.
   */
  message?(data: Buffer, isText: boolean): void
  /** The connection is gone: once, always. */
  closed(end: PeerEnd): void
  /** Everything sent has been written, after the peer had been too slow to take it at once. */
  drained?(): void
}

/** A WebSocket connection, of either side (RFC 6455). */
export interface WebSocketPeer {
  /** Empty for none. */
  readonly subprotocol: string
  /** What was sent and has not reached the operating system yet. Pongs and close frames add at most 64 KiB. */
  readonly bufferedBytes: number
  /** Messages can be sent. */
  readonly isOpen: boolean
  /** Sends a message, in order; false when the connection is closing or gone. The bytes must not change until they are written. */
  send(data: Uint8Array, isText: boolean): boolean
  /** Starts to close: no message is told any more. A code that may not be sent becomes 1000, a longer reason is cut at 123 bytes. */
  close(code?: number, reason?: string): void
  /** Cuts the connection. */
  terminate(): void
  /** Reads no more, so that the peer must wait. While it lasts, the connection counts as alive. */
  pause(): void
  resume(): void
}
