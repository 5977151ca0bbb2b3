import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { infer, json, metadata, serveModel } from './fixtures/serve-model.ts'
import type { InferOptions } from './infer-options.ts'
import { readNpy } from './read-npy.ts'
import { writeNpy } from './write-npy.ts'

test('the outputs are printed with name, datatype, shape and values, and the time is told apart', async (t) => {
  const { host, asked } = await serveModel(t)
  const { out, said } = await infer({
    address: `http://${host}/v2/models/m`,
    input: ['x=[[1, 2.5], [3, 4]]'],
    id: 'a',
    parameter: ['n=1', 's=text', 'b=true', 'q="1"'],
    output: ['y'],
  })
  assert.equal(out, 'y  FP32 [2, 2]\n[[1.  2.5]\n [3.  4. ]]\n')
  assert.match(said, /^\d+\.\d ms\n$/)
  assert.deepEqual(asked, [
    {
      modelName: '',
      modelVersion: '',
      id: 'a',
      parameters: { binary_data_output: true, n: 1, s: 'text', b: true, q: '1' },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2.5, 3, 4) }],
      outputs: [{ name: 'y', parameters: { binary_data: true } }],
    },
  ])
})

test('a server that knows no binary tensors is given JSON', async (t) => {
  const { host, requests } = await serveModel(t, (path) =>
    path === '/v2' ? { name: 's', version: '1', extensions: [] } : undefined,
  )
  const { out } = await infer({ address: host, model: 'm', input: ['[1,2]'], json: true, header: ['X-Key: k'] })
  assert.deepEqual(JSON.parse(out), {
    model_name: 'm',
    model_version: '1',
    id: '',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
  })
  const sent = requests.at(-1)!
  assert.deepEqual(JSON.parse(Buffer.from(sent.body).toString()), {
    id: '',
    parameters: {},
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
  })
  assert.deepEqual(
    requests.map((request) => request.header('x-key')),
    ['k', 'k', 'k'],
  )
})

test('the only model of a server need not be named, whichever way it lists them', async (t) => {
  const listed = await serveModel(t, (path) => (path === '/v2/models' ? { models: [{ name: 'm' }] } : undefined))
  assert.match((await infer({ address: listed.host, input: ['[1,2]'] })).out, /^y/)
  const indexed = await serveModel(t, (path) => {
    if (path === '/v2/models') return json(404, { error: 'x' })
    return path === '/v2/repository/index'
      ? json(200, [
          { name: 'm', version: '1' },
          { name: 'm', version: '2' },
        ])
      : undefined
  })
  assert.match((await infer({ address: indexed.host, input: ['[1,2]'] })).out, /^y/)
  const several = await serveModel(t)
  await assert.rejects(infer({ address: several.host, input: ['[1,2]'] }), {
    code: 'wrong_usage',
    message: /There are m, other; add --model NAME/,
  })
})

test('inputs come from files and from standard input, outputs go to files', async (t) => {
  const { host } = await serveModel(t)
  const cwd = await createTempFolder(t, { 'x.json': '{"datatype": "INT64", "shape": [2, 2], "data": [1, 2, 3, 4]}' })
  const { said } = await infer({ address: host, model: 'm', input: ['@x.json'], save: 'out' }, { cwd })
  const file = join(cwd, 'out/y.npy')
  assert.match(said, /ms, saved .*out\/y\.npy\n$/)
  const bytes = await readFile(file)
  assert.deepEqual(
    readNpy(bytes, (reason) => new Error(reason)),
    { datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  )
  assert.match((await infer({ address: host, model: 'm', input: [`x=@${file}`] }, { cwd })).out, /\[3\. 4\.\]\]/)
  assert.match(
    (await infer({ address: host, model: 'm', input: ['x=@-'] }, { stdin: '[[5, 6]]' })).out,
    /\[\[5\. 6\.\]\]/,
  )
})

test('scores are shown with the names of their classes', async (t) => {
  const { host } = await serveModel(t)
  const cwd = await createTempFolder(t, { 'names.txt': 'cat\r\ndog\n' })
  const { out } = await infer(
    { address: host, model: 'm', input: ['[[0.25, 0.75], [3, 1]]'], labels: 'names.txt' },
    { cwd },
  )
  assert.equal(out, 'y  FP32 [2, 2]\nrow 0\n  0.75  1  dog\n  0.25  0  cat\nrow 1\n  3.0  0  cat\n  1.0  1  dog\n')
  const top = await infer({ address: host, model: 'm', input: ['[0.25, 0.75]'], top: 1 })
  assert.equal(top.out, 'y  FP32 [1, 2]\n  0.75  1\n')
})

test('texts of BYTES are taken as they are, lists and strings as JSON', async (t) => {
  const { host, asked } = await serveModel(t, (path) =>
    path === '/v2/models/m'
      ? { ...metadata, inputs: [{ name: 's', datatype: 'BYTES', shape: [-1] }], outputs: [] }
      : undefined,
  )
  const cwd = await createTempFolder(t, { 'long.txt': '[x] hé\n', 'a.png': 'no image at all' })
  const given = ['s=hello = 1', '[INST] hi', '["a", "b"]', '"c\\n"', '{"b64"', '@long.txt', '@a.png', '@-']
  for (const input of given) await infer({ address: host, model: 'm', input: [input] }, { cwd, stdin: 'from {a} pipe' })
  assert.deepEqual(
    asked.map(({ inputs: [input] }) => (input!.data as Uint8Array[]).map((text) => Buffer.from(text).toString())),
    [
      ['hello = 1'],
      ['[INST] hi'],
      ['a', 'b'],
      ['c\n'],
      ['{"b64"'],
      ['[x] hé\n'],
      ['no image at all'],
      ['from {a} pipe'],
    ],
  )
})

test('numbers that are not finite go and come as raw bytes, and have no form in JSON', async (t) => {
  const { host } = await serveModel(t)
  const cwd = await createTempFolder(t)
  const x = join(cwd, 'x.npy')
  await writeFile(x, writeNpy({ datatype: 'FP32', shape: [1, 2], data: Float32Array.of(Number.NaN, Infinity) }))
  assert.match((await infer({ address: host, model: 'm', input: [`x=@${x}`] })).out, /\[\[nan inf\]\]/)
  await assert.rejects(infer({ address: host, model: 'm', input: [`x=@${x}`], json: true }), {
    code: 'inference_output_unwritable',
    message: /NaN, which JSON cannot carry/,
  })
  const plain = await serveModel(t, (path) => (path === '/v2' ? {} : undefined))
  await assert.rejects(infer({ address: plain.host, model: 'm', input: [`x=@${x}`] }), {
    code: 'inference_input_invalid',
    message: /NaN, which JSON cannot carry/,
  })
})

test('what the model does not take is refused before it is sent', async (t) => {
  const { host, asked } = await serveModel(t)
  const cwd = await createTempFolder(t, {
    'bad.npy': 'x',
    'a.npz': 'PK\x03\x04',
    'bad.json': '[1,',
    'ragged.json': '[[1,2],[3]]',
    'text.bin': 'hello',
  })
  const cases: [string, RegExp][] = [
    ['[1,2,3]', /input x cannot be sent: its data has 3 elements, the model takes \[-1, 2\], a multiple of 2/],
    ['@bad.npy', /x from bad\.npy cannot be sent: it is no NPY file/],
    ['@a.npz', /NPZ file holds several arrays/],
    ['@bad.json', /neither NPY nor JSON: the JSON breaks off/],
    ['@ragged.json', /lists of 2 and of 1 items/],
    ['@text.bin', /neither NPY nor JSON/],
    ['["a","b"]', /element 0 is "a", which FP32 cannot hold/],
    ['{"datatype":"FP7","data":[1,2]}', /datatype "FP7" is unknown/],
    ['{"shape":[1,-2],"data":[1,2]}', /its shape must be a list/],
    ['{"shape":[3],"data":[1,2]}', /has 2 elements/],
    ['{"datatype":"INT8","data":[1,200]}', /element 1 is 200, which INT8 cannot hold/],
  ]
  for (const [input, message] of cases) {
    await assert.rejects(
      infer({ address: host, model: 'm', input: [input] }, { cwd }),
      { code: 'inference_input_invalid', message },
      input,
    )
  }
  await assert.rejects(infer({ address: host, model: 'm', input: ['@none.npy'] }, { cwd }), {
    code: 'input_unreadable',
    message: /there is no such file/,
  })
  assert.equal(asked.length, 0)
})

test('options that cannot be meant are a wrong command line', async (t) => {
  const { host } = await serveModel(t)
  const cases: [Omit<InferOptions, 'terminal' | 'address'>, RegExp][] = [
    [{ input: ['[1,2]'], scale: '2' }, /--scale is for images, and no --input is one/],
    [{ input: ['[1,2]'], output: ['z'] }, /the model has no output "z"; there are "y"/],
    [{ input: ['[1,2]'], json: true, top: 2 }, /--json prints the whole response/],
    [{ input: ['[1,2]'], header: ['x'] }, /--header: expected 'Name: value'/],
    [{ input: ['[1,2]'], parameter: ['x'] }, /--parameter: expected NAME=VALUE/],
  ]
  for (const [options, message] of cases) {
    await assert.rejects(infer({ address: host, model: 'm', ...options }), { code: 'wrong_usage', message })
  }
  await assert.rejects(infer({ address: undefined }), { code: 'wrong_usage', message: /Which model\?/ })
})

test('an input that is left out is warned of, since it may be optional', async (t) => {
  const two = { ...metadata, inputs: [...metadata.inputs, { name: 'z', datatype: 'INT8', shape: ['1'] }] }
  const { host } = await serveModel(t, (path) => (path === '/v2/models/m' ? two : undefined))
  const { said } = await infer({ address: host, model: 'm', input: ['x=[1,2]'] })
  assert.match(said, /warning sent without what the model takes, too: z INT8 \[1\]/)
})
