import { type DispatchOptions, type Outcome, PeltonError, type Task } from '@pelton/core'
import type { AheadEvent } from '../allocation/ahead-queue.ts'
import type { Allocator, Refusal } from '../allocation/allocator.ts'
import type { Seat } from '../allocation/seat.ts'
import { BatchDispatcher } from './batch-dispatcher.ts'
import { countOutcome } from './count-outcome.ts'
import type { DispatcherParts, DispatchRules } from './dispatch-parts.ts'
import { type DeadlineRules, handleWithin } from './event-deadline.ts'
import {
  type EventSource,
  type GivenEvent,
  giveEvent,
  hasLeft,
  heldBytes,
  isUnbegun,
  leaving,
  mayGoAgain,
  takeEvent,
} from './given-event.ts'
import { isStreaming } from './outcome.ts'
import { refuse } from './refusal.ts'

/** An event that a worker holds. */
interface SentEvent {
  readonly given: GivenEvent
  readonly seat: Seat
  readonly allocator: Allocator
  readonly task: Task
  readonly since: number
  /** Set when it was sent ahead. */
  ahead: AheadEvent | undefined
}

/** For events that may be revoked where there is no `spec.eventTimeout`. */
const noDeadline: DeadlineRules = { timeoutMs: Infinity, workerTerminationMs: 10_000 }

/** In a batch, which is handled as one, an event that is revoked is as one whose caller has left. */
function withRevoke(given: GivenEvent): GivenEvent {
  const signal = leaving(given.options)
  return signal && given.options.revoke ? { ...given, options: { ...given.options, signal } } : given
}

/** Hands the events of one trigger to workers. `dispatch` never throws and never rejects. */
export class Dispatcher {
  readonly parts: DispatcherParts
  readonly #batches: BatchDispatcher

  constructor(parts: DispatcherParts) {
    this.parts = parts
    this.#batches = new BatchDispatcher(parts, (given) => this.#attempt(given))
  }

  /** Events that wait for a worker: in batches this trigger's, else all of the pool's. */
  get waiting(): number {
    return this.parts.rules.batch ? this.#batches.waiting : this.parts.allocator.waiting
  }

  /** Events that workers hold: in batches this trigger's, else all of the pool's. */
  get inFlight(): number {
    return this.parts.rules.batch ? this.#batches.inFlight : this.parts.allocator.inFlight
  }

  /** Hands out to other workers from now on; who waits for the former ones goes along when these are stopped. */
  use(allocator: Allocator, rules: DispatchRules): void {
    this.parts.allocator = allocator
    this.parts.rules = rules
    this.#batches.regather()
  }

  /** Keeps no event back any more to fill a batch. */
  drain(): void {
    this.#batches.drain()
  }

  /** See `TriggerContext.dispatch`. */
  dispatch(source: EventSource, options: DispatchOptions = {}): Promise<Outcome> {
    return this.#attempt(giveEvent(source, options))
  }

  #attempt(given: GivenEvent): Promise<Outcome> {
    const { allocator, metrics, rules } = this.parts
    if (rules.batch) return this.#batches.add(withRevoke(given))
    const { key, deadlineMs = rules.workerWaitMs } = given.options
    // What makes its event when a worker is free must not do so before.
    const mayGoAhead = deadlineMs > 0 && typeof given.source !== 'function'
    if (given.order === 0) given.order = allocator.nextOrder()
    metrics.add('allocations')
    metrics.add('freePercentageSum', allocator.freePercentage)
    const seat = allocator.take(key, mayGoAhead)
    if (!seat) return this.#wait(given, deadlineMs, mayGoAhead)
    metrics.add('allocatedAtOnce')
    metrics.observeWait(0)
    return this.#handle(given, seat, allocator)
  }

  #wait(given: GivenEvent, longestMs: number, mayGoAhead: boolean): Promise<Outcome> {
    const { allocator, clock, metrics } = this.parts
    const { source, order, options } = given
    const since = clock.now()
    given.until ??= since + longestMs
    const waitMs = given.until - since
    const bytes = heldBytes(source)
    return new Promise((resolve) => {
      const seated = (seat: Seat): void => {
        const waited = clock.now() - since
        metrics.add('allocatedAfterWait')
        metrics.add('waitMsSum', waited)
        metrics.observeWait(waited)
        resolve(this.#handle(given, seat, allocator))
      }
      const refused = (why: Refusal): void => {
        const swapped = why === 'stopped' && this.parts.allocator !== allocator
        // Orders of different allocators cannot be compared.
        if (swapped) given.order = 0
        resolve(swapped ? this.#attempt(given) : this.#refuse(given, why, longestMs))
      }
      const { key } = options
      const signal = leaving(options)
      allocator.wait({ waitMs, key, signal, bytes, order, mayGoAhead }, seated, refused)
    })
  }

  #handle(given: GivenEvent, seat: Seat, allocator: Allocator): Promise<Outcome> {
    const { trigger, clock, rules } = this.parts
    const event = takeEvent(given, trigger)
    if (event instanceof PeltonError) {
      allocator.release(seat)
      return Promise.resolve({ status: 'failed', error: event })
    }
    const { options } = given
    const since = clock.now()
    if (options.times) options.times.sentAt = since
    if (rules.deadline || options.revoke) {
      const guarded = { seat, event, options, trigger, clock, rules: rules.deadline ?? noDeadline }
      const { outcome, task } = handleWithin(guarded, () => this.#release(sent))
      const sent = this.#noteSent({ given, seat, allocator, task, since, ahead: undefined })
      return outcome.then((result) => this.#settle(sent, result))
    }
    const task = seat.worker.handle(event, options)
    const sent = this.#noteSent({ given, seat, allocator, task, since, ahead: undefined })
    return task.outcome.then((outcome) => {
      if (isStreaming(outcome)) {
        const release = (): void => this.#release(sent)
        outcome.finished.then(release, release)
      } else if (!isUnbegun(outcome, task)) this.#release(sent)
      return this.#settle(sent, outcome)
    })
  }

  #refuse({ options }: GivenEvent, why: Refusal, waitedMs: number): Outcome {
    return refuse(this.parts, why === 'left' && options.revoke?.aborted ? 'revoked' : why, waitedMs)
  }

  #noteSent(sent: SentEvent): SentEvent {
    const { given, seat, task, since } = sent
    if (!seat.ahead) return sent
    if (seat.taken > seat.capacity) {
      const { deadlineMs = this.parts.rules.workerWaitMs } = given.options
      given.until ??= since + deadlineMs
      sent.ahead = { task, until: given.until, signal: leaving(given.options), since }
      seat.ahead.add(sent.ahead)
    } else if (seat.taken === 1) seat.ahead.begin(since)
    return sent
  }

  #release({ seat, allocator, task }: SentEvent): void {
    seat.ahead?.end(task, this.parts.clock.now())
    allocator.release(seat)
  }

  #settle(sent: SentEvent, outcome: Outcome): Outcome | Promise<Outcome> {
    const { seat, allocator, task, ahead, since } = sent
    if (isUnbegun(outcome, task)) {
      const next = this.#again(sent, outcome)
      // Only now: it has a place elsewhere or its turn in the line, before anybody is given this one.
      seat.ahead?.giveBack(task)
      allocator.release(seat)
      if (next) return next
    }
    const durationMs = this.parts.clock.now() - (ahead?.since ?? since)
    countOutcome(this.parts.workerMetrics(seat.index), outcome, durationMs)
    return outcome
  }

  /** An event that its worker never began goes to another one; undefined when it has failed for good. */
  #again({ given, allocator }: SentEvent, outcome: Outcome): Promise<Outcome> | undefined {
    if (!mayGoAgain(given, outcome)) return undefined
    if (hasLeft(given.options)) return Promise.resolve(this.#refuse(given, 'left', 0))
    if (this.parts.allocator !== allocator) given.order = 0
    return this.#attempt(given)
  }
}
