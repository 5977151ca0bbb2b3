import { type AttributeNote, type CheckAttributes, checkConfiguredEvent, quote } from '@pelton/core'
import type { CronAttributes } from './config.ts'
import { parseSchedule } from './parse-schedule.ts'
import { isTimeZone, nearestTimeZone } from './time-zone.ts'

/** Names what is wrong with when the trigger runs: schedules that cannot be read or never come, unknown time zones. */
export const checkAttributes: CheckAttributes<CronAttributes> = (attributes, { compat }) => {
  const notes: AttributeNote[] = []
  const note = (level: AttributeNote['level'], key: keyof CronAttributes, message: string): void => {
    notes.push({ level, path: [key], message })
  }
  const { interval, schedule = '', timezone = '', event } = attributes
  if (interval === undefined && schedule === '') {
    note('error', 'schedule', 'is required, or interval: say when to run')
  }
  if (interval !== undefined && schedule !== '') {
    if (compat === 'none') note('error', 'schedule', 'cannot be given beside interval; keep one of them')
    else note('warning', 'schedule', 'has no effect beside interval')
  } else if (schedule !== '') {
    const parsed = parseSchedule(schedule, compat)
    if ('fault' in parsed) note('error', 'schedule', parsed.fault)
    else if (parsed.doubt !== undefined) note(compat === 'none' ? 'error' : 'warning', 'schedule', parsed.doubt)
  }
  if (timezone !== '' && !isTimeZone(timezone)) note('error', 'timezone', unknownZone(timezone))
  return [...notes, ...checkConfiguredEvent(event)]
}

function unknownZone(name: string): string {
  const near = nearestTimeZone(name)
  const hint = near === undefined ? 'write one such as Europe/Rome or UTC' : `did you mean ${near}?`
  return `unknown time zone ${quote(name, 40)}, ${hint}`
}
