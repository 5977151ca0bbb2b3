import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventBudget } from './event-budget.ts'

test('a burst is taken at once, then so many a second', () => {
  const budget = new EventBudget({ burst: 3, perSecond: 2 }, 0)
  assert.deepEqual(
    [0, 0, 0, 0].map((now) => budget.spend(now)),
    [true, true, true, false],
  )
  const later = new EventBudget({ burst: 1, perSecond: 2 }, 0)
  assert.deepEqual(
    [0, 500, 1_000, 1_400].map((now) => later.spend(now)),
    [true, true, true, false],
  )
})

test('what is not used does not add up beyond the burst', () => {
  const budget = new EventBudget({ burst: 2, perSecond: 1 }, 0)
  assert.deepEqual(
    [1e6, 1e6, 1e6].map((now) => budget.spend(now)),
    [true, true, false],
  )
})
