import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallTrigger, type ModelFacts, PeltonError } from '@pelton/core'
import {
  fromFloat32,
  type InferRequest,
  InferenceError,
  readInferRequest,
  type Tensor,
  writeInferResponse,
} from '@pelton/protocols/inference'
import { type Model, ModelError, type ModelInput, type Models } from '@pelton/sdk'
import { createHandlerSide } from './handler-side.ts'

const facts: readonly ModelFacts[] = [
  {
    name: 'detector',
    version: '1',
    platform: 'onnx_onnxruntime',
    inputs: [
      { name: 'images', datatype: 'FP32', shape: [-1, 2] },
      { name: 'grid', datatype: 'INT64', shape: [-1, -1] },
      { name: 'half', datatype: 'FP16', shape: [2] },
      { name: 'flags', datatype: 'BOOL', shape: [-1] },
      { name: 'texts', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'scalar', datatype: 'FP64', shape: [] },
    ],
    outputs: [
      { name: 'boxes', datatype: 'FP32', shape: [-1, 4] },
      { name: 'scores', datatype: 'FP32', shape: [-1] },
    ],
    maxBatchSize: 0,
  },
  { name: 'toString', version: '2', platform: 'onnx_onnxruntime', inputs: [], outputs: [], maxBatchSize: 0 },
]

interface Asked {
  operation: string
  payload: unknown
  request: InferRequest
  body: Uint8Array
}

/** Models whose outputs are the inputs that they were given, or what `answer` makes of a request. */
function modelsOf(answer: (request: InferRequest) => Tensor[] = ({ inputs }) => [...inputs]): {
  models: Models
  detector: Model
  asked: Asked[]
} {
  const asked: Asked[] = []
  const call: CallTrigger = (operation, payload, body) => {
    const { extra } = payload as { extra: { inferHeaderLength: number } }
    const request = readInferRequest(Buffer.from(body!), extra.inferHeaderLength)
    asked.push({ operation, payload, request, body: body! })
    return Promise.resolve(prefixed(answer(request)))
  }
  const models = createHandlerSide(call, facts) as Models
  return { models, detector: models['detector']!, asked }
}

function prefixed(outputs: Tensor[]): Buffer {
  const response = { modelName: 'detector', modelVersion: '1', id: '', parameters: {}, outputs }
  const { body, headerLength = body.length } = writeInferResponse(response, {
    parameters: { binary_data_output: true },
  })
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32LE(headerLength)
  return Buffer.concat([prefix, body])
}

/** The tensor that the model is given for a value. */
async function sent(name: string, value: unknown): Promise<object> {
  const { detector, asked } = modelsOf(() => [])
  await detector.run({ [name]: value as ModelInput })
  const [tensor] = asked[0]!.request.inputs
  assert.ok(tensor)
  const { datatype, shape, data } = tensor
  const plain = Array.isArray(data) ? data.map((bytes: Uint8Array) => Buffer.from(bytes).toString()) : data
  return { datatype, shape, data: plain }
}

test('a handler has the models by their names, whatever these are, with what they take and give', () => {
  const { models, detector } = modelsOf()
  assert.deepEqual(Object.keys(models), ['detector', 'toString'])
  assert.deepEqual([detector.name, detector.version, detector.platform], ['detector', '1', 'onnx_onnxruntime'])
  assert.deepEqual([detector.inputs, detector.outputs], [facts[0]?.inputs, facts[0]?.outputs])
  assert.equal(models['toString']?.version, '2')
  assert.equal(models['nonsense'], undefined)
  assert.equal(models['hasOwnProperty'], undefined)
})

test('a run is one call with the inputs as bytes, and gives the outputs by name', async () => {
  const boxes = Float32Array.of(1, 2, 3, 4)
  const { detector, asked } = modelsOf(() => [
    { name: 'boxes', datatype: 'FP32', shape: [1, 4], data: boxes },
    { name: 'scores', datatype: 'FP16', shape: [1], data: fromFloat32('FP16', Float32Array.of(0.5)) },
    { name: '__proto__', datatype: 'BYTES', shape: [1], data: [Buffer.from('é')] },
  ])
  const images = Float32Array.of(1, 2, 3, 4)
  const { run } = detector
  const running = run({ images }, { outputs: ['scores', 'boxes'], parameters: { threshold: 0.5, long: 2n ** 60n } })
  images.fill(0)
  const result = await running
  const [{ operation, payload, request, body }] = asked as [Asked]
  const { inferHeaderLength } = (payload as { extra: { inferHeaderLength: number } }).extra
  assert.deepEqual(
    [operation, payload],
    ['models.run', { model: 'detector', extra: { inferHeaderLength, prefixed: true } }],
  )
  assert.equal(inferHeaderLength % 8, 0)
  assert.equal(body.length, inferHeaderLength + images.byteLength)
  assert.deepEqual(request, {
    modelName: 'detector',
    modelVersion: '',
    id: '',
    parameters: { threshold: 0.5, long: 2n ** 60n },
    inputs: [{ name: 'images', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    outputs: [{ name: 'scores' }, { name: 'boxes' }],
  })
  assert.deepEqual(Object.keys(result), ['boxes', 'scores', '__proto__'])
  const { boxes: found, scores } = result
  assert.deepEqual([found?.datatype, found?.shape, found?.data], ['FP32', [1, 4], boxes])
  assert.deepEqual(scores?.toFloat32(), Float32Array.of(0.5))
})

test('what an input does not say, the declaration of the model does', async () => {
  const four = Float32Array.of(1, 2, 3, 4)
  const long = BigInt64Array.of(1n, 2n)
  const bits = fromFloat32('FP16', Float32Array.of(1, 0.1))
  const table: readonly (readonly [string, unknown, object])[] = [
    ['images', four, { datatype: 'FP32', shape: [2, 2], data: four }],
    ['images', four.subarray(1), { datatype: 'FP32', shape: [3], data: four.slice(1) }],
    ['images', { shape: [1, 4], data: four }, { datatype: 'FP32', shape: [1, 4], data: four }],
    [
      'images',
      [
        [1, 2],
        [3, 4],
      ],
      { datatype: 'FP32', shape: [2, 2], data: four },
    ],
    ['images', [1, Number.NaN], { datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, Number.NaN) }],
    ['images', new Float64Array(2), { datatype: 'FP64', shape: [1, 2], data: new Float64Array(2) }],
    ['images', new Float32Array(0), { datatype: 'FP32', shape: [0, 2], data: new Float32Array(0) }],
    ['grid', long, { datatype: 'INT64', shape: [2], data: long }],
    ['grid', [[1, 2n]], { datatype: 'INT64', shape: [1, 2], data: long }],
    ['half', Float32Array.of(1, 0.1), { datatype: 'FP16', shape: [2], data: bits }],
    ['half', bits, { datatype: 'FP16', shape: [2], data: bits }],
    ['half', [1, 0.1], { datatype: 'FP16', shape: [2], data: bits }],
    ['flags', Uint8Array.of(1, 0), { datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) }],
    ['flags', [true, false], { datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) }],
    ['texts', ['é', Buffer.from('b')], { datatype: 'BYTES', shape: [2, 1], data: ['é', 'b'] }],
    ['scalar', [2.5], { datatype: 'FP64', shape: [], data: Float64Array.of(2.5) }],
    ['scalar', Float64Array.of(2.5), { datatype: 'FP64', shape: [], data: Float64Array.of(2.5) }],
  ]
  for (const [name, value, tensor] of table) assert.deepEqual(await sent(name, value), tensor, name)
})

test('an output of one model is an input of another as it is', async () => {
  const { detector, asked } = modelsOf()
  const { images } = await detector.run({ images: Float32Array.of(1, 2) })
  await detector.run({ images: images! })
  assert.deepEqual(asked[1]?.request.inputs, asked[0]?.request.inputs)
})

test('what is no input of the model is refused before anything is sent', async () => {
  const { detector, asked } = modelsOf()
  const known = '"images", "grid", "half", "flags", "texts", "scalar"'
  const table: readonly (readonly [inputs: unknown, options: unknown, message: string])[] = [
    [[1], {}, ' takes an object of inputs by name, not a list'],
    [{ image: [1] }, {}, `: there is no input "image"; there are ${known}`],
    [{ images: null }, {}, ': input "images": its data must be a typed array or a list, not null'],
    [
      { images: { shape: [3], data: new Float32Array(2) } },
      {},
      ': input "images": the shape [3] has 3 elements, its data has 2',
    ],
    [
      { images: { datatype: 'FP32', data: new Float64Array(2) } },
      {},
      ': input "images": its data is a Float64Array, which is no FP32',
    ],
    [
      { images: { shape: [2, 2], data: [1, 2, 3] } },
      {},
      ': input "images": the shape [2,2] has 4 elements, its data has 3',
    ],
    [{ images: [[1, 2], [3]] }, {}, ': input "images": the lists of its data differ in length or depth, at element 3'],
    [{ flags: ['yes'] }, {}, ': input "flags": its elements are no BOOL: expected a number'],
    [{ grid: [0.5] }, {}, ': input "grid": element 0 must be a whole number'],
    [{ texts: [{}] }, {}, ': input "texts": an element must be a number, a text, bytes, true or false, not object'],
    [{}, { outputs: ['box'] }, ': there is no output "box"; there are "boxes", "scores"'],
    [{}, { outputs: 'boxes' }, ': outputs must be a list of names'],
    [{}, { outputs: [1] }, ': outputs must be a list of names'],
    [{}, { output: ['boxes'] }, ' has no option "output"; it has outputs, parameters'],
    [
      {},
      { parameters: { p: Number.NaN } },
      ': the parameter "p" must be text, a finite number, true or false, not NaN',
    ],
  ]
  for (const [inputs, options, message] of table) {
    const expected = { name: 'TypeError', message: `models.detector.run${message}` }
    await assert.rejects(detector.run(inputs as never, options as never), expected)
  }
  assert.deepEqual(asked, [])
})

test('what the model refuses is its own text with the status; so is what it fails at', async () => {
  const row = { blame: 'user', retryable: false, help: '' } as const
  const cases: readonly (readonly [Error, object])[] = [
    [
      new PeltonError('model_failed', 'input "images" does not fit', { ...row, status: 400 }),
      { name: 'ModelError', status: 400, code: 'model_failed', message: 'input "images" does not fit' },
    ],
    [
      new PeltonError('call_timed_out', 'no result', { ...row, status: 504 }),
      { name: 'ModelError', status: 504, code: 'call_timed_out', message: 'no result' },
    ],
    [new RangeError('a fault'), { name: 'RangeError', message: 'a fault' }],
  ]
  for (const [error, expected] of cases) {
    const models = createHandlerSide(() => Promise.reject(error), facts) as Models
    await assert.rejects(models['detector']!.run({ images: [1, 2] }), expected)
  }
  for (const answer of [undefined, 'text', Buffer.of(1), Buffer.of(9, 0, 0, 0, 1), Buffer.from('\x02\0\0\0{}')]) {
    const models = createHandlerSide(() => Promise.resolve(answer), facts) as Models
    await assert.rejects(models['detector']!.run({}), (error) => error instanceof ModelError && error.status === 500)
  }
})

test('an error of a model is known as one, and others are not', () => {
  const error = new ModelError(400, 'no', { code: 'a' })
  assert.ok(error instanceof ModelError)
  assert.ok(error instanceof Error)
  const other = Object.assign(new Error('of another copy'), { [Symbol.for('pelton.modelError')]: true })
  assert.ok(other instanceof ModelError)
  assert.ok(!(new InferenceError(400, 'no') instanceof ModelError))
  assert.ok(!((null as unknown) instanceof ModelError))
})

test('a run without inputs is sent as JSON alone', async () => {
  const { models, asked } = modelsOf(() => [])
  assert.deepEqual(Object.keys(await models['toString']!.run({})), [])
  assert.equal(asked[0]?.request.modelName, 'toString')
})
