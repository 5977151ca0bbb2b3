import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyTensors } from './fixtures/any-tensor.ts'
import { readInferResponse } from './read-response.ts'
import { InferenceError, type TensorMetadata } from './tensor.ts'
import { writeInferResponse } from './write-response.ts'

const bytes = (response: unknown): Buffer =>
  Buffer.from(typeof response === 'string' ? response : JSON.stringify(response))
const output = (members: object): Buffer => bytes({ outputs: [{ name: 'y', datatype: 'FP32', ...members }] })

test('what a handler leaves out is taken from the declared output or from the lists', () => {
  const declared: TensorMetadata[] = [{ name: 'y', datatype: 'FP64', shape: [-1, 2] }]
  const read = (members: object): object => readInferResponse(output(members), { declared }).outputs[0]!
  const data = Float32Array.of(1, 2, 3, 4)
  assert.deepEqual(read({ data: [1, 2, 3, 4] }), { name: 'y', datatype: 'FP32', shape: [2, 2], data })
  assert.deepEqual(read({ data: [[1, 2, 3, 4]] }), { name: 'y', datatype: 'FP32', shape: [1, 4], data })
  assert.deepEqual(read({ data: [1, 2, 3] }), { name: 'y', datatype: 'FP32', shape: [3], data: data.slice(0, 3) })
  assert.deepEqual(read({ data: 1 }), { name: 'y', datatype: 'FP32', shape: [], data: data.slice(0, 1) })
  assert.deepEqual(read({ datatype: undefined, data: [1, 2] }), {
    name: 'y',
    datatype: 'FP64',
    shape: [1, 2],
    data: Float64Array.of(1, 2),
  })
})

test('raw bytes, too, may come without a shape, but for those of BYTES', () => {
  const declared: TensorMetadata[] = [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }]
  const read = (datatype: string, size: number, rules: { declared?: TensorMetadata[] } = {}): object => {
    const head = output({ datatype, parameters: { binary_data_size: size } })
    return readInferResponse(Buffer.concat([head, Buffer.alloc(size)]), { headerLength: head.length, ...rules })
      .outputs[0]!
  }
  const data = new Float32Array(4)
  assert.deepEqual(read('FP32', 16), { name: 'y', datatype: 'FP32', shape: [4], data })
  assert.deepEqual(read('FP32', 16, { declared }), { name: 'y', datatype: 'FP32', shape: [2, 2], data })
  assert.throws(() => read('FP32', 6), { status: 500, message: /of shape \[1\] takes 4 bytes, found 6/ })
  assert.throws(() => read('BYTES', 5), { status: 500, message: /tensor "y" has no shape/ })
})

test('a response needs neither names nor an id', () => {
  assert.deepEqual(readInferResponse(bytes({ outputs: [] })), {
    modelName: '',
    modelVersion: '',
    id: '',
    parameters: {},
    outputs: [],
  })
})

test('numbers as Python writes them are taken', () => {
  const text =
    '{"outputs": [{"name": "y", "shape": [4], "datatype": "FP32", "data": [NaN, -Infinity, Infinity, 1e-07]}]}'
  const expected = Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1e-7)
  assert.deepEqual(readInferResponse(bytes(text)).outputs[0]?.data, expected)
  assert.throws(() => readInferResponse(bytes(text.replace('FP32', 'INT32'))), { message: /element 0 must be a whole/ })
})

test('one string instead of a list of BYTES is base64', () => {
  const [read] = readInferResponse(output({ datatype: 'BYTES', data: 'aGk=' })).outputs
  assert.deepEqual(read, { name: 'y', datatype: 'BYTES', shape: [], data: [Buffer.from('hi')] })
  const inShape = readInferResponse(output({ datatype: 'BYTES', shape: [1], data: 'aGk=' })).outputs[0]
  assert.deepEqual(inShape?.shape, [1])
})

test('what is no response is a 500, whoever asked', () => {
  const table: readonly (readonly [unknown, RegExp])[] = [
    ['Traceback (most recent call last)', /no inference response: the JSON is wrong at byte 0/],
    ['{}', /no outputs/],
    [{ error: 'no' }, /no outputs/],
    [{ outputs: [{ name: 'y', data: [1] }] }, /tensor "y" has no datatype/],
    [{ outputs: [{ datatype: 'FP32', data: [1] }] }, /outputs\[0\] has no name/],
    [{ outputs: [{ name: 'y', datatype: 'FP32', shape: [2], data: [1] }] }, /has 2 elements, its data has 1/],
    [{ outputs: [{ name: 'y', datatype: 'FP32', shape: [2], data: 1 }] }, /has 2 elements, its data has 1/],
    [{ outputs: [{ name: 'y', datatype: 'BYTES', data: 'a' }] }, /no list and no valid base64/],
    [{ outputs: [{ name: 'y', datatype: 'FP32', data: ['a'] }] }, /tensor "y": .* expected a number/],
  ]
  for (const [response, message] of table) {
    assert.throws(() => readInferResponse(bytes(response)), { status: 500, message }, String(message))
  }
})

test('a damaged response is read or refused with a 500, never anything else', () => {
  const anyDamage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(anyTensors, fc.boolean(), anyDamage, (outputs, binary, damage) => {
      const response = { modelName: 'm', modelVersion: '', id: '', parameters: {}, outputs }
      const request = { parameters: { binary_data_output: binary } }
      const { body, headerLength } = writeInferResponse(response, request)
      for (const [at, byte] of damage) body[at % body.length] = byte
      try {
        readInferResponse(body, { headerLength, declared: outputs })
      } catch (error) {
        assert.ok(error instanceof InferenceError, String(error))
        assert.equal(error.status, 500)
      }
    }),
    { numRuns: 1000 },
  )
})
