import type { CronAttributes } from './config.ts'
import { createExpressionSchedule } from './expression-schedule.ts'
import { timingOf, zoneOf } from './load-schedule.ts'
import { createIntervalSchedule } from './schedule.ts'

const shownRuns = 5

/** The next runs, one a line: in the zone of the schedule, and in UTC. */
export function previewRuns(attributes: CronAttributes, now: Date): string[] {
  const timing = timingOf(attributes, 'none')
  const timezone = zoneOf(attributes)
  const schedule =
    'everyMs' in timing ? createIntervalSchedule(timing.everyMs) : createExpressionSchedule(timing.pattern, timezone)
  const lines: string[] = []
  // What counts in whole seconds is read more easily from a whole second on.
  const isWhole = !('everyMs' in timing) || timing.everyMs % 1000 === 0
  let tick = schedule.next(now.getTime() - (isWhole ? now.getMilliseconds() : 0))
  while (tick !== undefined && lines.length < shownRuns) {
    lines.push(showTime(new Date(tick), timezone))
    tick = schedule.next(tick)
  }
  return lines.length > 0 ? lines : ['never']
}

function showTime(time: Date, timezone: string): string {
  const hasFraction = time.getMilliseconds() !== 0
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    ...(hasFraction ? { fractionalSecondDigits: 3 } : {}),
    timeZoneName: 'longOffset',
  }).formatToParts(time)
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? ''
  const fraction = hasFraction ? `.${part('fractionalSecond')}` : ''
  const clock = `${part('hour')}:${part('minute')}:${part('second')}${fraction}`
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00'
  const local = `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${clock} ${offset} ${timezone}`
  const utc = time.toISOString()
  return `${local}  ${hasFraction ? utc : utc.replace('.000Z', 'Z')}`
}
