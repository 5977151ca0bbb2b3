/** How often a silent peer is asked for a sign. */
export interface LifelineLimits {
  /** After so long without a byte a peer is pinged. 0: never. */
  keepAliveMs: number
  /** How long the answer may take. */
  keepAliveTimeoutMs: number
}

/** A peer that has not said its SETTINGS by then is cut. */
const prefaceMs = 10_000

/** Decides whether a peer is still there. Times are monotonic milliseconds. */
export class Lifeline {
  /** Bytes came since the last look. */
  isHeard = false
  /** The peer has said its preface. */
  hasSettings = false
  readonly #limits: LifelineLimits
  #heardAt: number
  #pingedAt: number | undefined

  constructor(limits: LifelineLimits, now: number) {
    this.#limits = limits
    this.#heardAt = now
  }

  /** What is to be done with the peer at this time. */
  look(now: number): 'ping' | 'cut' | undefined {
    const { keepAliveMs, keepAliveTimeoutMs } = this.#limits
    if (!this.hasSettings && now - this.#heardAt >= prefaceMs) return 'cut'
    if (this.isHeard) this.#hear(now)
    if (keepAliveMs === 0) return undefined
    if (this.#pingedAt !== undefined) return now - this.#pingedAt >= keepAliveTimeoutMs ? 'cut' : undefined
    if (now - this.#heardAt < keepAliveMs) return undefined
    this.#pingedAt = now
    return 'ping'
  }

  #hear(now: number): void {
    // A preface that comes byte by byte does not put off its end.
    if (this.hasSettings) this.#heardAt = now
    this.isHeard = false
    this.#pingedAt = undefined
  }
}
