import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pairsOf, pairwise, productOf } from './pairwise.ts'

const axes = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  fc.uniqueArray(fc.constantFrom('1', '2', '3', '4', '5'), { minLength: 1 }),
  { minKeys: 1 },
)

test('every pair of values that is possible occurs, in combinations that are possible', () => {
  fc.assert(
    fc.property(axes, fc.array(fc.constantFrom('1', '2', '3', '4', '5')), (some, odd) => {
      const isPossible = (one: Readonly<Record<string, string>>): boolean =>
        !((odd as string[]).includes(one['a'] ?? '') && one['b'] === '1')
      const all = productOf(some, isPossible)
      const chosen = pairwise(all)
      assert.deepEqual(new Set(chosen.flatMap(pairsOf)), new Set(all.flatMap(pairsOf)))
      assert.ok(chosen.every((one) => isPossible(one)))
    }),
    { numRuns: 50 },
  )
})

test('few are chosen, and the same every time', () => {
  const all = productOf({ a: ['1', '2', '3', '4'], b: ['1', '2', '3', '4'], c: ['1', '2', '3'], d: ['1', '2'] })
  const chosen = pairwise(all)
  assert.equal(all.length, 96)
  assert.ok(chosen.length <= 19, String(chosen.length))
  assert.deepEqual(pairwise(all), chosen)
})
