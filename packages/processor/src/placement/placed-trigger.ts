import type { Series } from '@pelton/core'
import type { TriggerMetrics } from '../metrics/trigger-metrics.ts'
import type { SinkReport } from '../sinks/sink-counts.ts'
import type { TriggerState } from '../triggers/trigger-supervisor.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'

/** A trigger where it runs: beside the workers, or inside them. */
export interface PlacedTrigger {
  readonly placement: 'dispatched' | 'worker'
  readonly metrics: TriggerMetrics
  /** The workers that it feeds. */
  readonly pool: WorkerPool
  /** Events that wait for a worker, as far as the main thread knows. */
  readonly waiting: number
  /** Events that workers hold, as far as the main thread knows. */
  readonly inFlight: number
  readonly state: Readonly<TriggerState>
  /** Where its responses go besides the caller; absent: nowhere. */
  readonly sinks?: readonly SinkReport[]
  /** What the trigger and its sinks add to `/metrics`; absent: nothing. */
  readonly series?: readonly Series[]
  /** Sentences for the start screen. */
  readonly notes: readonly string[]
  /** Workers came or went, or the processor is about to stop. */
  noteServing(isStopping: boolean): void
  /** Resolves when it is ready or a failure is being retried; rejects with what should stop the start. */
  start(): Promise<void>
  /** Accepts no more and finishes; cuts off what is left at the deadline. Resolves to whether nothing was. */
  stop(deadlineMs: number): Promise<boolean>
}
