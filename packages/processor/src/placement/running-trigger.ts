import { isDeepStrictEqual } from 'node:util'
import type { SinkConfig } from '../config/function-config.ts'
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
    isDeepStrictEqual(ownSettings(former), ownSettings(next)) &&
    isDeepStrictEqual(former.config.sinks.map(identity), next.config.sinks.map(identity))
  )
}

/** What a sink is, and how it is fed. */
function identity({ manifest, settings, rules }: SinkConfig): object {
  return { module: manifest.module, settings, rules }
}

/** The number of workers is the pool's: a trigger that reads it as a limit keeps its former one until it is restarted. */
function ownSettings({ config }: PlannedTrigger): unknown {
  const { numWorkers: _, ...own } = config.settings
  return own
}
