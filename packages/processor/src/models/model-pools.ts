import { Buffer } from 'node:buffer'
import { type Bytes, type Clock, type KindSide, type ModelFacts, type PeltonLogger, createLogger } from '@pelton/core'
import type { FunctionConfig, ModelConfig } from '../config/function-config.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import { isStream } from '../dispatch/outcome.ts'
import { errors } from '../errors.ts'
import type { LabelledTrigger } from '../metrics/prometheus.ts'
import { TriggerMetrics } from '../metrics/trigger-metrics.ts'
import type { ProcessorOptions } from '../processor.ts'
import { type PoolPlan, workerSpec } from '../workers/pool-plan.ts'
import { WorkerPool } from '../workers/worker-pool.ts'
import { modelEvent } from './model-event.ts'

/** What pools of models are made of. */
export interface ModelPoolsParts {
  config: FunctionConfig
  options: Pick<ProcessorOptions, 'platform' | 'logLevel' | 'writeLog'>
  clock: Clock
  onChange: () => void
}

/** A model with its workers. */
interface RunningModel {
  config: ModelConfig
  pool: WorkerPool
  dispatcher: Dispatcher
  metrics: TriggerMetrics
}

const workerWaitMs = 10_000
const workerTerminationMs = 10_000
/** A run that takes so long is stuck: its caller has given up before, since a call takes 30 seconds at most. */
const runTimeoutMs = 60_000

/** The models of `spec.models`, each with workers of its own: handlers of any runtime run them by a call. */
export class ModelPools {
  readonly #models: ReadonlyMap<string, RunningModel>

  private constructor(models: readonly RunningModel[]) {
    this.#models = new Map(models.map((model) => [model.config.name, model]))
  }

  /** Loads what runs them, and starts nothing yet. */
  static async create(parts: ModelPoolsParts): Promise<ModelPools> {
    return new ModelPools(await Promise.all(parts.config.models.map((model) => create(model, parts))))
  }

  /** Starts all workers; rejects with the first failure, when those that did start have been stopped. */
  async start(): Promise<void> {
    const results = await Promise.allSettled(this.pools.map((pool) => pool.start()))
    const failed = results.find((result) => result.status === 'rejected')
    if (!failed) return
    await this.stop(workerTerminationMs)
    throw failed.reason
  }

  get pools(): WorkerPool[] {
    return [...this.#models.values()].map(({ pool }) => pool)
  }

  /** As `/metrics` shows them. */
  get labelled(): LabelledTrigger[] {
    return [...this.#models.values()].map(({ config, metrics, dispatcher }) => ({
      kind: 'model',
      name: config.name,
      metrics,
      waiting: dispatcher.waiting,
      inFlight: dispatcher.inFlight,
      sinks: [],
      series: [],
    }))
  }

  /** What handlers get to run them by. */
  get sides(): KindSide[] {
    const sides = new Map<string, KindSide & { facts: ModelFacts[] }>()
    for (const { config, pool } of this.#models.values()) {
      const { modelSide } = config.runtimeManifest.manifest
      if (!modelSide) continue
      const side = sides.get(modelSide.member) ?? { ...modelSide, facts: [] }
      for (const facts of pool.models?.slice(0, 1) ?? []) side.facts.push({ ...facts, name: config.name })
      sides.set(modelSide.member, side)
    }
    return [...sides.values()]
  }

  /** Serves the call `models.run`. Rejects with `model_unknown`, with `model_refused` or `model_failed` and the model's own words, or why no worker answered. */
  async run(payload: unknown, body: Bytes = Buffer.alloc(0)): Promise<Bytes> {
    const { model: name, extra } = payload as { model?: unknown; extra?: Record<string, unknown> }
    const model = this.#models.get(String(name))
    if (!model) throw errors.model_unknown({ model: String(name), known: [...this.#models.keys()].join(', ') })
    const outcome = await model.dispatcher.dispatch(modelEvent(model.config.name, body, extra ?? {}))
    if (outcome.status === 'failed') throw outcome.error
    const { status, body: answer = Buffer.alloc(0) } = outcome.response
    if (isStream(answer)) throw errors.model_failed({ model: model.config.name, reason: 'it answered with a stream' })
    if (status >= 500) throw errors.model_failed({ model: model.config.name, reason: errorText(answer) })
    if (status >= 400) throw errors.model_refused({ model: model.config.name, reason: errorText(answer) })
    return answer
  }

  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.stop(deadlineMs)))
  }
}

async function create(
  model: ModelConfig,
  { config, options, clock, onChange }: ModelPoolsParts,
): Promise<RunningModel> {
  const { platform, logLevel, writeLog } = options
  const { manifest } = model.runtimeManifest
  const name = `model ${model.name}`
  const plan: PoolPlan = {
    key: name,
    name,
    triggers: [],
    numWorkers: model.numWorkers,
    concurrency: manifest.defaultConcurrency,
    isConcurrencyConfigured: false,
    workerTerminationMs,
    trigger: { kind: '', name },
  }
  // To its workers the model is a function of its own.
  const own = { ...config, handler: model.file, runtime: manifest.kind, runtimeAttributes: model.runtimeAttributes }
  const logger: PeltonLogger = createLogger(writeLog, { trigger: name })
  const pool = new WorkerPool({
    name,
    numWorkers: model.numWorkers,
    spec: (index) => workerSpec(own, plan, { functions: platform.functions, logLevel }, index),
    hooks: () => ({
      log: writeLog,
      call: (operation) => Promise.reject(errors.unknown_call({ operation, triggers: name })),
    }),
    runtime: await manifest.load(),
    clock,
    logger,
    workerTerminationMs,
    onChange,
  })
  const metrics = new TriggerMetrics()
  const dispatcher = new Dispatcher({
    trigger: name,
    allocator: pool.allocator,
    clock,
    metrics: metrics.own,
    workerMetrics: (index) => metrics.worker(index),
    rules: { workerWaitMs, deadline: { timeoutMs: runTimeoutMs, workerTerminationMs } },
  })
  return { config: model, pool, dispatcher, metrics }
}

/** The text of `{"error": …}`, as models answer. */
function errorText(answer: Bytes): string {
  const text = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString()
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    return typeof error === 'string' ? error : text
  } catch {
    // Then it is told as it is.
    return text
  }
}
