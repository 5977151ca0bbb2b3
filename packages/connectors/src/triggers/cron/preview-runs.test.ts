import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '@pelton/core'
import { attributes } from './config.ts'
import { previewRuns } from './preview-runs.ts'

function preview(given: Record<string, unknown>, now: string): string[] {
  const { value } = decode(attributes, given)
  assert.ok(value)
  return previewRuns(value, new Date(now))
}

test('five runs are shown in the zone and in UTC', () => {
  assert.deepEqual(preview({ schedule: '30 2 * * *', timezone: 'Europe/Rome' }, '2026-10-23T12:00:00Z'), [
    'Sat 2026-10-24 02:30:00 +02:00 Europe/Rome  2026-10-24T00:30:00Z',
    'Sun 2026-10-25 02:30:00 +02:00 Europe/Rome  2026-10-25T00:30:00Z',
    'Mon 2026-10-26 02:30:00 +01:00 Europe/Rome  2026-10-26T01:30:00Z',
    'Tue 2026-10-27 02:30:00 +01:00 Europe/Rome  2026-10-27T01:30:00Z',
    'Wed 2026-10-28 02:30:00 +01:00 Europe/Rome  2026-10-28T01:30:00Z',
  ])
})

test('midnight is hour 0, and UTC has no offset', () => {
  const [first] = preview({ schedule: '@daily', timezone: 'UTC' }, '2026-10-23T12:00:00Z')
  assert.equal(first, 'Sat 2026-10-24 00:00:00 +00:00 UTC  2026-10-24T00:00:00Z')
})

test('intervals count from now, parts of a second included', () => {
  const runs = preview({ interval: '250ms', timezone: 'UTC' }, '2026-10-23T12:00:00Z')
  assert.equal(runs[0], 'Fri 2026-10-23 12:00:00.250 +00:00 UTC  2026-10-23T12:00:00.250Z')
  assert.equal(runs[3], 'Fri 2026-10-23 12:00:01 +00:00 UTC  2026-10-23T12:00:01Z')
  assert.match(preview({ schedule: '@every 90m', timezone: 'UTC' }, '2026-10-23T12:00:00Z')[1] ?? '', /15:00:00 /)
})
