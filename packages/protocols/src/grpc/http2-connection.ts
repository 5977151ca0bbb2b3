import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '@pelton/core'
import type { GrpcLimits } from './grpc-limits.ts'
import { Http2Stream, type StreamHome } from './http2-stream.ts'
import { ResetBudget } from './reset-budget.ts'
import type { OnStream } from './transport.ts'

/** All streams up to this one may still come: the first GOAWAY of a drain (RFC 9113 §6.8). */
const lastStreamId = 2 ** 31 - 1
const noError = 0
const enhanceYourCalm = 11
/** A connection that has not said its SETTINGS by then is cut. */
const prefaceMs = 10_000
/** How long an idle peer has to answer the ping of a drain. */
const farewellMs = 250

/** What a connection needs of its server. */
export interface ConnectionTerms {
  readonly limits: GrpcLimits
  readonly clock: Clock
  readonly onStream: OnStream
}

/** One client's connection of HTTP/2: its streams, its pings, its end. */
export class Http2Connection implements StreamHome {
  readonly address: string
  isHeard = true
  readonly #session: ServerHttp2Session
  readonly #socket: Socket
  readonly #terms: ConnectionTerms
  readonly #resets: ResetBudget
  #heardAt: number
  #pingedAt: number | undefined
  #hasSettings = false
  #isDraining = false
  #farewell: Timer | undefined

  constructor(session: ServerHttp2Session, socket: Socket, terms: ConnectionTerms) {
    this.#session = session
    this.#socket = socket
    this.#terms = terms
    this.#heardAt = terms.clock.now()
    this.#resets = new ResetBudget(this.#heardAt)
    this.address = socket.remoteAddress ?? ''
    session.setLocalWindowSize(connectionWindow)
    session.once('remoteSettings', () => (this.#hasSettings = true))
    session.on('stream', (stream, headers, _flags, rawHeaders) => {
      this.isHeard = true
      new Http2Stream({ stream, headers, rawHeaders }, this).serve(terms.onStream)
    })
    session.on('error', ignoreFault)
    session.once('close', () => this.#farewell?.cancel())
  }

  countReset(): void {
    if (this.#session.destroyed || this.#resets.spend(this.#terms.clock.now())) return
    this.#session.destroy(undefined, enhanceYourCalm)
  }

  /** Pings a silent peer, and cuts one that does not answer. */
  sweep(now: number): void {
    const { keepAliveMs, keepAliveTimeoutMs } = this.#terms.limits
    if (this.#session.destroyed) return
    if (!this.#hasSettings && now - this.#heardAt >= prefaceMs) return this.cut()
    if (this.isHeard) this.#hear(now)
    if (keepAliveMs === 0) return
    if (this.#pingedAt === undefined && now - this.#heardAt >= keepAliveMs) this.#ping(now)
    else if (this.#pingedAt !== undefined && now - this.#pingedAt >= keepAliveTimeoutMs) this.cut()
  }

  /**
   * Sends GOAWAY and closes once no stream is open. Streams that were on their way are still taken: the last GOAWAY
   * follows the answer to a ping, for which an idle peer has little time.
   */
  drain(): void {
    if (this.#isDraining || this.#session.destroyed) return
    this.#isDraining = true
    this.#session.goaway(noError, lastStreamId)
    const close = (): void => {
      this.#farewell?.cancel()
      this.#session.close()
    }
    this.#farewell = this.#terms.clock.after(farewellMs, close)
    if (!this.#session.ping(close)) close()
  }

  /** Closes the connection with all that is open on it. */
  cut(): void {
    this.#session.destroy()
    // A session that was closing would wait for its peer.
    this.#socket.destroy()
  }

  #hear(now: number): void {
    // Unless a ping asked for a sign, a preface that has not come is not replaced by other bytes.
    if (this.#hasSettings) this.#heardAt = now
    this.isHeard = false
    this.#pingedAt = undefined
  }

  #ping(now: number): void {
    this.#pingedAt = now
    this.#session.ping((error) => {
      if (!error) this.isHeard = true
    })
  }
}

/** Bytes that a peer may send on all streams together before some are taken. */
const connectionWindow = 16 * 1024 * 1024

function ignoreFault(): void {
  // A peer broke the protocol or its socket; the session ends itself, which its streams tell.
}
