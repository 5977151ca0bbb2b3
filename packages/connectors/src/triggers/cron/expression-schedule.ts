import { Cron } from 'croner'
import { type Schedule, maxCounted } from './schedule.ts'

/** As in Vixie cron: a clock that goes back further than any change of summer time was wrong before. */
const rewindMs = 3 * 3_600_000

/**
 * Ticks of an expression in a time zone. Where summer time begins or ends, times without a wildcard or step come once
 * on that day, after the gap if need be; others follow the clock on the wall.
 */
export function createExpressionSchedule(pattern: string, timezone: string): Schedule {
  const cron = new Cron(pattern, { timezone, mode: '6-part', fixedTimeRule: 'no-wildcard' })
  const next = (after: number): number | undefined => cron.nextRun(new Date(after))?.getTime()
  return {
    next,
    ticks(after, until) {
      let last: number | undefined
      let count = 0
      for (let tick = next(after); tick !== undefined && tick <= until; tick = next(tick)) {
        last = tick
        count += 1
        if (count === maxCounted)
          return { count, last: cron.previousRuns(1, new Date(until + 1))[0]?.getTime() ?? last }
      }
      return { count, last }
    },
    rewindMs,
  }
}
