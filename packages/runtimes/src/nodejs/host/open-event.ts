import type { Compat, EventData, HandleOptions, LogCapture, Outcome, Task } from '@pelton/core'
import type { Logger } from '@pelton/sdk'
import { type Answer, Settlement, type SettlementOptions, createHandlerLogger } from '@pelton/sdk/host'
import type { LoggedEvent, WorkerLog } from './worker-log.ts'

/** What an event needs of its worker. */
export interface OpenEventHost {
  log: WorkerLog
  compat: Compat
  now(): number
  answered(event: OpenEvent, answer: Answer): void
  failedLate(event: OpenEvent, error: unknown): void
  left(event: OpenEvent): void
}

/** One event that a worker has begun; it is the task that the caller holds. */
export class OpenEvent implements Task, LoggedEvent, SettlementOptions {
  readonly data: EventData
  readonly settlement: Settlement
  readonly outcome: Promise<Outcome>
  readonly #options: HandleOptions | undefined
  readonly #begunAt: number
  readonly #host: OpenEventHost
  #resolve: (outcome: Outcome) => void = neverBefore
  #logger: Logger | undefined

  constructor(data: EventData, options: HandleOptions | undefined, host: OpenEventHost) {
    this.data = data
    this.#options = options
    this.#host = host
    this.#begunAt = host.now()
    this.settlement = new Settlement(this)
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  begunAt(): number {
    return this.#begunAt
  }

  /** Where this event's log goes besides the sinks. */
  get capture(): LogCapture | undefined {
    return this.#options?.log
  }

  /** The caller's signal. Read late: who gives it may make it when it is asked for. */
  get signal(): AbortSignal | undefined {
    return this.#options?.signal
  }

  get logger(): Logger {
    this.#logger ??= createHandlerLogger((level, message, facts) => this.#host.log.take(this, level, message, facts))
    return this.#logger
  }

  /** What `context.callback` calls. */
  callback(value: unknown): void {
    this.settlement.callback(value)
  }

  get compat(): Compat {
    return this.#host.compat
  }
  answered(answer: Answer): void {
    this.#host.answered(this, answer)
  }
  failedLate(error: unknown): void {
    this.#host.failedLate(this, error)
  }
  left(): void {
    this.#host.left(this)
  }

  /** Tells the caller what became of the event. */
  resolve(outcome: Outcome): void {
    this.#resolve(outcome)
  }
}

function neverBefore(): void {
  // The promise's own executor replaces it before anybody can call.
}
