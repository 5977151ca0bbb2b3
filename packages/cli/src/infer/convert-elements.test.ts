import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datatype, TensorData } from '@pelton/protocols/inference'
import { convertElements, type Element } from './convert-elements.ts'

const refuse = (reason: string): Error => new Error(reason)
const convert = (values: ArrayLike<Element>, datatype: Datatype, from?: Datatype): TensorData =>
  convertElements({ values, datatype: from }, datatype, refuse)

test('elements become what the model takes, where nothing is cut off', () => {
  assert.deepEqual(convert([1, 0, true, false], 'BOOL'), Uint8Array.of(1, 0, 1, 0))
  assert.deepEqual(convert(Float64Array.of(1, -128), 'INT8', 'FP64'), Int8Array.of(1, -128))
  assert.deepEqual(convert([2n ** 63n - 1n, -1], 'INT64'), BigInt64Array.of(2n ** 63n - 1n, -1n))
  assert.deepEqual(convert(BigInt64Array.of(7n), 'FP32', 'INT64'), Float32Array.of(7))
  assert.deepEqual(convert([0.1, Number.NaN, Infinity], 'FP32'), Float32Array.of(0.1, Number.NaN, Infinity))
  assert.deepEqual(convert([1, -2], 'FP16'), Uint16Array.of(0x3c00, 0xc000))
  assert.deepEqual(convert(Uint16Array.of(0x3c00), 'BF16', 'FP16'), Uint16Array.of(0x3f80))
  assert.deepEqual(convert(['é', { b64: '/wA=' }], 'BYTES'), [Buffer.from('é'), Buffer.from([255, 0])])
  const same = Float32Array.of(1)
  assert.equal(convert(same, 'FP32', 'FP32'), same)
})

test('an element that the datatype cannot hold is named', () => {
  const cases: [ArrayLike<Element>, Datatype, string][] = [
    [[1, 256], 'UINT8', 'element 1 is 256, which UINT8 cannot hold'],
    [[-129], 'INT8', 'element 0 is -129, which INT8 cannot hold'],
    [[1.5], 'INT32', 'element 0 is 1.5, which INT32 cannot hold'],
    [[2n ** 64n], 'UINT64', 'element 0 is 18446744073709551616, which UINT64 cannot hold'],
    [[-1], 'UINT64', 'element 0 is -1, which UINT64 cannot hold'],
    [[2], 'BOOL', 'element 0 is 2, which BOOL cannot hold'],
    [[1e39], 'FP32', 'element 0 is 1e+39, which FP32 cannot hold'],
    [[0, 70_000], 'FP16', 'element 1 is 70000, which FP16 cannot hold'],
    [['a'], 'FP32', 'element 0 is "a", which FP32 cannot hold'],
    [[null], 'FP64', 'element 0 is null, which FP64 cannot hold'],
    [[true], 'INT8', 'element 0 is true, which INT8 cannot hold'],
    [[5], 'BYTES', 'element 0 is 5, which BYTES cannot hold'],
  ]
  for (const [values, datatype, message] of cases) assert.throws(() => convert(values, datatype), { message })
  const message = 'element 0 is an object, which BYTES cannot hold'
  for (const b64 of ['*', 'A', 'AAA', 'AB==', '_w==']) assert.throws(() => convert([{ b64 }], 'BYTES'), { message })
})
