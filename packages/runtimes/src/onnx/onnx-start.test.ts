import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { PeltonError } from '@pelton/core'
import { type OnnxNode, identityModel, linearModel, onnxModel } from '@pelton/testkit'
import { type ModelsOptions, floats, infer, startModels, writeModels } from './fixtures/onnx-function.ts'

const linear = linearModel([[2]], [1])

/** Why a start fails: `CODE MESSAGE`, without the folder. */
async function startFault(t: TestContext, options: ModelsOptions): Promise<string> {
  try {
    await startModels(t, options)
  } catch (error) {
    assert.ok(error instanceof PeltonError, String(error))
    assert.equal(error.retryable, false)
    assert.equal(error.blame, 'user')
    assert.notEqual(error.help, '')
    return `${error.code} ${error.message.replaceAll(/\/\S*\/pelton-[^/\s]+/g, 'FOLDER')}`
  }
  throw new Error('it did start')
}

const withFile = (t: TestContext, bytes: Uint8Array | string): Promise<string> =>
  startFault(t, { files: { 'm.onnx': bytes }, handler: 'm.onnx' })

test('a file that is no model stops the start with what it is instead, and what to do', async (t) => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 123\n'
  const faults: [Uint8Array | string, RegExp][] = [
    [
      '',
      /^model_not_loaded FOLDER\/m\.onnx cannot be served as a model: the file is empty; copy or download it again$/,
    ],
    [
      linear.subarray(0, linear.length - 20),
      /m\.onnx .*: it is damaged or cut off, or no ONNX file; copy or download it again/,
    ],
    [pointer, /it is a pointer of Git LFS, not the model; run `git lfs pull`/],
    ['<!DOCTYPE html>\n<title>404</title>', /it is a text file, which begins with "<!DOCTYPE html>/],
    [Buffer.from('504b030414000000', 'hex'), /it is a zip archive, as PyTorch writes; export the model/],
  ]
  for (const [bytes, expected] of faults) assert.match(await withFile(t, bytes), expected)
})

test('a file or folder that is not there, or holds no model, stops the start', async (t) => {
  assert.match(
    await startFault(t, { handler: 'gone.onnx' }),
    /^model_not_loaded FOLDER\/gone\.onnx .*: there is no such file; mend spec\.handler/,
  )
  assert.match(
    await startFault(t, { files: { 'a/readme.md': '' } }),
    /^model_not_loaded FOLDER .*: the folder holds no model; put NAME\.onnx/,
  )
  assert.match(
    await startFault(t, { files: { 'a.onnx': linear }, models: ['a', 'b'] }),
    /there is no model b; put its file there, or unload it; there are a$/,
  )
})

test('a file that is there but cannot be read stops the start without a stack', async (t) => {
  const folder = await writeModels(t, { 'folder/1/model.onnx/weights': 'x' })
  assert.match(await startFault(t, { folder }), /model\.onnx .*: it cannot be read \(EISDIR\); mend its link/)
  await symlink('gone.onnx', path.join(folder, 'link.onnx'))
  const missing = await startFault(t, { folder, models: ['link'] })
  assert.match(missing, /^model_not_loaded FOLDER\/link\.onnx .*: it cannot be read \(ENOENT\); mend its link/)
})

test('weights in a file that is missing stop the start with its name, and are read when it is there', async (t) => {
  const model = onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2] }],
    nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [{ name: 'w', datatype: 'FP32', shape: [2], data: new Float32Array(2), file: 'w.bin' }],
  })
  assert.match(
    await withFile(t, model),
    /its weights are in FOLDER\/w\.bin, which is not there; put that file beside it/,
  )
  await startModels(t, { files: { 'm.onnx': model, 'w.bin': new Uint8Array(8) } })
})

test('what ONNX Runtime cannot exchange or run is named', async (t) => {
  const x = { name: 'x', datatype: 'FP32' as const, shape: [2] }
  const y = { ...x, name: 'y' }
  const identity = { op: 'Identity', inputs: ['x'], outputs: ['y'] }
  const sequence = onnxModel({
    inputs: [{ ...x, within: 'sequence' }],
    outputs: [{ ...y, within: 'sequence' }],
    nodes: [identity],
  })
  assert.match(
    await withFile(t, sequence),
    /its input "x" is no tensor, but a sequence, a map or an optional value; export it/,
  )
  const inside = onnxModel({
    inputs: [x],
    outputs: [{ ...y, within: 'sequence' }],
    nodes: [{ op: 'SequenceConstruct', inputs: ['x'], outputs: ['y'] }],
  })
  assert.match(await withFile(t, inside), /none of its outputs \(y\) is a tensor; export it with tensors as outputs/)
  assert.match(
    await withFile(t, identityModel('BF16')),
    /"x", "y" is BF16, which ONNX Runtime for Node\.js cannot exchange/,
  )
  const foreign = onnxModel({
    inputs: [x],
    outputs: [y],
    nodes: [{ ...identity, op: 'Blur', domain: 'my.operators' }],
    domains: { 'my.operators': 1 },
  })
  assert.match(await withFile(t, foreign), /it needs the operator my\.operators:Blur, which is not ONNX's own/)
  const later = onnxModel({ inputs: [x], outputs: [y], nodes: [identity], opset: 99 })
  assert.match(await withFile(t, later), /it is newer than this ONNX Runtime \(Opset 99 .*; update onnxruntime-node/)
  const crooked = onnxModel({ inputs: [x], outputs: [y], nodes: [{ ...identity, inputs: ['z'] }] })
  assert.match(await withFile(t, crooked), /z.*; look at it with onnx\.checker/)
})

test('outputs that are no tensors are left out, with a warning', async (t) => {
  const x = { name: 'x', datatype: 'FP32' as const, shape: [2] }
  const model = onnxModel({
    inputs: [x],
    outputs: [
      { ...x, name: 'y' },
      { ...x, name: 'all', within: 'sequence' },
    ],
    nodes: [
      { op: 'Identity', inputs: ['x'], outputs: ['y'] },
      { op: 'SequenceConstruct', inputs: ['x'], outputs: ['all'] },
    ],
  })
  const { worker, logs } = await startModels(t, { files: { 'm.onnx': model } })
  assert.deepEqual(
    worker.models?.[0]?.outputs.map(({ name }) => name),
    ['y'],
  )
  assert.deepEqual(logs.find(({ message }) => message === 'model_outputs_left_out')?.facts?.['outputs'], ['all'])
})

test('an execution provider that is not there stops the start, and says which are', async (t) => {
  const fault = (executionProviders: string[]): Promise<string> =>
    startFault(t, { files: { 'm.onnx': linear }, attributes: { executionProviders } })
  assert.match(
    await fault(['nonsense']),
    /^provider_missing the execution provider nonsense cannot be used: it is not part of this build; this ONNX Runtime knows cpu/,
  )
  const [missing] = process.platform === 'darwin' ? ['cuda'] : ['coreml']
  assert.match(await fault([missing, 'cpu']), new RegExp(`^provider_missing the execution provider ${missing} `))
})

test('a provider of the build whose parts or devices are not there stops the start, if the machine lacks it', async (t) => {
  if (process.platform !== 'linux') return t.skip('needs linux')
  for (const provider of ['CUDAExecutionProvider', 'tensorrt']) {
    const options = { files: { 'm.onnx': linear }, attributes: { executionProviders: [provider, 'cpu'] } }
    const fault = await startFault(t, options).catch(() => undefined)
    if (fault !== undefined)
      assert.match(fault, /^provider_missing the execution provider (cuda|tensorrt) cannot be used: .*Failed to load/)
  }
})

test('a first run that fails is a warning only, and may be left out', async (t) => {
  const reshape = onnxModel({
    inputs: [
      { name: 'x', datatype: 'FP32', shape: ['n'] },
      { name: 'shape', datatype: 'INT64', shape: [1] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['m'] }],
    nodes: [
      { op: 'Expand', inputs: ['x', 'shape'], outputs: ['z'] },
      { op: 'Gather', inputs: ['z', 'shape'], outputs: ['y'] },
    ],
  })
  const { logs } = await startModels(t, { files: { 'm.onnx': reshape } })
  const warned = logs.find(({ message }) => message === 'warm_up_failed')
  assert.equal(warned?.level, 'warn')
  assert.equal(warned.facts?.['model'], 'm')
  const silent = await startModels(t, { files: { 'm.onnx': reshape }, attributes: { warmUp: false } })
  assert.deepEqual(
    silent.logs.map(({ message }) => message),
    ['model_loaded'],
  )
})

test('a folder is served by name and version, the newest first; a worker may be told to load some', async (t) => {
  const files = { 'a.onnx': linear, 'b/1/model.onnx': linear, 'b/10/model.onnx': linear, 'b/2/model.onnx': linear }
  const { worker } = await startModels(t, { files })
  const shown = worker.models?.map(({ name, version }) => `${name} ${version}`)
  assert.deepEqual(shown, ['a 1', 'b 10', 'b 2', 'b 1'])
  const some = await startModels(t, { files, models: ['a'] })
  assert.deepEqual(
    some.worker.models?.map(({ name }) => name),
    ['a'],
  )
  const none = await startModels(t, { files, models: [] })
  assert.deepEqual(none.worker.models, [])
})

test('a model whose outputs are not one row for each of its inputs is found out before any request is joined', async (t) => {
  const x = { name: 'x', datatype: 'FP32' as const, shape: ['n', 'k'] }
  const y = { ...x, name: 'y', shape: ['m', 'l'] }
  const graph = (...nodes: OnnxNode[]): Buffer => onnxModel({ inputs: [x], outputs: [y], nodes })
  const turn = { op: 'Transpose', inputs: ['x'], outputs: ['turned'] }
  const files = {
    'turned.onnx': graph({ ...turn, outputs: ['y'] }),
    'squared.onnx': graph(turn, { op: 'MatMul', inputs: ['x', 'turned'], outputs: ['y'] }),
    'found.onnx': onnxModel({
      inputs: [x],
      outputs: [{ ...y, datatype: 'INT64' }],
      nodes: [
        { op: 'NonZero', inputs: ['x'], outputs: ['places'] },
        { ...turn, inputs: ['places'], outputs: ['y'] },
      ],
    }),
    'plain.onnx': graph({ op: 'Identity', inputs: ['x'], outputs: ['y'] }),
  }
  const { worker, logs } = await startModels(t, { files, attributes: { maxBatchSize: 8 } })
  const reasons = logs
    .filter(({ message }) => message === 'model_not_batched')
    .map(({ facts }) => [facts?.['model'], facts?.['why']])
  assert.deepEqual(reasons, [
    ['found', 'output "y" has the shape [0,2] for 1 rows of input'],
    ['squared', 'output "y" has rows of [1] for one row of input, of [2] for two'],
    ['turned', 'output "y" has the shape [1,2] for 2 rows of input'],
  ])
  const inputs = [floats('x', [1, 2], [1, 2])]
  const answers = await Promise.all([1, 2].map(() => infer(worker, { modelName: 'turned', inputs })))
  for (const { outputs } of answers) assert.deepEqual(outputs, [floats('y', [2, 1], [1, 2])])
})
