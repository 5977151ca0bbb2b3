import type { EventData, HandleOptions, LogCapture, Outcome, Task } from '@pelton/core'
import type { Logger } from '@pelton/sdk'
import { type Settlement, createHandlerLogger } from '@pelton/sdk/host'
import type { Handling } from './handling.ts'
import type { WorkerLog } from './worker-log.ts'

/** One event that a worker has begun, alone or in a batch; it is the task that the caller holds. */
export abstract class OpenEvent implements Task, Handling {
  abstract readonly settlement: Settlement
  readonly data: EventData
  readonly outcome: Promise<Outcome>
  readonly #options: HandleOptions | undefined
  readonly #begunAt: number
  readonly #log: WorkerLog
  #resolve: (outcome: Outcome) => void = neverBefore
  #logger: Logger | undefined

  constructor(data: EventData, options: HandleOptions | undefined, host: { log: WorkerLog; now(): number }) {
    this.data = data
    this.#options = options
    this.#log = host.log
    this.#begunAt = host.now()
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  begunAt(): number {
    return this.#begunAt
  }

  get triggerName(): string {
    return this.data.trigger.name
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
    this.#logger ??= createHandlerLogger((level, message, facts) => this.#log.take(this, level, message, facts))
    return this.#logger
  }

  /** What `context.callback` calls. */
  callback(value: unknown): void {
    this.settlement.callback(value)
  }

  /** Tells the caller what became of the event. */
  resolve(outcome: Outcome): void {
    this.#resolve(outcome)
  }
}

function neverBefore(): void {
  // The promise's own executor replaces it before anybody can call.
}
