import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type WebSocketClient, connectClient, findFreePort, waitUntil } from '@pelton/testkit'
import { type LogLine, startPelton } from './pelton-process.ts'

const folder = fileURLToPath(new URL('../examples', import.meta.url))

/** Runs an example as its README says, on a free port. */
async function serve(t: TestContext, example: string): Promise<string> {
  const pelton = startPelton(['run', join(folder, example), '--port', '0'])
  t.after(() => pelton.stop())
  return pelton.url()
}

test('hello greets', async (t) => {
  const url = await serve(t, 'hello')
  const response = await fetch(url, { method: 'POST', body: 'Ada' })
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/json'])
  assert.equal(response.headers.get('x-greeted'), 'Ada')
  assert.deepEqual(await response.json(), { hello: 'Ada' })
})

test('nuclio-commonjs answers through its callback', async (t) => {
  const url = await serve(t, 'nuclio-commonjs')
  const response = await fetch(url, { method: 'POST', body: 'abcdef' })
  assert.equal(await response.text(), 'fedcba')
  assert.equal(response.headers.get('x-prefix'), 'reversed')
  assert.equal((await fetch(url, { method: 'POST' })).status, 400)
})

test('streaming-response sends each chunk when it is yielded', async (t) => {
  const url = await serve(t, 'streaming-response')
  const response = await fetch(`${url}/?count=3&every=100`)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const parts: string[] = []
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) parts.push(part)
  assert.deepEqual(parts, ['data: tick 1\n\n', 'data: tick 2\n\n', 'data: tick 3\n\n'])
})

test('cors-api answers the preflight of its one origin and keeps notes', async (t) => {
  const url = await serve(t, 'cors-api')
  const origin = 'https://app.example.com'
  const preflight = (from: string): Promise<Response> =>
    fetch(`${url}/notes`, { method: 'OPTIONS', headers: { origin: from, 'access-control-request-method': 'POST' } })
  const allowed = await preflight(origin)
  assert.equal(allowed.headers.get('access-control-allow-origin'), origin)
  assert.equal(allowed.headers.get('access-control-max-age'), '600')
  assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null)
  const created = await fetch(`${url}/notes`, { method: 'POST', body: 'buy bread', headers: { origin } })
  assert.deepEqual([created.status, created.headers.get('access-control-allow-origin')], [201, origin])
  const read = await fetch(`${url}${created.headers.get('location')}`)
  assert.deepEqual(await read.json(), { note: 'buy bread' })
  assert.equal((await fetch(`${url}/notes/unknown`)).status, 404)
  assert.equal((await fetch(`${url}/notes`, { method: 'PUT' })).status, 405)
})

test('cloudevents reads both forms alike', async (t) => {
  const url = await serve(t, 'cloudevents')
  const attributes = { id: '1', type: 'com.example.order', source: '/shop', specversion: '1.0' }
  const structured = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({
      ...attributes,
      subject: 'order 12',
      datacontenttype: 'application/json',
      data: { total: 12 },
    }),
  })
  const binary = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-subject': 'order 12',
      ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])),
    },
    body: '{"total":12}',
  })
  for (const response of [structured, binary]) {
    const { data, version, type, subject } = (await response.json()) as Record<string, unknown>
    assert.deepEqual(
      { data, version, type, subject },
      {
        data: { total: 12 },
        version: '1.0',
        type: 'com.example.order',
        subject: 'order 12',
      },
    )
  }
  assert.equal((await fetch(url, { method: 'POST', body: 'plain' })).status, 400)
})

test('python-hello greets', async (t) => {
  const url = await serve(t, 'python-hello')
  const response = await fetch(url, { method: 'POST', body: 'Ada' })
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/json'])
  assert.deepEqual(await response.json(), { hello: 'Ada' })
})

test('python-nuclio runs as it does on nuclio, without the SDK', async (t) => {
  const url = await serve(t, 'python-nuclio')
  const response = await fetch(url, { method: 'POST', body: 'abcdef' })
  assert.equal(await response.text(), 'fedcba')
  assert.equal(response.headers.get('x-prefix'), 'reversed')
  assert.equal((await fetch(url, { method: 'POST' })).status, 400)
})

test('python-async waits for many at once and streams what it yields', async (t) => {
  const url = await serve(t, 'python-async')
  const begun = performance.now()
  const waits = Array.from({ length: 20 }, () => fetch(url, { method: 'POST', body: '0.5' }))
  assert.deepEqual([...new Set(await Promise.all(waits.map(async (one) => (await one).text())))], ['waited 0.5 s'])
  assert.ok(performance.now() - begun < 5000)
  const response = await fetch(`${url}/count`, { method: 'POST', body: '2' })
  const parts: string[] = []
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) parts.push(part)
  assert.deepEqual(parts, ['1\n', '2\n'])
})

test('batching answers each request of a batch, a wrong one by itself', async (t) => {
  const url = await serve(t, 'batching')
  const bodies = ['{"sensor":"a","value":1}', '{"sensor":"b"}', 'no JSON', '{"sensor":"c","value":3}']
  const answers = await Promise.all(bodies.map((body) => fetch(url, { method: 'POST', body })))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 400, 400, 201],
  )
  const rows = await Promise.all([0, 3].map(async (at) => (await answers[at]!.json()) as { row: number }))
  assert.deepEqual(rows.map(({ row }) => row).sort(), [1, 2])
})

test('cron-report reports again and again, in Python', async (t) => {
  const often = 'spec.triggers.often.attributes.interval=300ms'
  const pelton = startPelton(['run', join(folder, 'cron-report'), '--set', often])
  t.after(() => pelton.stop())
  const reports = (): LogLine[] => pelton.lines().filter(({ message }) => message === 'report')
  await waitUntil('two reports', () => reports().length >= 2)
  assert.deepEqual(new Set(reports().map(({ which }) => which)), new Set(['so far']))
  assert.equal(new Set(reports().map(({ planned }) => planned)).size, reports().length)
})

test('websocket-chat tells a room what its members say, and serves its page on the same port', async (t) => {
  const port = await findFreePort()
  const ports = ['--port', String(port), '--set', `spec.triggers.chat.attributes.port=${port}`]
  const pelton = startPelton(['run', join(folder, 'websocket-chat'), ...ports])
  t.after(() => pelton.stop())
  await pelton.url()
  const page = await fetch(`http://127.0.0.1:${port}`)
  assert.match(await page.text(), /<title>Chat/)
  const enter = (query: string): Promise<WebSocketClient> => connectClient(t, `ws://127.0.0.1:${port}/ws?${query}`)
  const ada = await enter('room=red&name=Ada')
  await ada.until(1)
  const bob = await enter('room=red&name=Bob')
  await ada.until(2)
  const eve = await enter('room=blue&name=Eve')
  bob.send('hello')
  await ada.until(3)
  bob.socket.close()
  const said = (await ada.until(4)).map((text) => JSON.parse(text) as { name: string; text: string })
  assert.deepEqual(
    said.map(({ name, text }) => `${name} ${text}`),
    ['Ada is here', 'Bob is here', 'Bob hello', 'Bob has left'],
  )
  assert.equal(eve.messages.length, 1)
  assert.equal((await (await enter('room=red')).closed).code, 1008)
})

test('websocket-audio measures windows of a stream, in Python', async (t) => {
  const address = 'spec.triggers.audio.attributes.websocket_addr=127.0.0.1:0'
  const pelton = startPelton(['run', join(folder, 'websocket-audio'), '--set', address])
  t.after(() => pelton.stop())
  const client = await connectClient(t, await pelton.url())
  const second = Buffer.alloc(32_000)
  for (let at = 0; at < second.length; at += 2) second.writeInt16LE(at % 4 === 0 ? 16_384 : -16_384, at)
  client.send(second)
  assert.deepEqual(JSON.parse((await client.until(1))[0] ?? ''), { seconds: 1, level: -6 })
  client.send(second.subarray(0, 20_000))
  client.send(second.subarray(20_000))
  assert.deepEqual(JSON.parse((await client.until(2))[1] ?? ''), { seconds: 2, level: -6 })
})
