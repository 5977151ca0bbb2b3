import type { Context, FunctionCall, FunctionReply } from './context.ts'
import type { CompatMode } from './compat.ts'
import { Response } from './respond.ts'
import type { Logger } from './logger.ts'

/** What a context tells the handler about where it runs. */
export interface ContextFacts {
  workerId: number
  trigger: { kind: string; name: string }
  functionName: string
  functionVersion: string
}

/** One event being handled, as its context needs it. */
export interface ContextEvent {
  logger: Logger
  callback(value: unknown): void
}

/** What contexts are made from. */
export interface ContextParts {
  facts: ContextFacts
  compat: CompatMode
  callFunction: (name: string, call?: FunctionCall | string | Uint8Array) => Promise<FunctionReply>
  /** The event that the running code belongs to, if that is known. */
  current: () => ContextEvent | undefined
  /** For what is logged outside any event. */
  logger: Logger
}

/** The contexts of one worker. */
export interface Contexts {
  /** What `initContext` gets; in nuclio files every handler too. */
  worker: Context
  /** What the handler of one event gets: in Pelton files an object of its own that inherits the worker's. */
  forEvent(event: ContextEvent): Context
}

/** Makes a worker's contexts. */
export function createContexts(parts: ContextParts): Contexts {
  const worker = workerContext(parts)
  if (parts.compat !== 'none') return { worker, forEvent: () => worker }
  const prototype = Object.create(worker) as object
  lazily(prototype, 'logger', (event) => event.logger)
  lazily(prototype, 'callback', (event) => (value?: unknown) => event.callback(value))
  function EventContext(this: { [ofEvent]: ContextEvent }, event: ContextEvent): void {
    this[ofEvent] = event
  }
  EventContext.prototype = prototype
  const Constructor = EventContext as unknown as new (event: ContextEvent) => Context
  return { worker, forEvent: (event) => new Constructor(event) }
}

const ofEvent: unique symbol = Symbol('event')

function workerContext({ facts, callFunction, current, logger }: ContextParts): Context {
  const callback = (value?: unknown): void => current()?.callback(value)
  return { logger, userData: {}, callback, Response, callFunction, ...facts }
}

// Made when first asked for: most handlers use neither, and each costs closures. Assignable like any member.
function lazily<K extends keyof Context>(prototype: object, name: K, make: (event: ContextEvent) => Context[K]): void {
  const keep = (target: object, value: unknown): void => {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  }
  Object.defineProperty(prototype, name, {
    get(this: { [ofEvent]: ContextEvent }) {
      const value = make(this[ofEvent])
      keep(this, value)
      return value
    },
    set(this: object, value: unknown) {
      keep(this, value)
    },
    enumerable: true,
    configurable: true,
  })
}
