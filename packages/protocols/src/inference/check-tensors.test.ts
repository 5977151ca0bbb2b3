import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTensors } from './check-tensors.ts'
import type { Tensor, TensorMetadata } from './tensor.ts'

const declared: TensorMetadata[] = [
  { name: 'image', datatype: 'FP32', shape: [-1, 3] },
  { name: 'size', datatype: 'INT64', shape: [] },
]
const image = (rows: number, columns: number): Tensor => ({
  name: 'image',
  datatype: 'FP32',
  shape: [rows, columns],
  data: new Float32Array(rows * columns),
})
const size: Tensor = { name: 'size', datatype: 'INT64', shape: [], data: BigInt64Array.of(1n) }

test('tensors as they are declared pass, in any order, with any size for -1', () => {
  checkTensors([size, image(0, 3)], declared, 'input')
  checkTensors([image(7, 3), size], declared, 'output')
})

test('an error names the tensor, what was expected and what was found', () => {
  const table: readonly (readonly [Tensor[], string])[] = [
    [[image(1, 4), size], 'input "image" does not fit: expected FP32 [-1,3], found FP32 [1,4]'],
    [[{ ...image(1, 3), shape: [3] }, size], 'input "image" does not fit: expected FP32 [-1,3], found FP32 [3]'],
    [
      [{ ...image(1, 3), datatype: 'FP64', data: new Float64Array(3) }, size],
      'input "image" does not fit: expected FP32 [-1,3], found FP64 [1,3]',
    ],
    [[image(1, 3)], 'input "size" is missing: expected INT64 []'],
    [[image(1, 3), size, { ...size, name: 'more' }], 'input "more" is unknown; there are "image", "size"'],
  ]
  for (const [tensors, message] of table) {
    assert.throws(() => checkTensors(tensors, declared, 'input'), { status: 400, message })
  }
  assert.throws(() => checkTensors([size], [], 'input'), { message: 'input "size" is unknown; there are none' })
})

test('a wrong output is not the fault of the caller', () => {
  assert.throws(() => checkTensors([], declared, 'output'), { status: 500, message: /^output "image" is missing/ })
})
