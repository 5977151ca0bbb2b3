import type { TriggerContext } from '@pelton/core'

/** What is told of a loss. */
interface LossFacts {
  reason: string
  detail: string
  [key: string]: unknown
}

/** Other words for the same reason may hold counts: they are told no more often than this. */
const mostOftenMs = 60_000

/** Warns of a loss once, until the source is good again; those that say nothing new are told to who debugs. */
export class LossLog {
  readonly #context: Pick<TriggerContext, 'clock' | 'logger'>
  #told: { reason: string; detail: string; atMs: number } | undefined

  constructor(context: Pick<TriggerContext, 'clock' | 'logger'>) {
    this.#context = context
  }

  add(message: string, facts: LossFacts): void {
    const { clock, logger } = this.#context
    const now = clock.now()
    if (!this.#isNew(facts, now)) return logger.debug(message, facts)
    this.#told = { reason: facts.reason, detail: facts.detail, atMs: now }
    logger.warn(message, facts)
  }

  /** The source is good: the next loss is news. */
  forget(): void {
    this.#told = undefined
  }

  #isNew({ reason, detail }: LossFacts, now: number): boolean {
    const told = this.#told
    if (!told || told.reason !== reason) return true
    return told.detail !== detail && now - told.atMs >= mostOftenMs
  }
}
