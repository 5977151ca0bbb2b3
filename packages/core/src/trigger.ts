import type { Clock } from './clock.ts'
import type { EventData, Outcome, Response } from './event.ts'
import type { LogCapture, PeltonLogger } from './log.ts'
import type { ModelFacts } from './model-facts.ts'
import type { Compat } from './runtime.ts'

/** How a trigger hands an event out. */
export interface DispatchOptions {
  /** Aborts when the caller has left. */
  signal?: AbortSignal
  /**
   * Takes the event back from its worker when it aborts: the event fails with `event_revoked` at once, its handler's
   * `signal` aborts, and a worker that holds nothing else and does not let go of it within a second is replaced.
   */
  revoke?: AbortSignal
  /** Events of one key go to one worker and begin in order. */
  key?: string
  /** Lets sinks keep the trigger's order. */
  sequence?: number
  /** Fails the event when no worker took it within this time; default the trigger's worker wait. */
  deadlineMs?: number
  /** Captures what the handler logs for this event. */
  log?: LogCapture
  /** Filled in, for triggers that tell waiting from handling. */
  times?: EventTimes
  /** What sinks are given for a whole answer, where it comes from the worker in a form that only its trigger reads; absent: the answer. It must not throw. */
  forSinks?: (response: Response) => Response
}

/** When things happened to an event, in `Clock.now()` milliseconds. */
export interface EventTimes {
  /** A worker was given it; undefined: none was. */
  sentAt: number | undefined
}

/** Whether the function can serve, whatever becomes of the trigger itself: it has workers, and is not about to stop. */
export interface Serving {
  readonly isServing: boolean
  /** Calls back at each change; returns how to leave. */
  onChange(listener: () => void): () => void
}

/** The workers of a trigger, for one that tells of what they run. */
export interface TriggerWorkers {
  /** The models that they run by themselves; undefined: they run a handler. Others after `replace`, or when the configuration changed. */
  readonly models: readonly ModelFacts[] | undefined
  /**
   * New workers take the places of all: once they have started, on the function's files as they are now, events go to them, and the former ones end
   * when they have finished what they hold. With `models` they load these alone, where no other trigger shares them. Rejects with a `PeltonError` when one cannot start: then the former ones stay.
   */
  replace(options?: { models?: readonly string[] }): Promise<void>
}

/** Values that a trigger or a sink adds to `/metrics`. Nothing from a request may become a label. */
export interface Series {
  /** Of the family; the same one of several triggers is one family. */
  name: string
  type: 'counter' | 'gauge'
  help: string
  /** The processor adds the labels of function and trigger. */
  samples: readonly { labels: Readonly<Record<string, string>>; value: number }[]
}

/** What a trigger is given. It takes everything from here and holds no module state. */
export interface TriggerContext {
  readonly name: string
  readonly logger: PeltonLogger
  /** Time, for schedules, back-off and limits: tests own it. */
  readonly clock: Clock
  /** Accept no more, finish, return. Its reason is `'replaced'` when another copy serves the same address already. */
  readonly stop: AbortSignal
  /** The grace time is over: return now. */
  readonly abort: AbortSignal
  /** For triggers that are asked for the function's health. False from SIGTERM on, before `stop` with a `drainDelay`. */
  readonly serving: Serving
  /** Reports whether the source is connected or the listener bound. A trigger that tries its source again itself has started when it reports that it is not there. */
  ready(state: boolean, why?: string): void
  /** Reports where the trigger can be reached, for the start screen and `/triggers`. */
  reachable(url: string): void
  /** Hands an event to a worker; never throws. A function is called when a worker is free and may withdraw by `undefined`. */
  dispatch(event: EventData | (() => EventData | undefined), options?: DispatchOptions): Promise<Outcome>
  /** All the work that this trigger will ever have is done. Its `run` may return; it is not run again. */
  finish(result: Finished): void
  /** Counts an event that the trigger answered itself, without dispatching it. */
  count(result: 'success' | 'failure'): void
  /** Not there for copies inside workers: kinds with `inWorkers` do not ask. */
  readonly workers: TriggerWorkers
  /** Adds to `/metrics` what `collect` gives at each scrape. Not there inside workers, either. */
  series(collect: () => readonly Series[]): void
  /** Handles calls from the handler side. */
  onCall(operation: string, handle: (payload: unknown, body?: Uint8Array) => Promise<unknown>): void
  /** The one instance that this processor's kinds share, such as the listeners by port; made on first use. */
  shared<T>(token: Shared<T>): T
}

/** How a trigger's work ended. */
export interface Finished {
  /** Then a processor that ends because of it exits with 1. */
  failed: boolean
  /** Ends the processor, or keeps it; absent: it ends when every one of its triggers has finished. */
  endsProcess?: boolean
}

/** Names something that all kinds of a processor share. */
export interface Shared<T> {
  readonly key: string
  create(): T
}

/** Names a shared thing; the key is its identity. */
export function defineShared<T>(key: string, create: () => T): Shared<T> {
  return { key, create }
}

/** Where events come from. */
export interface Trigger {
  /** Returns after `stop`; throws when the source is lost. It is run again after that. */
  run(context: TriggerContext): Promise<void>
}

/** One configured trigger, decoded. Plain data: it can be sent to a thread. */
export interface TriggerSettings<Attributes = Record<string, unknown>> {
  name: string
  kind: string
  attributes: Attributes
  url?: string
  username?: string
  password?: string
  secret?: string
  compat: Compat
  /** Absolute folder of the function: relative paths in attributes start there. */
  folder: string
  /** Running on Kubernetes. */
  kubernetes: boolean
  /** Workers that serve it, as configured. */
  numWorkers: number
  /** Kind of the function's runtime, for those who ask a trigger what it runs. */
  runtime?: string
  /** The cluster makes the events of schedules (nuclio's CronJobs): a trigger of schedules makes none. */
  scheduledByCluster?: boolean
  /** Ports that other triggers of the function have wholly to themselves, where this one would take them by default. */
  takenPorts?: readonly number[]
  /** Several copies listen at once: bind so that they may share the address (`SO_REUSEPORT`). */
  sharedAddress?: boolean
}

/** An address that a trigger or a sink is going to bind. */
export interface ListenAddress {
  host: string
  port: number
  /** A prefix such as `/v2/*` takes `/v2` and all below it; `*` takes what no other path of the port takes. */
  path: string
  /** False when it is only a default: then it moves to a free port when taken. */
  configured: boolean
}

/** Makes a trigger from its settings. */
export type CreateTrigger<Attributes> = (settings: TriggerSettings<Attributes>) => Trigger
