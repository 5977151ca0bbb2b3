import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import type { InferRequest, InferResponse, Tensor } from '../tensor.ts'
import { decodeModelInferRequest, decodeModelInferResponse, decodeModelStreamInferResponse } from './decode-infer.ts'
import {
  encodeModelInferRequest,
  encodeModelInferResponse,
  encodeModelStreamInferError,
  encodeModelStreamInferResponse,
} from './encode-infer.ts'
import { anyParameters, anyTensors } from './fixtures/any-tensor.ts'
import { decodePeer, encodePeer, peerParameters, peerRaw, peerTensors } from './fixtures/peer-messages.ts'

interface Names {
  modelName: string
  modelVersion: string
  id: string
}

const anyText = fc.string({ unit: 'grapheme', maxLength: 60 })
const names = { modelName: anyText, modelVersion: anyText, id: anyText, parameters: anyParameters }
const anyOutput = fc.record(
  { name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), parameters: anyParameters },
  { noNullPrototype: true },
)
const anyOutputs = fc.uniqueArray(anyOutput, { maxLength: 3, selector: ({ name }) => name })

function peerNames({ modelName, modelVersion, id }: Names): object {
  const entries = Object.entries({ model_name: modelName, model_version: modelVersion, id })
  return Object.fromEntries(entries.filter(([, value]) => value !== ''))
}

function peerRequest(request: InferRequest, isRaw: boolean): object {
  const { inputs, outputs = [] } = request
  return {
    ...peerNames(request),
    ...peerParameters(request.parameters),
    ...(inputs.length > 0 && { inputs: peerTensors(inputs, isRaw) }),
    ...(outputs.length > 0 && {
      outputs: outputs.map(({ name, parameters }) => ({ name, ...peerParameters(parameters) })),
    }),
    ...peerRaw('raw_input_contents', inputs, isRaw),
  }
}

function peerResponse(response: InferResponse, isRaw: boolean): object {
  return {
    ...peerNames(response),
    ...peerParameters(response.parameters),
    ...(response.outputs.length > 0 && { outputs: peerTensors(response.outputs, isRaw) }),
    ...peerRaw('raw_output_contents', response.outputs, isRaw),
  }
}

/** Elements of BYTES as they were given, so that they can be compared. */
function plainTensors(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) =>
    tensor.datatype === 'BYTES'
      ? { ...tensor, data: (tensor.data as Uint8Array[]).map((bytes) => Uint8Array.from(bytes)) }
      : tensor,
  )
}

/** What another library writes for a text may be empty, and is then left out by ours. */
function nonEmpty(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (item === '' ? undefined : item)))
}

test('requests are read as another library writes them, and written as it reads them', () => {
  fc.assert(
    fc.property(fc.record(names), anyTensors, anyOutputs, (rest, { isRaw, tensors }, named) => {
      const outputs = named.map((output) =>
        Object.keys(output.parameters).length === 0 ? { name: output.name } : output,
      )
      const request = { ...rest, inputs: tensors, ...(outputs.length > 0 && { outputs }) }
      const peer = peerRequest(request, isRaw)
      const got = decodeModelInferRequest(encodePeer('ModelInferRequest', peer))
      assert.deepEqual(
        { ...got, inputs: plainTensors(got.inputs) },
        { ...request, isRaw: isRaw || tensors.length === 0 },
      )
      const bytes = encodeModelInferRequest(request, { raw: isRaw })
      assert.deepEqual(nonEmpty(decodePeer('ModelInferRequest', bytes)), nonEmpty(peer))
    }),
  )
})

test('responses are read as another library writes them, and written as it reads them', () => {
  fc.assert(
    fc.property(fc.record(names), anyTensors, (rest, { isRaw, tensors }) => {
      const response = { ...rest, outputs: tensors }
      const peer = peerResponse(response, isRaw)
      const got = decodeModelInferResponse(encodePeer('ModelInferResponse', peer))
      assert.deepEqual({ ...got, outputs: plainTensors(got.outputs) }, response)
      const bytes = encodeModelInferResponse(response, { raw: isRaw })
      assert.deepEqual(nonEmpty(decodePeer('ModelInferResponse', bytes)), nonEmpty(peer))
    }),
  )
})

const input: Tensor = { name: 'x', datatype: 'FP32', shape: [3], data: Float32Array.of(1.5, -2, 3) }
const halves: Tensor = { name: 'h', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x3c00) }
const named = { modelName: 'm', modelVersion: '1', id: 'id-7', parameters: {} }

test('golden bytes: a request of a Triton client', () => {
  const bytes =
    '0a016d1201311a0469642d3722070a016b1202080122100a016e120b10fdffffffffffffffff0122170a087072696f72697479120b2880808080' +
    '8080808080' +
    '0122120a0c73657175656e63655f656e641202080022110a0b73657175656e63655f69641202100522140a0e73657175656e63655f7374617274' +
    '12020801220d0a0774696d656f757412021064220e0a0174120921000000000000e03f22090a017712041a02c3a9' +
    '2a0d0a01781204465033321a0201032a0d0a0173120542595445531a01022a0c0a01681204465031361a0101' +
    '32030a017932190a016312140a0e636c617373696669636174696f6e12021003' +
    '3a0c0000c03f000000c0000040403a0c02000000616202000000c3a93a02003c'
  const got = decodeModelInferRequest(Buffer.from(bytes, 'hex'))
  assert.deepEqual(got, {
    ...named,
    parameters: {
      k: true,
      n: -3,
      priority: 2n ** 63n,
      sequence_end: false,
      sequence_id: 5,
      sequence_start: true,
      timeout: 100,
      t: 0.5,
      w: 'é',
    },
    inputs: [
      { ...input, shape: [1, 3] },
      { name: 's', datatype: 'BYTES', shape: [2], data: [Buffer.from('ab'), Buffer.from('é')] },
      halves,
    ],
    isRaw: true,
    outputs: [{ name: 'y' }, { name: 'c', parameters: { classification: 3 } }],
  })
})

test('golden bytes: responses, raw and typed', () => {
  const response = { ...named, outputs: [{ ...input, name: 'y' }] }
  const start = '0a016d1201311a0469642d37'
  assert.equal(
    encodeModelInferResponse(response, { raw: true }).toString('hex'),
    `${start}2a0c0a01791204465033321a0103320c0000c03f000000c000004040`,
  )
  assert.equal(
    encodeModelInferResponse(response, { raw: false }).toString('hex'),
    `${start}2a1c0a01791204465033321a01032a0e320c0000c03f000000c000004040`,
  )
})

test('tensors of 16-bit floats make all contents raw, since they have no others', () => {
  const request = encodeModelInferRequest({ ...named, inputs: [input, halves] }, { raw: false })
  assert.deepEqual(decodeModelInferRequest(request), { ...named, inputs: [input, halves], isRaw: true })
  const response = encodeModelInferResponse({ ...named, outputs: [halves, input] }, { raw: false })
  assert.deepEqual(decodeModelInferResponse(response), { ...named, outputs: [halves, input] })
})

test('data are views into the message where they are aligned, and copies where they are not', () => {
  const message = encodeModelInferRequest({ ...named, inputs: [input] }, { raw: true })
  const views = [0, 1, 2, 3].map((shift) => {
    const moved = Buffer.concat([Buffer.alloc(shift), message]).subarray(shift)
    const [tensor] = decodeModelInferRequest(moved).inputs
    assert.deepEqual(tensor, input)
    return (tensor as { data: Float32Array }).data.buffer === moved.buffer
  })
  assert.equal(views.filter(Boolean).length, 1)
})

test('a tensor without elements needs no contents, and has them in both forms', () => {
  const none: Tensor = { name: 'e', datatype: 'INT64', shape: [0, 3], data: new BigInt64Array() }
  const bare = encodePeer('ModelInferRequest', { inputs: [{ name: 'e', datatype: 'INT64', shape: [0, 3] }] })
  for (const bytes of [
    bare,
    encodeModelInferRequest({ ...named, inputs: [none] }, { raw: true }),
    encodeModelInferRequest({ ...named, inputs: [none] }, { raw: false }),
  ]) {
    assert.deepEqual(decodeModelInferRequest(bytes).inputs, [none])
  }
})

test('a scalar has an empty shape', () => {
  const scalar: Tensor = { name: 's', datatype: 'INT8', shape: [], data: Int8Array.of(-1) }
  for (const raw of [true, false]) {
    const bytes = encodeModelInferResponse({ ...named, outputs: [scalar] }, { raw })
    assert.deepEqual(decodeModelInferResponse(bytes).outputs, [scalar])
  }
})

test('parameters named __proto__ change no prototype', () => {
  const bytes = Buffer.from('220f0a095f5f70726f746f5f5f12020801', 'hex')
  const { parameters } = decodeModelInferRequest(bytes)
  assert.deepEqual(Object.keys(parameters), ['__proto__'])
  assert.equal(Object.getPrototypeOf(parameters), Object.prototype)
})

test('whole numbers that no integer of 64 bits holds, and -0, go as doubles; a parameter without a value is none', () => {
  const parameters = { huge: 2n ** 64n, large: 1e300, zero: -0, least: -(2n ** 63n), most: 2n ** 64n - 1n }
  const bytes = encodeModelInferRequest({ ...named, parameters, inputs: [] }, { raw: true })
  assert.deepEqual(decodePeer('ModelInferRequest', bytes)['parameters'], {
    huge: { double_param: 2 ** 64 },
    large: { double_param: 1e300 },
    zero: { double_param: -0 },
    least: { int64_param: '-9223372036854775808' },
    most: { uint64_param: '18446744073709551615' },
  })
  assert.deepEqual(decodeModelInferRequest(encodePeer('ModelInferRequest', { parameters: { x: {} } })).parameters, {})
})

test('a stream carries responses, or errors with the names and the id of the request', () => {
  const response = { ...named, outputs: [input] }
  const good = encodeModelStreamInferResponse(response, { raw: true })
  assert.deepEqual(decodeModelStreamInferResponse(good), { error: '', response })
  const bad = encodeModelStreamInferError('no such model', named)
  assert.deepEqual(decodeModelStreamInferResponse(bad), {
    error: 'no such model',
    response: { ...named, outputs: [] },
  })
  assert.deepEqual(decodePeer('ModelStreamInferResponse', bad), {
    error_message: 'no such model',
    infer_response: { model_name: 'm', model_version: '1', id: 'id-7' },
  })
  assert.throws(() => decodeModelStreamInferResponse(Buffer.concat([good, good])), MalformedMessage)
})
