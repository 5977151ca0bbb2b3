import type { Clock, PeltonError, PeltonLogger } from '@pelton/core'
import { type DropReason, type SinkCounts, createSinkCounts } from './sink-counts.ts'

/** How long nothing may be lost before a time of losses is over, in milliseconds. */
const quietMs = 10_000

/** A time of losses: since when, its last loss, and the counts before it. */
interface Period {
  since: number
  last: number
  before: SinkCounts
}

/** Counts what is written and lost, and logs a time of losses twice: when it begins, and with its totals once it is over. */
export class LossLog {
  readonly counts: SinkCounts = createSinkCounts()
  readonly #logger: PeltonLogger
  readonly #clock: Clock
  #period: Period | undefined
  #hasFailed = false

  constructor(logger: PeltonLogger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  /** An answer was delivered. */
  written(): void {
    this.counts.written++
    if (this.#period && this.#clock.now() - this.#period.last >= quietMs) this.#end(this.#period)
  }

  /** An answer was dropped. */
  dropped(reason: DropReason, facts: { queued: number }): void {
    const isFirst = !this.#period
    this.#lose(() => this.counts.dropped[reason]++)
    if (isFirst) this.#logger.warn('sink_dropping', { reason, ...facts })
  }

  /** The sink gave an answer up. */
  failed(error: PeltonError): void {
    this.#lose(() => this.counts.failed++)
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#logger.warn('sink_failing', { code: error.code, reason: error.message })
  }

  /** Ends a time of losses that is still on, as when the sink is closed. */
  close(): void {
    if (this.#period) this.#end(this.#period, 'sink_closed_with_losses')
  }

  #lose(count: () => void): void {
    const now = this.#clock.now()
    if (this.#period) this.#period.last = now
    else this.#period = { since: now, last: now, before: structuredClone(this.counts) }
    count()
  }

  #end({ since, before }: Period, message = 'sink_recovered'): void {
    const { dropped, failed } = this.counts
    const lost = Object.entries(dropped).map(([reason, count]) => [
      reason,
      count - before.dropped[reason as DropReason],
    ])
    this.#logger.info(message, {
      dropped: Object.fromEntries(lost.filter(([, count]) => count !== 0)) as Record<string, number>,
      failed: failed - before.failed,
      for_ms: Math.round(this.#clock.now() - since),
    })
    this.#period = undefined
    this.#hasFailed = false
  }
}
