import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { createExpressionSchedule } from './expression-schedule.ts'
import { type Schedule, createIntervalSchedule } from './schedule.ts'
import { startTicker } from './ticker.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** A ticker on a clock whose wall time can be set. */
function tickOn(schedule: Schedule, { jitterMs = 0, earlyMs = 0 } = {}) {
  const fake = new FakeClock(Date.UTC(2030, 0, 1, 12, 0, 0))
  const start = fake.wall()
  let offset = 0
  const after: Clock['after'] = (ms, action) => fake.after(ms > earlyMs ? ms - earlyMs : ms, action)
  const clock: Clock = { now: fake.now, wall: () => fake.wall() + offset, after, sleep: fake.sleep }
  /** When, for which tick, and how many missed; times from the start on. */
  const ticks: [when: number, at: number, missed: number][] = []
  const failures: unknown[] = []
  let then = (): void => undefined
  const onTick = (action: () => void): void => void (then = action)
  const ticker = startTicker({
    schedule,
    jitterMs,
    clock,
    random: () => 0.5,
    tick: (at, missed) => {
      ticks.push([clock.wall() - start, at - start, missed])
      then()
    },
    failed: (error) => void failures.push(error),
  })
  const jump = (ms: number): void => void (offset += ms)
  return { ticks, failures, ticker, advance: (ms: number) => fake.advance(ms), jump, fake, onTick }
}

const every = (ms: number): Schedule => createIntervalSchedule(ms)

test('intervals tick at their times and do not drift', async () => {
  const { ticks, advance } = tickOn(every(250))
  await advance(1000)
  assert.deepEqual(ticks, [
    [250, 250, 0],
    [500, 500, 0],
    [750, 750, 0],
    [1000, 1000, 0],
  ])
})

test('a tick that is far away waits longer than any timer can', async () => {
  const { ticks, advance } = tickOn(every(30 * 24 * hour))
  await advance(30 * 24 * hour - 1)
  assert.deepEqual(ticks, [])
  await advance(1)
  assert.deepEqual(ticks, [[30 * 24 * hour, 30 * 24 * hour, 0]])
})

test('after a clock that went forward there is one tick, soon, and the others are missed', async () => {
  const { ticks, advance, jump } = tickOn(createExpressionSchedule('0 0 * * * *', 'UTC'))
  await advance(10 * minute)
  jump(8 * hour + 5 * minute)
  await advance(30 * second)
  assert.equal(ticks.length, 1)
  assert.deepEqual(ticks[0]?.slice(1), [8 * hour, 7])
  await advance(hour)
  assert.deepEqual(ticks[1], [9 * hour, 9 * hour, 0])
})

test('after a clock that went back no tick comes a second time', async () => {
  const { ticks, advance, jump } = tickOn(createExpressionSchedule('0 */10 * * * *', 'UTC'))
  await advance(20 * minute)
  jump(-15 * minute)
  await advance(24 * minute)
  assert.deepEqual(
    ticks.map(([, at]) => at / minute),
    [10, 20],
  )
  await advance(minute)
  assert.deepEqual(ticks[2], [30 * minute, 30 * minute, 0])
})

test('a clock that was years ahead is believed when it is set right', async () => {
  const { ticks, advance, jump } = tickOn(createExpressionSchedule('0 */10 * * * *', 'UTC'))
  await advance(10 * minute)
  jump(-400 * 24 * hour)
  await advance(11 * minute)
  assert.equal(ticks.length, 2)
  assert.deepEqual(ticks[1]?.slice(1), [20 * minute - 400 * 24 * hour, 0])
})

test('an interval goes on at its pace when the clock goes back', async () => {
  const { ticks, advance, jump } = tickOn(every(minute))
  await advance(minute)
  jump(-hour)
  await advance(2 * minute)
  assert.ok(ticks.length >= 2 && ticks.length <= 3)
})

test('a timer that comes early is set again', async () => {
  const { ticks, advance } = tickOn(every(1000), { earlyMs: 1 })
  await advance(2100)
  assert.deepEqual(
    ticks.map(([, at]) => at),
    [1000, 2000],
  )
  for (const [when, at] of ticks) assert.ok(when >= at)
})

test('jitter puts each tick off, which keeps its own time', async () => {
  const { ticks, advance } = tickOn(every(1000), { jitterMs: 400 })
  await advance(2500)
  assert.deepEqual(ticks, [
    [1200, 1000, 0],
    [2200, 2000, 0],
  ])
})

test('stopped, it holds no timer', async () => {
  const { ticker, fake, ticks, advance } = tickOn(every(1000))
  ticker.stop()
  assert.equal(fake.pending, 0)
  await advance(5000)
  assert.deepEqual(ticks, [])
})

test('stopped by what its tick sets off, it holds none either', async () => {
  const { ticker, fake, advance, onTick } = tickOn(every(1000))
  onTick(() => ticker.stop())
  await advance(1000)
  assert.equal(fake.pending, 0)
})

test('a schedule that throws is reported once', async () => {
  const broken = { ...every(1000), ticks: () => assert.fail('broken') }
  const { failures, advance } = tickOn(broken)
  await advance(5000)
  assert.match(String(failures), /broken/)
  assert.equal(failures.length, 1)
})
