import { isDeepStrictEqual } from 'node:util'
import type { PlannedTrigger } from '../plan-function.ts'
import type { PlacedTrigger } from './placed-trigger.ts'

/** A trigger that runs, with how it was planned. */
export interface RunningTrigger {
  plan: PlannedTrigger
  placed: PlacedTrigger
}

/** Whether a trigger may run on when the configuration changes: what it reads itself is the same. */
export function isSameTrigger(former: PlannedTrigger, next: PlannedTrigger | undefined): boolean {
  return (
    former.placement.placement === next?.placement.placement &&
    former.config.manifest.module === next.config.manifest.module &&
    isDeepStrictEqual(former.config.settings, next.config.settings)
  )
}
