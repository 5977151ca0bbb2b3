import type { Context } from './context.ts'
import type { Event } from './event.ts'

/** The context of functions with a trigger `websocket`. */
export interface WebSocketContext extends Context {
  websocket: WebSocketSender
}

/** An event of a trigger `websocket`. */
export interface WebSocketEvent extends Event {
  readonly connection: WebSocketConnection
  /** Empty for messages; the others come with the attribute `connection_events`. */
  readonly type: '' | 'connect' | 'disconnect'
}

/** Where an event came from. */
export interface WebSocketConnection {
  /** What `context.websocket` knows it by; not to be guessed. */
  readonly id: string
  /** The client's network address. */
  readonly address: string
  /** As agreed on; empty for none. */
  readonly subprotocol: string
  /** When it was opened, ISO 8601. */
  readonly opened: string
}

/**
 * Sends to connections of the websocket triggers that the worker serves. A string goes out as a text message, bytes as a
 * binary one, everything else as JSON text. A connection that takes too little gets no more than `max_backlog_bytes`.
 * Calls reject when the data is too large for one, or the trigger does not answer.
 */
export interface WebSocketSender {
  /** False when there is no such connection, or it takes too little. */
  send: (id: string, data: unknown) => Promise<boolean>
  /** To all; the number of those that will get it. */
  broadcast: (data: unknown) => Promise<number>
  /** To the connections in a room; the number of those that will get it. */
  to: (room: string, data: unknown) => Promise<number>
  /** Puts a connection into a room, as long as it lives; false when there is none. Rejects beyond 256 rooms, or characters of a name. */
  join: (id: string, room: string) => Promise<boolean>
  /** Takes it out; false when there is no such connection. */
  leave: (id: string, room: string) => Promise<boolean>
  /** Closes it, after what it was sent before: code 1000, 1001, 1007 to 1014 or 3000 to 4999. False when there is none. */
  close: (id: string, code?: number, reason?: string) => Promise<boolean>
}
