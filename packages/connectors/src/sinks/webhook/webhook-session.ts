import type { PeltonError, PeltonLogger, SinkItem } from '@pelton/core'
import { errors } from '../../errors.ts'
import { deadLetterLine } from './dead-letter.ts'
import type { DeadLetters } from './dead-letters.ts'
import { type Delivering, type GivenUp, deliver } from './delivery.ts'
import type { WebhookRequest } from './webhook-request.ts'

/** What an open sink works with. */
export interface SessionParts extends Delivering {
  /** For messages: without credentials. */
  url: string
  requestOf: (item: SinkItem) => WebhookRequest
  deadLetters: DeadLetters | undefined
  logger: PeltonLogger
}

/** The time of a webhook sink between its open and its close. */
export class WebhookSession {
  readonly #parts: SessionParts
  readonly #giveUp = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  /** A disk that is full is said once. */
  #keepsLetters = true

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** Resolves when the answer was delivered; rejects when it was given up, and kept as a dead letter if they are wanted. */
  deliver(item: SinkItem): Promise<void> {
    const delivery = this.#deliver(item)
    const settled = delivery
      // Whoever wrote the item is told.
      .catch(() => undefined)
      .finally(() => this.#underWay.delete(settled))
    this.#underWay.add(settled)
    return delivery
  }

  /** Lets deliveries go on until the deadline, cuts what is left and closes the connections. */
  async close(deadlineMs: number): Promise<void> {
    const { clock, connections } = this.#parts
    const timer = clock.after(deadlineMs, () => this.#giveUp.abort())
    await Promise.all(this.#underWay)
    timer.cancel()
    connections.destroy()
  }

  async #deliver(item: SinkItem): Promise<void> {
    const { requestOf, url } = this.#parts
    const givenUp = await deliver(requestOf(item), this.#parts, this.#giveUp.signal)
    if (!givenUp) return
    await this.#keep(item, givenUp)
    throw failure(url, givenUp)
  }

  async #keep(item: SinkItem, givenUp: GivenUp): Promise<void> {
    const { deadLetters, url, clock, logger } = this.#parts
    if (!deadLetters) return
    try {
      await deadLetters.add(deadLetterLine(item, { url, givenUp, wallMs: clock.wall() }))
      this.#keepsLetters = true
    } catch (error) {
      if (this.#keepsLetters) logger.error('dead_letter_lost', { error: (error as Error).message })
      this.#keepsLetters = false
    }
  }
}

function failure(url: string, { kind, reason, attempts }: GivenUp): PeltonError {
  const facts = { url, reason, attempts }
  if (kind === 'refused') return errors.webhook_refused(facts)
  return kind === 'closed' ? errors.webhook_cut(facts) : errors.webhook_failed(facts)
}
