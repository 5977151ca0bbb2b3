import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode } from '@pelton/core'
import { type CronAttributes, attributes } from './config.ts'
import { loadSchedule } from './load-schedule.ts'
import { type Schedule, maxCounted } from './schedule.ts'

async function scheduleOf(given: Partial<CronAttributes>): Promise<Schedule> {
  const { value } = decode(attributes, {})
  return loadSchedule({ ...(value as CronAttributes), ...given }, 'none')
}

async function runsAfter(given: Partial<CronAttributes>, from: string, count: number): Promise<string[]> {
  const schedule = await scheduleOf(given)
  const runs: string[] = []
  for (let tick = schedule.next(Date.parse(from)); tick !== undefined && runs.length < count;) {
    runs.push(new Date(tick).toISOString().replace(':00.000Z', 'Z'))
    tick = schedule.next(tick)
  }
  return runs
}

const second = 1000
const minute = 60 * second

test('nuclio 80: ticks since the last run', async () => {
  const now = Date.UTC(2030, 0, 1, 12, 0, 0)
  const count = async (given: Partial<CronAttributes>, agoMs: number): Promise<number> =>
    (await scheduleOf(given)).ticks(now - agoMs, now).count
  assert.equal(await count({ interval: second }, minute), 60)
  assert.equal(await count({ interval: 250 }, second), 4)
  assert.equal(await count({ interval: 5 * second }, 0), 0)
  assert.equal(await count({ schedule: '*/5 * * * * *' }, 10 * second), 2)
  assert.equal(await count({ schedule: '*/5 * * * *' }, 0), 0)
})

test('nuclio 82: the schedule 1 1 * * * after 2019-01-01T01:01:01Z comes on the 2nd', async () => {
  const given = { schedule: '1 1 * * *', timezone: 'UTC' }
  assert.deepEqual(await runsAfter(given, '2019-01-01T01:01:01Z', 1), ['2019-01-02T01:01Z'])
})

test('where summer time begins, a daily time in the gap comes once, at its end', async () => {
  const rome = { schedule: '30 2 * * *', timezone: 'Europe/Rome' }
  assert.deepEqual(await runsAfter(rome, '2026-03-28T00:00:00Z', 3), [
    '2026-03-28T01:30Z',
    '2026-03-29T01:00Z',
    '2026-03-30T00:30Z',
  ])
  const york = { schedule: '30 2 * * *', timezone: 'America/New_York' }
  assert.deepEqual(await runsAfter(york, '2026-03-07T00:00:00Z', 3), [
    '2026-03-07T07:30Z',
    '2026-03-08T07:00Z',
    '2026-03-09T06:30Z',
  ])
})

test('where summer time ends, a daily time in the repeated hour comes once', async () => {
  const rome = { schedule: '30 2 * * *', timezone: 'Europe/Rome' }
  assert.deepEqual(await runsAfter(rome, '2026-10-24T00:00:00Z', 3), [
    '2026-10-24T00:30Z',
    '2026-10-25T00:30Z',
    '2026-10-26T01:30Z',
  ])
  const york = { schedule: '30 1 * * *', timezone: 'America/New_York' }
  assert.deepEqual(await runsAfter(york, '2026-10-31T00:00:00Z', 3), [
    '2026-10-31T05:30Z',
    '2026-11-01T05:30Z',
    '2026-11-02T06:30Z',
  ])
})

test('lists of times keep to the same rule, so that none of them is lost', async () => {
  const given = { schedule: '30 2,14 * * *', timezone: 'Europe/Rome' }
  assert.deepEqual(await runsAfter(given, '2026-03-28T20:00:00Z', 2), ['2026-03-29T01:00Z', '2026-03-29T12:30Z'])
  assert.deepEqual(await runsAfter(given, '2026-10-24T20:00:00Z', 2), ['2026-10-25T00:30Z', '2026-10-25T13:30Z'])
})

test('what comes every hour or every few minutes goes on at its pace through both days', async () => {
  const hourly = { schedule: '@hourly', timezone: 'Europe/Rome' }
  const hours = ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z']
  assert.deepEqual(await runsAfter(hourly, '2026-10-24T23:00:00Z', 3), hours)
  const often = { schedule: '*/30 * * * *', timezone: 'Europe/Rome' }
  const halves = ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T01:30Z']
  assert.deepEqual(await runsAfter(often, '2026-03-29T00:00:00Z', 3), halves)
})

test('a zone without summer time and @every know nothing of it', async () => {
  const kolkata = { schedule: '30 2 * * *', timezone: 'Asia/Kolkata' }
  assert.deepEqual(await runsAfter(kolkata, '2026-03-28T00:00:00Z', 2), ['2026-03-28T21:00Z', '2026-03-29T21:00Z'])
  const every = { schedule: '@every 45m', timezone: 'Europe/Rome' }
  assert.deepEqual(await runsAfter(every, '2026-10-25T00:00:00Z', 3), [
    '2026-10-25T00:45Z',
    '2026-10-25T01:30Z',
    '2026-10-25T02:15Z',
  ])
})

test('ends of months and leap days come where they are', async () => {
  const utc = (schedule: string): Partial<CronAttributes> => ({ schedule, timezone: 'UTC' })
  const on = async (schedule: string, count: number): Promise<string[]> =>
    (await runsAfter(utc(schedule), '2027-01-01T00:00:00Z', count)).map((run) => run.slice(0, 10))
  assert.deepEqual(await on('0 0 31 * *', 3), ['2027-01-31', '2027-03-31', '2027-05-31'])
  assert.deepEqual(await on('0 0 29 2 *', 2), ['2028-02-29', '2032-02-29'])
  assert.deepEqual(await on('0 0 L * *', 3), ['2027-01-31', '2027-02-28', '2027-03-31'])
  assert.deepEqual(await on('0 0 * * FRIL', 2), ['2027-01-29', '2027-02-26'])
  assert.deepEqual(await on('0 0 * * MON#2', 2), ['2027-01-11', '2027-02-08'])
  assert.deepEqual(await on('0 0 15W * *', 2), ['2027-01-15', '2027-02-15'])
  assert.deepEqual(await on('0 0 1 * MON', 3), ['2027-01-04', '2027-01-11', '2027-01-18'], 'either of them')
  assert.deepEqual(await on('0 0 * * 0', 2), await on('0 0 * * 7', 2))
})

test('an offset is a time zone, and the default is the zone of the machine', async () => {
  const given = { schedule: '0 9 * * *', timezone: '+02:00' }
  assert.deepEqual(await runsAfter(given, '2026-01-01T00:00:00Z', 1), ['2026-01-01T07:00Z'])
  const [local = ''] = await runsAfter({ schedule: '0 9 * * *' }, '2026-06-01T00:00:00Z', 1)
  assert.equal(new Date(local).getHours(), 9)
})

test('after years counting ends early, and the last tick is found all the same', async () => {
  const schedule = await scheduleOf({ schedule: '* * * * *', timezone: 'UTC' })
  const until = Date.UTC(2026, 5, 1, 12, 0, 30)
  assert.deepEqual(schedule.ticks(0, until), { count: maxCounted, last: Date.UTC(2026, 5, 1, 12, 0, 0) })
  assert.equal(schedule.ticks(0, Date.UTC(2026, 5, 1)).last, Date.UTC(2026, 5, 1))
  const interval = await scheduleOf({ interval: 250 })
  assert.deepEqual(interval.ticks(0, 1_000_000_000_100), { count: 4_000_000_000, last: 1_000_000_000_000 })
})

test('ticks come one after the other, and ticks() finds what next() finds', async () => {
  const zones = ['Europe/Rome', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC']
  const times = ['30 2 * * *', '*/7 * * * *', '0 1-4 * * *', '*/30 1,2 * * *', '0 0 L * *', '15 10 * * MON-FRI']
  const schedules = await Promise.all(
    zones.flatMap((timezone) => times.map((schedule) => scheduleOf({ schedule, timezone }))),
  )
  const start = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) })
  fc.assert(
    fc.property(fc.constantFrom(...schedules), start, (schedule, from) => {
      const seen: number[] = []
      for (let tick = from; seen.length < 5;) {
        const next = schedule.next(tick)
        assert.ok(next !== undefined && next > tick)
        seen.push((tick = next))
      }
      assert.deepEqual(schedule.ticks(from, seen[3] ?? 0), { count: 4, last: seen[3] })
      assert.deepEqual(schedule.ticks(from, (seen[3] ?? 0) - 1), { count: 3, last: seen[2] })
    }),
    { numRuns: 300 },
  )
})
