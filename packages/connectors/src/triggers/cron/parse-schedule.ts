import { type Compat, formatDuration, parseDuration, quote } from '@pelton/core'
import { type FieldRule, fieldRules, parseField } from './expression-field.ts'

/** A schedule as it is understood: the same span again and again, or an expression of six fields for croner. */
export type Timing = { everyMs: number } | { pattern: string }

/** What became of a schedule's text; a `doubt` is something that is legal and hardly meant. */
export type ParsedSchedule = { timing: Timing; doubt?: string } | { fault: string }

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 0 1 1 *',
  '@annually': '0 0 0 1 1 *',
  '@monthly': '0 0 0 1 * *',
  '@weekly': '0 0 0 * * 0',
  '@daily': '0 0 0 * * *',
  '@midnight': '0 0 0 * * *',
  '@hourly': '0 0 * * * *',
}

/** Longer texts are no schedules. */
const maxLength = 512

/**
 * Reads a schedule: five fields, six with leading seconds, a nickname or `@every` with a duration. In nuclio files a
 * seconds field of `*` means second 0.
 */
export function parseSchedule(text: string, compat: Compat): ParsedSchedule {
  const trimmed = text.trim()
  if (trimmed.length > maxLength) return { fault: `is longer than ${maxLength} characters` }
  if (trimmed.startsWith('@')) return parseNickname(trimmed)
  if (/^(CRON_)?TZ=/.test(trimmed)) return { fault: 'names a time zone; give it as timezone, beside schedule' }
  const fields = trimmed.split(/\s+/)
  if (fields.length === 5) return parseFields(['0', ...fields])
  if (fields.length !== 6) return { fault: wrongCount(trimmed, fields.length) }
  return parseFields(compat !== 'none' && fields[0] === '*' ? ['0', ...fields.slice(1)] : fields)
}

function parseNickname(text: string): ParsedSchedule {
  const [word = '', ...rest] = text.split(/\s+/)
  if (word.toLowerCase() === '@every') return parseEvery(rest.join(' '))
  const pattern = nicknames[text.toLowerCase()]
  if (pattern !== undefined) return { timing: { pattern } }
  return { fault: `${quote(text, 40)} is unknown; there are ${Object.keys(nicknames).join(', ')} and @every 1m30s` }
}

function parseEvery(text: string): ParsedSchedule {
  const everyMs = parseDuration(text)
  if (everyMs === undefined) return { fault: `@every needs a duration such as 1m30s, got ${quote(text, 40)}` }
  if (everyMs < 1) return { fault: `@every needs at least 1ms, got ${formatDuration(everyMs)}` }
  return { timing: { everyMs } }
}

function wrongCount(text: string, count: number): string {
  if (parseDuration(text) !== undefined) return `is a span of time; write "@every ${text}", or use interval`
  const found = text === '' ? 'nothing' : `${count} in ${quote(text, 40)}`
  return `expected 5 fields (minute, hour, day of month, month, day of week), or 6 with seconds first, got ${found}`
}

function parseFields(fields: readonly string[]): ParsedSchedule {
  const rules: readonly FieldRule[] = Object.values(fieldRules)
  const texts: string[] = []
  let doubt: string | undefined
  for (const [at, rule] of rules.entries()) {
    const parsed = parseField(fields[at] ?? '', rule)
    if ('fault' in parsed) return parsed
    texts.push(parsed.text)
    doubt ??= parsed.doubt
  }
  const [, , , days = '', months = '', weekdays = ''] = texts
  const never = weekdays === '*' ? missingDay(days, months) : undefined
  if (never !== undefined) return { fault: never }
  return { timing: { pattern: texts.join(' ') }, ...(doubt === undefined ? {} : { doubt }) }
}

const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A day that none of its months has, such as 30 February. */
function missingDay(days: string, months: string): string | undefined {
  if (!/^[\d,-]+$/.test(days) || !/^[\d,-]+$/.test(months)) return undefined
  const first = Math.min(...days.split(',').map((part) => Number.parseInt(part, 10)))
  const longest = Math.max(...valuesOf(months).map((month) => longestMonths[month - 1] ?? 0))
  return first > longest ? `no month of ${months} has a day ${first}: it would never run` : undefined
}

function valuesOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, at) => from + at)
  })
}
