import type { EventData, HandleOptions, LogCapture } from '@pelton/core'
import type { Logger } from '@pelton/sdk'
import { Settlement, createHandlerLogger } from '@pelton/sdk/host'
import type { Handling, HandlingHost } from './handling.ts'
import { OpenEvent } from './open-event.ts'
import { severalEvents } from './several-events.ts'
import type { LoggedEvent } from './worker-log.ts'

/** Events of one trigger that the handler is given in one call. A batch of one is logged as that event, others as none. */
export class OpenBatch implements Handling {
  readonly events: readonly OpenEvent[]
  readonly data: EventData | undefined
  readonly settlement: Settlement
  readonly logger: Logger
  readonly #logged: LoggedEvent

  constructor(
    events: readonly EventData[],
    options: readonly (HandleOptions | undefined)[],
    host: HandlingHost<OpenBatch>,
  ) {
    this.settlement = new Settlement({
      compat: host.compat,
      answered: (answer) => host.answered(this, answer),
      failedLate: (error) => host.failedLate(this, error),
      left: () => host.left(this),
    })
    this.events = events.map((data, at) => new BatchEvent(data, options[at], host, this.settlement))
    this.#logged = severalEvents(this.events)
    this.data = events.length === 1 ? events[0] : undefined
    this.logger = createHandlerLogger((level, message, facts) => host.log.take(this, level, message, facts))
  }

  get triggerName(): string | undefined {
    return this.#logged.triggerName
  }

  get capture(): LogCapture | undefined {
    return this.#logged.capture
  }

  /** What `context.callback` calls. */
  callback(value: unknown): void {
    this.settlement.callback(value)
  }
}

class BatchEvent extends OpenEvent {
  readonly settlement: Settlement

  constructor(
    data: EventData,
    options: HandleOptions | undefined,
    host: HandlingHost<OpenBatch>,
    settlement: Settlement,
  ) {
    super(data, options, host)
    this.settlement = settlement
  }
}
