import { type Clock, type DispatchOptions, type EventData, type Outcome, PeltonError, type Task } from '@pelton/core'
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
  rules: DispatchRules
}

/** What the configuration says about waiting and time. */
export interface DispatchRules {
  /** How long an event waits for a worker, in milliseconds. */
  workerWaitMs: number
  /** `spec.eventTimeout`; absent: no limit. */
  deadline?: DeadlineRules | undefined
}

type Source = EventData | (() => EventData | undefined)

interface Given {
  source: Source
  options: DispatchOptions
  attempt: number
}

/** How often an event is handed out anew when workers die before they begin it. */
const mostAttempts = 3

/** Hands the events of one trigger to workers. `dispatch` never throws and never rejects. */
export class Dispatcher {
  readonly parts: DispatcherParts

  constructor(parts: DispatcherParts) {
    this.parts = parts
  }

  /** Hands out to other workers from now on; who waits for the former ones goes along when these are stopped. */
  use(allocator: Allocator, rules: DispatchRules): void {
    this.parts.allocator = allocator
    this.parts.rules = rules
  }

  /** See `TriggerContext.dispatch`. */
  dispatch(source: Source, options: DispatchOptions = {}): Promise<Outcome> {
    return this.#attempt({ source, options, attempt: 1 })
  }

  #attempt(given: Given): Promise<Outcome> {
    const { allocator, metrics } = this.parts
    metrics.add('allocations')
    metrics.add('freePercentageSum', allocator.freePercentage)
    const seat = allocator.take(given.options.key)
    if (!seat) return this.#wait(given)
    metrics.add('allocatedAtOnce')
    metrics.observeWait(0)
    return this.#handle(given, seat, allocator)
  }

  #wait(given: Given): Promise<Outcome> {
    const { allocator, clock, metrics, rules } = this.parts
    const { source, options } = given
    const waitMs = options.deadlineMs ?? rules.workerWaitMs
    const since = clock.now()
    const bytes = typeof source === 'function' ? 0 : source.body.byteLength
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
        resolve(swapped ? this.#attempt(given) : this.#refuse(why, waitMs))
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

  #handle(given: Given, seat: Seat, allocator: Allocator): Promise<Outcome> {
    const { trigger, clock, rules } = this.parts
    const event = this.#eventOf(given.source)
    if (event instanceof PeltonError) {
      allocator.release(seat)
      return Promise.resolve({ status: 'failed', error: event })
    }
    const { options } = given
    const since = clock.now()
    const release = (): void => allocator.release(seat)
    const settle = (outcome: Outcome, task: Task): Outcome | Promise<Outcome> => {
      const again = this.#again(outcome, task, event, given)
      if (again) return again
      this.#count(outcome, seat.index, since)
      return outcome
    }
    if (rules.deadline) {
      const guarded = { seat, event, options, trigger, clock, rules: rules.deadline }
      const { outcome, task } = handleWithin(guarded, release)
      return outcome.then((result) => settle(result, task))
    }
    const task = seat.worker.handle(event, options)
    return task.outcome.then((outcome) => {
      releaseAfter(outcome, release)
      return settle(outcome, task)
    })
  }

  #eventOf(source: Source): EventData | PeltonError {
    if (typeof source !== 'function') return source
    const { trigger } = this.parts
    try {
      return source() ?? errors.event_withdrawn({ trigger })
    } catch (cause) {
      return errors.dispatch_failed({ trigger, reason: 'the trigger could not make the event' }, cause)
    }
  }

  /** An event that its dead worker never began goes to another one: nobody has seen it yet. */
  #again(outcome: Outcome, task: Task, event: EventData, given: Given): Promise<Outcome> | undefined {
    const { options, attempt } = given
    if (outcome.status === 'handled' || outcome.error.code !== 'worker_lost') return undefined
    if (task.begunAt() !== undefined || attempt >= mostAttempts || options.signal?.aborted) return undefined
    return this.#attempt({ source: event, options, attempt: attempt + 1 })
  }

  #count(outcome: Outcome, worker: number, since: number): void {
    const metrics = this.parts.workerMetrics(worker)
    if (outcome.status === 'failed' && outcome.error.code === 'event_timeout') metrics.add('eventTimeouts')
    metrics.add(outcome.status === 'handled' ? 'handledSuccess' : 'handledFailure')
    metrics.observeDuration(this.parts.clock.now() - since)
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
