import { pairResults, settleResults } from './batch-results.ts'
import type { CompatMode } from './compat.ts'
import type { BatchHandler, Context, FunctionCall, FunctionReply, Handler, InitContext } from './context.ts'
import type { Event } from './event.ts'
import { type Contexts, type ContextEvent, createContexts } from './handler-context.ts'
import { createEvent } from './handler-event.ts'
import { type TakeLog, createHandlerLogger, messageText } from './handler-logger.ts'
import { type InvokedEvent, invokedEventData } from './invoked-event.ts'
import { type InvokedLog, type InvokedResponse, collectResponse, failedResponse } from './invoked-response.ts'
import { plainFacts } from './plain-facts.ts'
import { type AnswerWay, readResult } from './read-result.ts'
import { type Answer, Settlement } from './settlement.ts'

/** A handler's module: `import * as hello from './handler.ts'`. */
export interface HandlerModule {
  handler: Handler
  initContext?: InitContext
}

/** The module of a handler of batches. */
export interface BatchHandlerModule {
  handler: BatchHandler
  initContext?: InitContext
}

/** How a handler is tested. */
export interface InvokerOptions {
  /** Default `none`: Pelton's own rules. */
  compat?: CompatMode
  /** Added to `process.env` when the invoker is made. */
  env?: Record<string, string>
  /** Stand-ins for other functions, by name, for `context.callFunction`. */
  functions?: Record<string, (call: FunctionCall) => Partial<FunctionReply> | Promise<Partial<FunctionReply>>>
  /** Members that kinds add to the context, such as `websocket`, or stand-ins for them. */
  context?: Record<string, unknown>
  /** Default 10,000: an event without an answer by then rejects. */
  timeoutMs?: number
}

/** An event of a test; text or bytes alone are a POST of that body. */
export type Invoked = InvokedEvent | string | Uint8Array

/** Hands an event to the handler, in memory. */
export type Invoke = (event?: Invoked) => Promise<InvokedResponse>

/** Hands batches to the handler, in memory. */
export interface InvokeBatch {
  /** The answers, in the order of the events; each has what was logged for the batch. */
  batch(events: readonly Invoked[]): Promise<InvokedResponse[]>
}

/**
 * Tests a handler without a server, by the code that runs it in a worker. `initContext` runs before the first event.
 * A handler that throws gives status 500 and `error`. One that takes batches is tested with `batch`.
 */
export function createInvoker(module: HandlerModule | Handler, options?: InvokerOptions): Invoke
export function createInvoker(module: BatchHandlerModule | BatchHandler, options?: InvokerOptions): InvokeBatch
export function createInvoker(
  module: HandlerModule | BatchHandlerModule | Handler | BatchHandler,
  options: InvokerOptions = {},
): Invoke & InvokeBatch {
  const invoker = new Invoker((typeof module === 'function' ? { handler: module } : module) as AnyModule, options)
  const invoke: Invoke = (event = {}) => invoker.invoke(eventOf(event))
  return Object.assign(invoke, {
    batch: (events: readonly Invoked[]) => invoker.invokeBatch(events.map(eventOf)),
  })
}

interface AnyModule {
  handler: (context: Context, given: Event | Event[]) => unknown
  initContext?: InitContext
}

function eventOf(event: Invoked): InvokedEvent {
  return typeof event === 'string' || event instanceof Uint8Array ? { body: event } : event
}

class Invoker {
  readonly #module: AnyModule
  readonly #options: InvokerOptions
  readonly #compat: CompatMode
  readonly #contexts: Contexts
  #ready: Promise<unknown> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #current: ContextEvent | undefined
  #count = 0

  constructor(module: AnyModule, options: InvokerOptions) {
    this.#module = module
    this.#options = options
    this.#compat = options.compat ?? 'none'
    if (options.env !== undefined) Object.assign(process.env, options.env)
    this.#contexts = createContexts({
      compat: this.#compat,
      facts: { workerId: 0, trigger: { kind: 'http', name: 'test' }, functionName: 'test', functionVersion: 'latest' },
      current: () => this.#current,
      callFunction: (name, call) => this.#call(name, call),
      logger: createHandlerLogger((level, message, facts) =>
        this.#current?.logger[level](messageText(message), plainFacts(facts)),
      ),
    })
    Object.assign(this.#contexts.worker, options.context)
  }

  invoke(event: InvokedEvent): Promise<InvokedResponse> {
    return this.#inTurn(() => this.#handle(event))
  }

  invokeBatch(events: readonly InvokedEvent[]): Promise<InvokedResponse[]> {
    return this.#inTurn(() => this.#handleBatch(events))
  }

  async #inTurn<T>(handle: () => Promise<T>): Promise<T> {
    this.#ready ??= Promise.resolve(this.#module.initContext?.(this.#contexts.worker))
    await this.#ready
    if (this.#compat === 'none') return handle()
    // A worker of a nuclio function handles one event at a time; its context is theirs in turn.
    const handled = this.#turn.then(handle)
    this.#turn = handled.catch(() => undefined)
    return handled
  }

  async #handle(given: InvokedEvent): Promise<InvokedResponse> {
    const logs: InvokedLog[] = []
    const event = this.#eventOf(given)
    const answer = await this.#answer(logs, (context) => this.#module.handler(context, event))
    return answer.by === 'throw' ? failedResponse(answer.error, logs) : this.#read(answer.value, answer.by, logs)
  }

  async #handleBatch(given: readonly InvokedEvent[]): Promise<InvokedResponse[]> {
    const logs: InvokedLog[] = []
    const events = given.map((each) => this.#eventOf(each))
    const answer = await this.#answer(logs, (context) => settleResults(this.#module.handler(context, events)))
    if (answer.by === 'throw') return Promise.all(events.map(() => failedResponse(answer.error, logs)))
    const paired = pairResults(answer.value, events, this.#compat)
    if ('failure' in paired) return Promise.all(events.map(() => failedResponse(new TypeError(paired.failure), logs)))
    if (paired.dropped.length > 0)
      logs.push({ level: 'warn', message: 'results_dropped', facts: { why: paired.dropped } })
    const read = async ({ id }: Event, at: number): Promise<InvokedResponse> => {
      const result = paired.results[at]
      if (result === undefined) return this.#withoutResult(id, logs)
      return 'error' in result ? failedResponse(result.error, logs) : this.#read(result.value, answer.by, logs)
    }
    return Promise.all(events.map(read))
  }

  async #read(value: unknown, way: AnswerWay, logs: InvokedLog[]): Promise<InvokedResponse> {
    const reading = await readResult(value, this.#compat, way)
    return 'failure' in reading
      ? failedResponse(new TypeError(reading.failure), logs)
      : collectResponse(reading.response, logs)
  }

  #withoutResult(id: string, logs: InvokedLog[]): Promise<InvokedResponse> {
    if (this.#compat === 'none')
      return failedResponse(new TypeError(`the handler gave no result for event ${id}`), logs)
    return collectResponse({ status: 200, headers: [], contentType: '', body: undefined }, logs)
  }

  #eventOf(given: InvokedEvent): Event {
    const signal = (): AbortSignal => given.signal ?? new AbortController().signal
    return createEvent(invokedEventData(given, (this.#count += 1)), { compat: this.#compat, signal })
  }

  #answer(logs: InvokedLog[], handle: (context: Context) => unknown): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const limit = this.#options.timeoutMs ?? 10_000
    const timer = setTimeout(() => reject(new Error(`the handler has not answered within ${limit} ms`)), limit)
    const log = createHandlerLogger(keepLogs(logs))
    const settlement = new Settlement({
      compat: this.#compat,
      answered: resolve,
      failedLate: (error) => log.error('handler_failed_after_answer', { error }),
      left: () => undefined,
    })
    const current = { logger: log, callback: (value: unknown) => settlement.callback(value) }
    this.#current = current
    settlement.run(() => handle(this.#contexts.forEvent(current)))
    return promise.finally(() => clearTimeout(timer))
  }

  async #call(name: string, given: FunctionCall | string | Uint8Array = {}): Promise<FunctionReply> {
    const stand = this.#options.functions?.[name]
    if (stand === undefined) throw new Error(`no stand-in for function ${name}: give one in createInvoker's functions`)
    const call = typeof given === 'string' || given instanceof Uint8Array ? { body: given } : given
    return { status: 200, headers: {}, contentType: '', body: undefined, ...(await stand(call)) }
  }
}

function keepLogs(logs: InvokedLog[]): TakeLog {
  return (level, message, facts) => {
    const plain = plainFacts(facts)
    logs.push({ level, message: messageText(message), ...(plain === undefined ? {} : { facts: plain }) })
  }
}
