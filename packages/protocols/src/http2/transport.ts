/** Headers or trailers by lower-case name. */
export type HeaderBlock = Readonly<Record<string, string>>

/** One stream of HTTP/2, as whoever serves it has it in hand. */
export interface TransportStream {
  readonly method: string
  readonly path: string
  /** The peer's network address, without the port. */
  readonly address: string
  /** A request header by its lower-case name; of a repeated one all values, joined by `, `. */
  header(name: string): string | undefined
  /** Names and values of all request headers by turns, pseudo-headers included. */
  readonly rawHeaders: readonly string[]
  /** Sends bytes; before the first ones the head of the response. Does nothing once the stream is gone. */
  write(prefix: Buffer, message?: Uint8Array): void
  /** Ends the response: after what was written, or with nothing but these trailers. */
  finish(trailers: HeaderBlock): void
  /** Answers by a status alone. */
  refuse(status: number): void
  /** Cuts the stream: what was not sent is dropped. */
  reset(why: ResetReason): void
  /** Bytes written that the peer's windows or socket have not taken. */
  readonly unsentBytes: number
  pause(): void
  resume(): void
}

/** Why a stream is cut, as the error code of HTTP/2 (RFC 9113 §7). */
export type ResetReason = 'cancel' | 'overload' | 'internal'

/** What the transport tells of a stream. Nothing is called after `closed`. */
export interface TransportListener {
  /** Bytes of the request's body; nobody writes to them afterwards. */
  data(chunk: Buffer): void
  /** The peer has ended its half. */
  ended(): void
  /** All that was written has been taken. */
  drained(): void
  /** The stream is gone; `isClean` when the response was sent to its end. */
  closed(isClean: boolean): void
}

/** Called for each stream that a peer opens. */
export type OnStream = (stream: TransportStream) => TransportListener

/** A bound listener of HTTP/2. */
export interface Transport {
  readonly host: string
  readonly port: number
  /** Accepts no more and lets streams end; resolves when all connections are closed. */
  drain(): Promise<void>
  /** Closes every connection, with what is open on it. */
  cut(): void
}
