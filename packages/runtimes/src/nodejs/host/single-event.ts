import type { Compat, EventData, HandleOptions } from '@pelton/core'
import { type Answer, Settlement, type SettlementOptions } from '@pelton/sdk/host'
import type { HandlingHost } from './handling.ts'
import { OpenEvent } from './open-event.ts'

/** An event that the handler is given alone. */
export class SingleEvent extends OpenEvent implements SettlementOptions {
  readonly settlement: Settlement
  readonly #host: HandlingHost<SingleEvent>

  constructor(data: EventData, options: HandleOptions | undefined, host: HandlingHost<SingleEvent>) {
    super(data, options, host)
    this.#host = host
    this.settlement = new Settlement(this)
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
}
