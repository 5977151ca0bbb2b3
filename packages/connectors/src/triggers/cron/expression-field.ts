/** One of the six fields of a cron expression. */
export interface FieldRule {
  name: string
  min: number
  max: number
  /** Words for its values; the first one stands for `min`. */
  words?: readonly string[]
}

/** The fields in their order. A weekday of 7 is Sunday, as 0 is. */
export const fieldRules = {
  second: { name: 'second', min: 0, max: 59 },
  minute: { name: 'minute', min: 0, max: 59 },
  hour: { name: 'hour', min: 0, max: 23 },
  day: { name: 'day of month', min: 1, max: 31 },
  month: {
    name: 'month',
    min: 1,
    max: 12,
    words: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  weekday: { name: 'day of week', min: 0, max: 7, words: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
} as const satisfies Record<string, FieldRule>

/** A field as it is understood, or the first thing that is wrong with it. */
export type ParsedField = { text: string; doubt?: string } | { fault: string }

const item = /^(\*|\?|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/i
const monthsDay = /^(?:LW?|(\d{1,2})W)$/i
const nthWeekday = /^([a-z0-9]+)#([1-5]|L)$/i
const lastWeekday = /^([a-z]{3}|\d)L$/i

/** Reads one field and writes it as croner reads it: numbers, ranges, steps of ranges, and the day rules L, W and #. */
export function parseField(text: string, rule: FieldRule): ParsedField {
  const parts: string[] = []
  let doubt: string | undefined
  for (const part of text.split(',')) {
    const parsed = parsePart(part, rule)
    if ('fault' in parsed) return parsed
    parts.push(parsed.text)
    doubt ??= parsed.doubt
  }
  return { text: parts.join(','), ...(doubt === undefined ? {} : { doubt }) }
}

/** The number that a value of a field stands for, `undefined` when it stands for none. */
function valueOf(text: string, { min, words = [] }: FieldRule): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = words.indexOf(text.toUpperCase())
  return at === -1 ? undefined : at + min
}

function parsePart(part: string, rule: FieldRule): ParsedField {
  const special = parseDayRule(part, rule)
  if (special) return special
  const [, first = '', last, stepText] = item.exec(part) ?? []
  if (first === '') return { fault: notUnderstood(part, rule) }
  const isStar = first === '*' || first === '?'
  if (isStar && last !== undefined) return { fault: notUnderstood(part, rule) }
  const from = isStar ? rule.min : valueOf(first, rule)
  const to = last === undefined ? (isStar || stepText !== undefined ? topOf(rule) : from) : valueOf(last, rule)
  if (from === undefined || to === undefined) return { fault: notUnderstood(part, rule) }
  return parseRange({ from, to: isSunday(rule, from, to) ? 7 : to, isStar, stepText }, rule)
}

/** `FRI-SUN` ends with the Sunday that follows. */
function isSunday(rule: FieldRule, from: number, to: number): boolean {
  return rule === fieldRules.weekday && to === 0 && from > 0
}

/** The last value that `*` and an open step reach: Sunday would be there twice. */
function topOf(rule: FieldRule): number {
  return rule === fieldRules.weekday ? 6 : rule.max
}

interface Range {
  from: number
  to: number
  isStar: boolean
  stepText: string | undefined
}

function parseRange({ from, to, isStar, stepText }: Range, rule: FieldRule): ParsedField {
  const { name, min, max } = rule
  const outside = [from, to].find((value) => value < min || value > max)
  if (outside !== undefined) return { fault: `${name} ${outside} is out of range ${min}-${max}` }
  if (from > to)
    return { fault: `${name} ${from}-${to} goes backwards; write ${to}-${from}, or both parts with a comma` }
  const range = isStar || (from === min && to === topOf(rule)) ? '*' : from === to ? String(from) : `${from}-${to}`
  if (stepText === undefined) return { text: range }
  const step = Number(stepText)
  if (step === 0) return { fault: `${name} step 0 is out of range; the least is 1` }
  if (step === 1) return { text: range }
  if (step > to - from) {
    return { text: String(from), doubt: `${name} step ${step} reaches beyond ${to}: only ${from} would ever count` }
  }
  return { text: `${range}/${step}` }
}

/** `L`, `LW` and `15W` among days; `MON#2`, `FRI#L` and `FRIL` among weekdays. */
function parseDayRule(part: string, rule: FieldRule): ParsedField | undefined {
  if (rule === fieldRules.day) {
    const [found, day] = monthsDay.exec(part) ?? []
    if (found === undefined) return undefined
    const isInside = day === undefined || (Number(day) >= 1 && Number(day) <= 31)
    return isInside ? { text: part.toUpperCase() } : { fault: `day of month ${day} is out of range 1-31` }
  }
  if (rule !== fieldRules.weekday) return undefined
  const [, weekday, nth = 'L'] = nthWeekday.exec(part) ?? lastWeekday.exec(part) ?? []
  if (weekday === undefined) return undefined
  const value = valueOf(weekday, rule)
  if (value === undefined) return { fault: notUnderstood(part, rule) }
  if (value > rule.max) return { fault: `day of week ${value} is out of range 0-7` }
  return { text: `${value % 7}#${nth.toUpperCase()}` }
}

function notUnderstood(part: string, { name, min, max, words }: FieldRule): string {
  const shown = part.length > 20 ? `${part.slice(0, 20)}…` : part
  const word = words === undefined ? '' : ` or ${words[0]}-${words.at(-1)}`
  const whole = JSON.stringify(shown)
  return `${name} ${whole} is not understood; write numbers ${min}-${max}${word}, ranges as 1-5, steps as */2, lists as 1,3`
}
