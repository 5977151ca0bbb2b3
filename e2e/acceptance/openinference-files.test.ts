import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder, findFreePort, waitUntil } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'
import { connectInference } from './openinference-client.ts'
import { type ServedFunction, serve } from './serve-function.ts'

const readme = path.join(import.meta.dirname, '../../packages/connectors/src/triggers/openinference/README.md')

type Json = Record<string, unknown>

async function ask(served: ServedFunction, at: string, body?: object, trigger = 'models'): Promise<[number, Json]> {
  const url = new URL(served.urlOf(trigger)).origin
  const { status, text } = await served.ask(body && JSON.stringify(body), { url, path: at })
  return [status, JSON.parse(text) as Json]
}

/** A function with one trigger; its attributes as YAML in one line, REST on a free port. */
function yaml(attributes: string): string {
  return `apiVersion: pelton/v1
kind: Function
metadata: { name: models }
spec:
  runtime: nodejs
  handler: handler.ts
  triggers:
    models: { kind: openinference, attributes: { ${attributes} } }
`
}

const echo = `export const handler = (_context, event) => {
  const { model_name, model_version, inputs } = event.json()
  return { parameters: { model: model_name + '/' + model_version, path: event.path }, outputs: inputs }
}
`

/** Code blocks of the README by their language, the first of each. */
async function readmeBlock(language: string): Promise<string> {
  const text = await readFile(readme, 'utf8')
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? ''
}

for (const [language, file, runtime] of [
  ['python', 'main.py', 'python'],
  ['ts', 'handler.ts', 'nodejs'],
] as const) {
  test(`the example of the README runs as printed: ${runtime}`, async (t) => {
    const ports = [await findFreePort(), await findFreePort()]
    const triggers = (await readmeBlock('yaml')).replace(
      'attributes:\n',
      `attributes:\n      rest_port: ${ports[0]}\n      grpc_port: ${ports[1]}\n`,
    )
    const handler = runtime === 'python' ? 'main:handler' : file
    const served = await serve(t, {
      'function.yaml': `apiVersion: pelton/v1\nkind: Function\nmetadata: { name: models }\nspec:\n  runtime: ${runtime}\n  handler: ${handler}\n${triggers.replace(/^/gm, '  ')}`,
      [file]: await readmeBlock(language),
    })
    const sh = await readmeBlock('sh')
    const [, sent = '', at = ''] = /-d '(.*)' localhost:8080(\S+)/.exec(sh) ?? []
    const [, answer = ''] = /^# (.*)$/m.exec(sh) ?? []
    const response = await fetch(`http://127.0.0.1:${ports[0]}${at}`, { method: 'POST', body: sent })
    assert.deepEqual([response.status, JSON.parse(await response.text())], [200, JSON.parse(answer)])
    assert.deepEqual((await ask(served, '/v2/health/ready'))[0], 200)
  })
}

test('13.5: the file of DigitalHub serves its model in Python as it stands, with warnings for keys that it misspells', async (t) => {
  const [rest, grpc] = [await findFreePort(), await findFreePort()]
  const served = await serve(t, {
    // Only its ports are others.
    'function.yaml': `spec:
  runtime: "python:3.10"
  handler: "main:handler"
  triggers: {openinference: {kind: openinference, attributes: {model_name: test-model, model_version: "1.0", enable_rest: true,
         enable_grpc: true, rest_port: ${rest}, grpc_port: ${grpc},
         input_tensors:  [{name: input, data_type: FP32, shape: [1,224,224,3]}, {name: text_input, data_type: BYTES, shape: [1]}],
         output_tensors: [{name: output_input, data_type: FP32, shape: [1,224,224,3]}, {name: output_text_input, data_type: BYTES, shape: [1]}],
         max_workers: 4}}}
`,
    'main.py': `import json

def handler(context, event):
    request = json.loads(event.body)
    image, text = request['inputs']
    outputs = [
        {'name': 'output_input', 'datatype': 'FP32', 'shape': image['shape'], 'data': [2 * v for v in image['data']]},
        {'name': 'output_text_input', 'datatype': 'BYTES', 'shape': [1], 'data': [text['data'][0].upper()]},
    ]
    return context.Response(body=json.dumps({'outputs': outputs}), content_type='application/json', status_code=200)
`,
  })
  const [status, { inputs }] = await ask(served, '/v2/models/test-model', undefined, 'openinference')
  assert.deepEqual(
    [status, inputs],
    [
      200,
      [
        { name: 'input', datatype: 'FP32', shape: [1, 224, 224, 3] },
        { name: 'text_input', datatype: 'BYTES', shape: [1] },
      ],
    ],
  )
  const warnings = served.pelton.lines().filter(({ level }) => level === 'warn' || level === 'warning')
  const texts = warnings.map((line) => JSON.stringify(line))
  assert.equal(texts.filter((text) => text.includes('data_type')).length, 4)
  assert.ok(texts.some((text) => text.includes('max_workers')))
  const client = await connectInference(t, grpc)
  const answer = await client.call('ModelInfer', {
    model_name: 'test-model',
    inputs: [
      { name: 'input', datatype: 'FP32', shape: [1, 224, 224, 3] },
      { name: 'text_input', datatype: 'BYTES', shape: [1] },
    ],
    raw_input_contents: [
      Buffer.from(new Float32Array(224 * 224 * 3).fill(1.5).buffer),
      Buffer.from('\u0002\0\0\0hi', 'latin1'),
    ],
  })
  const [image, text] = answer['raw_output_contents'] as Buffer[]
  assert.deepEqual([image?.length, image?.readFloatLE(602_108)], [602_112, 3])
  assert.equal(text?.toString('latin1'), '\u0002\0\0\0HI')
})

test('several models are served by one handler, each by its name and its versions', async (t) => {
  const models = '{ model_name: a }, { model_name: b, model_version: "1" }, { model_name: b, model_version: "2" }'
  const grpc = await findFreePort()
  const served = await serve(t, {
    'function.yaml': yaml(`rest_port: 0, grpc_port: ${grpc}, models: [${models}]`),
    'handler.ts': echo,
  })
  const request = { inputs: [{ name: 'x', datatype: 'UINT8', shape: [1], data: [1] }] }
  for (const [at, model] of [
    ['a', 'a/1'],
    ['b', 'b/1'],
    ['b/versions/2', 'b/2'],
  ]) {
    const path = `/v2/models/${at}/infer`
    assert.deepEqual(await ask(served, path, request), [
      200,
      {
        model_name: model?.[0],
        model_version: model?.[2],
        id: '',
        parameters: { model, path },
        outputs: request.inputs,
      },
    ])
  }
  assert.equal((await ask(served, '/v2/models/a/versions/2/infer', request))[0], 404)
  const index = await served.ask('{}', { url: new URL(served.urlOf('models')).origin, path: '/v2/repository/index' })
  assert.deepEqual(
    (JSON.parse(index.text) as Record<string, string>[]).map(
      (one) => `${one['name']}/${one['version']} ${one['state']}`,
    ),
    ['a/1 READY', 'b/1 READY', 'b/2 READY'],
  )
  const client = await connectInference(t, grpc)
  const inputs = [{ name: 'x', datatype: 'UINT8', shape: [1], contents: { uint_contents: [1] } }]
  const { model_version } = await client.call('ModelInfer', { model_name: 'b', model_version: '2', inputs })
  assert.equal(model_version, '2')
})

test('a handler that yields answers a stream with several answers to each request', async (t) => {
  const grpc = await findFreePort()
  await serve(t, {
    'function.yaml': yaml(`rest_port: 0, grpc_port: ${grpc}`),
    'handler.ts': `export async function* handler(_context, event) {
  const [input] = event.json().inputs
  for (const value of input.data) yield JSON.stringify({ outputs: [{ ...input, shape: [1], data: [value] }] })
}
`,
  })
  const client = await connectInference(t, grpc)
  const inputs = [{ name: 'x', datatype: 'INT32', shape: [3], contents: { int_contents: [1, 2, 3] } }]
  const request = { model_name: 'model', inputs }
  const answers = await client.stream([request, { ...request, model_name: 'no' }])
  const found = answers.map(({ infer_response, error_message }) => {
    const [output] = ((infer_response as Json | undefined)?.['outputs'] ?? []) as { contents: Json }[]
    return error_message || output?.contents['int_contents']
  })
  assert.deepEqual(found.slice(0, 3), [[1], [2], [3]])
  assert.match(String(found[3]), /no/)
})

test('14 case 91: it is not ready while its worker starts', async (t) => {
  const grpc = await findFreePort()
  const folder = await createTempFolder(t)
  const files = {
    'function.yaml': yaml(`rest_port: 0, grpc_port: ${grpc}`),
    'handler.ts': `import fs from 'node:fs'
import path from 'node:path'
const isThere = (name) => fs.existsSync(path.join(process.env.MARKS, name))
while (isThere('died') && !isThere('go')) await new Promise((resolve) => setTimeout(resolve, 20))
export const handler = () => {
  fs.writeFileSync(path.join(process.env.MARKS, 'died'), '')
  process.exit(3)
}
`,
  }
  const served = await serve(t, files, { env: { MARKS: folder } })
  const client = await connectInference(t, grpc)
  const says = async (): Promise<string> => {
    const [status, { ready }] = await ask(served, '/v2/health/ready')
    return [status, ready, (await client.call('ServerReady'))['ready'] ?? false].join(' ')
  }
  assert.equal(await says(), '200 true true')
  const [status, { error }] = await ask(served, '/v2/models/model/infer', { inputs: [] })
  assert.deepEqual([status, typeof error], [500, 'string'])
  await waitUntil('it not being ready', async () => (await says()) === '503 false false')
  assert.equal((await ask(served, '/v2/health/live'))[0], 200)
  await writeFile(path.join(folder, 'go'), '')
  await waitUntil('it being ready', async () => (await says()) === '200 true true')
})

test('REST shares a port with an http trigger, which has all but /v2', async (t) => {
  const [port, grpc] = [await findFreePort(), await findFreePort()]
  const served = await serve(t, {
    'function.yaml': `${yaml(`rest_port: ${port}, grpc_port: ${grpc}`)}    web: { kind: http, attributes: { port: ${port} } }\n`,
    'handler.ts': "export const handler = (_context, event) => 'web ' + event.path\n",
  })
  const url = `http://127.0.0.1:${port}`
  assert.equal((await served.ask(undefined, { url, path: '/v2/health/live' })).text, '{"live":true}')
  assert.equal((await served.ask(undefined, { url, path: '/v2x' })).text, 'web /v2x')
})

test('the default port of REST is left to an http trigger, whatever that one is configured to', async (t) => {
  const served = await serve(t, {
    'function.yaml': `${yaml('enable_grpc: false')}    web: { kind: http, attributes: { readBufferSize: 32KiB } }\n`,
    'handler.ts': "export const handler = (_context, event) => 'web ' + event.path\n",
  })
  assert.equal((await served.ask(undefined, { url: served.urlOf('web'), path: '/v2/models' })).text, 'web /v2/models')
  assert.deepEqual(await ask(served, '/v2/health/live'), [200, { live: true }])
})

for (const [what, attributes, pattern] of [
  ['both protocols off', 'enable_rest: false, enable_grpc: false', /enable_rest.*at least one/],
  ['one port for both', 'rest_port: 9000, grpc_port: 9000', /grpc_port/],
  ['no name', "model_name: ''", /model_name.*not empty/],
  ['a version that is a number', 'model_version: 1.0', /model_version.*quotes/],
  ['an unknown datatype', 'input_tensors: [{ name: x, datatype: FLOAT, shape: [1] }]', /datatype.*BYTES.*FLOAT/],
  ['a shape that is none', 'input_tensors: [{ name: x, datatype: FP32, shape: [-2] }]', /shape/],
  ['a model beside models', 'model_name: a, models: [{ model_name: b }]', /model_name.*models/],
  ['a model that is there twice', 'models: [{ model_name: b }, { model_name: b }]', /models\[1\].*twice/],
] as const) {
  test(`it does not start with ${what}`, async (t) => {
    const folder = await createTempFolder(t, { 'function.yaml': yaml(attributes), 'handler.ts': echo })
    const { code, stderr } = await runPelton(['run', folder])
    assert.notEqual(code, 0)
    assert.match(stderr, pattern)
  })
}
