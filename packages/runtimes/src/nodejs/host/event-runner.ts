import type { EventData, HandleOptions } from '@pelton/core'
import type { Handler } from '@pelton/sdk'
import type { Answer, Contexts } from '@pelton/sdk/host'
import type { HandlingHost } from './handling.ts'
import type { HandlerHost } from './host-spec.ts'
import type { OpenEvents } from './open-events.ts'
import { type OutcomeParts, Outcomes } from './outcomes.ts'
import type { EventViews } from './handler-sides.ts'
import { createScopedEvent } from './scoped-event.ts'
import { SingleEvent } from './single-event.ts'
import { thrownFacts } from './thrown-facts.ts'
import { watchForgotten } from './watch-forgotten.ts'

/** What events are handled with. */
export interface RunnerParts<H> extends OutcomeParts {
  open: OpenEvents
  contexts: Contexts
  handler: H
  views?: EventViews | undefined
}

/** Handles events with a loaded handler, one in a call. Whatever the handler does becomes an outcome. */
export function createEventRunner(parts: RunnerParts<Handler>): HandlerHost {
  const runner = new EventRunner(parts)
  return {
    handle: (event, options) => runner.handle(event, options),
    running: () => runner.outcomes.running,
    idle: () => runner.outcomes.idle(),
  }
}

class EventRunner {
  readonly outcomes: Outcomes
  readonly #parts: RunnerParts<Handler>
  readonly #host: HandlingHost<SingleEvent>
  readonly #run = (open: SingleEvent): void => this.#begin(open)

  constructor(parts: RunnerParts<Handler>) {
    this.outcomes = new Outcomes(parts)
    this.#parts = parts
    this.#host = {
      log: parts.log,
      compat: parts.spec.compat,
      now: () => parts.clock.now(),
      answered: (open, answer) => this.#answered(open, answer),
      failedLate: (open, error) => parts.log.take(open, 'error', 'handler_failed_after_answer', thrownFacts(error)),
      left: (open) => watchForgotten(open, open.outcome, parts),
    }
  }

  handle(data: EventData, options?: HandleOptions): SingleEvent {
    const open = new SingleEvent(data, options, this.#host)
    this.#parts.open.add(open)
    this.outcomes.running += 1
    this.#parts.store.run(open, this.#run, open)
    return open
  }

  #begin(open: SingleEvent): void {
    const { contexts, handler } = this.#parts
    open.settlement.run(() => handler(contexts.forEvent(open), createScopedEvent(open, this.#parts)))
  }

  #answered(open: SingleEvent, answer: Answer): void {
    this.#parts.open.delete(open)
    if (answer.by !== 'throw') return this.outcomes.answer(open, answer.value, answer.by)
    this.#parts.log.take(open, 'error', 'handler_failed', thrownFacts(answer.error))
    this.outcomes.fail(open, answer.error)
  }
}
