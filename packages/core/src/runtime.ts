import type { LogLevel } from '@pelton/sdk'
import type { EventData, Outcome } from './event.ts'
import type { LogCapture, LogRecord } from './log.ts'
import type { ModelFacts } from './model-facts.ts'
import type { PeltonError } from './pelton-error.ts'

/** Whose rules a function file follows; see docs/compat.md for what it changes. */
export type Compat = 'none' | 'nuclio' | 'digitalhub'

/** A function as its workers need to know it. */
export interface FunctionFacts {
  name: string
  namespace: string
  version: string
  description: string
  /** Absolute folder that holds the handler. */
  folder: string
  /** As configured: `entry`, `module:entry` or a file's name; empty for the runtime's default. */
  handler: string
  /** As configured, with its version: `python:3.11`. */
  runtime: string
  /** Base URLs of other functions by name, for `callFunction`. */
  functions: Record<string, string>
}

/**
 * What a kind gives handlers on their context, beside the members of its events. In either language a module makes the
 * member from a function that calls the trigger's `onCall` operations.
 */
export interface HandlerSide {
  /** The context's member: `websocket`. */
  member: string
  /** File URL of the Node.js module, which exports `createHandlerSide: CreateHandlerSide`. */
  node: string
  /**
   * File URL of the Python module, which defines `create_handler_side(call)`, or `create_handler_side(call, facts)` where the side has facts; `call(operation, payload, body=None)` gives
   * the result, or in a worker of async handlers a future of it.
   */
  python: string
}

/** A handler side as workers get it. */
export interface KindSide extends HandlerSide {
  /** Whose events its views are for; absent: it has none. */
  kind?: string
  /** JSON that its module is told beside the way to call: `createHandlerSide(call, facts)`, `create_handler_side(call, facts)`. */
  facts?: unknown
}

/**
 * What a Node.js module of a handler side may export as `viewEvent`: what handlers see of an event of its kind. Its
 * members may be made when they are asked for; those of `extra` become the event's, as always. In Python the module has
 * `EVENT_VIEW`, a dict of functions that make an attribute from the event.
 */
export type ViewEvent = (event: EventData) => EventData

/** Calls the operation of a trigger that the worker serves; rejects when it fails or takes longer than 30 s. */
export type CallTrigger = (operation: string, payload: unknown, body?: Uint8Array) => Promise<unknown>

/** Makes the context's member; `facts` are those of its `KindSide`. */
export type CreateHandlerSide = (call: CallTrigger, facts?: unknown) => unknown

/** Everything a runtime needs to start one worker. Plain data but for `hooks`. */
export interface WorkerSpec {
  /** From 0 in its pool; a replacement has its predecessor's. */
  index: number
  function: FunctionFacts
  /** The trigger served; for a shared pool the kind is empty and the name is the pool's. */
  trigger: { kind: string; name: string }
  /** nuclio's class of the triggers served; absent when a shared pool serves both. */
  triggerClass?: 'sync' | 'async'
  compat: Compat
  /** Most events at a time. */
  concurrency: number
  isolation: 'thread' | 'process'
  /** The function's `spec.env` and Pelton's own variables; added to the process's. */
  env: Record<string, string>
  /** `runtimeAttributes`, decoded by the runtime's schema. */
  attributes: Record<string, unknown>
  /** Records below it are not produced. */
  logLevel: LogLevel
  /** Puts handler error texts into response bodies. */
  exposeErrors: boolean
  /** The most events of a batch; absent when events come one by one. */
  batchSize?: number
  /** Names that `extra` of the events may have: what manifests name as members of the event. Absent: not known. */
  eventMembers?: readonly string[]
  /** What the kinds of the triggers served give handlers. */
  handlerSides?: readonly KindSide[]
  /** Names of the models that it is to load, for runtimes that run models; absent: all that there are. */
  models?: readonly string[]
  /** Opens the inspector: `host:port`. */
  inspect?: string
  /** A trigger that is to run inside the worker: in-worker placement. */
  resident?: Resident
  hooks: WorkerHooks
}

/** Code that runs beside the handler in the worker's thread; its module exports `startResident`. */
export interface Resident {
  /** File URL of the module. */
  module: string
  /** Structured-cloneable; handed to `startResident`. */
  data: unknown
}

/** What a worker reports. None of them throws. */
export interface WorkerHooks {
  /** A handler's log line. */
  log(record: LogRecord): void
  /** An uncaught fault, already attributed to its event: the worker wants to be retired. */
  fault(report: WorkerFault): void
  /** A call from the handler side; its result goes back. Rejections reach the caller as errors. */
  call(operation: string, payload: unknown, body?: Uint8Array): Promise<unknown>
}

/** An exception or rejection that nobody caught. */
export interface WorkerFault {
  /** Whose event it was; absent when it could not be told. */
  eventId?: string
  message: string
  stack?: string
}

/** How a worker is asked to handle an event. */
export interface HandleOptions {
  /** Aborts the handler's `event.signal` and ends a streamed body; at the deadline with the error `event_timeout` as its reason, `event_revoked` when it is taken back. */
  signal?: AbortSignal
  log?: LogCapture
}

/** One event in a worker. */
export interface Task {
  /**
   * Never rejects. An event that the worker had not begun when it died fails with `worker_lost`, one that was recalled
   * with `event_recalled`; then `begunAt()` is undefined and the event may be given to another worker.
   */
  outcome: Promise<Outcome>
  /**
   * When the worker began the event, in `Clock.now()` milliseconds; undefined while it waits in the worker. Once the
   * event is handled it is only known to be no later than that.
   */
  begunAt(): number | undefined
  /**
   * Takes back an event that was sent ahead: unless the worker has begun it, the outcome is `event_recalled` and the
   * worker will never begin it. Absent where events are never sent ahead.
   */
  recall?(): void
}

/** Why a worker is gone. `error` is absent after `stop`. */
export interface WorkerEnd {
  error?: PeltonError
}

/** One place that runs the function: a thread, or a child process. Ready from the moment it is spawned. */
export interface Worker {
  /** Never throws; the caller keeps to `concurrency` and `ahead`. */
  handle(event: EventData, options?: HandleOptions): Task
  /**
   * Gives the handler several events in one call, which counts as one event of `concurrency`; a task for each, in order.
   * Absent when the runtime knows no batches. `options[i]` is the i-th event's.
   */
  handleBatch?(events: readonly EventData[], options: readonly (HandleOptions | undefined)[]): Task[]
  /** Whether the worker's loop answers within `timeoutMs`. */
  ping(timeoutMs: number): Promise<boolean>
  /** Takes no more, waits for what runs until the deadline, then ends it by force. Resolves when it is gone. May be called again with an earlier deadline. */
  stop(deadlineMs: number): Promise<void>
  /** Resolves when the worker is gone, for whatever reason. */
  readonly ended: Promise<WorkerEnd>
  /** Events at a time that the loaded handler can bear; the lesser of it and the spec's `concurrency` holds. Absent: no limit of its own. */
  readonly concurrency?: number
  /** Events that may wait in the worker beyond `concurrency`, so that the next one is there when the last one ends. Default 0. */
  readonly ahead?: number
  /**
   * What becomes of a handler whose event is over its deadline. `kill`: nothing but killing the worker, a process of its
   * own, ends it. `abort`, the default: it may end by its signal, or by being cancelled.
   */
  readonly atDeadline?: 'kill' | 'abort'
  /** The models that it runs by itself, as their files describe them; absent: it runs a handler. */
  readonly models?: readonly ModelFacts[] | undefined
  /** Tells a resident trigger to accept no more (`stop`) or to return now (`abort`). Absent without a resident. */
  resident?: ResidentControl
}

/** The processor's end of a resident. */
export interface ResidentControl {
  /** Sends to the resident's `onMessage`. */
  send(message: unknown): void
  /** Called with what the resident posts. */
  onMessage(handle: (message: unknown) => void): void
}

/** How a function runs. */
export interface Runtime {
  /**
   * Resolves when the worker can take events; rejects with the reason, `retryable: false` when trying again is no use.
   * When `signal` aborts meanwhile, what was started is ended by force and the promise rejects.
   */
  spawn(spec: WorkerSpec, signal?: AbortSignal): Promise<Worker>
}

/** What the thread gives to `startResident(host, data)`. */
export interface ResidentHost {
  /** The handler of this thread as a worker: calls, no hops. */
  worker: Pick<Worker, 'handle'>
  /** Handles a call from the handler side in this thread, instead of passing it on. */
  onCall(operation: string, handle: (payload: unknown, body?: Uint8Array) => Promise<unknown>): void
  post(message: unknown): void
  onMessage(handle: (message: unknown) => void): void
  log(record: LogRecord): void
  /** Number of the worker in its pool. */
  index: number
}

/** A resident module's export. */
export type StartResident = (host: ResidentHost, data: unknown) => Promise<void> | void
