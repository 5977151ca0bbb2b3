import assert from 'node:assert/strict'
import { test } from 'node:test'

const { elementsOf, exampleText, isWord, readTyped } = (await import(
  new URL('./typed-data.js', import.meta.url).href
)) as {
  elementsOf(word: string, datatype: string, shape: number[]): unknown[]
  exampleText(datatype: string, shape: number[]): string
  isWord(text: string): boolean
  readTyped(text: string, shape: number[], wanted?: number[]): { shape: number[]; json: string }
}

test('an example has the shape, a long one is a word', () => {
  assert.equal(exampleText('FP32', [2, 3]), '[[0, 1, 2],\n [3, 4, 5]]')
  assert.deepEqual(JSON.parse(exampleText('INT8', [1, 2, 2])), [
    [
      [0, 1],
      [2, 3],
    ],
  ])
  assert.equal(exampleText('BOOL', [2]), '[false, true]')
  assert.equal(exampleText('BYTES', [2]), '["text 0", "text 1"]')
  assert.equal(exampleText('FP32', []), '0')
  assert.equal(exampleText('FP32', [1, 0]), '[[]]')
  assert.equal(exampleText('FP32', [1, 3, 224, 224]), 'ramp')
  assert.equal(exampleText('FP32', [NaN]), 'ramp')
})

test('words stand for elements that the datatype can hold', () => {
  assert.deepEqual(['zeros', ' ramp\n', 'random', 'Zeros', '[0]', ''].map(isWord), [
    true,
    true,
    true,
    false,
    false,
    false,
  ])
  assert.deepEqual(elementsOf('zeros', 'FP32', [2]), [0, 0])
  assert.deepEqual(elementsOf('ramp', 'FP32', [1000]).slice(0, 2), [0, 0.001])
  assert.deepEqual(elementsOf('ramp', 'INT8', [130]).slice(127), [127, 0, 1])
  for (const datatype of ['INT8', 'FP32', 'BOOL']) {
    const limit = datatype === 'INT8' ? 127 : 1
    const elements = elementsOf('random', datatype, [100]) as number[]
    assert.ok(
      elements.every((element) => element >= 0 && element <= limit),
      datatype,
    )
  }
  assert.throws(() => elementsOf('zeros', 'FP32', [1e9]), /\[1000000000\] has too many elements/)
  assert.throws(() => elementsOf('zeros', 'FP32', [NaN]), /too many/)
})

test('typed data is sent as it was typed', () => {
  const json = '[18446744073709551615, 9007199254740993]'
  assert.deepEqual(readTyped(json, [2], [2]), { shape: [2], json })
})

test('nested data has its own shape, flat data fills the free size', () => {
  assert.deepEqual(readTyped('[[1,2],[3,4]]', [1, 2], [-1, 2]).shape, [2, 2])
  assert.deepEqual(readTyped('[1,2,3,4]', [1, 2], [-1, 2]).shape, [2, 2])
  assert.deepEqual(readTyped('[1,2,3]', [1, 2], [-1, 2]).shape, [1, 2])
  assert.deepEqual(readTyped('[1,2,3,4]', [2, 2], [-1, -1]).shape, [2, 2])
  assert.deepEqual(readTyped('[1,2]', [1, 2], [1, 2]).shape, [1, 2])
  assert.deepEqual(readTyped('[[1],[2],[3]]', [1, 3], undefined).shape, [3, 1])
  assert.deepEqual(readTyped('[]', [1], [-1]).shape, [0])
})

test('a scalar needs no brackets', () => {
  assert.deepEqual(readTyped('5', [], []), { shape: [], json: '[5]' })
})

test('what is no JSON is said to be none', () => {
  assert.throws(() => readTyped('[1,', [1], [1]), /This is no JSON: /)
  assert.throws(() => readTyped('', [1], [1]), /This is no JSON: /)
})
