import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cron } from 'croner'
import fc from 'fast-check'
import { parseSchedule } from './parse-schedule.ts'

function patternOf(text: string, compat: 'none' | 'nuclio' = 'none'): unknown {
  const parsed = parseSchedule(text, compat)
  return 'timing' in parsed && 'pattern' in parsed.timing ? parsed.timing.pattern : parsed
}

const faultOf = (text: string): string => {
  const parsed = parseSchedule(text, 'none')
  return 'fault' in parsed ? parsed.fault : ''
}

test('five fields have second 0, six have their own', () => {
  assert.equal(patternOf('*/5 * * * *'), '0 */5 * * * *')
  assert.equal(patternOf(' 30  */5 * * *  * '), '30 */5 * * * *')
  assert.equal(patternOf('* * * * * *'), '* * * * * *')
})

test('nuclio 79: in nuclio files six fields with * as seconds mean second 0, every second only in Pelton files', () => {
  assert.equal(patternOf('* */5 * * * *', 'nuclio'), '0 */5 * * * *')
  assert.equal(patternOf('* */5 * * * *'), '* */5 * * * *')
  assert.equal(patternOf('*/3 * * * * *', 'nuclio'), '*/3 * * * * *')
})

test('nicknames and @every are read in any letter case', () => {
  assert.equal(patternOf('@hourly'), '0 0 * * * *')
  for (const text of ['@daily', '@Midnight']) assert.equal(patternOf(text), '0 0 0 * * *')
  assert.equal(patternOf('@weekly'), '0 0 0 * * 0')
  assert.equal(patternOf('@monthly'), '0 0 0 1 * *')
  for (const text of ['@yearly', '@annually']) assert.equal(patternOf(text), '0 0 0 1 1 *')
  assert.deepEqual(parseSchedule('@every 1m30s', 'none'), { timing: { everyMs: 90_000 } })
  assert.deepEqual(parseSchedule('@Every  250ms', 'none'), { timing: { everyMs: 250 } })
})

test('names, lists, ranges, steps and the rules of days are understood', () => {
  const expected: [string, string][] = [
    ['0 9 * * mon-fri', '0 0 9 * * 1-5'],
    ['0 9 * JAN,jul 7', '0 0 9 * 1,7 7'],
    ['0 9 * * FRI-SUN', '0 0 9 * * 5-7'],
    ['5/15 0-23 ? * 0-6', '0 5-59/15 * * * *'],
    ['10-20/5 8-18/2 1,15 * *', '0 10-20/5 8-18/2 1,15 * *'],
    ['0 0 L * *', '0 0 0 L * *'],
    ['0 0 lw * *', '0 0 0 LW * *'],
    ['0 0 15w * *', '0 0 0 15W * *'],
    ['0 0 * * MON#2', '0 0 0 * * 1#2'],
    ['0 0 * * friL', '0 0 0 * * 5#L'],
    ['0 0 * * 7#l', '0 0 0 * * 0#L'],
  ]
  for (const [text, pattern] of expected) assert.equal(patternOf(text), pattern, text)
})

test('what is wrong is named with its field, its value and what is right', () => {
  const expected: [string, RegExp][] = [
    ['61 * * * *', /^minute 61 is out of range 0-59$/],
    ['* 24 * * *', /^hour 24 is out of range 0-23$/],
    ['60 * * * * *', /^second 60 is out of range 0-59$/],
    ['* * 0 * *', /^day of month 0 is out of range 1-31$/],
    ['* * 32W * *', /^day of month 32 is out of range 1-31$/],
    ['* * * 1-13 *', /^month 13 is out of range 1-12$/],
    ['* * * * 8', /^day of week 8 is out of range 0-7$/],
    ['* * * * 9#1', /^day of week 9 is out of range 0-7$/],
    ['* * * FOO *', /^month "FOO" is not understood; write numbers 1-12 or JAN-DEC/],
    ['* * * * MO', /^day of week "MO" is not understood.* or SUN-SAT/],
    ['x * * * *', /^minute "x" is not understood; write numbers 0-59, ranges/],
    ['1,,2 * * * *', /^minute "" is not understood/],
    ['*-5 * * * *', /^minute "\*-5" is not understood/],
    ['L * * * *', /^minute "L" is not understood/],
    ['* * * * FOO#2', /^day of week "FOO#2" is not understood/],
    [`${'9'.repeat(40)} * * * *`, /^minute "9{20}…" is not understood/],
    ['* * W * *', /^day of month "W" is not understood/],
    ['30-10 * * * *', /^minute 30-10 goes backwards; write 10-30/],
    ['*/0 * * * *', /^minute step 0 is out of range; the least is 1$/],
    ['* * *', /^expected 5 fields .* or 6 with seconds first, got 3 in "\* \* \*"$/],
    ['1 2 3 4 5 6 7', /got 7 in/],
    ['', /got nothing$/],
    ['5m', /^is a span of time; write "@every 5m", or use interval$/],
    ['@fortnightly', /^"@fortnightly" is unknown; there are @yearly/],
    ['@daily 5', /^"@daily 5" is unknown/],
    ['@every', /^@every needs a duration such as 1m30s, got ""$/],
    ['@every soon', /got "soon"$/],
    ['@every 0s', /^@every needs at least 1ms, got 0s$/],
    ['CRON_TZ=Europe/Rome 0 9 * * *', /^names a time zone; give it as timezone/],
    ['0 0 30 2 *', /^no month of 2 has a day 30: it would never run$/],
    ['0 0 31 4,6,9 *', /^no month of 4,6,9 has a day 31/],
    ['* '.repeat(300), /^is longer than 512 characters$/],
  ]
  for (const [text, fault] of expected) assert.match(faultOf(text), fault, text)
})

test('days that some of the months have are right', () => {
  for (const text of ['0 0 29 2 *', '0 0 31 1-2 *', '0 0 28-30 2 *', '0 0 30 2 MON', '0 0 L 2 *']) {
    assert.equal(faultOf(text), '', text)
  }
})

test('a step beyond the end of its field is doubted, for only its start would count', () => {
  assert.deepEqual(parseSchedule('*/90 * * * *', 'none'), {
    timing: { pattern: '0 0 * * * *' },
    doubt: 'minute step 90 reaches beyond 59: only 0 would ever count',
  })
  assert.equal(patternOf('*/59 * * * *'), '0 */59 * * * *')
})

const anyField = fc.oneof(
  fc.constantFrom('*', '?', 'L', 'LW', 'MON', 'JAN-DEC', '*/7', '5/3', '1-5', '1,2,3', '15W', 'FRI#2', '5L', 'SAT-SUN'),
  fc.nat({ max: 61 }).map(String),
  fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 }), fc.nat({ max: 31 })).map(([a, b, c]) => `${a}-${b}/${c}`),
)

test('whatever is understood, croner understands', () => {
  fc.assert(
    fc.property(fc.array(anyField, { minLength: 5, maxLength: 6 }), (fields) => {
      const pattern = patternOf(fields.join(' '))
      if (typeof pattern === 'string') assert.ok(new Cron(pattern, { mode: '6-part', timezone: 'UTC' }))
    }),
    { numRuns: 5000 },
  )
})

test('any text is a schedule or a fault', () => {
  fc.assert(
    fc.property(fc.string(), (text) => assert.match(JSON.stringify(parseSchedule(text, 'none')), /timing|fault/)),
  )
})
