import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { type Cleanup, createTempFolder, linearModel, waitUntil } from '@pelton/testkit'
import { type ServedFunction, serve } from './serve-function.ts'

const yaml = `apiVersion: pelton/v1
kind: Function
metadata: { name: models }
spec:
  runtime: nodejs
  handler: handler.ts
  triggers:
    models:
      kind: openinference
      attributes: { rest_port: 0, enable_grpc: false, models: [{ model_name: slow }, { model_name: quick }] }
`

/** Answers with its generation; the model `slow` waits for the file `go`. */
const handler = (generation: number): string => `import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context, Event } from '@pelton/sdk'

export async function handler(context: Context, event: Event) {
  if (event.header('x-model-name') === 'slow') {
    while (!existsSync(join(import.meta.dirname, 'go'))) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { outputs: [{ name: 'generation', datatype: 'INT32', shape: [1], data: [${generation}] }] }
}
`

const x = { name: 'x', datatype: 'FP32', shape: [1, 1], data: [5] }

/** What a model answers: the numbers of its output, or the status of an error. */
async function infer(served: ServedFunction, model: string): Promise<unknown> {
  const { status, text } = await served.ask(JSON.stringify({ inputs: [x] }), { path: `/models/${model}/infer` })
  if (status !== 200) return status
  const { outputs } = JSON.parse(text) as { outputs: { data: number[] }[] }
  return outputs[0]?.data
}

async function change(
  served: ServedFunction,
  model: string,
  verb: 'load' | 'unload',
): Promise<[status: number, body: Record<string, unknown>]> {
  const { status, text } = await served.ask('', { path: `/repository/models/${model}/${verb}` })
  return [status, JSON.parse(text) as Record<string, unknown>]
}

async function index(served: ServedFunction): Promise<string[]> {
  const { text } = await served.ask('', { path: '/repository/index' })
  return (JSON.parse(text) as Record<string, string>[]).map(({ name, state }) => `${name} ${state}`)
}

/** Serves a folder whose files the test changes. */
async function serveFolder(
  cleanup: Cleanup,
  files: Record<string, string | Uint8Array>,
): Promise<[folder: string, served: ServedFunction]> {
  const folder = await createTempFolder(cleanup, files)
  return [folder, await serve(cleanup, {}, { path: path.join('..', path.basename(folder)) })]
}

test('a reload takes the handler as it is now, and drops no request; one that fails changes nothing', async (t) => {
  const [folder, served] = await serveFolder(t, { 'function.yaml': yaml, 'handler.ts': handler(1) })
  const slow = infer(served, 'slow')
  await waitUntil('the slow one', async () => (await served.metric('pelton_events_in_flight')) === 1)
  await writeFile(path.join(folder, 'handler.ts'), 'export const nothing = 1')
  const [status, { error }] = await change(served, 'quick', 'load')
  assert.equal(status, 400)
  assert.match(String(error), /^model "quick" could not be loaded: .*handler/)
  await writeFile(path.join(folder, 'handler.ts'), handler(2))
  assert.deepEqual(await change(served, 'quick', 'load'), [200, {}])
  assert.deepEqual(await infer(served, 'quick'), [2])
  await writeFile(path.join(folder, 'go'), '')
  assert.deepEqual(await slow, [1])
  assert.deepEqual(await infer(served, 'slow'), [2])
})

test('an unloaded model answers what it has begun, and nothing else until it is loaded', async (t) => {
  const [folder, served] = await serveFolder(t, { 'function.yaml': yaml, 'handler.ts': handler(1) })
  const slow = infer(served, 'slow')
  await waitUntil('the slow one', async () => (await served.metric('pelton_events_in_flight')) === 1)
  assert.deepEqual(await change(served, 'slow', 'unload'), [200, {}])
  assert.deepEqual(await index(served), ['slow UNAVAILABLE', 'quick READY'])
  assert.deepEqual([await infer(served, 'slow'), await infer(served, 'quick')], [404, [1]])
  await writeFile(path.join(folder, 'go'), '')
  assert.deepEqual(await slow, [1])
  assert.deepEqual(await change(served, 'slow', 'load'), [200, {}])
  assert.deepEqual(await infer(served, 'slow'), [1])
  const counted = { model: 'slow', version: '1' }
  assert.equal(await served.metric('nv_inference_request_success', counted), 2)
  assert.equal(await served.metric('pelton_inference_requests_total', { ...counted, result: 'success' }), 2)
  assert.ok((await served.metric('nv_inference_compute_infer_duration_us', counted)) > 0)
  assert.deepEqual(await served.counts('models'), { success: 3, failure: 1 })
})

const weights = (factor: number): Buffer => linearModel([[factor]], [0])

const onnxYaml = `apiVersion: pelton/v1
kind: Function
metadata: { name: models }
spec:
  runtime: onnx
  handler: models
  triggers:
    models: { kind: openinference, attributes: { rest_port: 0, enable_grpc: false } }
`

test('models of files come and go while others are served', async (t) => {
  const files = { 'function.yaml': onnxYaml, 'models/two.onnx': weights(2), 'models/three.onnx': weights(3) }
  const [folder, served] = await serveFolder(t, files)
  const write = (name: string, content: Uint8Array): Promise<void> =>
    writeFile(path.join(folder, 'models', `${name}.onnx`), content)
  assert.deepEqual([await infer(served, 'two'), await infer(served, 'three')], [[10], [15]])
  let isOver = false
  const others = (async () => {
    let count = 0
    for (; !isOver; count += 1) assert.deepEqual(await infer(served, 'two'), [10])
    return count
  })()
  assert.deepEqual(await change(served, 'three', 'unload'), [200, {}])
  assert.deepEqual(await infer(served, 'three'), 404)
  await write('three', weights(4))
  await write('new', weights(7))
  assert.deepEqual(await change(served, 'three', 'load'), [200, {}])
  assert.deepEqual(await infer(served, 'three'), [20])
  assert.deepEqual(await change(served, 'new', 'load'), [200, {}])
  assert.deepEqual(await infer(served, 'new'), [35])
  await write('new', Buffer.from('nonsense'))
  const [status, { error }] = await change(served, 'new', 'load')
  assert.equal(status, 400)
  assert.match(String(error), /could not be loaded: .*new\.onnx/)
  assert.deepEqual(await infer(served, 'new'), [35])
  assert.equal((await change(served, 'nowhere', 'load'))[0], 404)
  isOver = true
  assert.ok((await others) > 0)
  assert.deepEqual((await index(served)).toSorted(), ['new READY', 'three READY', 'two READY'])
  const counted = { model: 'new', version: '1' }
  assert.equal(await served.metric('nv_inference_request_success', counted), 2)
  assert.equal(await served.metric('nv_inference_exec_count', counted), 2)
  // The runtime tells of each run, what a handler does not.
  assert.ok((await served.metric('nv_inference_compute_input_duration_us', counted)) > 0)
})
