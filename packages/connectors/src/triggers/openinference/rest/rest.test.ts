import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw } from '@pelton/testkit'
import { startRest } from '../fixtures/start-rest.ts'

const tensors = {
  input_tensors: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  output_tensors: [{ name: 'y', datatype: 'INT64', shape: [] }],
}

async function get(url: string, init?: RequestInit): Promise<[number, unknown]> {
  const answered = await fetch(url, init)
  return [answered.status, await answered.json()]
}

test('the server says who it is', async (t) => {
  const { url } = await startRest(t)
  for (const path of ['', '/']) {
    const [status, server] = await get(url + path)
    const { name, version, extensions } = server as { name: string; version: string; extensions: string[] }
    assert.deepEqual([status, name, extensions], [200, 'pelton', ['binary_tensor_data', 'model_repository']])
    assert.match(version, /^\d+\.\d+\.\d+/)
  }
})

test('it is live always, and ready as long as there are workers', async (t) => {
  const { url, context } = await startRest(t)
  assert.deepEqual(await get(`${url}/health/live`), [200, { live: true }])
  assert.deepEqual(await get(`${url}/health/ready`), [200, { ready: true, live: true }])
  assert.deepEqual(await get(`${url}/models/m/ready`), [200, { name: 'm', ready: true }])
  context.serving.set(false)
  assert.deepEqual(await get(`${url}/health/live`), [200, { live: true }])
  assert.deepEqual(await get(`${url}/health/ready`), [503, { ready: false, live: false }])
  assert.deepEqual(await get(`${url}/models/m/versions/1/ready`), [503, { name: 'm', ready: false }])
})

test('a model is described with and without its version', async (t) => {
  const { url } = await startRest(t, undefined, tensors)
  const described = {
    name: 'm',
    versions: ['1'],
    platform: 'pelton_function',
    inputs: tensors.input_tensors,
    outputs: tensors.output_tensors,
  }
  assert.deepEqual(await get(`${url}/models/m`), [200, described])
  assert.deepEqual(await get(`${url}/models/m/versions/1`), [200, described])
})

test("the configuration of a model is as Triton's", async (t) => {
  const { url } = await startRest(t, undefined, tensors)
  const config = {
    name: 'm',
    platform: 'pelton_function',
    max_batch_size: 0,
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [-1, 3] }],
    output: [{ name: 'y', data_type: 'TYPE_INT64', dims: [] }],
  }
  assert.deepEqual(await get(`${url}/models/m/config`), [200, config])
  assert.deepEqual(await get(`${url}/models/m/versions/1/config`), [200, config])
})

test('several models are listed, each with its state', async (t) => {
  const models = [
    { model_name: 'a b', model_version: '1' },
    { model_name: 'a b', model_version: '2' },
    { model_name: 'c', model_version: '1' },
  ]
  const { url, context } = await startRest(t, undefined, { model_name: undefined, models })
  assert.deepEqual(await get(`${url}/models`), [200, { models: ['a b', 'c'] }])
  assert.equal((await get(`${url}/models/a%20b/versions/2/ready`))[0], 200)
  const index = (body?: string): ReturnType<typeof get> =>
    get(`${url}/repository/index`, { method: 'POST', ...(body === undefined ? {} : { body }) })
  const ready = models.map(({ model_name: name, model_version: version }) => ({ name, version, state: 'READY' }))
  assert.deepEqual(await index(), [200, ready])
  assert.deepEqual(await index('{"ready":true}'), [200, ready])
  context.serving.set(false)
  const waiting = { state: 'UNAVAILABLE', reason: 'the workers are not ready' }
  assert.deepEqual(await index('{}'), [200, ready.map((model) => ({ ...model, ...waiting }))])
  assert.deepEqual(await index('{"ready":true}'), [200, []])
  for (const body of ['nonsense', '[]', 'true', '{"ready":1}']) assert.equal((await index(body))[0], 400, body)
})

test('an unknown model, version or path is a 404 with an error object', async (t) => {
  const { url } = await startRest(t)
  for (const path of [
    '/models/x',
    '/models/x/ready',
    '/models/m/versions/2',
    '/models/m/versions/2/ready',
    '/models/x/config',
    '/models/m/versions/2/config',
    '/models/x/stats',
    '/models/m/versions/2/stats',
    '/repository/models/m',
    '/nothing',
  ]) {
    const [status, body] = await get(url + path)
    assert.equal(status, 404, path)
    assert.match((body as { error: string }).error, /\w/)
  }
  assert.equal((await get(`${url}/models/%ff`))[0], 400)
})

test('a wrong method is a 405 that names the right one', async (t) => {
  const { url } = await startRest(t)
  const cases = [
    ['POST', '', 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
    ['DELETE', '/models/m', 'GET, HEAD'],
    ['GET', '/models/m/infer', 'POST'],
    ['GET', '/repository/index', 'POST'],
    ['GET', '/repository/models/m/load', 'POST'],
    ['GET', '/repository/models/m/unload', 'POST'],
    ['POST', '/models/stats', 'GET, HEAD'],
    ['POST', '/models/m/stats', 'GET, HEAD'],
    ['POST', '/models/m/config', 'GET, HEAD'],
  ]
  for (const [method = '', path = '', allow = ''] of cases) {
    const answered = await fetch(url + path, { method })
    assert.deepEqual([answered.status, answered.headers.get('allow')], [405, allow], `${method} ${path}`)
    assert.equal(answered.headers.get('content-type'), 'application/json')
    assert.match(((await answered.json()) as { error: string }).error, /answers/)
  }
})

test('HEAD is GET without the body', async (t) => {
  const { url } = await startRest(t)
  const answered = await fetch(`${url}/health/ready`, { method: 'HEAD' })
  assert.deepEqual([answered.status, await answered.text()], [200, ''])
})

test('a body over the limit is a 413 with an error object, announced or not', async (t) => {
  const { url } = await startRest(t, undefined, { max_body_bytes: 1000 })
  const head = 'POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\n'
  const announced = await connectRaw(Number(new URL(url).port))
  await announced.send(`${head}Content-Length: 1001\r\n\r\n`).untilClosed()
  const chunked = await connectRaw(Number(new URL(url).port))
  await chunked.send(`${head}Transfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}\r\n`).untilClosed()
  for (const client of [announced, chunked]) {
    assert.deepEqual(client.statuses, [413])
    assert.match(client.received, /\{"error":"the request has more than 1000 bytes"\}$/)
  }
})
