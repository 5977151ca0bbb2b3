import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock, Outcome, Response } from '@pelton/core'
import { type AnswerWay, type Reading, readResult, reasonOf } from '@pelton/sdk/host'
import { errors } from '../../errors.ts'
import { followStream } from './body-stream.ts'
import type { Handling } from './handling.ts'
import type { HostSpec } from './host-spec.ts'
import type { OpenEvent } from './open-event.ts'
import { ownChunk, ownResponse } from './own-bytes.ts'
import { thrownFacts } from './thrown-facts.ts'
import type { WorkerLog } from './worker-log.ts'

/** What outcomes are given with. */
export interface OutcomeParts {
  spec: Pick<HostSpec, 'compat' | 'exposeErrors' | 'eventMembers' | 'resident'>
  log: WorkerLog
  clock: Clock
  store: AsyncLocalStorage<Handling>
}

const over = Promise.resolve()

/** Gives the events of a worker their outcomes, and knows how many have none or are still streaming. */
export class Outcomes {
  running = 0
  readonly #parts: OutcomeParts
  #waiting: (() => void)[] = []

  constructor(parts: OutcomeParts) {
    this.#parts = parts
  }

  /** Resolves as soon as nothing runs. */
  idle(): Promise<void> {
    if (this.running === 0) return over
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Answers an event with a result of the handler; one that cannot be sent fails it. */
  answer(open: OpenEvent, value: unknown, way: AnswerWay): void {
    const reading = readResult(value, this.#parts.spec.compat, way)
    if (reading instanceof Promise) void reading.then((read) => this.#read(open, read))
    else this.#read(open, reading)
  }

  /** Fails an event with what the handler threw; saying so in the log is the caller's part. */
  fail(open: OpenEvent, error: unknown): void {
    const text = this.#parts.spec.exposeErrors ? reasonOf(error) || 'the handler failed' : 'the handler failed'
    this.end(open, { status: 'failed', error: errors.handler_failed({ text }, error) })
  }

  /** Gives an event an outcome with nothing to follow. */
  end(open: OpenEvent, outcome: Outcome): void {
    open.resolve(outcome)
    this.#settled()
  }

  /** An empty 200 without a content type. */
  answerNothing(open: OpenEvent): void {
    this.#respond(open, { status: 200, headers: [], contentType: '', body: undefined })
  }

  #read(open: OpenEvent, reading: Reading): void {
    if ('response' in reading) return this.#respond(open, reading.response)
    this.#parts.log.take(open, 'error', 'result_unreadable', { reason: reading.failure })
    this.end(open, { status: 'failed', error: errors.result_unreadable({ reason: reading.failure }) })
  }

  #respond(open: OpenEvent, response: Response): void {
    const { body } = response
    if (body === undefined || ArrayBuffer.isView(body)) {
      const own = this.#parts.spec.resident ? ownResponse(response, open.data) : response
      return this.end(open, { status: 'handled', response: own, finished: over })
    }
    const stream = followStream(body, {
      ...(this.#parts.spec.resident ? { own: ownChunk } : {}),
      signal: open.signal,
      clock: this.#parts.clock,
      inside: (call) => this.#parts.store.run(open, call),
      broken: (cause) => this.#streamBroke(open, cause),
      left: () => errors.stream_left({ eventId: open.data.id }),
    })
    const settled = (): void => this.#settled()
    stream.finished.then(settled, settled)
    open.resolve({ status: 'handled', response: { ...response, body: stream.body }, finished: stream.finished })
  }

  #streamBroke(open: OpenEvent, cause: unknown): Error {
    this.#parts.log.take(open, 'error', 'stream_broken', thrownFacts(cause))
    return errors.stream_broken({ reason: reasonOf(cause) }, cause)
  }

  #settled(): void {
    this.running -= 1
    if (this.running > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
