import type { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, type EventData, type HandleOptions, type Outcome, type Response } from '@pelton/core'
import type { Handler } from '@pelton/sdk'
import { type Answer, type Contexts, type Reading, createEvent, readResult, reasonOf } from '@pelton/sdk/host'
import { errors } from '../../errors.ts'
import { followStream } from './body-stream.ts'
import type { HandlerHost, HostSpec } from './host-spec.ts'
import { OpenEvent, type OpenEventHost } from './open-event.ts'
import type { OpenEvents } from './open-events.ts'
import type { WorkerLog } from './worker-log.ts'

/** What events are handled with. */
export interface EventRunnerParts {
  spec: HostSpec
  log: WorkerLog
  clock: Clock
  store: AsyncLocalStorage<OpenEvent>
  open: OpenEvents
  contexts: Contexts
  handler: Handler
}

/** How long a nuclio handler may have returned without an answer before the log says so. */
const forgottenAfterMs = 10_000
const over = Promise.resolve()

/** Handles events with a loaded handler. Whatever the handler does becomes an outcome. */
export function createEventRunner(parts: EventRunnerParts): HandlerHost {
  const runner = new EventRunner(parts)
  return {
    handle: (event, options) => runner.handle(event, options),
    running: () => runner.running,
    idle: () => runner.idle(),
  }
}

class EventRunner {
  running = 0
  readonly #parts: EventRunnerParts
  readonly #host: OpenEventHost
  readonly #open: OpenEvents
  readonly #run = (open: OpenEvent): void => this.#begin(open)
  #waiting: (() => void)[] = []

  constructor(parts: EventRunnerParts) {
    this.#parts = parts
    this.#open = parts.open
    this.#host = {
      log: parts.log,
      compat: parts.spec.compat,
      now: () => parts.clock.now(),
      answered: (open, answer) => this.#answered(open, answer),
      failedLate: (open, error) => this.#logFailure(open, 'handler_failed_after_answer', error),
      left: (open) => this.#watchForgotten(open),
    }
  }

  handle(data: EventData, options?: HandleOptions): OpenEvent {
    const open = new OpenEvent(data, options, this.#host)
    this.#open.add(open)
    this.running += 1
    this.#parts.store.run(open, this.#run, open)
    return open
  }

  idle(): Promise<void> {
    if (this.running === 0) return over
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #begin(open: OpenEvent): void {
    const { contexts, handler, spec } = this.#parts
    open.settlement.run(() => {
      const event = createEvent(open.data, { compat: spec.compat, signal: () => this.#signalFor(open) })
      return handler(contexts.forEvent(open), event)
    })
  }

  /** It aborts inside the event's scope, so that what the handler's listeners do is attributed to their event. */
  #signalFor(open: OpenEvent): AbortSignal {
    const { signal } = open
    const inside = new AbortController()
    if (signal?.aborted) inside.abort(signal.reason)
    const abort = (): void => this.#parts.store.run(open, () => inside.abort(signal?.reason))
    signal?.addEventListener('abort', abort, { once: true })
    return inside.signal
  }

  #answered(open: OpenEvent, answer: Answer): void {
    this.#open.delete(open)
    if (answer.by === 'throw') return this.#failed(open, answer.error)
    const reading = readResult(answer.value, this.#parts.spec.compat, answer.by)
    if (reading instanceof Promise) void reading.then((read) => this.#read(open, read))
    else this.#read(open, reading)
  }

  #read(open: OpenEvent, reading: Reading): void {
    if ('response' in reading) return this.#respond(open, reading.response)
    this.#parts.log.take(open, 'error', 'result_unreadable', { reason: reading.failure })
    this.#end(open, { status: 'failed', error: errors.result_unreadable({ reason: reading.failure }) })
  }

  #respond(open: OpenEvent, response: Response): void {
    const { body } = response
    if (body === undefined || ArrayBuffer.isView(body)) {
      return this.#end(open, { status: 'handled', response, finished: over })
    }
    const stream = followStream(body, {
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
    this.#logFailure(open, 'stream_broken', cause)
    return errors.stream_broken({ reason: reasonOf(cause) }, cause)
  }

  #failed(open: OpenEvent, error: unknown): void {
    this.#logFailure(open, 'handler_failed', error)
    const text = this.#parts.spec.exposeErrors ? exposedText(error) : 'the handler failed'
    this.#end(open, { status: 'failed', error: errors.handler_failed({ text }, error) })
  }

  #end(open: OpenEvent, outcome: Outcome): void {
    open.resolve(outcome)
    this.#settled()
  }

  #settled(): void {
    this.running -= 1
    if (this.running > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #logFailure(open: OpenEvent, message: string, error: unknown): void {
    this.#parts.log.take(open, 'error', message, { error })
  }

  #watchForgotten(open: OpenEvent): void {
    const timer = this.#parts.clock.after(forgottenAfterMs, () => {
      this.#parts.log.take(open, 'warn', 'handler_has_not_answered', { after_ms: forgottenAfterMs })
    })
    void open.outcome.then(() => timer.cancel())
  }
}

function exposedText(error: unknown): string {
  return reasonOf(error) || 'the handler failed'
}
