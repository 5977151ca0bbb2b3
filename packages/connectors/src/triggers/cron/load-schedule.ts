import type { Compat } from '@pelton/core'
import type { CronAttributes } from './config.ts'
import { type Timing, parseSchedule } from './parse-schedule.ts'
import { type Schedule, createIntervalSchedule } from './schedule.ts'
import { machineZone } from './time-zone.ts'

/** What the attributes say about when to run; they have been checked. */
export function timingOf({ interval, schedule = '' }: CronAttributes, compat: Compat): Timing {
  if (interval !== undefined) return { everyMs: interval }
  const parsed = parseSchedule(schedule, compat)
  if ('timing' in parsed) return parsed.timing
  throw new Error(`the schedule was not checked: ${parsed.fault}`)
}

/** The zone whose times an expression means. */
export function zoneOf({ timezone = '' }: CronAttributes): string {
  return timezone === '' ? machineZone() : timezone
}

/** The schedule of checked attributes. An expression loads its library, a span of time does not. */
export async function loadSchedule(attributes: CronAttributes, compat: Compat): Promise<Schedule> {
  const timing = timingOf(attributes, compat)
  if ('everyMs' in timing) return createIntervalSchedule(timing.everyMs)
  const { createExpressionSchedule } = await import('./expression-schedule.ts')
  return createExpressionSchedule(timing.pattern, zoneOf(attributes))
}
