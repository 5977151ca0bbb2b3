import type { Clock } from '@pelton/core'
import type { Allocator } from '../allocation/allocator.ts'
import type { MetricsRegion } from '../metrics/metrics-region.ts'
import type { BatchRules } from './batcher.ts'
import type { DeadlineRules } from './event-deadline.ts'

/** What one trigger's events go through on their way to a worker. */
export interface DispatcherParts {
  trigger: string
  allocator: Allocator
  clock: Clock
  /** The trigger's own counters: waiting for workers, and what no worker saw. */
  metrics: MetricsRegion
  /** Its counters for the worker of this index. */
  workerMetrics: (index: number) => MetricsRegion
  rules: DispatchRules
}

/** What the configuration says about waiting and time. */
export interface DispatchRules {
  /** How long an event waits for a worker, in milliseconds. */
  workerWaitMs: number
  /** `spec.eventTimeout`; absent: no limit. */
  deadline?: DeadlineRules | undefined
  /** Events are gathered and handed out together; absent: one by one. */
  batch?: BatchRules | undefined
}
