import type {
  Clock,
  CreateTrigger,
  Finished,
  ModelFacts,
  PeltonLogger,
  Series,
  Shared,
  TriggerWorkers,
} from '@pelton/core'
import type { TriggerConfig } from '../config/function-config.ts'
import type { DispatchRules } from '../dispatch/dispatch-parts.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import { countAnswered } from '../metrics/metrics-region.ts'
import { TriggerMetrics } from '../metrics/trigger-metrics.ts'
import { type EventTracer, traceDispatch } from '../tracing/event-tracer.ts'
import { ServingState } from '../triggers/serving-state.ts'
import { type TriggerState, TriggerSupervisor } from '../triggers/trigger-supervisor.ts'
import type { PlannedTrigger } from '../plan-function.ts'
import type { SinkReport } from '../sinks/sink-counts.ts'
import type { TriggerSinks } from '../sinks/trigger-sinks.ts'
import type { WorkerCalls } from '../workers/worker-calls.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'
import type { PlacedTrigger } from './placed-trigger.ts'

/** What a trigger beside its workers needs. */
export interface DispatchedTriggerParts {
  config: TriggerConfig
  create: CreateTrigger<Record<string, unknown>>
  pool: WorkerPool
  calls: WorkerCalls
  /** `spec.eventTimeout`; absent: none. */
  eventTimeoutMs?: number | undefined
  shared: <T>(token: Shared<T>) => T
  logger: PeltonLogger
  clock: Clock
  tracer?: EventTracer | undefined
  /** Told when the trigger has nothing left to do. */
  finish: (result: Finished) => void
  /** Replaces all workers of its pool: see `TriggerWorkers`. */
  replaceWorkers: TriggerWorkers['replace']
  onChange: () => void
}

const startingState: TriggerState = { ready: false, why: 'starting', urls: [] }

/** Runs a trigger in the main thread and hands its events to the workers of a pool. */
export class DispatchedTrigger implements PlacedTrigger {
  readonly placement = 'dispatched'
  readonly notes: readonly string[] = []
  readonly metrics = new TriggerMetrics()
  readonly #parts: DispatchedTriggerParts
  readonly #dispatcher: Dispatcher
  readonly #serving: ServingState
  readonly #workers: TriggerWorkers
  #supervisor: TriggerSupervisor | undefined
  #sinks: TriggerSinks | undefined
  #isStopped = false
  #collectors: (() => readonly Series[])[] = []

  constructor(parts: DispatchedTriggerParts) {
    this.#parts = parts
    this.#serving = new ServingState(parts.pool.readyWorkers > 0)
    const { config, pool, clock, eventTimeoutMs } = parts
    this.#workers = new OwnWorkers(() => this.#parts)
    this.#dispatcher = new Dispatcher({
      trigger: config.settings.name,
      allocator: pool.allocator,
      clock,
      metrics: this.metrics.own,
      workerMetrics: (index) => this.metrics.worker(index),
      rules: rulesOf(config, eventTimeoutMs),
    })
  }

  get pool(): WorkerPool {
    return this.#parts.pool
  }

  get waiting(): number {
    return this.#dispatcher.waiting
  }

  get inFlight(): number {
    return this.#dispatcher.inFlight
  }

  get state(): Readonly<TriggerState> {
    return this.#supervisor?.state ?? startingState
  }

  /** What the trigger and its sinks add to `/metrics`. */
  get series(): readonly Series[] {
    const own = this.#collectors.flatMap((collect) => collect())
    return this.#sinks ? [...own, ...this.#sinks.series] : own
  }

  get sinks(): readonly SinkReport[] {
    return this.#sinks?.reports ?? []
  }

  /** Hands out to the workers of another pool, by the rules of another plan, from now on. */
  use(pool: WorkerPool, { config, eventTimeoutMs }: PlannedTrigger): void {
    this.#parts.pool = pool
    this.#dispatcher.use(pool.allocator, rulesOf(config, eventTimeoutMs))
  }

  noteServing(isStopping: boolean): void {
    this.#serving.set(!isStopping && this.#parts.pool.readyWorkers > 0)
  }

  async start(): Promise<void> {
    const { config, create, calls, shared, logger, clock, tracer, finish, onChange } = this.#parts
    const sinks = await this.#startSinks()
    if (this.#isStopped) return
    const handOut = this.#dispatcher.dispatch.bind(this.#dispatcher)
    const dispatch = tracer ? traceDispatch(tracer, handOut) : handOut
    const supervisor = new TriggerSupervisor({
      name: config.settings.name,
      create: () => {
        sinks?.beginRun()
        this.#collectors = []
        return create(config.settings)
      },
      dispatch: sinks ? sinks.wrap(dispatch) : dispatch,
      finish,
      count: (result) => countAnswered(this.metrics.own, result),
      workers: this.#workers,
      series: (collect) => void this.#collectors.push(collect),
      onCall: (operation, handle) => calls.set(config.settings.name, operation, handle),
      shared,
      serving: this.#serving,
      logger,
      clock,
      onChange,
    })
    this.#supervisor = supervisor
    await supervisor.started
  }

  /** First the trigger, then its sinks within what is left of the time. */
  async stop(deadlineMs: number): Promise<boolean> {
    const { clock } = this.#parts
    const until = clock.now() + deadlineMs
    this.#isStopped = true
    const finished = await this.#stopTrigger(deadlineMs)
    const delivered = await this.#sinks?.stop(Math.max(0, until - clock.now()))
    return finished && delivered !== false
  }

  /** Only triggers with sinks load what feeds these. */
  async #startSinks(): Promise<TriggerSinks | undefined> {
    const { config, logger, clock, shared } = this.#parts
    if (config.sinks.length === 0) return undefined
    const { TriggerSinks } = await import('../sinks/trigger-sinks.ts')
    if (this.#isStopped) return undefined
    this.#sinks = new TriggerSinks({ config, logger, clock, shared })
    await this.#sinks.start()
    return this.#sinks
  }

  async #stopTrigger(deadlineMs: number): Promise<boolean> {
    const { clock, calls, config } = this.#parts
    const supervisor = this.#supervisor
    if (!supervisor) return true
    supervisor.stop()
    this.#dispatcher.drain()
    const waiting = new AbortController()
    const late = clock.sleep(deadlineMs, waiting.signal).then(() => false)
    const finished = await Promise.race([supervisor.done.then(() => true), late])
    waiting.abort()
    if (!finished) await this.#cutOff(supervisor)
    calls.clear(config.settings.name)
    return finished
  }

  async #cutOff(supervisor: TriggerSupervisor): Promise<void> {
    const waiting = new AbortController()
    supervisor.abort()
    await Promise.race([supervisor.done, this.#parts.clock.sleep(abortMs, waiting.signal)])
    waiting.abort()
  }
}

/** The workers of the pool that a trigger hands out to at the time. */
class OwnWorkers implements TriggerWorkers {
  readonly #parts: () => Pick<DispatchedTriggerParts, 'pool' | 'replaceWorkers'>

  constructor(parts: () => Pick<DispatchedTriggerParts, 'pool' | 'replaceWorkers'>) {
    this.#parts = parts
  }

  get models(): readonly ModelFacts[] | undefined {
    return this.#parts().pool.models
  }

  replace(options?: { models?: readonly string[] }): Promise<void> {
    return this.#parts().replaceWorkers(options)
  }
}

function rulesOf(config: TriggerConfig, eventTimeoutMs: number | undefined): DispatchRules {
  const { workerWaitMs, workerTerminationMs, batch } = config
  return {
    workerWaitMs,
    batch,
    ...(eventTimeoutMs === undefined ? {} : { deadline: { timeoutMs: eventTimeoutMs, workerTerminationMs } }),
  }
}

/** How long a trigger may take to return once its grace time is over. */
const abortMs = 500
