import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type EventData, PeltonError } from '@pelton/core'
import { type FakeDispatch, handled } from '@pelton/testkit'
import { startRest } from '../fixtures/start-rest.ts'
import { viewEvent } from '../handler/handler-side.ts'

const x = { name: 'x', datatype: 'FP32', shape: [3], data: [1, 2, 3] }

/** Gives the inputs back as outputs. */
const echo: FakeDispatch = (event) => {
  const text = Buffer.from(event.body).toString()
  // As text: JSON.parse would lose digits.
  return handled({ body: text.replace('"outputs":', '"asked":').replace('"inputs":', '"outputs":') })
}

async function read(answered: Response | Promise<Response>): Promise<[number, Record<string, unknown>]> {
  const given = await answered
  return [given.status, (await given.json()) as Record<string, unknown>]
}

test('a request is an event with the JSON of the protocol, and the answer is completed', async (t) => {
  const { infer, context } = await startRest(t, echo)
  const request = { id: 'a1', parameters: { top: 0.9, n: 100, on: true, s: 'x' }, inputs: [x] }
  const answered = await infer(request, { headers: { 'x-own': 'y', 'content-type': 'text/plain', 'x-protocol': 'z' } })
  const event = viewEvent(context.events[0] as EventData)
  assert.deepEqual(JSON.parse(String(event.body)), { model_name: 'm', model_version: '1', ...request })
  assert.deepEqual(
    [event.method, event.path, event.contentType, event.keepsBody],
    ['POST', '/v2/models/m/infer', 'application/json', true],
  )
  assert.deepEqual(event.fields, request.parameters)
  const { headers } = event
  assert.deepEqual(
    ['x-model-name', 'x-model-version', 'x-request-id', 'x-own', 'content-type', 'x-protocol', 'content-length'].map(
      (name) => headers[name],
    ),
    ['m', '1', 'a1', 'y', 'application/json', undefined, undefined],
  )
  assert.equal(answered.headers.get('content-type'), 'application/json')
  assert.deepEqual(await read(answered), [
    200,
    { model_name: 'm', model_version: '1', id: 'a1', parameters: request.parameters, outputs: [x] },
  ])
})

test('names and id that the handler leaves out are filled in', async (t) => {
  const { infer } = await startRest(t, () => handled({ body: JSON.stringify({ outputs: [x] }) }))
  const [, answer] = await read(infer({ id: 'i', inputs: [x] }, { path: 'm/versions/1/infer' }))
  assert.deepEqual(answer, { model_name: 'm', model_version: '1', id: 'i', outputs: [x] })
})

test('the path of an event has the version only when the caller named it', async (t) => {
  const { infer, context } = await startRest(t, echo, { model_name: 'a/b' })
  await infer({ inputs: [x] }, { path: 'a%2Fb/infer' })
  await infer({ inputs: [x] }, { path: 'a%2Fb/versions/1/infer' })
  assert.deepEqual(
    context.events.map((event) => event.path),
    ['/v2/models/a%2Fb/infer', '/v2/models/a%2Fb/versions/1/infer'],
  )
})

test('no digit of a large number is lost, both ways', async (t) => {
  const { infer } = await startRest(t, echo)
  const answered = await infer(
    '{"inputs":[{"name":"x","datatype":"UINT64","shape":[2],"data":[18446744073709551615,9007199254740993]}]}',
  )
  assert.match(await answered.text(), /"data":\[18446744073709551615,9007199254740993\]/)
})

test('tensors come and go as raw bytes', async (t) => {
  const { infer } = await startRest(t, echo)
  const json = JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } }],
    outputs: [{ name: 'x', parameters: { binary_data: true } }],
  })
  const raw = Buffer.from(new Float32Array([1.5, 2.5]).buffer)
  const answered = await infer(Buffer.concat([Buffer.from(json), raw]), {
    headers: { 'inference-header-content-length': String(json.length) },
  })
  assert.deepEqual([answered.status, answered.headers.get('content-type')], [200, 'application/octet-stream'])
  const length = Number(answered.headers.get('inference-header-content-length'))
  const body = Buffer.from(await answered.arrayBuffer())
  assert.deepEqual(body.subarray(length), raw)
  assert.match(body.subarray(0, length).toString(), /"binary_data_size":8/)
})

test('a length of the JSON that is none, or beyond the body, is a 400', async (t) => {
  const { infer, context } = await startRest(t, echo)
  for (const value of ['-1', '1e3', 'x', '100000', '9'.repeat(20)]) {
    const [status, { error }] = await read(
      infer({ inputs: [x] }, { headers: { 'inference-header-content-length': value } }),
    )
    assert.equal(status, 400, value)
    assert.match(String(error), /Inference-Header-Content-Length/)
  }
  assert.equal(context.events.length, 0)
})

test('a packed request is unpacked within the limit', async (t) => {
  const { infer, context } = await startRest(t, echo, { max_body_bytes: 2000 })
  const send = (body: Uint8Array, coding: string): Promise<[number, Record<string, unknown>]> =>
    read(infer(body, { headers: { 'content-encoding': coding } }))
  assert.equal((await send(gzipSync(JSON.stringify({ inputs: [x] })), 'gzip'))[0], 200)
  assert.equal(context.events[0]?.headers['content-encoding'], undefined)
  const [status, { error }] = await send(gzipSync(' '.repeat(2001)), 'gzip')
  assert.deepEqual([status, error], [413, 'the request has more than 2000 bytes'])
  assert.equal((await send(Buffer.from('plain'), 'gzip'))[0], 400)
  assert.equal((await send(Buffer.from('plain'), 'br'))[0], 415)
})

test('a large answer is packed for those who take that', async (t) => {
  const { infer } = await startRest(t, echo)
  const data = Array.from({ length: 10_000 }, (_, index) => index)
  const inputs = [{ name: 'x', datatype: 'INT32', shape: [10_000], data }]
  const packed = await infer({ inputs }, { headers: { 'accept-encoding': 'gzip' } })
  assert.deepEqual([packed.headers.get('content-encoding'), packed.headers.get('vary')], ['gzip', 'Accept-Encoding'])
  assert.deepEqual(((await packed.json()) as { outputs: unknown }).outputs, inputs)
  const plain = await infer({ inputs }, { headers: { 'accept-encoding': 'identity' } })
  assert.equal(plain.headers.get('content-encoding'), null)
  const small = await infer({ inputs: [x] }, { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(small.headers.get('content-encoding'), null)
})

test('what is no request is a 400 that says why, and no event', async (t) => {
  const { infer, context } = await startRest(t, echo)
  const bad: [unknown, RegExp][] = [
    ['', /must be an object/],
    ['nonsense', /must be an object/],
    [{}, /no inputs/],
    [{ inputs: [{ ...x, shape: [2] }] }, /"x".*2 elements.*3/],
    [{ inputs: [{ ...x, datatype: 'FP7' }] }, /unknown datatype "FP7"/],
    [{ inputs: [{ ...x, shape: [1.5] }] }, /shape/],
    ['{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[NaN]}]}', /NaN/],
  ]
  for (const [body, expected] of bad) {
    const [status, { error }] = await read(infer(body))
    assert.equal(status, 400, JSON.stringify(body))
    assert.match(String(error), expected)
  }
  assert.equal(context.events.length, 0)
})

test('a wrong model or version is a 404 whatever the body is', async (t) => {
  const { infer, context } = await startRest(t, echo)
  assert.equal((await read(infer('nonsense', { path: 'other/infer' })))[0], 404)
  assert.equal((await read(infer({ inputs: [x] }, { path: 'm/versions/2/infer' })))[0], 404)
  assert.equal(context.events.length, 0)
})

test('an error of the handler keeps its status; an event that failed has its id, and no word of the reason', async (t) => {
  const error = new PeltonError('worker_lost', 'secret', { blame: 'user', retryable: false, help: '', status: 502 })
  const dispatch: FakeDispatch = (event) =>
    event.headers['x-request-id'] === 'fail'
      ? { status: 'failed', error }
      : handled({ status: 418, body: '{"error":"a teapot"}' })
  const { infer, context } = await startRest(t, dispatch)
  assert.deepEqual(await read(infer({ inputs: [x] })), [418, { error: 'a teapot' }])
  const failed = await infer({ id: 'fail', inputs: [x] })
  assert.equal(failed.headers.get('x-pelton-event-id'), context.events[1]?.id)
  assert.deepEqual(await read(failed), [500, { error: 'the inference could not be made' }])
})
