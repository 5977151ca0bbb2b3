import type { Clock } from './clock.ts'
import type { Bytes, FieldMap, Response } from './event.ts'
import type { PeltonLogger } from './log.ts'
import type { PeltonError } from './pelton-error.ts'
import type { Compat } from './runtime.ts'
import type { Series, Shared } from './trigger.ts'

/** One answer on its way to a sink, with what is known of its event: not the event's body. */
export interface SinkItem {
  /** Whole: a streamed body has been gathered. The bytes are everybody's, so nobody changes them. */
  response: Omit<Response, 'body'> & { body: Bytes }
  eventId: string
  /** The event's. */
  fields: FieldMap
  /** When the event happened. */
  timestamp: Date
}

/**
 * Where responses go besides the caller. The processor feeds it from a bounded queue, at most `concurrency` writes at a
 * time, and opens it again, with back-off, after a loss: what a sink has not taken by then is written again.
 */
export interface Sink {
  /** Writes that may be under way at a time; absent: 1, which keeps the order. */
  readonly concurrency?: number
  /** It shows what is now, at its own pace: a stop waits for it a second at most, and what it has not taken by then is no failure. */
  readonly isLive?: boolean
  /**
   * Connects, or binds its listener; rejects when it cannot, and then holds nothing. An error with `retryable: false`
   * stops the start. Later, `lost` is called once when the target has gone; then the sink holds nothing either.
   */
  open(lost: (error: PeltonError) => void): Promise<void>
  /**
   * Resolves when the item is taken and there is room for the next: this promise is the back-pressure.
   * Rejects when the item cannot be delivered: it is given up, unless `lost` was called before, then it is written again.
   * It settles at the latest when the target is lost or the sink is closed.
   */
  write(item: SinkItem): Promise<void>
  /** Delivers what it has taken, gives up the rest at `deadlineMs`, and lets go of everything. Harmless when it is not open. */
  close(deadlineMs: number): Promise<void>
}

/** One configured sink, decoded. */
export interface SinkSettings<Attributes = Record<string, unknown>> {
  /** Its own among the sinks of its trigger. */
  name: string
  /** Name of the trigger whose answers it is given. */
  trigger: string
  kind: string
  attributes: Attributes
  compat: Compat
  /** Absolute folder of the function: relative paths in attributes start there. */
  folder: string
  logger: PeltonLogger
  clock: Clock
  /** Counts one attempt more for an item. */
  retried: () => void
  /** Reports where a sink that listens can be reached, for the start screen and `/triggers`. */
  reachable: (url: string) => void
  /** Adds to `/metrics` what `collect` gives at each scrape; the processor labels it with the sink as well. */
  series: (collect: () => readonly Series[]) => void
  /** The one instance that this processor's kinds share, such as the listeners by port; made on first use. */
  shared: <T>(token: Shared<T>) => T
}

/** Makes a sink from its settings; it does nothing before `open`. */
export type CreateSink<Attributes> = (settings: SinkSettings<Attributes>) => Sink
