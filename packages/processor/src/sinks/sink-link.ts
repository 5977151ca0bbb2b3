import {
  type BackoffRules,
  type Clock,
  type PeltonError,
  type PeltonLogger,
  type Sink,
  backoffMs,
  isPeltonError,
} from '@pelton/core'
import { errors } from '../errors.ts'

/** What keeps a sink open. */
export interface SinkLinkParts {
  name: string
  sink: Sink
  logger: PeltonLogger
  clock: Clock
  /** Answers can be delivered. */
  onOpen: () => void
  /** The target has gone; the sink is opened again when the promise has resolved. */
  onLost: () => Promise<void>
}

/** A target that kept up this long starts its back-off anew. */
const healthyMs = 10_000
/** A target that was there is soon there again, however often it goes: only failed attempts wait longer and longer. */
const lossRules: BackoffRules = { firstMs: 100, mostMs: 1000 }
/** Failed attempts after which a sink that is being closed is given up. */
const lastAttempts = 3
/** How much longer than it was given a close may take. */
const closeGraceMs = 250

/** Opens a sink, and opens it again with back-off whenever its target is lost. */
export class SinkLink {
  readonly #parts: SinkLinkParts
  /** Resolves when a sink that is being closed could not be opened any more. */
  readonly givenUp: Promise<void>
  readonly #giveUp: () => void
  readonly #hurried = new AbortController()
  readonly #closed = new AbortController()
  /** Of each opening one, so that what a former one says is not taken for the present one's. */
  #session: { lost?: PeltonError } = {}
  #openSince: number | undefined
  #why: string | undefined = 'opening'
  /** Attempts to open it since it was open. */
  #failures = 0
  /** Losses in a row, each soon after the sink was opened. */
  #losses = 0

  constructor(parts: SinkLinkParts) {
    this.#parts = parts
    const { promise, resolve } = Promise.withResolvers<void>()
    this.givenUp = promise
    this.#giveUp = resolve
  }

  get isOpen(): boolean {
    return this.#openSince !== undefined
  }

  /** Why it is not open. */
  get why(): string | undefined {
    return this.#why
  }

  /** Opens it for the first time; resolves to why that failed, and goes on trying. */
  async start(): Promise<PeltonError | undefined> {
    const error = await this.#open()
    if (error) void this.#retry('sink_unreachable', error)
    return error
  }

  /** Waits for nothing any more, because the sink is going to be closed. */
  hurry(): void {
    this.#failures = 0
    this.#hurried.abort()
  }

  /** Closes the sink; it never takes much longer than `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const { sink, clock, logger } = this.#parts
    this.#openSince = undefined
    this.#why = 'closed'
    this.#hurried.abort()
    this.#closed.abort()
    const waiting = new AbortController()
    const close = async (): Promise<void> => sink.close(deadlineMs)
    const closed = close().catch((error: unknown) => logger.warn('sink_close_failed', { reason: String(error) }))
    await Promise.race([closed, clock.sleep(deadlineMs + closeGraceMs, waiting.signal)])
    waiting.abort()
  }

  async #open(): Promise<PeltonError | undefined> {
    const { sink, clock, logger, onOpen } = this.#parts
    const session: { lost?: PeltonError } = {}
    this.#session = session
    try {
      await sink.open((error) => this.#lose(session, error))
    } catch (error) {
      return this.#named(error)
    }
    if (this.#closed.signal.aborted) {
      // It opened too late for the close that has been.
      await this.close(0)
      return undefined
    }
    if (session.lost) return session.lost
    if (this.#failures > 0) logger.info('sink_open', { attempts: this.#failures + 1 })
    this.#openSince = clock.now()
    this.#why = undefined
    onOpen()
    return undefined
  }

  #lose(session: { lost?: PeltonError }, cause: unknown): void {
    if (session !== this.#session || session.lost || this.#closed.signal.aborted) return
    const error = this.#named(cause)
    session.lost = error
    if (this.#openSince === undefined) return
    if (this.#parts.clock.now() - this.#openSince >= healthyMs) this.#losses = 0
    this.#losses++
    this.#failures = 0
    this.#openSince = undefined
    this.#why = error.message
    void this.#parts.onLost().then(() => this.#retry('sink_lost', error))
  }

  /** Tries until it is open or closed; logs why it has to, once. */
  async #retry(message: string, first: PeltonError): Promise<void> {
    const { clock, logger } = this.#parts
    const { signal: hurried } = this.#hurried
    const { signal: closed } = this.#closed
    if (!closed.aborted) logger.warn(message, { code: first.code, reason: first.message })
    for (let error: PeltonError | undefined = first; error && !closed.aborted; error = await this.#open()) {
      this.#why = error.message
      this.#failures++
      if (hurried.aborted && this.#failures > lastAttempts) return this.#giveUp()
      await clock.sleep(this.#waitMs(), hurried.aborted ? closed : hurried)
    }
  }

  #waitMs(): number {
    const isLoss = this.#failures === 1 && this.#losses > 0
    return isLoss ? backoffMs(this.#losses, lossRules) : backoffMs(this.#failures)
  }

  #named(error: unknown): PeltonError {
    if (isPeltonError(error)) return error
    return errors.sink_failed({ sink: this.#parts.name, reason: String(error) }, error)
  }
}
