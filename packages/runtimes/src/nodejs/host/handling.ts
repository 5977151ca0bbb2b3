import type { Compat, EventData } from '@pelton/core'
import type { Answer, ContextEvent, Settlement } from '@pelton/sdk/host'
import type { LoggedEvent, WorkerLog } from './worker-log.ts'

/** What running code belongs to: one event, or a batch that the handler was given in one call. */
export interface Handling extends LoggedEvent, ContextEvent {
  /** Undefined for several events. */
  readonly data: EventData | undefined
  /** Decides when it is answered; the events of a batch share one. */
  readonly settlement: Settlement
}

/** What an event or a batch needs of its worker. */
export interface HandlingHost<H extends Handling> {
  log: WorkerLog
  compat: Compat
  now(): number
  answered(handling: H, answer: Answer): void
  failedLate(handling: H, error: unknown): void
  left(handling: H): void
}
