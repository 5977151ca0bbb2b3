import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type InferRequest,
  type InferResponse,
  type Tensor,
  type TensorMetadata,
  fromFloat32,
  readInferRequest,
  readInferResponse,
  writeInferRequest,
} from '@pelton/protocols/inference'
import { type HandlerResponse, type InferenceEvent, type OutputValue, type Tensors, createInvoker } from '@pelton/sdk'
import { createEvent } from '@pelton/sdk/host'
import { eventData } from '@pelton/testkit'
import { anyRequest } from '../../../../../protocols/src/inference/fixtures/any-tensor.ts'
import { plain } from '../fixtures/plain.ts'
import { createHandlerSide, viewEvent } from './handler-side.ts'

const tensors = createHandlerSide(() => Promise.reject(new Error('it calls nothing'))) as Tensors
const empty = { modelName: 'm', modelVersion: '', id: '', parameters: {} }

function eventOf(request: InferRequest, isBinary = true): InferenceEvent {
  const { body, headerLength } = writeInferRequest(request, { binary: isBinary })
  const extra = headerLength === undefined ? {} : { extra: { inferHeaderLength: headerLength } }
  const data = viewEvent(eventData('', { body, ...extra }))
  const signal = (): AbortSignal => AbortSignal.abort()
  return createEvent(data, { compat: 'none', members: ['inputs'], signal }) as InferenceEvent
}

function read(result: HandlerResponse, declared: readonly TensorMetadata[] = []): InferResponse {
  const { openinference } = result.extra as { openinference: { headerLength?: number } }
  assert.equal(result.contentType, 'application/json')
  return readInferResponse(result.body as Buffer, { headerLength: openinference.headerLength, declared })
}

const outputOf = (value: OutputValue, declared?: TensorMetadata): object => {
  const [output] = read(tensors.response({ y: value }), declared && [declared]).outputs
  assert.ok(output)
  const { name, ...rest } = output
  assert.equal(name, 'y')
  return rest
}

/** As they stand among the members of an object, where names that are numbers come first. */
function inputsOf(request: InferRequest): Tensor[] {
  const byName = Object.create(null) as Record<string, Tensor>
  for (const { name, datatype, shape, data } of plain(request.inputs)) byName[name] = { name, datatype, shape, data }
  return Object.values(byName)
}

test('handlers see every request as JSON and as tensors, and may answer with its inputs', () => {
  fc.assert(
    fc.property(anyRequest, fc.boolean(), (request, isBinary) => {
      const event = eventOf(request, isBinary)
      assert.deepEqual(plain(readInferRequest(Buffer.from(event.body))), plain(request))
      const inputs = inputsOf(request)
      assert.deepEqual(plain(Object.values(event.inputs)), inputs)
      assert.deepEqual(plain(read(tensors.response(event.inputs)).outputs), inputs)
    }),
  )
})

test('inputs of 16-bit floats and of whole numbers are read as numbers', () => {
  const values = Float32Array.of(1, -2.5)
  const { inputs } = eventOf({
    ...empty,
    inputs: [
      { name: 'half', datatype: 'FP16', shape: [2], data: fromFloat32('FP16', values) },
      { name: 'brief', datatype: 'BF16', shape: [2], data: fromFloat32('BF16', values) },
      { name: 'long', datatype: 'INT64', shape: [1], data: BigInt64Array.of(7n) },
      { name: 'bytes', datatype: 'BYTES', shape: [1], data: [Buffer.from('a')] },
      { name: '__proto__', datatype: 'FP32', shape: [2], data: values },
    ],
  })
  for (const name of ['half', 'brief', '__proto__']) assert.deepEqual(inputs[name]?.toFloat32(), values, name)
  assert.deepEqual(inputs['long']?.toFloat32(), Float32Array.of(7))
  assert.throws(() => inputs['bytes']?.toFloat32(), {
    name: 'TypeError',
    message: 'tensor "bytes" has bytes, not numbers',
  })
  assert.equal(inputs['toString'], undefined)
})

test('a bare array takes its datatype from its type, its shape from the configured output or its length', () => {
  const declared: TensorMetadata = { name: 'y', datatype: 'FP32', shape: [-1, 2] }
  const data = Float32Array.of(1, 2, 3, 4)
  assert.deepEqual(outputOf(data), { datatype: 'FP32', shape: [4], data })
  assert.deepEqual(outputOf(data, declared), { datatype: 'FP32', shape: [2, 2], data })
  assert.deepEqual(outputOf(Int8Array.of(-1)), { datatype: 'INT8', shape: [1], data: Int8Array.of(-1) })
  assert.deepEqual(outputOf(Buffer.of(1)), { datatype: 'UINT8', shape: [1], data: Uint8Array.of(1) })
  assert.deepEqual(outputOf([[1, 2]], declared), { datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) })
  const texts = [Buffer.from('é'), Buffer.of(0xff)]
  assert.deepEqual(outputOf(['é', Buffer.of(0xff)]), { datatype: 'BYTES', shape: [2], data: texts })
})

test('datatype and shape may be named, and numbers become 16-bit floats', () => {
  const values = Float32Array.of(0.5, 3)
  for (const datatype of ['FP16', 'BF16'] as const) {
    const data = fromFloat32(datatype, values)
    assert.deepEqual(outputOf({ datatype, shape: [1, 2], data: values }), { datatype, shape: [1, 2], data })
    assert.deepEqual(outputOf({ datatype, data }), { datatype, shape: [2], data })
    assert.deepEqual(outputOf({ datatype, data: [0.5, 3] }), { datatype, shape: [2], data })
  }
  const bools = { datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) } as const
  assert.deepEqual(outputOf({ datatype: 'BOOL', data: [true, false] }), bools)
  assert.deepEqual(outputOf({ ...bools, data: Uint8Array.of(1, 0) }), bools)
  const framed = { datatype: 'BYTES', shape: [2, 1], data: ['a', Buffer.of(0xff)] } as const
  assert.deepEqual(outputOf(framed), { ...framed, data: [Buffer.from('a'), Buffer.of(0xff)] })
  const rare = [-0, Number.NaN, -Infinity]
  assert.deepEqual(outputOf({ datatype: 'FP32', data: rare }), {
    datatype: 'FP32',
    shape: [3],
    data: Float32Array.from(rare),
  })
  const long = { datatype: 'INT64', data: [2n ** 53n + 1n] } as const
  assert.deepEqual(outputOf(long), { datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n ** 53n + 1n) })
})

test('parameters go along, and large tensors as the bytes that they are', () => {
  const parameters = { text: 'a', truth: true, number: -0.5, long: 2n ** 60n }
  const y = new Float32Array(150_528)
  const result = tensors.response({ y }, { parameters })
  assert.deepEqual(read(result).parameters, parameters)
  assert.ok((result.body as Buffer).length < y.byteLength + 250)
  y[0] = 1
  assert.deepEqual(read(result).outputs[0]?.data.slice(0, 1), Float32Array.of(0))
  assert.deepEqual(read(tensors.response({})).outputs, [])
})

test('what is no tensor is refused with the name of the output', () => {
  const table: readonly (readonly [unknown, string])[] = [
    [null, 'its data must be a typed array or a list, not null'],
    [5, 'its data must be a typed array or a list, not a number'],
    [new DataView(new ArrayBuffer(1)), 'its data must be a typed array or a list, not a DataView'],
    [{ datatype: 'FP32' }, 'it has no data'],
    [{ datatpe: 'FP32', data: [1] }, 'it has no member "datatpe"; it has datatype, shape, data'],
    [{ datatype: 'FP32', data: new Float64Array(1) }, 'its data is a Float64Array, which is no FP32'],
    [{ datatype: 'BYTES', data: new Uint8Array(1) }, 'its data is a Uint8Array, which is no BYTES'],
    [{ datatype: 'BYTES', shape: [1], data: [1] }, 'an element of BYTES must be text or bytes, not a number'],
    [{ shape: [2, 3], data: new Float32Array(5) }, 'the shape [2,3] has 6 elements, its data has 5'],
    [{ shape: [-1], data: new Float32Array(5) }, 'its shape must be a list of whole numbers from 0 on'],
    [[{}], 'an element must be a number, a text, bytes, true or false, not object'],
  ]
  for (const [value, message] of table) {
    const expected = { name: 'TypeError', message: `tensors.response: output "y": ${message}` }
    assert.throws(() => tensors.response({ y: value as never }), expected)
  }
  assert.throws(
    () => tensors.response({ y: { datatype: 'FLOAT' as never, data: [1] } }),
    /there is no datatype "FLOAT"; /,
  )
  assert.throws(() => tensors.response([] as never), { message: /takes an object of outputs by name, not a list/ })
  assert.throws(() => tensors.response({}, { paramters: {} } as never), { message: /no option "paramters"/ })
  for (const value of [Number.NaN, Infinity, null, [], Symbol('p'), () => 1] as never[])
    assert.throws(() => tensors.response({}, { parameters: { p: value } }), { message: /the parameter "p" must be/ })
})

test('a parameter may be any text, also one that reads as an infinite number', () => {
  const parameters = { a: 'Infinity', b: '-1e999', c: 'NaN' }
  const { body } = tensors.response({}, { parameters }) as { body: Uint8Array }
  assert.deepEqual(readInferResponse(Buffer.from(body)).parameters, parameters)
})

test('a handler is tested with inputs of its own, and gives a response that a trigger reads', async () => {
  const handler = (_: unknown, event: unknown): HandlerResponse => {
    const { data } = (event as InferenceEvent).inputs['input']!
    return tensors.response({ output: (data as Float32Array).map((value) => value * 2) })
  }
  const inputs = { input: { name: 'input', datatype: 'FP32', shape: [2], data: Float32Array.of(1, 2) } }
  const { body, extra } = await createInvoker({ handler })({ extra: { inputs } })
  const { headerLength } = (extra as { openinference: { headerLength: number } }).openinference
  assert.deepEqual(readInferResponse(Buffer.from(body), { headerLength }).outputs[0]?.data, Float32Array.of(2, 4))
})
