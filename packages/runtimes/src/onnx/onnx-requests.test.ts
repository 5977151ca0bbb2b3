import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RunFacts, type Datatype, type Tensor, readInferResponse } from '@pelton/protocols/inference'
import { eventData, identityModel, linearModel, onnxModel, scalarModel, sumModel } from '@pelton/testkit'
import {
  bytesOf,
  failed,
  floats,
  handled,
  infer,
  inferEvent,
  readInferred,
  refusal,
  runOf,
  startModels,
} from './fixtures/onnx-function.ts'

const values: readonly [Datatype, Tensor['data']][] = [
  ['BOOL', Uint8Array.of(0, 1, 1, 0)],
  ['UINT8', Uint8Array.of(0, 1, 254, 255)],
  ['UINT16', Uint16Array.of(0, 1, 2, 65535)],
  ['UINT32', Uint32Array.of(0, 1, 2, 4294967295)],
  ['UINT64', BigUint64Array.of(0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n)],
  ['INT8', Int8Array.of(0, -1, 127, -128)],
  ['INT16', Int16Array.of(0, -1, 32767, -32768)],
  ['INT32', Int32Array.of(0, -1, 2147483647, -2147483648)],
  ['INT64', BigInt64Array.of(0n, -1n, 2n ** 53n + 1n, -(2n ** 63n))],
  ['FP16', Uint16Array.of(0, 0x3c00, 0x7bff, 0x7c00)],
  ['FP32', Float32Array.of(0, -1.5, NaN, Infinity)],
  ['FP64', Float64Array.of(0, -1.5, Number.MIN_VALUE, NaN)],
  ['BYTES', [Buffer.from(''), Buffer.from('a'), Buffer.from('wörld ✓'), Buffer.from('\u{1f600}')]],
]

const plain = (data: Tensor['data']): unknown =>
  ArrayBuffer.isView(data) ? data : data.map((bytes) => Buffer.from(bytes).toString())

test('every datatype goes in and comes out as it is', async (t) => {
  const files = Object.fromEntries(values.map(([datatype]) => [`${datatype}.onnx`, identityModel(datatype)]))
  const { worker } = await startModels(t, { files })
  for (const [datatype, data] of values) {
    const inputs = [{ name: 'x', datatype, shape: [1, 4], data }]
    const { outputs, modelName } = await infer(worker, { modelName: datatype, inputs })
    assert.equal(modelName, datatype)
    assert.equal(outputs[0]?.datatype, datatype)
    assert.deepEqual(outputs[0].shape, [1, 4])
    assert.deepEqual(plain(outputs[0].data), plain(data))
  }
})

test('FP16 is computed, not only passed on', async (t) => {
  const { worker } = await startModels(t, { files: { 'sum.onnx': sumModel('FP16', ['n']) } })
  const one = { datatype: 'FP16' as const, shape: [1], data: Uint16Array.of(0x3c00) }
  const { outputs } = await infer(worker, {
    inputs: [
      { name: 'a', ...one },
      { name: 'b', ...one },
    ],
  })
  assert.deepEqual(
    outputs.map(({ data }) => data),
    [Uint16Array.of(0x4000), Uint16Array.of(0)],
  )
})

test('a tensor without elements, scalars, and models without inputs are nothing special', async (t) => {
  const constant = onnxModel({
    inputs: [],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
    nodes: [{ op: 'Identity', inputs: ['c'], outputs: ['y'] }],
    initializers: [{ name: 'c', datatype: 'FP32', shape: [1], data: Float32Array.of(7) }],
  })
  const files = {
    'scalar.onnx': scalarModel('FP64'),
    'linear.onnx': linearModel([[2]], [1]),
    'constant.onnx': constant,
  }
  const { worker } = await startModels(t, { files })
  const none = await infer(worker, { modelName: 'linear', inputs: [floats('x', [0, 1], [])] })
  assert.deepEqual(none.outputs, [floats('y', [0, 1], [])])
  const scalar = (name: string, value: number) => ({
    name,
    datatype: 'FP64' as const,
    shape: [],
    data: Float64Array.of(value),
  })
  const sum = await infer(worker, { modelName: 'scalar', inputs: [scalar('a', 1), scalar('b', 2)] })
  assert.deepEqual(sum.outputs, [scalar('y', 3)])
  const seven = await infer(worker, { modelName: 'constant', inputs: [] })
  assert.deepEqual(seven.outputs, [floats('y', [1], [7])])
  const list = { ...scalar('a', 1), shape: [1] }
  const wrong = inferEvent({ modelName: 'scalar', inputs: [list, scalar('b', 2)] })
  assert.equal(await refusal(worker, wrong), '400 input "a" does not fit: expected FP64 [], found FP64 [1]')
})

test('inputs may come in any order, and outputs come as they are asked for', async (t) => {
  const { worker } = await startModels(t, { files: { 'sum.onnx': sumModel('FP32', ['n']) } })
  const inputs = [floats('b', [1], [1]), floats('a', [1], [5])]
  const all = await infer(worker, { inputs })
  assert.deepEqual(all.outputs, [floats('sum', [1], [6]), floats('difference', [1], [4])])
  const turned = await infer(worker, { inputs, outputs: [{ name: 'difference' }, { name: 'sum' }] })
  assert.deepEqual(turned.outputs, [floats('difference', [1], [4]), floats('sum', [1], [6])])
  const one = await infer(worker, { inputs, outputs: [{ name: 'difference' }] })
  assert.deepEqual(one.outputs, [floats('difference', [1], [4])])
})

test('what does not fit the model is a 400 that says what was expected and found', async (t) => {
  const { worker } = await startModels(t, { files: { 'sum.onnx': sumModel('FP32', ['n', 2]) } })
  const [a, b] = [floats('a', [1, 2], [1, 2]), floats('b', [1, 2], [1, 2])]
  const refused = (inputs: Tensor[], outputs: string[] = []): Promise<string> =>
    refusal(worker, inferEvent({ inputs, outputs: outputs.map((name) => ({ name })) }))
  assert.equal(await refused([a]), '400 input "b" is missing: expected FP32 [-1,2]')
  assert.equal(await refused([a, b, floats('c', [1], [1])]), '400 input "c" is unknown; there are "a", "b"')
  assert.match(
    await refused([a, floats('b', [2], [1, 2])]),
    /^400 input "b" does not fit: expected FP32 \[-1,2\], found FP32 \[2\]/,
  )
  assert.match(await refused([a, floats('b', [1, 3], [1, 2, 3])]), /^400 .*expected FP32 \[-1,2\], found FP32 \[1,3\]/)
  const double = { name: 'b', datatype: 'FP64' as const, shape: [1, 2], data: new Float64Array(2) }
  assert.match(await refused([a, double]), /^400 .*expected FP32 \[-1,2\], found FP64 \[1,2\]/)
  assert.equal(await refused([a, b], ['z']), '400 there is no output "z"; there are "sum", "difference"')
  assert.match(await refusal(worker, eventData('{"inputs"', { extra: { inferHeaderLength: 9 } })), /^400 /)
  assert.match(
    await refusal(worker, eventData('', { extra: { inferHeaderLength: 4 } })),
    /^400 Inference-Header-Content-Length is 4/,
  )
})

test('sizes of the same name that differ, where the model does not bear it, are a 400 that names them', async (t) => {
  const { worker } = await startModels(t, { files: { 'sum.onnx': sumModel('FP32', ['n']) } })
  const event = inferEvent({ inputs: [floats('b', [2], [1, 2]), floats('a', [3], [1, 2, 3])] })
  assert.equal(await refusal(worker, event), '400 the inputs "a" and "b" differ in the size "n": 3 and 2')
})

test('a model that fails is a 500 with its own reason, in the log, too; the next request runs', async (t) => {
  const pick = onnxModel({
    inputs: [{ name: 'at', datatype: 'INT64', shape: ['n'] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }],
    nodes: [{ op: 'Gather', inputs: ['list', 'at'], outputs: ['y'] }],
    initializers: [{ name: 'list', datatype: 'FP32', shape: [2], data: Float32Array.of(5, 6) }],
  })
  const { worker, logs } = await startModels(t, { files: { 'pick.onnx': pick } })
  const at = (index: bigint) =>
    inferEvent({ inputs: [{ name: 'at', datatype: 'INT64', shape: [1], data: BigInt64Array.of(index) }] })
  const event = at(9n)
  const refused = await refusal(worker, event)
  assert.match(refused, /^500 the model failed: .*Gather/)
  assert.doesNotMatch(refused, /onnxruntime_src/)
  const logged = logs.find(({ message }) => message === 'inference_failed')
  assert.equal(logged?.facts?.['eventId'], event.id)
  assert.deepEqual(readInferred(await handled(worker.handle(at(1n)).outcome)).outputs, [floats('y', [1], [6])])
})

test('BYTES that are no text, or hold what ends one, are refused with the element', async (t) => {
  const { worker } = await startModels(t, { files: { 'text.onnx': identityModel('BYTES', ['n']) } })
  const refused = (data: Uint8Array[]): Promise<string> =>
    refusal(worker, inferEvent({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [data.length], data }] }))
  const good = Buffer.from('good')
  assert.match(await refused([good, Buffer.of(0xff)]), /^400 tensor "x": element 1 is no UTF-8 text/)
  assert.match(await refused([Buffer.of(0x61, 0, 0x62)]), /^400 tensor "x": element 0 has a NUL character/)
})

test('an input of unknown rank takes any, and tells [-1]', async (t) => {
  const free = onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32' }],
    outputs: [{ name: 'y', datatype: 'FP32' }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
  const { worker } = await startModels(t, { files: { 'free.onnx': free }, attributes: { maxBatchSize: 4 } })
  assert.deepEqual(worker.models?.[0]?.inputs, [{ name: 'x', datatype: 'FP32', shape: [-1] }])
  assert.equal(worker.models[0].maxBatchSize, 0)
  for (const shape of [[], [1], [1, 1], [1, 1, 1]]) {
    assert.deepEqual((await infer(worker, { inputs: [floats('x', shape, [5])] })).outputs, [floats('y', shape, [5])])
  }
  const wrong = { name: 'x', datatype: 'FP64' as const, shape: [1, 1], data: new Float64Array(1) }
  assert.match(await refusal(worker, inferEvent({ inputs: [wrong] })), /^400 input "x" does not fit/)
})

test('requests that wait together run together, and each gets its own rows', async (t) => {
  const { worker } = await startModels(t, {
    files: { 'linear.onnx': linearModel([[2]], [1]) },
    attributes: { maxBatchSize: 16 },
  })
  assert.equal(worker.models?.[0]?.maxBatchSize, 16)
  assert.equal(worker.concurrency, 32)
  const tasks = Array.from({ length: 32 }, (_, at) =>
    worker.handle(inferEvent({ inputs: [floats('x', [1, 1], [at])] })),
  )
  const runs: RunFacts[] = []
  for (const [at, task] of tasks.entries()) {
    const response = await handled(task.outcome)
    assert.deepEqual(readInferred(response).outputs, [floats('y', [1, 1], [2 * at + 1])])
    runs.push(runOf(response))
  }
  assert.ok(
    runs.some(({ rows }) => rows > 1),
    'none ran together',
  )
  assert.ok(runs.every(({ rows }) => rows <= 16))
  const executions = runs.filter(({ isFirst }) => isFirst)
  assert.equal(
    executions.reduce((sum, { rows }) => sum + rows, 0),
    32,
  )
})

test('a model that cannot be batched says so and runs each request by itself', async (t) => {
  const { worker, logs } = await startModels(t, {
    files: { 'fixed.onnx': identityModel('FP32', [2]) },
    attributes: { maxBatchSize: 8 },
  })
  assert.equal(worker.models?.[0]?.maxBatchSize, 0)
  assert.match(
    String(logs.find(({ message }) => message === 'model_not_batched')?.facts?.['why']),
    /leave maxBatchSize out/,
  )
  await infer(worker, { inputs: [floats('x', [2], [1, 2])] })
})

test('rows are not joined where the file says that they meet: requests would get each other’s', async (t) => {
  const matrix = { name: 'y', datatype: 'FP32' as const }
  const squared = onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['rows', 2] }],
    outputs: [{ ...matrix, shape: ['rows', 'rows'] }],
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['turned'] },
      { op: 'MatMul', inputs: ['x', 'turned'], outputs: ['y'] },
    ],
  })
  const turned = onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 'k'] }],
    outputs: [{ ...matrix, shape: ['k', 'n'] }],
    nodes: [{ op: 'Transpose', inputs: ['x'], outputs: ['y'] }],
  })
  const { worker, logs } = await startModels(t, {
    files: { 'squared.onnx': squared, 'turned.onnx': turned },
    attributes: { maxBatchSize: 8 },
  })
  const inputs = [floats('x', [1, 2], [1, 2])]
  const ask = (modelName: string) => infer(worker, { modelName, inputs })
  const answers = await Promise.all([ask('squared'), ask('squared'), ask('turned'), ask('turned')])
  const one = floats('y', [1, 1], [5])
  const two = floats('y', [2, 1], [1, 2])
  assert.deepEqual(
    answers.map(({ outputs }) => outputs[0]),
    [one, one, two, two],
  )
  const reasons = logs
    .filter(({ message }) => message === 'model_not_batched')
    .map(({ facts }) => String(facts?.['why']))
  assert.deepEqual(reasons, [
    'its rows meet: the dimension "rows" is a first one and a later one; leave maxBatchSize out',
    'its rows meet: the dimension "k" is a first one and a later one; leave maxBatchSize out',
  ])
})

test('names that exporters give to all sizes say nothing of them', async (t) => {
  for (const name of ['?', 'None', '-1', '']) {
    const files = { 'any.onnx': identityModel('FP32', [name, 3, name]) }
    const { worker } = await startModels(t, { files, attributes: { maxBatchSize: 8 } })
    assert.equal(worker.models?.[0]?.maxBatchSize, 8, name)
  }
})

test('no input of a request may have more rows than a batch', async (t) => {
  const files = { 'sum.onnx': sumModel() }
  const { worker } = await startModels(t, { files, attributes: { maxBatchSize: 2 } })
  const rows = (name: string, count: number) =>
    floats(
      name,
      [count, 4],
      Array.from({ length: 4 * count }, () => 1),
    )
  await infer(worker, { inputs: [rows('a', 1), rows('b', 2)] })
  for (const inputs of [
    [rows('a', 1), rows('b', 3)],
    [rows('a', 3), rows('b', 1)],
  ]) {
    assert.match(
      await refusal(worker, inferEvent({ inputs })),
      /^400 the request has 3 rows, the model takes at most 2/,
    )
  }
})

test('an answer tells its times, and that it was a run of its own', async (t) => {
  const { worker } = await startModels(t, { files: { 'linear.onnx': linearModel([[2]], [1]) } })
  const response = await handled(worker.handle(inferEvent({ inputs: [floats('x', [3, 1], [1, 2, 3])] })).outcome)
  const run = runOf(response)
  assert.deepEqual(Object.keys(run), ['queueUs', 'inputUs', 'inferUs', 'outputUs', 'rows', 'isFirst'])
  assert.ok(run.inferUs > 0)
  assert.equal(run.isFirst, true)
})

test('a handler’s call gets its answer with the length of the head before it', async (t) => {
  const { worker } = await startModels(t, { files: { 'linear.onnx': linearModel([[2]], [1]) } })
  const event = inferEvent({ modelName: 'alias', inputs: [floats('x', [1, 1], [4])] }, { prefixed: true })
  const response = await handled(worker.handle(event).outcome)
  const body = bytesOf(response)
  const answer = readInferResponse(body.subarray(8), { headerLength: body.readUInt32LE(0), declared: [] })
  assert.deepEqual(answer.outputs, [floats('y', [1, 1], [9])])
  assert.equal(response.extra, undefined)
})

test('a request of the trigger gets the only model by whatever name it serves it, and the answer has that name', async (t) => {
  const { worker } = await startModels(t, { files: { 'linear.onnx': linearModel([[2]], [1]) } })
  const inputs = [floats('x', [1, 1], [4])]
  const { modelName, modelVersion, id } = await infer(worker, {
    modelName: 'renamed',
    modelVersion: '7',
    id: 'i',
    inputs,
  })
  assert.deepEqual({ modelName, modelVersion, id }, { modelName: 'renamed', modelVersion: '7', id: 'i' })
  const named = eventData(JSON.stringify({ model_name: 'renamed', inputs: [] }))
  assert.equal(await refusal(worker, named), '404 unknown model "renamed"; there are "linear"')
})

test('an event of any trigger is a request as in REST: path, header or body name the model', async (t) => {
  const one = linearModel([[2]], [1])
  const { worker } = await startModels(t, { files: { 'a.onnx': one, 'b/3/model.onnx': one, 'b/12/model.onnx': one } })
  const json = (more = {}): string =>
    JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }], id: 'i', ...more })
  const served = async (facts: Parameters<typeof eventData>[1], more = {}): Promise<unknown> => {
    const response = await handled(worker.handle(eventData(json(more), facts)).outcome)
    assert.equal(response.contentType, 'application/json')
    const { model_name, model_version, outputs } = JSON.parse(bytesOf(response).toString()) as Record<string, unknown>
    assert.deepEqual(outputs, [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [3] }])
    return `${String(model_name)} ${String(model_version)}`
  }
  assert.equal(await served({ path: '/v2/models/a/infer' }), 'a 1')
  assert.equal(await served({ path: '/v2/models/b/infer' }), 'b 12')
  assert.equal(await served({ path: '/v2/models/b/versions/3/infer' }), 'b 3')
  assert.equal(await served({ headers: { 'x-model-name': 'b' } }), 'b 12')
  assert.equal(await served({}, { model_name: 'b', model_version: '3' }), 'b 3')
  const refused = (facts: Parameters<typeof eventData>[1]) => refusal(worker, eventData(json(), facts))
  assert.equal(await refused({}), '400 the request does not name its model; there are "a", "b"')
  assert.equal(await refused({ path: '/v2/models/%zz/infer' }), '404 unknown model "%zz"; there are "a", "b"')
  assert.equal(
    await refused({ path: '/models/b/versions/4/infer' }),
    '404 model "b" has no version "4"; there are "12", "3"',
  )
  const [x] = [Buffer.from(Float32Array.of(1).buffer)]
  const head =
    '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"parameters":{"binary_data_size":4}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}'
  const headers = { 'inference-header-content-length': String(head.length), 'x-model-name': 'a' }
  const binary = await handled(worker.handle(eventData(Buffer.concat([Buffer.from(head), x]), { headers })).outcome)
  assert.equal(binary.contentType, 'application/octet-stream')
  const headerLength = Number(new Map(binary.headers).get('inference-header-content-length'))
  assert.deepEqual(readInferResponse(bytesOf(binary), { headerLength, declared: [] }).outputs, [
    floats('y', [1, 1], [3]),
  ])
})

test('NaN in an answer that must be JSON is a 500 that names the tensor', async (t) => {
  const { worker } = await startModels(t, { files: { 'sum.onnx': sumModel('FP32', ['n']) } })
  const huge = { datatype: 'FP32', shape: [1], data: [3e38] }
  const event = eventData(
    JSON.stringify({
      inputs: [
        { name: 'a', ...huge },
        { name: 'b', ...huge },
      ],
    }),
  )
  assert.match(await refusal(worker, event), /^500 .*sum/)
})

test('an event that was given up before its model runs is not run', async (t) => {
  const { worker } = await startModels(t, { files: { 'linear.onnx': linearModel([[2]], [1]) } })
  const event = () => inferEvent({ inputs: [floats('x', [1, 1], [1])] })
  const given = worker.handle(event(), { signal: AbortSignal.abort() })
  assert.equal((await failed(given.outcome)).code, 'inference_given_up')
  await handled(worker.handle(event()).outcome)
})
