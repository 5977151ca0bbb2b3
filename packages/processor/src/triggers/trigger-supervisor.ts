import type {
  Clock,
  DispatchOptions,
  EventData,
  Finished,
  Outcome,
  PeltonLogger,
  Serving,
  Shared,
  Trigger,
  TriggerContext,
  TriggerWorkers,
} from '@pelton/core'
import { type PeltonError, backoffMs, isPeltonError } from '@pelton/core'
import { errors } from '../errors.ts'

/** What runs around one trigger. */
export interface TriggerSupervisorParts {
  name: string
  /** A fresh instance for each run. */
  create: () => Trigger
  dispatch: (source: EventData | (() => EventData | undefined), options?: DispatchOptions) => Promise<Outcome>
  /** Told when the trigger has nothing left to do. */
  finish: (result: Finished) => void
  count: TriggerContext['count']
  workers: TriggerWorkers
  series: TriggerContext['series']
  onCall: (operation: string, handle: (payload: unknown, body?: Uint8Array) => Promise<unknown>) => void
  shared: <T>(token: Shared<T>) => T
  serving: Serving
  logger: PeltonLogger
  clock: Clock
  onChange: () => void
}

/** Whether a trigger's source is connected or its listener bound, and where it is reached. */
export interface TriggerState {
  ready: boolean
  why?: string
  urls: string[]
}

/** A source that kept up this long starts its back-off anew. */
const healthyMs = 10_000

/** Runs a trigger and runs it again with back-off when its source is lost. */
export class TriggerSupervisor {
  readonly parts: TriggerSupervisorParts
  /** Resolves at the first `ready`, whatever it reports, or when a first failure is going to be retried; rejects when there is no use in it. */
  readonly started: Promise<void>
  /** Resolves when the trigger has returned for good. */
  readonly done: Promise<void>
  readonly #stop = new AbortController()
  readonly #abort = new AbortController()
  #state: TriggerState = { ready: false, why: 'starting', urls: [] }
  #readySince: number | undefined

  constructor(parts: TriggerSupervisorParts) {
    this.parts = parts
    const started = Promise.withResolvers<void>()
    this.started = started.promise
    this.done = this.#loop(started)
  }

  get state(): Readonly<TriggerState> {
    return this.#state
  }

  /** Accept no more, finish; `reason` is that of `TriggerContext.stop`. */
  stop(reason?: 'replaced'): void {
    this.#stop.abort(reason)
  }

  /** The grace time is over. */
  abort(): void {
    this.#stop.abort()
    this.#abort.abort()
  }

  async #loop(started: PromiseWithResolvers<void>): Promise<void> {
    const { clock } = this.parts
    let hasReported = false
    for (let failures = 0; !this.#stop.signal.aborted;) {
      const error = await this.#runOnce(() => {
        hasReported = true
        started.resolve()
      })
      if (this.#readySince !== undefined && clock.now() - this.#readySince >= healthyMs) failures = 0
      this.#readySince = undefined
      if (!error) break
      if (!hasReported && !error.retryable) return started.reject(error)
      this.#setState({ ready: false, why: error.message, urls: [] })
      started.resolve()
      const delayMs = backoffMs(++failures)
      this.parts.logger.warn('trigger_retried', { reason: error.message, code: error.code, in_ms: Math.round(delayMs) })
      await clock.sleep(delayMs, this.#stop.signal)
    }
    started.resolve()
  }

  /** The failure that ended the run, or undefined when the trigger was done. */
  async #runOnce(onReport: () => void): Promise<PeltonError | undefined> {
    const { create, name, logger, clock, serving, workers, dispatch, finish, count, series, onCall, shared } =
      this.parts
    const ready = (state: boolean, why?: string): void => {
      if (state) this.#readySince ??= this.parts.clock.now()
      onReport()
      this.#setState({ ready: state, urls: this.#state.urls, ...(why === undefined ? {} : { why }) })
    }
    const reachable = (url: string): void => {
      if (!this.#state.urls.includes(url)) this.#state.urls.push(url)
    }
    const { signal: stop } = this.#stop
    const { signal: abort } = this.#abort
    try {
      const reports = { ready, reachable, finish, count, series }
      await create().run({ name, logger, clock, stop, abort, serving, workers, ...reports, dispatch, onCall, shared })
      return undefined
    } catch (error) {
      if (isPeltonError(error)) return error
      logger.error('trigger_threw', { stack: error instanceof Error ? error.stack : String(error) })
      return errors.trigger_failed({ trigger: name, reason: String(error) }, error)
    }
  }

  #setState(state: TriggerState): void {
    const changed = state.ready !== this.#state.ready || state.why !== this.#state.why
    this.#state = state
    if (changed) this.parts.onChange()
  }
}
