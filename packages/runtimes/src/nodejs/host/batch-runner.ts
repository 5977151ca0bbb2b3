import type { EventData, HandleOptions, LogLevel, Task } from '@pelton/core'
import type { BatchHandler } from '@pelton/sdk'
import { type Answer, type AnswerWay, type BatchResults, pairResults, settleResults } from '@pelton/sdk/host'
import { errors } from '../../errors.ts'
import type { RunnerParts } from './event-runner.ts'
import type { HandlingHost } from './handling.ts'
import type { HandlerHost } from './host-spec.ts'
import { OpenBatch } from './open-batch.ts'
import type { OpenEvent } from './open-event.ts'
import { Outcomes } from './outcomes.ts'
import { createScopedEvent } from './scoped-event.ts'
import { severalEvents } from './several-events.ts'
import { thrownFacts } from './thrown-facts.ts'
import { watchForgotten } from './watch-forgotten.ts'

/** Ids in one log record: no list in a record is longer. */
const idsPerRecord = 100

/** Handles batches with a loaded handler, each in one call; an event that comes alone is a batch of one. */
export function createBatchRunner(parts: RunnerParts<BatchHandler>): HandlerHost {
  const runner = new BatchRunner(parts)
  return {
    handle: (event, options) => runner.handle([event], [options])[0] as Task,
    handleBatch: (events, options) => [...runner.handle(events, options)],
    running: () => runner.outcomes.running,
    idle: () => runner.outcomes.idle(),
  }
}

class BatchRunner {
  readonly outcomes: Outcomes
  readonly #parts: RunnerParts<BatchHandler>
  readonly #host: HandlingHost<OpenBatch>

  constructor(parts: RunnerParts<BatchHandler>) {
    this.outcomes = new Outcomes(parts)
    this.#parts = parts
    this.#host = {
      log: parts.log,
      compat: parts.spec.compat,
      now: () => parts.clock.now(),
      answered: (batch, answer) => this.#answered(batch, answer),
      failedLate: (batch, error) =>
        this.#logOf(batch.events, 'error', 'handler_failed_after_answer', thrownFacts(error)),
      left: (batch) => watchForgotten(batch, batch.events[0]?.outcome, parts),
    }
  }

  handle(events: readonly EventData[], options: readonly (HandleOptions | undefined)[]): readonly OpenEvent[] {
    if (events.length === 0) return []
    const batch = new OpenBatch(events, options, this.#host)
    this.#parts.open.add(batch)
    this.outcomes.running += events.length
    this.#parts.store.run(batch, () => this.#begin(batch))
    return batch.events
  }

  #begin(batch: OpenBatch): void {
    const { contexts, handler } = this.#parts
    batch.settlement.run(() => {
      const events = batch.events.map((open) => createScopedEvent(open, this.#parts))
      return settleResults(handler(contexts.forEvent(batch), events))
    })
  }

  #answered(batch: OpenBatch, answer: Answer): void {
    const { events } = batch
    this.#parts.open.delete(batch)
    if (answer.by === 'throw') return this.#failed(events, answer.error)
    const facts = events.map(({ data }) => data)
    const paired = pairResults(answer.value, facts, this.#parts.spec.compat)
    if ('failure' in paired) return this.#unreadable(events, paired.failure)
    if (paired.dropped.length > 0) {
      this.#parts.log.take(batch, 'warn', 'results_dropped', { count: paired.dropped.length, why: paired.dropped })
    }
    this.#answerEach(events, paired.results, answer.by)
  }

  #answerEach(events: readonly OpenEvent[], results: BatchResults['results'], way: AnswerWay): void {
    const leftOut: OpenEvent[] = []
    for (const [at, open] of events.entries()) {
      const result = results[at]
      if (result === undefined) leftOut.push(open)
      else if ('error' in result) this.#failed([open], result.error)
      else this.outcomes.answer(open, result.value, way)
    }
    if (leftOut.length > 0) this.#withoutResult(leftOut)
  }

  #failed(events: readonly OpenEvent[], error: unknown): void {
    this.#logOf(events, 'error', 'handler_failed', thrownFacts(error))
    for (const open of events) this.outcomes.fail(open, error)
  }

  #unreadable(events: readonly OpenEvent[], reason: string): void {
    this.#logOf(events, 'error', 'result_unreadable', { reason })
    for (const open of events)
      this.outcomes.end(open, { status: 'failed', error: errors.result_unreadable({ reason }) })
  }

  #withoutResult(events: readonly OpenEvent[]): void {
    const isNuclio = this.#parts.spec.compat !== 'none'
    this.#logOf(events, isNuclio ? 'warn' : 'error', 'result_missing', {})
    for (const open of events) {
      if (isNuclio) this.outcomes.answerNothing(open)
      else this.outcomes.end(open, { status: 'failed', error: errors.result_missing({ eventId: open.data.id }) })
    }
  }

  /** Logs what became of events, so that each is found by the id that its caller was told. */
  #logOf(events: readonly OpenEvent[], level: LogLevel, message: string, facts: Record<string, unknown>): void {
    for (let at = 0; at < events.length; at += idsPerRecord) {
      const some = events.slice(at, at + idsPerRecord)
      const ids = events.length === 1 ? {} : { event_ids: some.map(({ data }) => data.id) }
      this.#parts.log.take(severalEvents(some), level, message, { ...facts, ...ids })
    }
  }
}
