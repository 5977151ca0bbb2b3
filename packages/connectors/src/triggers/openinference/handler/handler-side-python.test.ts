import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type InferRequest,
  type TensorMetadata,
  fromFloat32,
  readInferRequest,
  readInferResponse,
} from '@pelton/protocols/inference'
import { pythonPeers } from '../../../../../../scripts/tools/python-peers.ts'
import { anyRequest } from '../../../../../protocols/src/inference/fixtures/any-tensor.ts'
import { type PythonResult, inPython } from '../fixtures/in-python.ts'
import { plain } from '../fixtures/plain.ts'

const { python = '', skip } = await pythonPeers()

for (const way of ['bare', 'numpy'] as const) {
  const title = way === 'bare' ? 'without NumPy' : 'with NumPy'
  test(
    `Python handlers ${title} see every request as JSON and as tensors, and may answer with its inputs`,
    { skip },
    async () => {
      const requests = fc.sample(anyRequest, 300)
      const cases = requests.flatMap((request) => [{ request }, { request, isJson: true }])
      const results = await inPython(python, way, cases)
      for (const [index, { request }] of cases.entries()) {
        const { body, response, headerLength, contentType } = results[index]!
        assert.equal(contentType, 'application/json')
        assert.deepEqual(plain(readInferRequest(body)), plain(request))
        const inputs = plain(request.inputs).map(({ name, datatype, shape, data }) => ({ name, datatype, shape, data }))
        assert.deepEqual(plain(readInferResponse(response, { headerLength }).outputs), inputs)
      }
    },
  )
}

const request: InferRequest = {
  modelName: 'm',
  modelVersion: '',
  id: '',
  parameters: {},
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1.5, -2) },
    { name: 'half', datatype: 'FP16', shape: [1], data: fromFloat32('FP16', Float32Array.of(0.5)) },
    { name: 'bool', datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) },
    { name: 'text', datatype: 'BYTES', shape: [2], data: [Buffer.from('é'), Buffer.of(0xff)] },
  ],
}

async function results(way: 'numpy' | 'bare', expressions: readonly string[]): Promise<PythonResult[]> {
  return inPython(
    python,
    way,
    expressions.map((expression) => ({ request, expression })),
  )
}

const declared: TensorMetadata[] = [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }]
const float32 = (...values: number[]): Float32Array => Float32Array.from(values)

/** What a handler gives as `y`, and the tensor that it is. */
type Rows = readonly (readonly [expression: string, tensor: object])[]

const bareRows: Rows = [
  ["array('f', [1, 2, 3, 4])", { datatype: 'FP32', shape: [2, 2], data: float32(1, 2, 3, 4) }],
  ["memoryview(b'\\x01')", { datatype: 'UINT8', shape: [1], data: Uint8Array.of(1) }],
  ["array('l', [-7])", { datatype: 'INT64', shape: [1], data: BigInt64Array.of(-7n) }],
  ['[[1, 2.5]]', { datatype: 'FP32', shape: [1, 2], data: float32(1, 2.5) }],
  ["[float('inf'), 1]", { datatype: 'FP32', shape: [1, 2], data: float32(Infinity, 1) }],
  [
    "{'datatype': 'INT64', 'data': [2**53 + 1]}",
    { datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n ** 53n + 1n) },
  ],
  ["{'datatype': 'bool', 'data': [True]}", { datatype: 'BOOL', shape: [1], data: Uint8Array.of(1) }],
  [
    "{'datatype': 'FP64', 'shape': (1, 1), 'data': array('d', [0.1])}",
    { datatype: 'FP64', shape: [1, 1], data: Float64Array.of(0.1) },
  ],
  ["{'datatype': 'BF16', 'data': array('f', [1.5])}", { datatype: 'BF16', shape: [1], data: Uint16Array.of(0x3fc0) }],
  ["['é', b'\\xff']", { datatype: 'BYTES', shape: [1, 2], data: [Buffer.from('é'), Buffer.of(0xff)] }],
  ["b'a'", { datatype: 'BYTES', shape: [1], data: [Buffer.from('a')] }],
  [
    "{'datatype': 'BYTES', 'shape': [1, 1], 'data': [bytearray(b'a')]}",
    { datatype: 'BYTES', shape: [1, 1], data: [Buffer.from('a')] },
  ],
  ["event.inputs['half']", { datatype: 'FP16', shape: [1], data: Uint16Array.of(0x3800) }],
]

const numpyRows: Rows = [
  ["event.inputs['x'].data * 2", { datatype: 'FP32', shape: [1, 2], data: float32(3, -4) }],
  ['numpy.arange(6).reshape(2, 3).T[:, :1]', { datatype: 'INT64', shape: [3, 1], data: BigInt64Array.of(0n, 1n, 2n) }],
  ["numpy.array([1, 2], '>i4')", { datatype: 'INT32', shape: [2], data: Int32Array.of(1, 2) }],
  ['numpy.float32(3)', { datatype: 'FP32', shape: [], data: float32(3) }],
  ['[numpy.float32(3), numpy.float32(4)]', { datatype: 'FP32', shape: [1, 2], data: float32(3, 4) }],
  ['numpy.array([True])', { datatype: 'BOOL', shape: [1], data: Uint8Array.of(1) }],
  ["numpy.zeros((0, 2), 'f8')", { datatype: 'FP64', shape: [0, 2], data: new Float64Array(0) }],
  [
    "numpy.array(['é', b'\\xff'], object)",
    { datatype: 'BYTES', shape: [2], data: [Buffer.from('é'), Buffer.of(0xff)] },
  ],
  [
    "{'datatype': 'FP16', 'data': numpy.array([0.5, 1e9])}",
    { datatype: 'FP16', shape: [2], data: Uint16Array.of(0x3800, 0x7c00) },
  ],
  [
    "{'datatype': 'BF16', 'data': numpy.array([1.00390625, 1.01171875, numpy.nan, -numpy.inf])}",
    { datatype: 'BF16', shape: [4], data: Uint16Array.of(0x3f80, 0x3f82, 0x7fc0, 0xff80) },
  ],
]

for (const [way, rows] of [
  ['bare', bareRows],
  ['numpy', [...bareRows, ...numpyRows]],
] as const) {
  test(
    `Python handlers give outputs as ${way === 'bare' ? 'they find them' : 'arrays of NumPy'}`,
    { skip },
    async () => {
      const found = await results(
        way,
        rows.map(([expression]) => `tensors.response({'y': ${expression}})`),
      )
      for (const [index, [expression, tensor]] of rows.entries()) {
        const { response, headerLength, error } = found[index]!
        assert.equal(error, undefined, expression)
        const { outputs } = readInferResponse(response, { headerLength, declared })
        assert.deepEqual(plain(outputs), plain([{ name: 'y', ...tensor }]), expression)
      }
    },
  )
}

test(
  'without NumPy inputs are memoryviews, or lists where there is no view; with it they are arrays in their shape',
  { skip },
  async () => {
    const told =
      `[[type(tensor.data).__name__, tensor.datatype, tensor.shape, getattr(tensor.data, 'shape', None), str(list(tensor.data))]
    for tensor in event.inputs.values()]`.replace(/\n */, ' ')
    const [bare] = await results('bare', [told])
    assert.deepEqual(bare?.value, [
      ['memoryview', 'FP32', [1, 2], [2], '[1.5, -2.0]'],
      ['list', 'FP16', [1], null, '[0.5]'],
      ['memoryview', 'BOOL', [2], [2], '[True, False]'],
      ['list', 'BYTES', [2], null, "[b'\\xc3\\xa9', b'\\xff']"],
    ])
    const [shapes, texts, isWritable] = await results('numpy', [
      "[[str(event.inputs[name].data.dtype), event.inputs[name].data.shape] for name in ('x', 'half', 'bool')]",
      "str(event.inputs['text'].data)",
      "event.inputs['x'].data.flags.writeable",
    ])
    const expected = [
      ['float32', [1, 2]],
      ['float16', [1]],
      ['bool', [2]],
    ]
    assert.deepEqual([shapes?.value, texts?.value, isWritable?.value], [expected, "[b'\\xc3\\xa9', b'\\xff']", false])
  },
)

test('what is no tensor is refused in Python with the name of the output', { skip }, async () => {
  const table: Readonly<Record<string, RegExp>> = {
    '[1]': /takes a dict of outputs by name, not a list$/,
    '{1: [1]}': /the name of an output must be text, not a int$/,
    "{'y': None}": /output "y" has None where a number, a text, bytes or a list must be$/,
    "{'y': {'datatype': 'FP32'}}": /output "y" has no data$/,
    "{'y': {'datatpe': 'FP32', 'data': [1]}}": /output "y" has no member 'datatpe'; it has datatype, shape, data$/,
    "{'y': {'datatype': 'FLOAT', 'data': [1]}}": /output "y": there is no datatype 'FLOAT'; there are BOOL, /,
    "{'y': {'shape': [-1], 'data': [1]}}": /output "y": its shape must be a list of whole numbers from 0 on$/,
    "{'y': {'shape': [2, 3], 'data': array('f', [1])}}":
      /output "y": the shape \[2, 3\] has 6 elements, its data has 1$/,
    "{'y': {'datatype': 'BYTES', 'shape': [1], 'data': [1]}}": /an element of BYTES must be text or bytes, not a int$/,
    "{'y': array('u', 'a')}": /output "y" has elements of the format '.', which is no datatype$/,
    "{'y': numpy.array([1j])}": /output "y" has elements of the type complex128, which is no datatype$/,
    "{'y': {'datatype': 'INT32', 'data': numpy.array([1.5])}}":
      /has float64 elements, which are no INT32; convert them/,
    "{'y': {'datatype': 'BYTES', 'data': numpy.array([1.5])}}": /has float64 elements, which are no BYTES$/,
    "{}, {'p': float('nan')}": /the parameter 'p' must be text, a finite number, True or False, not nan$/,
    '{}, [1]': /parameters must be a dict, not a list$/,
  }
  const found = await results(
    'numpy',
    Object.keys(table).map((given) => `tensors.response(${given})`),
  )
  for (const [index, [given, message]] of Object.entries(table).entries())
    assert.match(String(found[index]?.error), message, given)
})

test('the documented handler reads the body as JSON', { skip }, async () => {
  const expression = "[tensor['data'] for tensor in json.loads(event.body)['inputs']]"
  for (const way of ['bare', 'numpy'] as const) {
    const [told] = await results(way, [expression])
    assert.deepEqual(told?.value, [[1.5, -2], [0.5], [true, false], ['é', { b64: '/w==' }]])
  }
})

test('arrays of NumPy are aligned wherever their bytes lie', { skip }, async () => {
  const [first] = request.inputs
  const cases = [0, 1, 2, 3].map((length) => ({
    request: { ...request, id: 'i'.repeat(length), inputs: [first!] },
    expression: "event.inputs['x'].data.flags.aligned",
  }))
  const found = await inPython(python, 'numpy', cases)
  assert.deepEqual(
    found.map(({ value }) => value),
    cases.map(() => true),
  )
})
