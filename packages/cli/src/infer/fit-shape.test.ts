import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitShape } from './fit-shape.ts'

test('data keeps a shape that fits, and a flat list takes that of the model', () => {
  assert.deepEqual(fitShape([2, 3], [-1, 3]), [2, 3])
  assert.deepEqual(fitShape([6], [-1, 3]), [2, 3])
  assert.deepEqual(fitShape([6], [2, 3]), [2, 3])
  assert.deepEqual(fitShape([], []), [])
  assert.deepEqual(fitShape([], [1, 1]), [1, 1])
  assert.deepEqual(fitShape([0], [-1, 3]), [0, 3])
  assert.deepEqual(fitShape([], undefined), [1])
  assert.deepEqual(fitShape([4, 1], undefined), [4, 1])
})

test('sizes of 1 may be there or not', () => {
  assert.deepEqual(fitShape([3, 2, 2], [1, 3, 2, 2]), [1, 3, 2, 2])
  assert.deepEqual(fitShape([3, 2, 2], [-1, 3, 2, 2]), [1, 3, 2, 2])
  assert.deepEqual(fitShape([1, 5], [5]), [5])
  assert.deepEqual(fitShape([4], [-1, -1]), [1, 4])
  assert.deepEqual(fitShape([3, 8, 9], [-1, 3, -1, -1]), [1, 3, 8, 9])
})

test('what does not fit says what was found and what was expected', () => {
  const cases: [number[], number[], RegExp][] = [
    [[5], [-1, 3], /has 5 elements, the model takes \[-1, 3\], a multiple of 3/],
    [[5], [2, 3], /has 5 elements, the model takes \[2, 3\], which is 6/],
    [[3, 2], [2, 3], /has the shape \[3, 2\], the model takes \[2, 3\]/],
    [[4, 3], [-1, 6], /has the shape \[4, 3\]/],
    [[4, 3], [-1, -1, 5], /has the shape \[4, 3\], the model takes \[-1, -1, 5\]; where several sizes are free/],
    [[], [2], /has 1 element,/],
  ]
  for (const [sizes, wanted, message] of cases) assert.match(String(fitShape(sizes, wanted)), message)
})
