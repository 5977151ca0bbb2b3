import { type EventData, type Outcome, createLogger, systemClock } from '@pelton/core'
import type { FunctionConfig } from './config/function-config.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { TriggerMetrics } from './metrics/trigger-metrics.ts'
import type { ProcessorOptions } from './processor.ts'
import { Crew } from './workers/crew.ts'
import type { PoolPlan } from './workers/pool-plan.ts'
import { WorkerCalls } from './workers/worker-calls.ts'

/** One event's outcome. A streamed body is read before `close`, which ends the worker. */
export interface Invocation {
  outcome: Outcome
  close(): Promise<void>
}

const trigger = { kind: 'invoke', name: 'invoke' }
const closeMs = 2000

/**
 * Runs the handler once on one worker, without triggers and listeners; `eventTimeout` holds. Rejects with a
 * `PeltonError` when the worker cannot be started.
 */
export async function invokeOnce(
  options: ProcessorOptions,
  event: Omit<EventData, 'trigger'>,
  signal?: AbortSignal,
): Promise<Invocation> {
  const { config, writeLog, inspect, clock = systemClock } = options
  const plan: PoolPlan = {
    key: trigger.name,
    name: trigger.name,
    triggers: [],
    numWorkers: 1,
    concurrency: 1,
    isConcurrencyConfigured: false,
    // A handler that expects batches is given a batch of one.
    ...(takesBatches(config) ? { batchSize: 1 } : {}),
    workerTerminationMs: closeMs,
    trigger,
  }
  const logger = createLogger(writeLog)
  const crew = new Crew(config, { options, calls: new WorkerCalls(), clock, logger, onChange: () => undefined })
  await crew.start({ pools: [plan] })
  const pool = crew.pools.get(plan.key)
  if (!pool) throw new TypeError(`the pool ${plan.name} was not started`)
  const metrics = new TriggerMetrics()
  const timeoutMs = inspect === undefined ? config.eventTimeoutMs : undefined
  const dispatcher = new Dispatcher({
    trigger: trigger.name,
    allocator: pool.allocator,
    clock,
    metrics: metrics.own,
    workerMetrics: (index) => metrics.worker(index),
    rules: {
      workerWaitMs: closeMs,
      ...(plan.batchSize === undefined ? {} : { batch: { size: 1, timeoutMs: 0 } }),
      ...(timeoutMs === undefined ? {} : { deadline: { timeoutMs, workerTerminationMs: closeMs } }),
    },
  })
  const outcome = await dispatcher.dispatch({ ...event, trigger }, signal ? { signal } : {})
  return { outcome, close: () => crew.stop(closeMs) }
}

function takesBatches({ triggers }: FunctionConfig): boolean {
  return triggers.length > 0 && triggers.every(({ batch }) => batch !== undefined)
}
