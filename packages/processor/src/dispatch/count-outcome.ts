import type { Outcome } from '@pelton/core'
import type { MetricsRegion } from '../metrics/metrics-region.ts'

/** Counts one event that a worker is done with, and its time there in milliseconds. */
export function countOutcome(metrics: MetricsRegion, outcome: Outcome, durationMs: number): void {
  if (outcome.status === 'failed' && outcome.error.code === 'event_timeout') metrics.add('eventTimeouts')
  metrics.add(outcome.status === 'handled' ? 'handledSuccess' : 'handledFailure')
  metrics.observeDuration(durationMs)
}
