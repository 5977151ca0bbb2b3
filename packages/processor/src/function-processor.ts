import { isDeepStrictEqual } from 'node:util'
import { type Clock, type Finished, type PeltonLogger, createLogger, systemClock } from '@pelton/core'
import { type Readiness, readinessOf } from './admin/readiness.ts'
import { type SideServers, listSideServers, openSideServers } from './admin/side-servers.ts'
import type { FunctionConfig } from './config/function-config.ts'
import { DispatchedTrigger } from './placement/dispatched-trigger.ts'
import { InWorkerTrigger } from './placement/in-worker-trigger.ts'
import type { PlacedTrigger } from './placement/placed-trigger.ts'
import { type RunningTrigger, isSameTrigger } from './placement/running-trigger.ts'
import { type FunctionPlan, type PlannedTrigger, planFunction } from './plan-function.ts'
import type { Processor, ProcessorOptions, ProcessorStatus } from './processor.ts'
import { type Running, reportsOf, scrapeOf, statusOf } from './reports.ts'
import type { EventTracer } from './tracing/event-tracer.ts'
import { FinishedTriggers } from './triggers/finished-triggers.ts'
import { createShared } from './triggers/shared-things.ts'
import type { PoolPlan } from './workers/pool-plan.ts'
import { Crew, lastMs } from './workers/crew.ts'
import { WorkerCalls } from './workers/worker-calls.ts'
import type { WorkerPool } from './workers/worker-pool.ts'

/** Default of `spec.drainDelay` where load balancers need time to notice. */
const kubernetesDrainMs = 5000

/** Makes a processor for one function; `start` runs it. */
export function createProcessor(options: ProcessorOptions): Processor {
  return new FunctionProcessor(options)
}

class FunctionProcessor implements Processor {
  readonly #options: ProcessorOptions
  readonly #clock: Clock
  readonly #logger: PeltonLogger
  readonly #shared = createShared()
  readonly #calls = new WorkerCalls()
  readonly #startedAt = Date.now()
  readonly #triggers = new Map<string, RunningTrigger>()
  readonly #finishedTriggers = new FinishedTriggers()
  readonly #ending = Promise.withResolvers<{ failed: boolean }>()
  #crew: Crew
  /** What is being started, or about to take over; a stop gives it up. */
  #coming: Crew | undefined
  #plan: FunctionPlan
  #sides: SideServers = { pulls: [] }
  #tracer: EventTracer | undefined
  #state: ProcessorStatus['state'] = 'starting'
  #updating: Promise<void> = Promise.resolve()

  constructor(options: ProcessorOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#logger = createLogger(options.writeLog)
    this.#plan = this.#planOf(options.config)
    this.#crew = this.#crewOf(this.#plan)
  }

  get finished(): Promise<{ failed: boolean }> {
    return this.#ending.promise
  }

  async start(): Promise<void> {
    const { platform, kubernetes } = this.#options
    try {
      this.#tracer = exportsTraces() ? await loadTracer(this.#plan.config, this.#logger) : undefined
      const [sides, crew] = await Promise.allSettled([
        openSideServers({ platform, kubernetes, ports: this.#plan.ports }, this.#reports()),
        this.#startCrew(this.#plan),
      ])
      if (sides.status === 'fulfilled') this.#sides = sides.value
      if (crew.status === 'fulfilled') this.#crew = crew.value
      this.#coming = undefined
      if (sides.status === 'rejected') throw sides.reason
      if (crew.status === 'rejected') throw crew.reason
      if (this.#isStopping()) return void (await this.#stopAll(lastMs))
      await Promise.all(this.#plan.triggers.map((planned) => this.#startTrigger(this.#plan, planned, this.#crew)))
    } catch (error) {
      const isGivenUp = this.#isStopping()
      // Triggers that are still to come give up.
      if (!isGivenUp) this.#state = 'stopping'
      await this.#stopAll(lastMs)
      if (isGivenUp) return
      this.#state = 'stopped'
      throw error
    }
    if (this.#isStopping()) return
    this.#state = 'unready'
    this.#state = this.#readiness().ready ? 'ready' : 'unready'
  }

  update(config: FunctionConfig): Promise<void> {
    const next = this.#updating.then(() => this.#update(config))
    // A failed update must not stand in the way of the next one; its caller sees the failure.
    this.#updating = next.catch(() => undefined)
    return next
  }

  async stop(graceMs: number): Promise<{ clean: boolean }> {
    const until = this.#clock.now() + graceMs
    this.#state = 'stopping'
    this.#noteServing()
    const drainMs = this.#plan.config.drainDelayMs ?? (this.#options.kubernetes ? kubernetesDrainMs : 0)
    if (drainMs > 0) await this.#serveOn(Math.min(drainMs, graceMs))
    const clean = await this.#stopAll(Math.max(0, until - this.#clock.now() - lastMs))
    this.#state = 'stopped'
    return { clean }
  }

  status(): ProcessorStatus {
    return statusOf(this.#plan, this.#state, this.#triggers, this.#sides)
  }

  /** Until the time is over or all work is done: then nobody needs to notice any more that it stops. */
  async #serveOn(drainMs: number): Promise<void> {
    const waiting = new AbortController()
    void this.finished.then(() => this.#isIdle() && waiting.abort())
    await this.#clock.sleep(drainMs, waiting.signal)
  }

  /** Whether no trigger has anything left to do. */
  #isIdle(): boolean {
    return this.#finishedTriggers.areAll(this.#triggerNames())
  }

  #triggerNames(): string[] {
    return this.#plan.triggers.map(({ config }) => config.settings.name)
  }

  #isStopping(): boolean {
    return this.#state === 'stopping' || this.#state === 'stopped'
  }

  #planOf(config: FunctionConfig): FunctionPlan {
    const { watch = false, inspect } = this.#options
    return planFunction(config, { watches: watch, inspected: inspect !== undefined, traces: exportsTraces() })
  }

  async #update(config: FunctionConfig): Promise<void> {
    if (this.#isStopping()) return
    const plan = this.#planOf(config)
    const former = this.#crew
    try {
      const crew = await this.#startCrew(plan)
      if (this.#isStopping()) return await crew.stop(lastMs)
      await this.#updateTriggers(plan, crew).catch(async (error: unknown) => {
        await crew.stop()
        throw error
      })
      this.#plan = plan
      this.#crew = crew
    } finally {
      this.#coming = undefined
    }
    this.#noteChange()
    await former.stop()
  }

  /** See `TriggerWorkers.replace`: of one pool, one after the other, and after updates. */
  #replaceWorkers(key: string, models: readonly string[] | undefined): Promise<void> {
    const swapped = this.#updating.then(() => this.#swapPool(key, models))
    // Its caller sees the failure; the next one waits until the former workers have gone.
    this.#updating = swapped.then((former) => former && this.#crew.dismiss(former)).catch(() => undefined)
    return swapped.then(() => undefined)
  }

  /** Gives the pool that has been replaced. */
  async #swapPool(key: string, models: readonly string[] | undefined): Promise<WorkerPool | undefined> {
    const plan = this.#plan.pools.find((pool) => pool.key === key)
    if (this.#isStopping() || !plan) return undefined
    const { models: _, ...all } = plan
    // Those whom other triggers share keep all: what these serve is none of this one's business.
    const pool: PoolPlan = models && plan.triggers.length === 1 ? { ...all, models } : all
    const former = await this.#crew.replace(pool)
    this.#plan.pools = this.#plan.pools.map((one) => (one === plan ? pool : one))
    for (const running of this.#triggers.values()) {
      const next = this.#crew.pools.get(key)
      if (!next || running.plan.pool.key !== key || !(running.placed instanceof DispatchedTrigger)) continue
      running.plan = { ...running.plan, pool }
      running.placed.use(next, running.plan)
    }
    this.#noteChange()
    return former
  }

  /** Those that stay get the new workers; those that differ are stopped and started anew. */
  async #updateTriggers(plan: FunctionPlan, crew: Crew): Promise<void> {
    const wanted = new Map(plan.triggers.map((planned) => [planned.config.settings.name, planned]))
    const started: RunningTrigger[] = []
    const stopped: RunningTrigger[] = []
    const replaced: RunningTrigger[] = []
    try {
      for (const running of this.#triggers.values()) {
        if (isSameTrigger(running.plan, wanted.get(running.plan.config.settings.name))) continue
        if (isReplaceable(running, wanted.get(running.plan.config.settings.name))) continue
        stopped.push(running)
        await this.#stopTrigger(running, running.plan.config.workerTerminationMs)
      }
      for (const planned of plan.triggers) {
        const former = this.#triggers.get(planned.config.settings.name)
        const pool = crew.pools.get(planned.pool.key)
        if (former && pool && former.placed instanceof DispatchedTrigger) {
          former.placed.use(pool, planned)
          former.plan = planned
          continue
        }
        await this.#startTrigger(plan, planned, crew)
        const running = this.#triggers.get(planned.config.settings.name)
        if (running) started.push(running)
        if (former) replaced.push(former)
      }
    } catch (error) {
      await this.#rollBack(started, stopped)
      for (const former of replaced) this.#triggers.set(former.plan.config.settings.name, former)
      throw error
    }
    await Promise.all(replaced.map(({ placed, plan: { config } }) => placed.stop(config.workerTerminationMs)))
  }

  /** After a failed update: what was started is stopped, what was stopped starts again, all on the old workers. */
  async #rollBack(started: RunningTrigger[], stopped: RunningTrigger[]): Promise<void> {
    for (const running of started) await this.#stopTrigger(running, lastMs)
    for (const former of this.#plan.triggers) {
      const running = this.#triggers.get(former.config.settings.name)
      const pool = this.#crew.pools.get(former.pool.key)
      if (!pool || !(running?.placed instanceof DispatchedTrigger)) continue
      running.placed.use(pool, former)
      running.plan = former
    }
    for (const { plan } of stopped) await this.#startAgain(plan)
  }

  /** One that cannot start any more is told: why the update failed is what its caller hears of. */
  async #startAgain(planned: PlannedTrigger): Promise<void> {
    try {
      await this.#startTrigger(this.#plan, planned, this.#crew)
    } catch (error) {
      const trigger = planned.config.settings.name
      this.#logger.error('trigger_not_restored', {
        trigger,
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }

  /** It is the coming one until its caller takes it over. */
  async #startCrew(plan: FunctionPlan): Promise<Crew> {
    const crew = this.#crewOf(plan)
    this.#coming = crew
    await crew.start(plan)
    return crew
  }

  #crewOf({ config }: FunctionPlan): Crew {
    return new Crew(config, {
      options: this.#options,
      calls: this.#calls,
      clock: this.#clock,
      logger: this.#logger,
      onChange: () => this.#noteChange(),
    })
  }

  async #startTrigger(plan: FunctionPlan, planned: PlannedTrigger, crew: Crew): Promise<void> {
    const { name } = planned.config.settings
    const former = this.#triggers.get(name)
    this.#finishedTriggers.forget(name)
    const placed =
      planned.placement.placement === 'worker'
        ? await this.#placeInWorkers(planned, former, crew)
        : await this.#placeBeside(planned, crew)
    // Who stops the processor has stopped all that it knew of.
    if (this.#isStopping()) return
    this.#triggers.set(name, { plan: planned, placed })
    try {
      await placed.start()
    } catch (error) {
      await placed.stop(0)
      if (former) this.#triggers.set(name, former)
      else this.#triggers.delete(name)
      throw error
    }
  }

  async #placeInWorkers(
    planned: PlannedTrigger,
    former: RunningTrigger | undefined,
    crew: Crew,
  ): Promise<PlacedTrigger> {
    const { config, pool, listens } = planned
    const before = former?.placed instanceof InWorkerTrigger ? former.placed : undefined
    return new InWorkerTrigger({
      config,
      concurrency: pool.concurrency,
      runtime: await crew.loadRuntime(),
      pool: crew.poolParts(pool),
      clock: this.#clock,
      onChange: () => this.#noteChange(),
      ...(isDeepStrictEqual(former?.plan.listens, listens) ? { inherited: before?.address } : {}),
    })
  }

  async #placeBeside(planned: PlannedTrigger, { pools }: Crew): Promise<PlacedTrigger> {
    const { config, pool, eventTimeoutMs } = planned
    const workers = pools.get(pool.key)
    if (!workers) throw new TypeError(`the pool ${pool.name} was not started`)
    const { name } = config.settings
    const placed: DispatchedTrigger = new DispatchedTrigger({
      config,
      create: await config.manifest.manifest.load(),
      pool: workers,
      calls: this.#calls,
      eventTimeoutMs,
      shared: this.#shared,
      // By way of the workers' log, which keeps failures from flooding it.
      logger: createLogger((record) => placed.pool.parts.hooks(0).log(record), { trigger: name }),
      clock: this.#clock,
      tracer: this.#tracer,
      // One that has been replaced ends nothing any more.
      finish: (result) => this.#triggers.get(name)?.placed === placed && this.#finish(name, result),
      replaceWorkers: ({ models } = {}) => this.#replaceWorkers(pool.key, models),
      onChange: () => this.#noteChange(),
    })
    return placed
  }

  #finish(trigger: string, result: Finished): void {
    this.#finishedTriggers.add(trigger, result)
    const end = this.#finishedTriggers.end(this.#triggerNames())
    if (end) this.#ending.resolve(end)
  }

  async #stopTrigger(running: RunningTrigger, deadlineMs: number): Promise<boolean> {
    this.#triggers.delete(running.plan.config.settings.name)
    return running.placed.stop(deadlineMs)
  }

  /** Triggers first, so that what runs can finish; then workers, then the side listeners. */
  async #stopAll(graceMs: number): Promise<boolean> {
    const until = this.#clock.now() + graceMs + lastMs
    const results = await Promise.all([...this.#triggers.values()].map(({ placed }) => placed.stop(graceMs)))
    // What a processor that has finished still holds was given up: a job's attempt whose time was over.
    const isIdle = this.#isIdle() || this.#crew.isIdle
    // Given up at once: a process must not end while a thread of it loads native code.
    const givenUp = this.#coming?.stop(0)
    await Promise.all([givenUp, this.#crew.stop(this.#isIdle() ? lastMs : until - this.#clock.now())])
    await Promise.all(listSideServers(this.#sides).map((server) => server.close()))
    await this.#tracer?.shutdown()
    return isIdle && results.every(Boolean)
  }

  #readiness(): Readiness {
    const triggers = [...this.#triggers.values()]
    const pools = new Set([...triggers.map(({ placed }) => placed.pool), ...(this.#crew.models?.pools ?? [])])
    return readinessOf({
      started: this.#state !== 'starting',
      stopping: this.#isStopping(),
      pools: [...pools].map((pool) => ({ name: pool.parts.name, ready: pool.readyWorkers })),
      triggers: triggers.map(({ plan, placed }) => ({
        name: plan.config.settings.name,
        required: plan.config.requiredForReady,
        ...placed.state,
      })),
    })
  }

  #reports(): Parameters<typeof openSideServers>[1] {
    return reportsOf(this.#triggers, {
      readiness: () => this.#readiness(),
      scrape: () => scrapeOf(this.#plan, this.#options.platform, this.#running(), this.#startedAt),
    })
  }

  #running(): Running {
    return { triggers: this.#triggers, models: this.#crew.models }
  }

  #noteServing(): void {
    for (const { placed } of this.#triggers.values()) placed.noteServing(this.#isStopping())
  }

  #noteChange(): void {
    this.#noteServing()
    if (this.#state !== 'ready' && this.#state !== 'unready') return
    const { ready, reasons } = this.#readiness()
    const state = ready ? 'ready' : 'unready'
    if (state === this.#state) return
    this.#state = state
    if (ready) this.#logger.info('processor_ready')
    else this.#logger.warn('processor_unready', reasons)
  }
}

/** Whether the next version of a trigger may start before this one stops: copies in workers share their address. */
function isReplaceable(running: RunningTrigger, next: PlannedTrigger | undefined): boolean {
  return running.placed instanceof InWorkerTrigger && next?.placement.placement === 'worker'
}

function exportsTraces(): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_SDK_DISABLED } = process.env
  return OTEL_SDK_DISABLED !== 'true' && Boolean(OTEL_EXPORTER_OTLP_ENDPOINT ?? OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
}

/** Only who exports traces pays for the library: 125 ms of start-up and 26 MB. */
async function loadTracer(config: FunctionConfig, logger: PeltonLogger): Promise<EventTracer> {
  const { name, namespace, version } = config
  const { createOtlpTracer } = await import('./tracing/otlp-tracer.ts')
  return createOtlpTracer({ name, namespace, version }, logger)
}
