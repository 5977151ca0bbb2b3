import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RetryFacts, retryAfterMs, retryDelayMs } from './retry-delay.ts'

const wallMs = Date.UTC(2030, 0, 1)
const facts: RetryFacts = { attempts: 1, firstDelayMs: 1000, retryAfter: undefined, wallMs, random: 0 }

test('delays double from the first one up to 30 s, with up to a quarter of jitter', () => {
  const delays = [1, 2, 3, 5, 6, 100].map((attempts) => retryDelayMs({ ...facts, attempts }))
  assert.deepEqual(delays, [1000, 2000, 4000, 16_000, 30_000, 30_000])
  assert.equal(retryDelayMs({ ...facts, random: 1 }), 1250)
  assert.equal(retryDelayMs({ ...facts, firstDelayMs: 50_000, attempts: 3 }), 50_000)
})

test('Retry-After makes a delay longer, never shorter, and at most a minute', () => {
  const delays = ['3', '0', '90', 'soon'].map((retryAfter) => retryDelayMs({ ...facts, retryAfter }))
  assert.deepEqual(delays, [3000, 1000, 60_000, 1000])
})

test('Retry-After is seconds or a date; anything else says nothing', () => {
  assert.equal(retryAfterMs(' 5 ', wallMs), 5000)
  assert.equal(retryAfterMs('Tue, 01 Jan 2030 00:00:30 GMT', wallMs), 30_000)
  assert.equal(retryAfterMs('Tuesday, 01-Jan-30 00:00:30 GMT', wallMs), 30_000)
  assert.equal(retryAfterMs('Sat, 01 Jan 2000 00:00:00 GMT', wallMs), 0)
  for (const text of ['', '-5', '1.5', 'tomorrow', '2030-01-01'])
    assert.equal(retryAfterMs(text, wallMs), undefined, text)
})

test('whatever a receiver writes, a delay is at least the first one and at most a minute', () => {
  const text = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  )
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (retryAfter, attempts, random) => {
        const delay = retryDelayMs({ ...facts, retryAfter, attempts, random })
        assert.ok(delay >= 1000 && delay <= 60_000, `${delay}`)
      },
    ),
  )
})
