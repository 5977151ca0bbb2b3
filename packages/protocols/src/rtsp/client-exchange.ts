import type { HttpAuth } from '../http-auth/index.ts'
import { type RtspResponse, headerOf, sequenceOf } from './rtsp-message.ts'
import { type HeadersToWrite, writeRequest } from './write-message.ts'

/** What is asked of a server. */
export interface Asked {
  method: string
  uri: string
  headers?: HeadersToWrite
}

/** Told what becomes of a request. */
export interface ExchangeEvents {
  send(bytes: Buffer): void
  /** The credentials are wrong or missing. */
  unauthorized(reason: string): void
}

interface Pending extends Asked {
  sequence: number
  sentAt: number
  isProof: boolean
  onAnswer: (response: RtspResponse) => void
}

interface Proof {
  authorization: string | undefined
  /** It answers a challenge. */
  isProof: boolean
}

/** A client's requests, one at a time: numbers them, proves who asks, and finds the answer that belongs to each. */
export class ClientExchange {
  readonly #auth: HttpAuth | undefined
  readonly #events: ExchangeEvents
  #sequence = 0
  #pending: Pending | undefined
  /** Goes with every request once the server has named it. */
  session: string | undefined
  /** When the last request went out, by `now` of `elapse`. */
  sentAt: number
  #now: number

  constructor(auth: HttpAuth | undefined, events: ExchangeEvents, now: number) {
    this.#auth = auth
    this.#events = events
    this.#now = this.sentAt = now
  }

  get isWaiting(): boolean {
    return this.#pending !== undefined
  }

  /** A request that answers a challenge waits for its answer. */
  get isProving(): boolean {
    return this.#pending?.isProof ?? false
  }

  /** Sends a request; one that is still without an answer is forgotten. */
  ask(asked: Asked, onAnswer: (response: RtspResponse) => void): void {
    this.#send(asked, { authorization: this.#auth?.answer([], asked), isProof: false }, onAnswer)
  }

  /** Takes any response; one that belongs to an earlier request, or to none, is dropped. */
  take(response: RtspResponse): void {
    const pending = this.#pending
    const sequence = sequenceOf(response) ?? 0
    // Some cameras forget to number their answers, or number them as they like; one of an earlier request is late.
    if (!pending || (sequence > 0 && sequence < pending.sequence)) return
    if (response.status < 200) return
    this.#pending = undefined
    if (response.status === 401) return this.#prove(pending, response)
    pending.onAnswer(response)
  }

  /** The answer that is waited for has its time from now on. */
  beginAnew(now: number): void {
    this.#now = now
    if (this.#pending) this.#pending.sentAt = now
  }

  /** The method that has had no answer for `timeoutMs`; it is forgotten. */
  elapse(now: number, timeoutMs: number): string | undefined {
    this.#now = now
    const pending = this.#pending
    if (!pending || now - pending.sentAt < timeoutMs) return undefined
    this.#pending = undefined
    return pending.method
  }

  #prove(pending: Pending, response: RtspResponse): void {
    const challenges = response.headers.get('www-authenticate') ?? []
    if (!this.#auth) return this.#events.unauthorized('it asks for a user and a password')
    const authorization = challenges.length === 0 ? undefined : this.#auth.answer(challenges, pending)
    if (authorization === undefined) return this.#events.unauthorized('it refuses the user or the password')
    // A camera may name the session before it asks who it is.
    this.session ??= headerOf(response, 'session')?.split(';')[0]
    this.#send(pending, { authorization, isProof: true }, pending.onAnswer)
  }

  #send(asked: Asked, { authorization, isProof }: Proof, onAnswer: (response: RtspResponse) => void): void {
    const { method, uri, headers = [] } = asked
    this.#sequence += 1
    this.sentAt = this.#now
    this.#pending = { method, uri, headers, sequence: this.#sequence, sentAt: this.#now, isProof, onAnswer }
    this.#events.send(
      writeRequest(method, uri, [
        ['CSeq', this.#sequence],
        ['User-Agent', 'pelton'],
        ['Session', this.session],
        ['Authorization', authorization],
        ...headers,
      ]),
    )
  }
}
