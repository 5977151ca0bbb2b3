import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyRequest, anyTensors } from './fixtures/any-tensor.ts'
import { readInferRequest } from './read-request.ts'
import { readInferResponse } from './read-response.ts'
import { rawSize } from './tensor-bytes.ts'
import type { InferResponse, Tensor } from './tensor.ts'
import { writeInferRequest } from './write-request.ts'
import { writeInferResponse } from './write-response.ts'

/** Views on a body are Buffers, and -0 in one place is -0 in the other: bytes are what is compared. */
function plain(tensor: Tensor): object {
  const { data } = tensor
  if (!ArrayBuffer.isView(data)) return { ...tensor, data: data.map((element) => Array.from(element)) }
  const { buffer, byteOffset, byteLength } = data
  return { ...tensor, data: Array.from(new Uint8Array(buffer, byteOffset, byteLength)) }
}

test('a request of any tensors comes back from JSON and from binary as it was', () => {
  fc.assert(
    fc.property(anyRequest, fc.boolean(), (request, binary) => {
      const { body, headerLength } = writeInferRequest(request, { binary })
      const read = readInferRequest(body, headerLength)
      assert.deepEqual({ ...read, inputs: read.inputs.map(plain) }, { ...request, inputs: request.inputs.map(plain) })
    }),
  )
})

test('a request in JSON is JSON to others, too', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { body, headerLength } = writeInferRequest(request)
      assert.equal(headerLength, undefined)
      const parsed = JSON.parse(body.toString()) as { id: string; inputs: { name: string; data: unknown[] }[] }
      assert.equal(parsed.id, request.id)
      assert.deepEqual(
        parsed.inputs.map(({ name, data }) => [name, data.length]),
        request.inputs.map(({ name, data }) => [name, data.length]),
      )
    }),
  )
})

test('a response comes back with its outputs as JSON or binary, each as it was asked for', () => {
  const anyResponse = fc.tuple(anyTensors, fc.infiniteStream(fc.constantFrom(true, false, undefined)), fc.boolean())
  fc.assert(
    fc.property(anyResponse, ([outputs, choices, byDefault]) => {
      const response: InferResponse = { modelName: 'm', modelVersion: '1', id: 'a', parameters: {}, outputs }
      const requested = outputs.map(({ name }) => {
        const choice = choices.next().value
        return { name, ...(choice !== undefined && { parameters: { binary_data: choice } }) }
      })
      const request = { parameters: { binary_data_output: byDefault }, outputs: requested }
      const { body, headerLength } = writeInferResponse(response, request)
      const read = readInferResponse(body, { headerLength })
      assert.deepEqual(read.outputs.map(plain), outputs.map(plain))

      const sizes = outputs.map(({ data }, at) =>
        (requested[at]?.parameters?.binary_data ?? byDefault) ? rawSize(data) : 0,
      )
      assert.equal(
        body.length - (headerLength ?? body.length),
        sizes.reduce((sum, size) => sum + size, 0),
      )
    }),
  )
})

test('numbers that JSON cannot carry are refused in JSON and come through in binary', () => {
  const inputs: Tensor[] = [
    { name: 'x', datatype: 'FP32', shape: [2], data: Float32Array.of(1, Number.NaN) },
    { name: 'y', datatype: 'FP64', shape: [1], data: Float64Array.of(Number.NEGATIVE_INFINITY) },
    { name: 'z', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x7c00) },
  ]
  const head = { modelName: 'm', modelVersion: '', id: '', parameters: {} }
  assert.throws(() => writeInferRequest({ ...head, inputs }), { status: 400, message: /"x": element 1 is NaN/ })
  const faulty = inputs.slice(1)
  assert.throws(() => writeInferRequest({ ...head, inputs: faulty }), { message: /"y": element 0 is -Infinity/ })
  assert.throws(() => writeInferResponse({ ...head, outputs: faulty.slice(1) }), {
    status: 500,
    message: /"z": element 0/,
  })
  const { body, headerLength } = writeInferRequest({ ...head, inputs }, { binary: true })
  assert.deepEqual(readInferRequest(body, headerLength).inputs.map(plain), inputs.map(plain))
})

test('a parameter that JSON cannot carry is refused', () => {
  const request = { modelName: '', modelVersion: '', id: '', parameters: { p: Number.NaN }, inputs: [] }
  assert.throws(() => writeInferRequest(request), {
    status: 400,
    message: 'the parameter "p" is NaN, which JSON cannot carry',
  })
  assert.throws(() => writeInferResponse({ ...request, outputs: [] }), { status: 500 })
})
