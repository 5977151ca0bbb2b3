import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Datatype, datatypes, elementCount, newArray, type Tensor } from '@pelton/protocols/inference'
import fc from 'fast-check'
import { batchKey, isBatchable, joinRows, mostRows, rowCount, splitRows } from './batch-tensors.ts'

/** A tensor whose elements are counted from `first` on, modulo 2 for BOOL. */
function tensor(name: string, datatype: Datatype, shape: readonly number[], first = 0): Tensor {
  const count = elementCount(shape)
  const values = Array.from({ length: count }, (_, index) => first + index)
  if (datatype === 'BYTES') return { name, datatype, shape, data: values.map((value) => Buffer.from(`t${value}`)) }
  const data = newArray(datatype, count)
  for (const [index, value] of values.entries()) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(value)
    else data[index] = datatype === 'BOOL' ? value % 2 : value
  }
  return { name, datatype, shape, data }
}

const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
const columns = fc.array(fc.record({ datatype: fc.constantFrom(...datatypes), sizes }), { minLength: 1, maxLength: 3 })
const counts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 })

test('what is joined and then split is what it was, for tensors of all datatypes and ranks', () => {
  fc.assert(
    fc.property(columns, counts, (shapes, rows) => {
      const requests = rows.map((count, at) =>
        shapes.map(({ datatype, sizes }, index) => tensor(`x${index}`, datatype, [count, ...sizes], at * 40)),
      )
      assert.equal(new Set(requests.map(batchKey)).size, 1)
      const joined = joinRows(requests)
      assert.equal(
        rowCount(joined),
        rows.reduce((sum, count) => sum + count, 0),
      )
      for (const { shape, data } of joined) assert.equal(data.length, elementCount(shape))
      assert.deepEqual(splitRows(joined, rows), requests)
    }),
  )
})

test('requests are joined only when names, datatypes and sizes but the first agree', () => {
  const key = batchKey([tensor('a', 'FP32', [2, 3]), tensor('b', 'INT8', [2])])
  assert.equal(batchKey([tensor('a', 'FP32', [7, 3]), tensor('b', 'INT8', [7])]), key)
  for (const other of [
    [tensor('a', 'FP32', [2, 4]), tensor('b', 'INT8', [2])],
    [tensor('a', 'FP64', [2, 3]), tensor('b', 'INT8', [2])],
    [tensor('a', 'FP32', [2, 3]), tensor('c', 'INT8', [2])],
    [tensor('a', 'FP32', [2, 3, 1]), tensor('b', 'INT8', [2])],
    [tensor('a', 'FP32', [2, 3])],
  ]) {
    assert.notEqual(batchKey(other), key)
    assert.notEqual(batchKey(other), undefined)
  }
})

test('no name makes tensors look like others', () => {
  const parts = fc.array(fc.constantFrom('a', '1', ':', ';', ',', 'INT8', '>'), { maxLength: 6 })
  const names = fc.array(
    parts.map((texts) => texts.join('')),
    { minLength: 1, maxLength: 3 },
  )
  const keyOf = (list: readonly string[]): string | undefined => batchKey(list.map((name) => tensor(name, 'INT8', [1])))
  assert.notEqual(keyOf(['a', 'b']), keyOf(['aINT8;b']))
  fc.assert(
    fc.property(names, names, (one, other) => {
      assert.equal(keyOf(one) === keyOf(other), JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 2000 },
  )
})

test('what has no rows in common is not joined', () => {
  assert.equal(batchKey([]), undefined)
  assert.equal(batchKey([tensor('a', 'FP32', [])]), undefined)
  assert.equal(batchKey([tensor('a', 'FP32', [0, 3])]), undefined)
  assert.equal(batchKey([tensor('a', 'FP32', [2, 3]), tensor('b', 'FP32', [1, 3])]), undefined)
  assert.equal(batchKey([tensor('a', 'FP32', [2, 3]), tensor('b', 'FP32', [])]), undefined)
})

test('what is not joined has as many rows as its largest first size', () => {
  const sized = (shape: number[]): Tensor => ({ name: 'x', datatype: 'FP32', shape, data: new Float32Array(0) })
  assert.equal(mostRows([sized([1, 4]), sized([9, 4]), sized([])]), 9)
  assert.deepEqual([mostRows([]), mostRows([sized([])]), mostRows([sized([0, 4])])], [1, 1, 1])
})

test('a single request is not copied, and parts are views on the whole', () => {
  const inputs = [tensor('a', 'FP32', [2, 3])]
  assert.equal(joinRows([inputs])[0], inputs[0])
  const output = tensor('y', 'FP32', [3, 2])
  const parts = splitRows([output], [1, 2])
  const data = parts?.[1]?.[0]?.data as Float32Array
  assert.equal(data.buffer, (output.data as Float32Array).buffer)
  assert.deepEqual([...data], [2, 3, 4, 5])
})

test('outputs that have not one row for each of the inputs are not split', () => {
  const fits = tensor('y', 'FP32', [3, 2])
  assert.equal(splitRows([fits, tensor('z', 'FP32', [2, 2])], [1, 2]), undefined)
  assert.equal(splitRows([fits, tensor('z', 'FP32', [])], [1, 2]), undefined)
  assert.equal(splitRows([fits], [1, 1]), undefined)
})

test('a model is batchable when the first size of every tensor is free', () => {
  const free = { name: 'x', datatype: 'FP32', shape: [-1, 4] }
  assert.equal(isBatchable({ inputs: [free], outputs: [free, { ...free, shape: [-1] }] }), true)
  for (const shape of [[1, 4], [], [4, -1]]) {
    assert.equal(isBatchable({ inputs: [free, { ...free, shape }], outputs: [free] }), false)
    assert.equal(isBatchable({ inputs: [free], outputs: [{ ...free, shape }] }), false)
  }
  assert.equal(isBatchable({ inputs: [], outputs: [free] }), false)
})
