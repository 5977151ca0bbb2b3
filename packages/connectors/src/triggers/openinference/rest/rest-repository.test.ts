import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeltonError } from '@pelton/core'
import { handled, waitUntil } from '@pelton/testkit'
import { type StartedRest, startRest } from '../fixtures/start-rest.ts'

const x = { name: 'x', datatype: 'FP32', shape: [1], data: [1] }
const body = JSON.stringify({ outputs: [{ ...x, name: 'y' }] })

async function post({ url }: StartedRest, path: string, sent = ''): Promise<[number, unknown]> {
  const answered = await fetch(`${url}/repository/${path}`, { method: 'POST', body: sent })
  return [answered.status, await answered.json()]
}

async function get({ url }: StartedRest, path: string): Promise<[number, unknown]> {
  const answered = await fetch(url + path)
  return [answered.status, await answered.json()]
}

test('an unloaded model is a 404 that says how to load it, and back after that', async (t) => {
  const rest = await startRest(t, () => handled({ body }))
  assert.deepEqual(await post(rest, 'models/m/unload'), [200, {}])
  const error = 'model "m" is not loaded: load it by POST /v2/repository/models/m/load'
  for (const path of ['/models/m', '/models/m/ready', '/models/m/config', '/models/m/stats', '/models/m/versions/1']) {
    assert.deepEqual(await get(rest, path), [404, { error }], path)
  }
  assert.equal((await rest.infer({ inputs: [x] })).status, 404)
  assert.deepEqual(await get(rest, '/models'), [200, { models: [] }])
  const line = { name: 'm', version: '1' }
  assert.deepEqual(await post(rest, 'index'), [200, [{ ...line, state: 'UNAVAILABLE', reason: 'unloaded' }]])
  assert.deepEqual(await get(rest, '/health/ready'), [200, { ready: true, live: true }])
  assert.deepEqual(await post(rest, 'models/m/load', '{"parameters":{"unload_dependents":true}}'), [200, {}])
  assert.deepEqual(await post(rest, 'models/m/load', '{"parameters":null}'), [200, {}])
  assert.equal((await rest.infer({ inputs: [x] })).status, 200)
  assert.deepEqual(await post(rest, 'index', '{"ready":null}'), [200, [{ ...line, state: 'READY' }]])
})

test('requests that are under way when their model is unloaded are answered', async (t) => {
  let finish = (): void => undefined
  const rest = await startRest(t, async (_event, { times }) => {
    if (times) times.sentAt = 0
    await new Promise<void>((resolve) => (finish = resolve))
    return handled({ body })
  })
  const slow = rest.infer({ inputs: [x] })
  await waitUntil('the event', () => rest.context.events.length === 1)
  assert.deepEqual(await post(rest, 'models/m/unload'), [200, {}])
  assert.equal((await rest.infer({ inputs: [x] })).status, 404)
  finish()
  assert.equal((await slow).status, 200)
})

test('requests go on while a model is reloaded', async (t) => {
  const rest = await startRest(t, () => handled({ body }))
  let finish = (): void => undefined
  rest.context.workers.onReplace = () => new Promise((resolve) => (finish = resolve))
  const reloaded = post(rest, 'models/m/load')
  await waitUntil('the replacement', () => rest.context.workers.replaced.length === 1)
  assert.equal((await rest.infer({ inputs: [x] })).status, 200)
  assert.deepEqual(await post(rest, 'index'), [200, [{ name: 'm', version: '1', state: 'READY' }]])
  finish()
  assert.deepEqual(await reloaded, [200, {}])
})

test('what fails says why, and the model stays', async (t) => {
  const rest = await startRest(t, () => handled({ body }))
  const why = { blame: 'user', retryable: false, help: '' } as const
  rest.context.workers.onReplace = () => Promise.reject(new PeltonError('x', 'm.onnx is no model', why))
  const error = 'model "m" could not be loaded: m.onnx is no model'
  assert.deepEqual(await post(rest, 'models/m/load'), [400, { error }])
  assert.equal((await rest.infer({ inputs: [x] })).status, 200)
  assert.equal((await post(rest, 'models/other/load'))[0], 404)
  assert.equal((await post(rest, 'models/other/unload'))[0], 404)
})

test('a body that is none, or would change the model, is a 400', async (t) => {
  const rest = await startRest(t)
  const bad = [
    'nonsense',
    '[]',
    '{"parameters":1}',
    '{"parameters":{"config":"{}"}}',
    '{"parameters":{"file:a":"eA=="}}',
  ]
  for (const sent of bad) {
    for (const verb of ['load', 'unload']) assert.equal((await post(rest, `models/m/${verb}`, sent))[0], 400, sent)
  }
  assert.equal(rest.context.workers.replaced.length, 0)
})

test('model_control decides who may change models: on Kubernetes nobody unless it is set', async (t) => {
  const cases: [Record<string, unknown>, boolean, number][] = [
    [{}, true, 403],
    [{ model_control: true }, true, 200],
    [{ model_control: false }, false, 403],
  ]
  for (const [attributes, kubernetes, expected] of cases) {
    const rest = await startRest(t, undefined, { rest_port: 0, ...attributes }, { kubernetes })
    for (const verb of ['unload', 'load']) assert.equal((await post(rest, `models/m/${verb}`))[0], expected)
    assert.equal((await get(rest, '/models/m'))[0], 200)
  }
})

test("statistics have the shape of Triton's", async (t) => {
  const rest = await startRest(t, () => handled({ body }))
  await (await rest.infer({ inputs: [x] })).text()
  await (await rest.infer('{}')).text()
  const [status, told] = await get(rest, '/models/m/stats')
  const { model_stats } = told as { model_stats: Record<string, unknown>[] }
  const [model] = model_stats
  assert.deepEqual([status, model_stats.length, model?.['name'], model?.['version']], [200, 1, 'm', '1'])
  assert.deepEqual([model?.['inference_count'], model?.['execution_count']], [1, 1])
  assert.ok(Math.abs(Number(model?.['last_inference']) - Date.now()) < 60_000)
  const durations = model?.['inference_stats'] as Record<string, { count: number; ns: number }>
  const counts = Object.entries(durations).map(([name, { count }]) => `${name} ${count}`)
  assert.deepEqual(counts, [
    'success 1',
    'fail 0',
    'queue 1',
    'compute_input 1',
    'compute_infer 1',
    'compute_output 1',
    'cache_hit 0',
    'cache_miss 0',
  ])
  assert.ok((durations['success']?.ns ?? 0) > 0)
  assert.deepEqual(await get(rest, '/models/stats'), [200, told])
  assert.deepEqual(await get(rest, '/models/m/versions/1/stats'), [200, told])
  assert.deepEqual(rest.context.counts, ['failure'])
})

test('refused requests for inference are counted once, other calls are not', async (t) => {
  const rest = await startRest(t, () => handled({ body }), { max_body_bytes: 2000 })
  const { url, context } = rest
  for (const path of ['', '/models', '/models/x', '/models/m/ready', '/nothing', '/health/ready']) await get(rest, path)
  assert.deepEqual(context.counts, [])
  const sent: [unknown, string, Record<string, string>][] = [
    ['nonsense', 'm/infer', {}],
    ['{}', 'other/infer', {}],
    ['plain', 'm/infer', { 'content-encoding': 'gzip' }],
  ]
  for (const [index, [content, path, headers]] of sent.entries()) {
    await (await rest.infer(content, { path, headers })).text()
    assert.equal(context.counts.length, index + 1, path)
  }
  await (await rest.infer({ inputs: [x] })).text()
  assert.deepEqual([context.counts, context.events.length], [['failure', 'failure', 'failure'], 1])
  assert.match(url, /v2$/)
})
