import { isDeepStrictEqual } from 'node:util'
import type { PlannedTrigger } from '../plan-function.ts'
import type { PlacedTrigger } from './placed-trigger.ts'

/** A trigger that runs, with how it was planned. */
export interface RunningTrigger {
  plan: PlannedTrigger
  placed: PlacedTrigger
}

/** Whether a trigger may run on when the configuration changes: only its workers are new. */
export function isSameTrigger(former: PlannedTrigger, next: PlannedTrigger | undefined): boolean {
  if (!next || former.placement.placement !== next.placement.placement) return false
  const { manifest: _former, ...one } = former.config
  const { manifest: _next, ...other } = next.config
  return former.eventTimeoutMs === next.eventTimeoutMs && isDeepStrictEqual(one, other)
}
