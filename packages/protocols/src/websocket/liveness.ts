/** What a connection's silence calls for. */
export type Silence = 'none' | 'ping' | 'dead' | 'idle'

/**
 * How long a connection has been silent. Nothing is timed while bytes flow: they only leave a mark, which the next
 * look takes for the present.
 */
export class Liveness {
  readonly #pingIntervalMs: number
  readonly #idleTimeoutMs: number
  #isHeard = false
  #isActive = false
  #heardAt: number
  #activeAt: number
  /** When the ping that is not yet answered was sent; -1 without one. */
  #pingedAt = -1

  /** Times in whole milliseconds: they take no memory of their own. 0 turns an interval off. */
  constructor(pingIntervalMs: number, idleTimeoutMs: number, now: number) {
    this.#pingIntervalMs = pingIntervalMs
    this.#idleTimeoutMs = idleTimeoutMs
    this.#heardAt = this.#activeAt = now
  }

  /** Something came from the peer, if only a pong. */
  hear(): void {
    this.#isHeard = true
  }

  /** A message came in whole, or was sent. */
  act(): void {
    this.#isActive = true
  }

  /** Says what is due at `now`; `ping` and `dead` once each. */
  look(now: number): Silence {
    if (this.#isHeard) {
      this.#heardAt = now
      this.#pingedAt = -1
    }
    if (this.#isActive) this.#activeAt = now
    this.#isHeard = this.#isActive = false
    if (this.#idleTimeoutMs > 0 && now - this.#activeAt >= this.#idleTimeoutMs) return 'idle'
    return this.#pingIntervalMs > 0 ? this.#lookForPing(now) : 'none'
  }

  #lookForPing(now: number): Silence {
    if (this.#pingedAt >= 0) return now - this.#pingedAt >= this.#pingIntervalMs ? 'dead' : 'none'
    if (now - this.#heardAt < this.#pingIntervalMs) return 'none'
    this.#pingedAt = now
    return 'ping'
  }
}
