import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AttributeNote, type Compat, decode } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { attributes } from './config.ts'

function check(given: Record<string, unknown>, compat: Compat = 'none'): AttributeNote[] {
  const { value, faults } = decode(attributes, given)
  assert.deepEqual(faults, [])
  assert.ok(value)
  return checkAttributes(value, { compat })
}

const messages = (given: Record<string, unknown>, compat?: Compat): string[] =>
  check(given, compat).map(({ level, path, message }) => `${level} ${path.join('.')}: ${message}`)

test('an interval or a schedule is needed, and one is enough', () => {
  const needed = ['error schedule: is required, or interval: say when to run']
  assert.deepEqual(messages({}), needed)
  assert.deepEqual(messages({ interval: '', schedule: '' }), needed, 'as nuclio writes what is not set')
  for (const given of [{ interval: '250ms' }, { interval: 5 }, { schedule: '@daily' }, { schedule: '@every 5s' }]) {
    assert.deepEqual(messages(given), [])
  }
})

test('both are a fault; in nuclio files the interval wins', () => {
  const both = { interval: '5s', schedule: '@daily' }
  assert.deepEqual(messages(both), ['error schedule: cannot be given beside interval; keep one of them'])
  assert.deepEqual(messages(both, 'nuclio'), ['warning schedule: has no effect beside interval'])
})

test('a step that reaches beyond its field is a fault; in nuclio files only its start counts', () => {
  const message = 'schedule: minute step 90 reaches beyond 59: only 0 would ever count'
  assert.deepEqual(messages({ schedule: '*/90 * * * *' }), [`error ${message}`])
  assert.deepEqual(messages({ schedule: '*/90 * * * *' }, 'nuclio'), [`warning ${message}`])
})

test('a schedule that cannot be read is a fault', () => {
  assert.deepEqual(messages({ schedule: '61 * * * *' }), ['error schedule: minute 61 is out of range 0-59'])
})

test('time zones are known by name, in any letter case, and by offset', () => {
  const zone = (timezone: string): string[] => messages({ schedule: '@daily', timezone })
  for (const name of ['Europe/Rome', 'europe/rome', 'UTC', '+02:00', '']) assert.deepEqual(zone(name), [])
  assert.deepEqual(zone('Europe/Rom'), ['error timezone: unknown time zone "Europe/Rom", did you mean Europe/Rome?'])
  assert.match(zone('New York')[0] ?? '', /unknown time zone "New York", did you mean America\/New_York\?$/)
  assert.match(zone('nowhere at all')[0] ?? '', /write one such as Europe\/Rome or UTC$/)
})

test('the event is looked at, too', () => {
  assert.match(messages({ interval: 5, event: { body: 7 } })[0] ?? '', /^error event\.body: /)
})

test('intervals of nothing or less are no intervals', () => {
  for (const interval of [0, '0s', -1, '250us', '-5s', 'soon']) {
    const { faults } = decode(attributes, { interval })
    assert.equal(faults.length, 1, String(interval))
  }
})
