import type { CompatMode } from './compat.ts'
import type { FunctionCall, FunctionReply, Handler, InitContext } from './context.ts'
import { type Contexts, type ContextEvent, createContexts } from './handler-context.ts'
import { createEvent } from './handler-event.ts'
import { type TakeLog, createHandlerLogger, messageText } from './handler-logger.ts'
import { type InvokedEvent, invokedEventData } from './invoked-event.ts'
import { type InvokedLog, type InvokedResponse, collectResponse, failedResponse } from './invoked-response.ts'
import { plainFacts } from './plain-facts.ts'
import { readResult } from './read-result.ts'
import { type Answer, Settlement } from './settlement.ts'

/** A handler's module: `import * as hello from './handler.ts'`. */
export interface HandlerModule {
  handler: Handler
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
  /** Default 10,000: an event without an answer by then rejects. */
  timeoutMs?: number
}

/** Hands an event to the handler, in memory; text or bytes alone are a POST of that body. */
export type Invoke = (event?: InvokedEvent | string | Uint8Array) => Promise<InvokedResponse>

/**
 * Tests a handler without a server, by the code that runs it in a worker. `initContext` runs before the first event.
 * A handler that throws gives status 500 and `error`.
 */
export function createInvoker(module: HandlerModule | Handler, options: InvokerOptions = {}): Invoke {
  const invoker = new Invoker(typeof module === 'function' ? { handler: module } : module, options)
  return (event = {}) =>
    invoker.invoke(typeof event === 'string' || event instanceof Uint8Array ? { body: event } : event)
}

class Invoker {
  readonly #module: HandlerModule
  readonly #options: InvokerOptions
  readonly #compat: CompatMode
  readonly #contexts: Contexts
  #ready: Promise<unknown> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #current: ContextEvent | undefined
  #count = 0

  constructor(module: HandlerModule, options: InvokerOptions) {
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
  }

  async invoke(event: InvokedEvent): Promise<InvokedResponse> {
    this.#ready ??= Promise.resolve(this.#module.initContext?.(this.#contexts.worker))
    await this.#ready
    if (this.#compat === 'none') return this.#handle(event)
    // A worker of a nuclio function handles one event at a time; its context is theirs in turn.
    const handled = this.#turn.then(() => this.#handle(event))
    this.#turn = handled.catch(() => undefined)
    return handled
  }

  async #handle(given: InvokedEvent): Promise<InvokedResponse> {
    const logs: InvokedLog[] = []
    const answer = await this.#answer(given, logs)
    if (answer.by === 'throw') return failedResponse(answer.error, logs)
    const reading = await readResult(answer.value, this.#compat, answer.by)
    return 'failure' in reading
      ? failedResponse(new TypeError(reading.failure), logs)
      : collectResponse(reading.response, logs)
  }

  #answer(given: InvokedEvent, logs: InvokedLog[]): Promise<Answer> {
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
    const signal = (): AbortSignal => given.signal ?? new AbortController().signal
    const event = createEvent(invokedEventData(given, (this.#count += 1)), { compat: this.#compat, signal })
    settlement.run(() => this.#module.handler(this.#contexts.forEvent(current), event))
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
