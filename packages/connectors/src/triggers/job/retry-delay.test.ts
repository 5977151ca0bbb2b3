import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { retryDelayMs } from './retry-delay.ts'

test('it doubles up to 30 s', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => retryDelayMs(failures, 1000, 1)),
    [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
  )
})

test('a first wait above 30 s stays as it is', () => {
  assert.deepEqual(
    [1, 2].map((failures) => retryDelayMs(failures, 60_000, 1)),
    [60_000, 60_000],
  )
})

test('it is drawn from the upper half', () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 1e9 }),
      random,
      (failures, firstMs, at) => {
        const full = retryDelayMs(failures, firstMs, 1)
        const drawn = retryDelayMs(failures, firstMs, at)
        assert.ok(drawn >= full / 2 && drawn <= full)
      },
    ),
  )
})
