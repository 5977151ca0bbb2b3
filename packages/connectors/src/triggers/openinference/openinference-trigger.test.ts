import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ModelFacts } from '@pelton/core'
import { type HttpResponse, createHttpListeners, textAnswer } from '@pelton/protocols/http'
import {
  FakeTriggerContext,
  type GivenSettings,
  describeTrigger,
  findFreePort,
  handled,
  holdPort,
  startTrigger,
  triggerSettings,
  waitUntil,
} from '@pelton/testkit'
import { connectInference } from './fixtures/inference-client.ts'
import manifest from './index.ts'
import { createOpenInferenceTrigger } from './openinference-trigger.ts'

const ports = { rest_port: 0, grpc_port: 0 }
const infer = { method: 'POST', body: '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}' }
const doubled = (): ReturnType<typeof handled> =>
  handled({ body: '{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[2]}]}' })

describeTrigger('openinference', {
  manifest,
  attributes: ports,
  emit: (context) => {
    const url = context.urls.findLast((one) => one.endsWith('/v2')) as string
    // The answer may be cut off with the trigger; the suite looks at events.
    void fetch(`${url}/models/model/infer`, { ...infer, headers: { connection: 'close' } }).catch(() => undefined)
  },
})

const start = (t: TestContext, attributes: Record<string, unknown>): ReturnType<typeof startTrigger> => {
  const given: GivenSettings = { runtime: 'python', attributes: { ...ports, ...attributes } }
  return startTrigger(t, manifest, given, doubled)
}

test('REST and gRPC serve the same models, under the name of the runtime', async (t) => {
  const { context } = await start(t, { model_name: 'm', model_version: '3' })
  const [rest = '', grpc = ''] = context.urls
  const metadata = { name: 'm', versions: ['3'], platform: 'pelton_python', inputs: [], outputs: [] }
  assert.deepEqual(await (await fetch(`${rest}/models/m`)).json(), metadata)
  const client = connectInference(t, Number(new URL(grpc).port))
  const { name, versions, platform } = await client.call('ModelMetadata', { name: 'm' })
  assert.deepEqual({ name, versions, platform }, { name: 'm', versions: ['3'], platform: 'pelton_python' })
})

test('both go by the same handler, which sees which one it was', async (t) => {
  const { context } = await start(t, {})
  const [rest = '', grpc = ''] = context.urls
  await fetch(`${rest}/models/model/infer`, infer)
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], contents: { fp32_contents: [1] } }]
  await connectInference(t, Number(new URL(grpc).port)).call('ModelInfer', { model_name: 'model', inputs })
  const [first, second] = context.events
  assert.ok(first && second)
  assert.deepEqual([first.body, first.extra], [second.body, second.extra])
  assert.deepEqual([first?.headers['x-protocol'], second?.headers['x-protocol']], [undefined, 'grpc'])
})

test('what is switched off is not served', async (t) => {
  const rest = await start(t, { enable_grpc: false })
  assert.deepEqual(
    rest.context.urls.map((url) => url.endsWith('/v2')),
    [true],
  )
  const grpc = await start(t, { enable_rest: false })
  assert.deepEqual(
    grpc.context.urls.map((url) => url.endsWith('/v2')),
    [false],
  )
})

test('a gRPC port that is taken fails the run and gives the REST port back', async (t) => {
  const free = await findFreePort()
  const { port, release } = await holdPort()
  t.after(release)
  const settings = triggerSettings(manifest, { attributes: { rest_port: free, grpc_port: port } })
  const context = new FakeTriggerContext()
  await assert.rejects(createOpenInferenceTrigger(settings).run(context), { code: 'port_taken' })
  assert.deepEqual([context.urls, context.readiness], [[], []])
  const onRequest = (): HttpResponse => textAnswer(200, 'free')
  const again = await createHttpListeners().listen({
    host: '',
    port: free,
    path: '*',
    owner: 'test',
    maxBodyBytes: 0,
    onRequest,
  })
  await again.close()
})

const det: ModelFacts = {
  name: 'det',
  version: '1',
  platform: 'onnx_onnxruntime',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  maxBatchSize: 8,
}

/** Runs a trigger whose workers run models by themselves. */
async function startModels(
  t: TestContext,
  models: readonly ModelFacts[],
  attributes: Record<string, unknown> = {},
): Promise<FakeTriggerContext> {
  const settings = triggerSettings(manifest, { runtime: 'onnx', attributes: { ...ports, ...attributes } })
  const context = new FakeTriggerContext({ dispatch: doubled })
  context.workers.models = models
  const run = createOpenInferenceTrigger(settings).run(context)
  t.after(async () => {
    context.abortNow()
    await run
  })
  await waitUntil('ready', () => context.isReady)
  return context
}

test('models of the workers are what is served, as their files describe them, and when there are others, those', async (t) => {
  const context = await startModels(t, [det])
  const [rest = '', grpc = ''] = context.urls
  const client = connectInference(t, Number(new URL(grpc).port))
  const described = {
    name: 'det',
    versions: ['1'],
    platform: 'onnx_onnxruntime',
    inputs: det.inputs,
    outputs: det.outputs,
  }
  assert.deepEqual(await (await fetch(`${rest}/models/det`)).json(), described)
  const { config } = await client.call('ModelConfig', { name: 'det' })
  assert.deepEqual(config, {
    name: 'det',
    platform: 'onnx_onnxruntime',
    max_batch_size: 8,
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['3'] }],
    output: [{ name: 'y', data_type: 'TYPE_FP32', dims: ['1'] }],
  })
  assert.deepEqual(await (await fetch(`${rest}/models/det/config`)).json(), {
    ...(config as object),
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [3] }],
    output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [1] }],
  })
  context.workers.models = [{ ...det, name: 'cls' }]
  assert.deepEqual(await (await fetch(`${rest}/models`)).json(), { models: ['cls'] })
  assert.deepEqual(await client.call('ModelReady', { name: 'det' }), {})
})

test('attributes rename an only model; what does not go with the models stops the start', async (t) => {
  const context = await startModels(t, [det], { model_name: 'detector', model_version: '3' })
  const [rest = ''] = context.urls
  assert.deepEqual(await (await fetch(`${rest}/models/detector/versions/3/ready`)).json(), {
    name: 'detector',
    ready: true,
  })
  const two = new FakeTriggerContext()
  two.workers.models = [det, { ...det, name: 'cls' }]
  const settings = triggerSettings(manifest, { attributes: { ...ports, model_name: 'detector' } })
  await assert.rejects(createOpenInferenceTrigger(settings).run(two), {
    code: 'models_disagree',
    message: /attribute model_name renames an only model, but there are 2/,
  })
  assert.deepEqual(two.urls, [])
})

test('requests are in the series, by model', async (t) => {
  const { context, url } = await start(t, { model_name: 'm' })
  await (await fetch(`${url}/models/m/infer`, infer)).text()
  await (await fetch(`${url}/models/unknown/infer`, infer)).text()
  const successes = context.scrape().find(({ name }) => name === 'nv_inference_request_success')
  assert.deepEqual(successes?.samples, [{ labels: { model: 'm', version: '1' }, value: 1 }])
})
