import type { Clock, PeltonLogger, Runtime } from '@pelton/core'
import type { FunctionConfig } from '../config/function-config.ts'
import type { ModelPools } from '../models/model-pools.ts'
import { runModel } from '../models/run-model.ts'
import type { FunctionPlan } from '../plan-function.ts'
import type { ProcessorOptions } from '../processor.ts'
import { FailureLog } from './failure-log.ts'
import { type PoolPlan, workerSpec } from './pool-plan.ts'
import type { WorkerCalls } from './worker-calls.ts'
import { WorkerPool, type WorkerPoolParts } from './worker-pool.ts'

/** How long workers may take to go once everything else has stopped, at the least. */
export const lastMs = 500

/** What workers get from their processor. */
export interface CrewParts {
  options: Pick<ProcessorOptions, 'writeLog' | 'platform' | 'logLevel' | 'inspect'>
  calls: WorkerCalls
  clock: Clock
  logger: PeltonLogger
  /** Told whenever a worker comes or goes. */
  onChange: () => void
}

/** All workers of one plan beside its triggers: the pools that these hand out to, and the models that handlers run. */
export class Crew {
  readonly pools = new Map<string, WorkerPool>()
  readonly #parts: CrewParts
  readonly #config: FunctionConfig
  /** Pools that come or go while their kind is replaced. */
  readonly #passing = new Set<WorkerPool>()
  readonly #failures: FailureLog
  #models: ModelPools | undefined
  #isStopped = false

  constructor(config: FunctionConfig, parts: CrewParts) {
    this.#config = config
    this.#parts = parts
    this.#failures = new FailureLog(parts.options.writeLog, parts.clock)
  }

  get models(): ModelPools | undefined {
    return this.#models
  }

  get isIdle(): boolean {
    return [...this.pools.values()].every((pool) => pool.allocator.inFlight === 0)
  }

  /**
   * Starts all, models first, since handlers are told of them; rejects with the first failure, or when it is stopped meanwhile, and those
   * that did start have been stopped.
   */
  async start({ pools }: Pick<FunctionPlan, 'pools'>): Promise<void> {
    try {
      await this.#startModels()
      for (const plan of pools) this.pools.set(plan.key, await this.createPool(plan))
      const results = await Promise.allSettled([...this.pools.values()].map((pool) => pool.start()))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** New workers for a pool; gives the former one, which is still to be dismissed. Rejects when they cannot start. */
  async replace(plan: PoolPlan): Promise<WorkerPool | undefined> {
    const former = this.pools.get(plan.key)
    const pool = await this.createPool(plan)
    this.#passing.add(pool)
    try {
      await pool.start()
      this.pools.set(plan.key, pool)
      return former
    } finally {
      this.#passing.delete(pool)
    }
  }

  /** Stops a pool that has been replaced, within the time that is configured. */
  async dismiss(former: WorkerPool): Promise<void> {
    this.#passing.add(former)
    await former.stop(former.parts.workerTerminationMs)
    this.#passing.delete(former)
  }

  async createPool(plan: PoolPlan): Promise<WorkerPool> {
    const pool = new WorkerPool({ ...this.poolParts(plan), runtime: await this.loadRuntime() })
    // Then it cannot start any more.
    if (this.#isStopped) await pool.stop(0)
    return pool
  }

  loadRuntime(): Promise<Runtime> {
    return this.#config.runtimeManifest.manifest.load()
  }

  /** What a pool of this plan is made of. */
  poolParts(plan: PoolPlan): Omit<WorkerPoolParts, 'runtime'> {
    const { options, calls, clock, logger, onChange } = this.#parts
    const { platform, logLevel, inspect } = options
    const models = this.#models
    const facts = { functions: platform.functions, logLevel, inspect, sides: models?.sides ?? [] }
    const triggers = plan.triggers.map((trigger) => trigger.settings.name)
    return {
      name: plan.name,
      numWorkers: plan.numWorkers,
      spec: (index) => workerSpec(this.#config, plan, facts, index),
      hooks: () => ({
        log: this.#failures.take,
        call: (operation, payload, body) =>
          models && operation === runModel ? models.run(payload, body) : calls.call(triggers, operation, payload, body),
      }),
      clock,
      logger,
      workerTerminationMs: plan.workerTerminationMs,
      isConcurrencyConfigured: plan.isConcurrencyConfigured,
      onChange,
    }
  }

  /**
   * Gives workers the time that is configured, at the end of the processor no more than `leftMs`, but `lastMs` at least. Those
   * that are being started are given up.
   */
  async stop(leftMs?: number): Promise<void> {
    this.#isStopped = true
    const deadlineOf = ({ parts: { workerTerminationMs: ownMs } }: WorkerPool): number =>
      leftMs === undefined ? ownMs : Math.max(lastMs, Math.min(ownMs, leftMs))
    await Promise.all([...this.pools.values(), ...this.#passing].map((pool) => pool.stop(deadlineOf(pool))))
    // Until the last handler has ended it may run one.
    await this.#models?.stop(lastMs)
    this.#failures.close()
  }

  /** Only functions with models load what runs them. */
  async #startModels(): Promise<void> {
    if (this.#config.models.length === 0) return
    const { options, clock, onChange } = this.#parts
    const { ModelPools } = await import('../models/model-pools.ts')
    this.#models = await ModelPools.create({ config: this.#config, options, clock, onChange })
    if (this.#isStopped) await this.#models.stop(0)
    await this.#models.start()
  }
}
