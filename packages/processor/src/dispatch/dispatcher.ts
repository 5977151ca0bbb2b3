import type { Clock, DispatchOptions, EventData, Outcome } from '@pelton/core'
import type { Allocator, Refusal } from '../allocation/allocator.ts'
import type { Seat } from '../allocation/seat.ts'
import { errors } from '../errors.ts'
import type { MetricsRegion } from '../metrics/metrics-region.ts'
import { type DeadlineRules, handleWithin } from './event-deadline.ts'
import { releaseAfter } from './outcome.ts'

/** What one trigger's events go through on their way to a worker. */
export interface DispatcherParts {
  trigger: string
  allocator: Allocator
  clock: Clock
  /** The trigger's own counters: waiting for workers, and what no worker saw. */
  metrics: MetricsRegion
  /** Its counters for the worker of this index. */
  workerMetrics: (index: number) => MetricsRegion
  /** How long an event waits for a worker, in milliseconds. */
  workerWaitMs: number
  /** `spec.eventTimeout`; absent: no limit. */
  deadline?: DeadlineRules | undefined
}

type Source = EventData | (() => EventData | undefined)

/** How often an event is handed out anew when workers die before they begin it. */
const mostAttempts = 3

/** Hands the events of one trigger to workers. `dispatch` never throws and never rejects. */
export class Dispatcher {
  readonly parts: DispatcherParts

  constructor(parts: DispatcherParts) {
    this.parts = parts
  }

  /** Hands out to other workers from now on; who waits for the former ones goes along when these are stopped. */
  use(allocator: Allocator): void {
    this.parts.allocator = allocator
  }

  /** See `TriggerContext.dispatch`. */
  dispatch(source: Source, options: DispatchOptions = {}): Promise<Outcome> {
    return this.#attempt(source, options, 1)
  }

  #attempt(source: Source, options: DispatchOptions, attempt: number): Promise<Outcome> {
    const { allocator, metrics } = this.parts
    metrics.add('allocations')
    metrics.add('freePercentageSum', allocator.freePercentage)
    const seat = allocator.take(options.key)
    if (!seat) return this.#wait(source, options, attempt)
    metrics.add('allocatedAtOnce')
    metrics.observeWait(0)
    return this.#handle(seat, allocator, source, options, attempt)
  }

  #wait(source: Source, options: DispatchOptions, attempt: number): Promise<Outcome> {
    const { allocator, clock, metrics, workerWaitMs } = this.parts
    const waitMs = options.deadlineMs ?? workerWaitMs
    const since = clock.now()
    const bytes = typeof source === 'function' ? 0 : source.body.byteLength
    return new Promise((resolve) => {
      const seated = (seat: Seat): void => {
        const waited = clock.now() - since
        metrics.add('allocatedAfterWait')
        metrics.add('waitMsSum', waited)
        metrics.observeWait(waited)
        resolve(this.#handle(seat, allocator, source, options, attempt))
      }
      const refused = (why: Refusal): void => {
        const swapped = why === 'stopped' && this.parts.allocator !== allocator
        resolve(swapped ? this.#attempt(source, options, attempt) : this.#refuse(why, waitMs))
      }
      allocator.wait({ waitMs, key: options.key, signal: options.signal, bytes }, seated, refused)
    })
  }

  #refuse(why: Refusal, waitedMs: number): Outcome {
    const { trigger, metrics } = this.parts
    metrics.add('handledFailure')
    if (why === 'timeout') metrics.add('allocationTimeouts')
    return { status: 'failed', error: refusal(why, trigger, waitedMs) }
  }

  #handle(
    seat: Seat,
    allocator: Allocator,
    source: Source,
    options: DispatchOptions,
    attempt: number,
  ): Promise<Outcome> {
    const { trigger, clock, deadline } = this.parts
    let event: EventData | undefined
    try {
      event = typeof source === 'function' ? source() : source
    } catch (cause) {
      allocator.release(seat)
      const error = errors.dispatch_failed({ trigger, reason: 'the trigger could not make the event' }, cause)
      return Promise.resolve({ status: 'failed', error })
    }
    if (!event) {
      allocator.release(seat)
      return Promise.resolve({ status: 'failed', error: errors.event_withdrawn({ trigger }) })
    }
    const since = clock.now()
    const release = (): void => allocator.release(seat)
    if (deadline) {
      const { outcome, lost } = handleWithin({ seat, event, options, trigger, clock, rules: deadline }, release)
      return outcome.then((result) =>
        this.#settle(result, seat, since, lost, () => this.#again(event, options, attempt)),
      )
    }
    const task = seat.worker.handle(event, options)
    return task.outcome.then((outcome) => {
      releaseAfter(outcome, release)
      const lost = (): boolean => task.begunAt() === undefined
      return this.#settle(outcome, seat, since, lost, () => this.#again(event, options, attempt))
    })
  }

  #settle(
    outcome: Outcome,
    seat: Seat,
    since: number,
    notBegun: () => boolean,
    again: () => Promise<Outcome> | undefined,
  ): Outcome | Promise<Outcome> {
    if (outcome.status === 'failed') {
      const next = outcome.error.code === 'worker_lost' && notBegun() ? again() : undefined
      if (next) return next
    }
    const metrics = this.parts.workerMetrics(seat.index)
    if (outcome.status === 'failed' && outcome.error.code === 'event_timeout') metrics.add('eventTimeouts')
    metrics.add(outcome.status === 'handled' ? 'handledSuccess' : 'handledFailure')
    metrics.observeDuration(this.parts.clock.now() - since)
    return outcome
  }

  /** An event that its worker never began goes to another one: nobody has seen it yet. */
  #again(event: EventData, options: DispatchOptions, attempt: number): Promise<Outcome> | undefined {
    if (attempt >= mostAttempts || options.signal?.aborted) return undefined
    return this.#attempt(event, options, attempt + 1)
  }
}

function refusal(why: Refusal, trigger: string, waitedMs: number): ReturnType<typeof errors.no_worker> {
  switch (why) {
    case 'timeout':
      return errors.no_worker({ trigger, waitedMs })
    case 'left':
      return errors.caller_left({ trigger })
    case 'stopped':
      return errors.workers_stopped({ trigger })
    case 'full':
      return errors.too_many_waiting({ trigger, limit: 'as many events or bytes as may wait' })
  }
}
