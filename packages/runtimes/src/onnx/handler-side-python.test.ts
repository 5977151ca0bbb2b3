import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import path from 'node:path'
import { type Datatype, fromFloat32, type Tensor, type TensorData } from '@pelton/protocols/inference'
import { frame, frameFlag, frameType, type InFrame } from '@pelton/protocols/worker'
import { pythonPeers } from '../../../../scripts/tools/python-peers.ts'
import { startUnreadyHost, type RawHost } from '../python/fixtures/raw-host.ts'
import { facts, prefixed, requestOf, runModels } from './fixtures/run-models.ts'

const { python = '', skip } = await pythonPeers()
const float32 = (...values: number[]): Float32Array => Float32Array.from(values)
const longs = (...values: bigint[]): BigInt64Array => BigInt64Array.from(values)

/** What a handler gives for an input, and the tensor that the model is given. */
type Rows = readonly (readonly [
  input: string,
  value: string,
  datatype: Datatype,
  shape: number[],
  data: TensorData | string[],
])[]

const half = fromFloat32('FP16', float32(1, 0.5))
const brief = fromFloat32('BF16', float32(1.00390625, 1.01171875, Number.NaN, -Infinity))

const bareRows: Rows = [
  ['images', "array('f', [1, 2, 3, 4])", 'FP32', [2, 2], float32(1, 2, 3, 4)],
  ['images', "memoryview(array('f', [1, 2, 3, 4]))", 'FP32', [2, 2], float32(1, 2, 3, 4)],
  ['images', "memoryview(array('f', [1, 2])).cast('B').cast('f', (1, 2))", 'FP32', [1, 2], float32(1, 2)],
  ['images', "array('d', [1, 2])", 'FP32', [1, 2], float32(1, 2)],
  ['images', "array('i', [1, 2])", 'INT32', [1, 2], Int32Array.of(1, 2)],
  ['images', '[[1, 2], [3, 4]]', 'FP32', [2, 2], float32(1, 2, 3, 4)],
  ['images', '[1, 2, 3, 4]', 'FP32', [2, 2], float32(1, 2, 3, 4)],
  ['images', "(1, float('nan'))", 'FP32', [1, 2], float32(1, Number.NaN)],
  ['images', '[1, 2, 3]', 'FP32', [3], float32(1, 2, 3)],
  ['images', '[]', 'FP32', [0, 2], float32()],
  ['images', "{'shape': [1, 4], 'data': [1, 2, 3, 4]}", 'FP32', [1, 4], float32(1, 2, 3, 4)],
  ['grid', "array('q', [1, 2])", 'INT64', [2], longs(1n, 2n)],
  ['grid', '[[2**62, -1]]', 'INT64', [1, 2], longs(2n ** 62n, -1n)],
  ['half', '[1, 0.5]', 'FP16', [2], half],
  ['half', "array('f', [1, 0.5])", 'FP16', [2], half],
  ['brief', "[1.00390625, 1.01171875, float('nan'), float('-inf')]", 'BF16', [4], brief],
  ['flags', '[True, 0]', 'BOOL', [2], Uint8Array.of(1, 0)],
  ['flags', "memoryview(b'\\x01\\x00')", 'BOOL', [2], Uint8Array.of(1, 0)],
  ['texts', "['é', b'b']", 'BYTES', [2, 1], ['é', 'b']],
  ['texts', "'a'", 'BYTES', [1, 1], ['a']],
  ['scalar', '2.5', 'FP64', [], Float64Array.of(2.5)],
  ['scalar', '[2.5]', 'FP64', [], Float64Array.of(2.5)],
]

const numpyRows: Rows = [
  ['images', 'numpy.array([[1, 2], [3, 4]]).T / 1', 'FP32', [2, 2], float32(1, 3, 2, 4)],
  ['images', 'numpy.array([[1, 2]])', 'INT64', [1, 2], longs(1n, 2n)],
  ['images', "numpy.zeros((0, 2), 'f4')", 'FP32', [0, 2], float32()],
  ['images', "[numpy.array([1, 2], 'f4'), numpy.array([3, 4], 'f4')]", 'FP32', [2, 2], float32(1, 2, 3, 4)],
  ['images', '[[numpy.float32(1), numpy.float32(2)]]', 'FP32', [1, 2], float32(1, 2)],
  ['half', 'numpy.array([1, 0.5])', 'FP16', [2], half],
  ['brief', "numpy.array([1.00390625, 1.01171875, numpy.nan, -numpy.inf], 'f4')", 'BF16', [4], brief],
  ['flags', 'numpy.array([True, False])', 'BOOL', [2], Uint8Array.of(1, 0)],
  ['texts', "numpy.array([['é'], ['b']])", 'BYTES', [2, 1], ['é', 'b']],
  ['scalar', 'numpy.float64(2.5)', 'FP64', [], Float64Array.of(2.5)],
]

function shown({ name, datatype, shape, data }: Tensor): unknown[] {
  const isBytes = Array.isArray(data)
  return [name, datatype, shape, isBytes ? data.map((bytes: Uint8Array) => Buffer.from(bytes).toString()) : data]
}

for (const [way, rows] of [
  ['bare', bareRows],
  ['numpy', [...bareRows, ...numpyRows]],
] as const) {
  test(`Python handlers give models ${way === 'bare' ? 'what they have' : 'arrays of NumPy'}`, { skip }, async () => {
    const cases = rows.map(([name, value]) => ({ expression: `model.run({'${name}': ${value}})` }))
    const results = await runModels(python, way, cases)
    for (const [index, [name, value, ...tensor]] of rows.entries()) {
      const { calls, error } = results[index]!
      assert.equal(error, undefined, value)
      assert.deepEqual(calls[0]?.request.inputs.map(shown), [[name, ...tensor]], value)
    }
  })
}

const answer: Tensor[] = [
  { name: 'boxes', datatype: 'FP32', shape: [1, 4], data: float32(1, 2, 3, 4) },
  { name: 'scores', datatype: 'FP16', shape: [1], data: fromFloat32('FP16', float32(0.5)) },
  { name: 'names', datatype: 'BYTES', shape: [1], data: [Buffer.from('é')] },
]

for (const isAsync of [false, true]) {
  const kind = isAsync ? 'async' : 'sync'
  test(`a run of a ${kind} handler is one call, and gives the outputs by name`, { skip }, async () => {
    const run = "model.run({'images': [[1, 2]]}, outputs=['boxes', 'scores'], parameters={'p': 2**60, 'q': 'a'})"
    const [bare] = await runModels(python, 'bare', [{ expression: run, answer, isAsync }])
    assert.deepEqual(bare?.value, ['boxes', 'names', 'scores'])
    const [{ operation, payload, request }] = bare.calls as [(typeof bare.calls)[0]]
    const { inferHeaderLength } = (payload as { extra: { inferHeaderLength: number } }).extra
    assert.deepEqual(
      [operation, payload],
      ['models.run', { model: 'detector', extra: { inferHeaderLength, prefixed: true } }],
    )
    assert.equal(inferHeaderLength % 8, 0)
    const { modelName, parameters, outputs } = request
    assert.deepEqual([modelName, outputs], ['detector', [{ name: 'boxes' }, { name: 'scores' }]])
    assert.deepEqual(parameters, { p: 2n ** 60n, q: 'a' })
    const failure = { code: 'model_failed', message: 'no', status: 400 }
    const [failed] = await runModels(python, 'bare', [{ expression: run, failure, isAsync }])
    assert.deepEqual(failed?.error, { name: 'ModelError', status: 400, code: 'model_failed', message: 'no' })
  })
}

test('outputs are arrays of NumPy where it is, and inputs of other models as they are', { skip }, async () => {
  const told = "[[list(each.shape), each.data.tolist()] for each in [model.run({})['boxes'], model.run({})['scores']]]"
  const again = "str(model.run({'images': model.run({})['boxes']}))"
  const names = "model.run({})['names'].data[0].decode()"
  const cases = [told, again, names].map((expression) => ({ expression, answer }))
  const [arrays, , text] = await runModels(python, 'numpy', cases)
  assert.deepEqual(arrays?.value, [
    [[1, 4], [[1, 2, 3, 4]]],
    [[1], [0.5]],
  ])
  assert.equal(text?.value, 'é')
  for (const way of ['bare', 'numpy'] as const) {
    const [, given] = await runModels(python, way, cases)
    assert.deepEqual(given?.calls[1]?.request.inputs.map(shown), [['images', 'FP32', [1, 4], float32(1, 2, 3, 4)]])
  }
})

test('models are found by name and by attribute, and say what they take', { skip }, async () => {
  const cases = [
    '[models.detector.name, models.detector.version, models.detector.platform, models.detector.inputs[0]]',
    "[models.get.name, sorted(models), len(models), 'detector' in models, repr(models), copy.copy(models).get.name]",
    "str(hasattr(models, 'nonsense'))",
    'models.nonsense',
    "models['nonsense']",
  ].map((expression) => ({ expression }))
  const [detector, get, has, attribute, item] = await runModels(python, 'bare', cases)
  assert.deepEqual(detector?.value, ['detector', '1', 'onnx_onnxruntime', facts[0]?.inputs[0]])
  assert.deepEqual(get?.value, ['get', ['detector', 'get'], 2, true, "Models(['detector', 'get'])", 'get'])
  assert.equal(has?.value, 'False')
  const message = "there is no model 'nonsense'; there are 'detector', 'get'"
  assert.deepEqual([attribute?.error?.name, attribute?.error?.message], ['AttributeError', message])
  assert.deepEqual([item?.error?.name, item?.error?.message], ['KeyError', JSON.stringify(message)])
})

test('what is no input of the model is refused in Python before anything is sent', { skip }, async () => {
  const table: Readonly<Record<string, RegExp>> = {
    'model.run([1])': / takes a dict of inputs by name, not a list$/,
    "model.run({'image': [1]})": /: there is no input 'image'; there are 'images', 'grid', .*'scalar'$/,
    'model.run({1: [1]})': /: there is no input 1; /,
    "model.run({'images': None})": /: input "images": its elements are no FP32: must be real number, not NoneType$/,
    "model.run({'images': [[1, 2], [3]]})": /: input "images": the lists of its data differ in length or depth$/,
    "model.run({'images': [[1], 2]})": /: input "images": the lists of its data differ in length or depth$/,
    "model.run({'images': {'shape': [3], 'data': [1]}})":
      /: input "images": the shape \[3\] has 3 elements, its data has 1$/,
    "model.run({'images': {'datatpe': 'FP32', 'data': [1]}})": /: input "images" has no member 'datatpe'; /,
    "model.run({'images': [1e39]})": /: input "images": its elements are no FP32: float too large/,
    "model.run({'images': {'datatype': 'BF16', 'data': [0, 3.4e38]}})": /its elements are no BF16: float too large/,
    "model.run({'images': {'datatype': 'FP16', 'data': ['a']}})":
      /its elements are no FP16: must be real number, not str$/,
    "model.run({'flags': ['yes']})": /: input "flags": its elements are no BOOL: 'yes' is neither True nor False$/,
    "model.run({'flags': [2]})": /: input "flags": its elements are no BOOL: 2 is neither True nor False$/,
    "model.run({'grid': [0.5]})": /: input "grid": its elements are no INT64: /,
    "model.run({'grid': [2**63]})": /: input "grid": its elements are no INT64: /,
    "model.run({'texts': [1]})": /: input "texts": an element of BYTES must be text or bytes, not a int$/,
    "model.run({'images': numpy.array([1j])})":
      /: input "images" has elements of the type complex128, which is no datatype$/,
    "model.run({'images': {'datatype': 'FP32', 'data': numpy.array(['a'])}})": /: input "images" has <U1 elements, /,
    "model.run({}, outputs=['box'])": /: there is no output 'box'; there are 'boxes', 'scores'$/,
    "model.run({}, outputs='boxes')": /: outputs must be a list of names$/,
    "model.run({}, parameters={'p': float('nan')})":
      /: the parameter 'p' must be text, a finite number, True or False, not nan$/,
  }
  const cases = Object.keys(table).map((expression) => ({ expression }))
  const results = await runModels(python, 'numpy', cases)
  for (const [index, [expression, message]] of Object.entries(table).entries()) {
    const { error, calls } = results[index]!
    assert.ok(error, expression)
    assert.match(error.message, message, expression)
    assert.ok(error.message.startsWith('models.detector.run'), expression)
    assert.match(error.name, /^(TypeError|ValueError)$/, expression)
    assert.deepEqual(calls, [], expression)
  }
})

const sync = `
def handler(context, event):
    try:
        return context.models.detector.run({'images': [[1, 2]]})['boxes'].data.tolist()
    except context.models.Error as error:
        return [error.status, str(error)]
`
const handlers = {
  sync,
  async: sync.replace('def', 'async def').replace('context.models.d', '(await context.models.d').replace('})', '}))'),
}

for (const [kind, handler] of Object.entries(handlers)) {
  test(`a ${kind} handler runs models through its worker's wire`, async (t) => {
    const url = pathToFileURL(path.join(import.meta.dirname, 'handler_side.py')).href
    const handlerSides = [{ member: 'models', node: '', python: url, facts }]
    const host = await startUnreadyHost(t, handler, { facts: { handlerSides }, concurrency: 4 })
    assert.equal((await host.next()).type, frameType.ready)
    host.event(1)
    const call = await nextCall(host)
    assert.deepEqual(call.request.inputs.map(shown), [['images', 'FP32', [1, 2], float32(1, 2)]])
    host.send(frame(frameType.result, call.id, '', prefixed(answer)))
    assert.match(String((await host.next()).body()), /^\[\[?1\.0, 2\.0, 3\.0, 4\.0\]\]?$/)
    host.event(2)
    const error = { code: 'model_failed', message: 'does not fit', status: 400 }
    host.send({ ...frame(frameType.result, (await nextCall(host)).id, JSON.stringify(error)), flags: frameFlag.error })
    assert.equal(String((await host.next()).body()), '[400, "does not fit"]')
  })
}

async function nextCall(host: Pick<RawHost, 'next'>): Promise<{ id: number; request: ReturnType<typeof requestOf> }> {
  const call: InFrame = await host.next()
  assert.equal(call.type, frameType.call)
  const { payload } = JSON.parse(call.meta()) as { payload: unknown }
  return { id: call.id, request: requestOf(payload, call.body()) }
}
