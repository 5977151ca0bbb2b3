import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createExpressionSchedule } from './expression-schedule.ts'
import { drawDelay, planRun } from './plan-run.ts'
import { createIntervalSchedule } from './schedule.ts'

const minute = 60_000
const noon = Date.UTC(2030, 0, 1, 12, 0, 0)
const fiveMinutes = createExpressionSchedule('0 */5 * * * *', 'UTC')

test('nuclio 81: the wait is never longer than the interval, and there is none when the time has passed', () => {
  const plan = (last: number, now: number) => planRun({ schedule: fiveMinutes, last, delayMs: 0, now })
  assert.deepEqual(plan(noon - 10 * minute, noon), { kind: 'run', at: noon, missed: 1 })
  const step = plan(noon + 1, noon + 1)
  assert.ok(step.kind === 'wait' && step.ms > 0 && step.ms < 5 * minute)
  const every = createIntervalSchedule(3000)
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 100_000 }), (last, later) => {
      const waiting = planRun({ schedule: every, last, delayMs: 0, now: last + later })
      assert.ok(waiting.kind === 'run' || (waiting.kind === 'wait' && waiting.ms <= 3000))
    }),
  )
})

test('a clock that went back a little waits for the next tick, one that was wrong begins anew', () => {
  const back = (ms: number) => planRun({ schedule: fiveMinutes, last: noon, delayMs: 0, now: noon - ms })
  assert.deepEqual(back(30 * minute), { kind: 'wait', ms: 35 * minute })
  assert.deepEqual(back(181 * minute), { kind: 'rewound' })
  const every = createIntervalSchedule(minute)
  assert.deepEqual(planRun({ schedule: every, last: noon, delayMs: 0, now: noon - 1 }), { kind: 'rewound' })
})

test('a schedule without a tick waits for ever', () => {
  const never = { next: () => undefined, ticks: () => ({ count: 0, last: undefined }), rewindMs: 0 }
  assert.deepEqual(planRun({ schedule: never, last: 0, delayMs: 0, now: 1 }), { kind: 'wait', ms: Infinity })
  assert.equal(
    drawDelay(never, 0, 1000, () => 0.5),
    0,
  )
})

test('however the clock goes on, each tick is run or missed once, and none is early', () => {
  const schedules = [
    createIntervalSchedule(250),
    createIntervalSchedule(1234.5),
    createExpressionSchedule('*/7 * * * * *', 'Europe/Rome'),
  ]
  const waits = fc.array(fc.nat({ max: 20_000 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(fc.constantFrom(...schedules), waits, fc.nat({ max: 3000 }), (schedule, steps, jitterMs) => {
      const start = noon
      const seen = new Set<number>()
      let now = start
      let last = start
      let missed = 0
      let delayMs = drawDelay(schedule, last, jitterMs, Math.random)
      for (const wait of steps) {
        now += wait
        const step = planRun({ schedule, last, delayMs, now })
        if (step.kind !== 'run') continue
        assert.ok(step.at <= now && !seen.has(step.at))
        seen.add(step.at)
        missed += step.missed
        last = step.at
        delayMs = drawDelay(schedule, last, jitterMs, Math.random)
      }
      assert.equal(seen.size + missed, schedule.ticks(start, last).count)
    }),
    { numRuns: 300 },
  )
})

test('jitter puts a run off by a part of it that ends before the next tick', () => {
  const every = createIntervalSchedule(1000)
  assert.equal(
    drawDelay(every, 0, 0, () => 0.99),
    0,
  )
  assert.equal(
    drawDelay(every, 0, 100, () => 0.5),
    50,
  )
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (jitter, part) => {
      assert.ok(drawDelay(every, 0, jitter, () => part) < 900)
    }),
  )
})
