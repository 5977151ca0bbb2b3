import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Handshake } from './handshake.ts'
import type { PeerEvents, WebSocketPeer } from '@pelton/protocols/websocket'

/** How a connection ended. */
export type ConnectionEnd = Parameters<PeerEvents['closed']>[0]

/** Who is told what happens on connections. One for all of them: a connection that rests costs no closures. */
export interface ConnectionOwner {
  received(connection: Connection, data: Buffer, isText: boolean): void
  drained(connection: Connection): void
  closed(connection: Connection, end: ConnectionEnd): void
}

/** What is known of a connection when it is made. */
export interface ConnectionFacts {
  handshake: Handshake
  socket: Duplex
  subprotocol: string
}

/** One client, with everything that is its own. What an idle one does not need is made on first use. */
export class Connection implements PeerEvents {
  /** Not to be guessed: whoever knows it may be sent to. */
  readonly id = randomBytes(16).toString('base64url')
  readonly handshake: Handshake
  readonly socket: Duplex
  readonly #subprotocol: string
  /** Set at once by whoever makes the connection. */
  peer: WebSocketPeer | undefined
  rooms: Set<string> | undefined
  /** Of the dialogues, who alone know what it is: a table of theirs would be looked into for every message. */
  source: object | undefined
  /** Its connect event, if there is one, has been handled without refusing it. */
  isAdmitted = false
  isRefused = false
  isGone = false
  /** Nothing is read from it. */
  isPaused = false
  /** Ends the watch over a client that does not take what it is sent. */
  unwatch: (() => void) | undefined
  /** Pushes that it did not get, as it took too little. */
  refusedPushes = 0
  readonly #owner: ConnectionOwner
  readonly #openedMs = Date.now()
  #extra: Readonly<Record<string, unknown>> | undefined
  #left: AbortController | undefined
  #wake: (() => void) | undefined

  constructor({ handshake, socket, subprotocol }: ConnectionFacts, owner: ConnectionOwner) {
    this.handshake = handshake
    this.socket = socket
    this.#subprotocol = subprotocol
    this.#owner = owner
  }

  /** What its events have beside what every event has: `event.connection`. */
  get extra(): Readonly<Record<string, unknown>> {
    this.#extra ??= Object.freeze({
      connection: Object.freeze({
        id: this.id,
        address: this.handshake.remoteAddress,
        subprotocol: this.#subprotocol,
        opened: new Date(this.#openedMs).toISOString(),
      }),
    })
    return this.#extra
  }

  /** Aborts when it is gone; undefined once it is. */
  get signal(): AbortSignal | undefined {
    if (this.isGone) return undefined
    this.#left ??= new AbortController()
    return this.#left.signal
  }

  /** Bytes that it has been sent and has not taken. */
  get unsentBytes(): number {
    return this.isGone ? 0 : (this.peer?.bufferedBytes ?? 0)
  }

  /** Resolves when it has taken what it was sent, or is gone. One may wait at a time. */
  untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isGone) resolve()
      else this.#wake = resolve
    })
  }

  message(data: Buffer, isText: boolean): void {
    this.#owner.received(this, data, isText)
  }

  drained(): void {
    this.#wakeUp()
    this.#owner.drained(this)
  }

  closed(end: ConnectionEnd): void {
    this.isGone = true
    this.#owner.closed(this, end)
    this.#wakeUp()
    this.#left?.abort()
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
