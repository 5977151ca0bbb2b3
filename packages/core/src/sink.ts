import type { FieldMap, Response } from './event.ts'
import type { PeltonLogger } from './log.ts'
import type { Compat } from './runtime.ts'

/** One answer on its way to a sink, with what is known of its event: not the event's body. */
export interface SinkItem {
  /** A streamed body is the sink's: it is read to its end or left by `return()`. */
  response: Response
  eventId: string
  /** The event's. */
  fields: FieldMap
  /** When the event happened. */
  timestamp: Date
}

/** Where responses go besides the caller. The processor feeds it, one `write` at a time, and opens it again after a loss. */
export interface Sink {
  /** Connects, or binds its listener; rejects when it cannot, and then holds nothing. */
  open(): Promise<void>
  /**
   * Resolves when the item is taken and there is room for the next: this promise is the back-pressure.
   * Rejects when the item cannot be delivered; it settles at the latest when the target is lost or the sink is closed.
   */
  write(item: SinkItem): Promise<void>
  /** Delivers what it has taken, gives up the rest at `deadlineMs`, and lets go of everything. Harmless when it is not open. */
  close(deadlineMs: number): Promise<void>
}

/** One configured sink, decoded. */
export interface SinkSettings<Attributes = Record<string, unknown>> {
  name: string
  kind: string
  attributes: Attributes
  compat: Compat
  /** Absolute folder of the function: relative paths in attributes start there. */
  folder: string
  logger: PeltonLogger
}

/** Makes a sink from its settings; it does nothing before `open`. */
export type CreateSink<Attributes> = (settings: SinkSettings<Attributes>) => Sink
