import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { EventData, LogRecord } from '@pelton/core'
import { PeltonError } from '@pelton/core'
import {
  type FakeDispatch,
  type GivenSettings,
  type StartedTrigger,
  connectRaw,
  handled,
  holdPort,
  startTrigger,
  waitUntil,
} from '@pelton/testkit'
import manifest from './index.ts'

const start = (t: TestContext, given: GivenSettings = {}, dispatch?: FakeDispatch): Promise<StartedTrigger> =>
  startTrigger(t, manifest, { url: '127.0.0.1:0', ...given }, dispatch)

const failing =
  (code: string, status: number, message = 'secret details'): FakeDispatch =>
  () => ({
    status: 'failed',
    error: new PeltonError(code, message, { blame: 'user', retryable: false, help: '', status }),
  })

const echo: FakeDispatch = (event) => handled({ body: event.body })

test('an event holds what was sent', async (t) => {
  const { context, url } = await start(t)
  const before = Date.now()
  await fetch(`${url}/testPath?x=1&y=2&x=3`, {
    method: 'POST',
    body: 'testBody',
    headers: { Testheaderkey1: 'testHeaderValue1', Testheaderkey2: 'testHeaderValue2', 'Content-Type': 'text/x' },
  })
  const event = context.events[0] as EventData
  assert.equal(Buffer.from(event.body).toString(), 'testBody')
  assert.equal(event.path, '/testPath')
  assert.equal(event.url, '/testPath?x=1&y=2&x=3')
  assert.equal(event.method, 'POST')
  assert.equal(event.contentType, 'text/x')
  assert.deepEqual(event.trigger, { kind: 'http', name: 'test' })
  assert.deepEqual(event.fields, { x: '3', y: '2' })
  assert.equal(event.headers['testheaderkey1'], 'testHeaderValue1')
  assert.equal(event.headers['testheaderkey2'], 'testHeaderValue2')
  assert.match(event.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(event.timestamp.getTime() >= before - 5 && event.timestamp.getTime() <= Date.now())
  assert.deepEqual([event.attempt, event.shardId, event.offset, event.topic, event.extra], [1, -1, 0, '', undefined])
})

test('a response goes out with its status, headers, type and body', async (t) => {
  const { url } = await start(t, {}, () =>
    handled({
      status: 201,
      headers: [
        ['h1', 'v1'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
      contentType: 'application/json',
      body: '{}',
    }),
  )
  const answered = await fetch(url)
  assert.equal(answered.status, 201)
  assert.equal(answered.headers.get('h1'), 'v1')
  assert.deepEqual(answered.headers.getSetCookie(), ['a=1', 'b=2'])
  assert.equal(answered.headers.get('content-type'), 'application/json')
  assert.equal(await answered.text(), '{}')
})

test('a body without a type is text/plain, no body has none', async (t) => {
  const { url } = await start(t, {}, (event) => handled(event.path === '/body' ? { body: 'x' } : {}))
  assert.equal((await fetch(`${url}/body`)).headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal((await fetch(url)).headers.get('content-type'), null)
})

test('a streamed response comes chunk by chunk', async (t) => {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one')
    yield Buffer.from('two')
  }
  const { url } = await start(t, {}, () => handled({ body: body(), contentType: 'text/event-stream' }))
  const client = await connectRaw(Number(new URL(url).port))
  await client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').until('3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n')
  client.close()
})

const outcomes: [what: string, dispatch: FakeDispatch, own: string, nuclio: string][] = [
  ['no worker in time', failing('no_worker', 503), '503 no worker is free\n', '503 '],
  ['workers that are stopped', failing('workers_stopped', 503), '503 no worker is free\n', '503 '],
  [
    'the event timeout',
    failing('event_timeout', 408),
    '408 {"error": "handler timed out"}',
    '408 {"error": "handler timed out"}',
  ],
  [
    'a lost worker',
    failing('worker_lost', 500),
    '500 the event could not be handled\n',
    '500 the event could not be handled\n',
  ],
  ['a handler that failed', failing('handler_failed', 500, 'some error'), '500 some error\n', '500 some error\n'],
  [
    'a status that is none',
    failing('x', 200),
    '500 the event could not be handled\n',
    '500 the event could not be handled\n',
  ],
]
for (const [what, dispatch, own, nuclio] of outcomes) {
  test(`${what} is answered ${own.slice(0, 3)} with the event's id and no details`, async (t) => {
    for (const [compat, expected] of [
      ['none', own],
      ['nuclio', nuclio],
    ] as const) {
      const { context, url } = await start(t, { compat }, dispatch)
      const answered = await fetch(url)
      assert.equal(`${answered.status} ${await answered.text()}`, expected)
      assert.equal(answered.headers.get('x-pelton-event-id'), context.events[0]?.id)
      const [told] = context.logs.filter(({ message }) => message === 'event_failed')
      // What a handler did wrong its worker has logged.
      assert.equal(told?.facts?.['event_id'], what === 'a handler that failed' ? undefined : context.events[0]?.id)
      if (what === 'the event timeout') assert.equal(answered.headers.get('content-type'), 'application/json')
    }
  })
}

test('health is answered by the trigger itself, under every path that begins so, before CORS and the handler', async (t) => {
  for (const given of [{}, { compat: 'nuclio', attributes: { cors: { enabled: true } } }] as const) {
    const { context, url } = await start(t, given, failing('x', 500))
    for (const path of ['/__internal/health', '/__internal/health/more?x']) {
      const answered = await fetch(`${url}${path}`)
      assert.equal(`${answered.status} ${await answered.text()}`, '200 ')
      assert.equal(answered.headers.get('vary'), null)
    }
    const client = await connectRaw(Number(new URL(url).port))
    await client.send('GET http://x/__internal/health HTTP/1.1\r\nHost: x\r\n\r\n').until('200 OK')
    client.close()
    assert.deepEqual(context.events, [])
  }
})

test('a body over maxRequestBodySize is a 413, in nuclio files a 400', async (t) => {
  const attributes = { maxRequestBodySize: 64 }
  for (const [compat, status] of [
    ['none', 413],
    ['nuclio', 400],
  ] as const) {
    const { url } = await start(t, { compat, attributes }, echo)
    const post = async (length: number): Promise<number> =>
      (await fetch(url, { method: 'POST', body: 'x'.repeat(length) })).status
    assert.deepEqual([await post(63), await post(64), await post(65)], [200, 200, status])
  }
})

for (const mebibytes of [2, 4, 8, 40]) {
  test(`a body of exactly ${mebibytes} MiB passes when that is the limit`, async (t) => {
    const bytes = mebibytes * 1024 * 1024
    const { context, url } = await start(t, { attributes: { maxRequestBodySize: bytes } })
    const answered = await fetch(url, { method: 'POST', body: new Uint8Array(bytes) })
    assert.equal(answered.status, 200)
    assert.equal(context.events[0]?.body.length, bytes)
  })
}

test('a head over readBufferSize is a 431, a client that stalls is a 408', async (t) => {
  const attributes = { readBufferSize: 1024, headerTimeout: '60ms' }
  const { url } = await start(t, { attributes })
  const answered = await fetch(url, { headers: { 'x-large': 'x'.repeat(2_000) } })
  assert.equal(answered.status, 431)
  const client = await connectRaw(Number(new URL(url).port))
  await client.send('GET / HTTP/1.1\r\n').untilClosed()
  assert.deepEqual(client.statuses, [408])
})

test('CORS: a preflight is answered without the handler, a request gets the headers', async (t) => {
  const attributes = { cors: { enabled: true, allowOrigins: ['foo.bar'], exposeHeaders: ['x-a', 'x-b'] } }
  const { context, url } = await start(t, { attributes }, () =>
    handled({ headers: [['Access-Control-Allow-Origin', '*']], body: 'ran' }),
  )
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin: 'foo.bar', 'access-control-request-method': 'POST' },
  })
  assert.equal(preflight.status, 200)
  assert.equal(preflight.headers.get('access-control-max-age'), '5')
  assert.equal(context.events.length, 0)
  const refused = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin: 'baz.bar', 'access-control-request-method': 'POST' },
  })
  assert.equal(refused.status, 400)
  assert.deepEqual(context.counts, ['success', 'failure'])
  const answered = await fetch(url, { method: 'POST', headers: { origin: 'foo.bar' } })
  assert.equal(answered.headers.get('access-control-allow-origin'), 'foo.bar')
  assert.equal(answered.headers.get('access-control-expose-headers'), 'x-a, x-b')
  const foreign = await fetch(url, { headers: { origin: 'elsewhere' } })
  assert.equal(await foreign.text(), 'ran')
  assert.equal(foreign.headers.get('access-control-allow-origin'), null)
  assert.equal(context.events.length, 2)
})

test('CORS in nuclio files: a request without an origin is an empty 200 and no event', async (t) => {
  const { context, url } = await start(t, { compat: 'nuclio', attributes: { cors: { enabled: true } } }, echo)
  const answered = await fetch(url, { method: 'POST', body: 'x' })
  assert.equal(`${answered.status} ${await answered.text()}`, '200 ')
  assert.deepEqual(context.events, [])
  assert.deepEqual(context.counts, ['failure'])
})

const record = (level: LogRecord['level'], message: string, facts?: Record<string, unknown>): LogRecord => ({
  time: 1,
  level,
  message,
  ...(facts ? { facts } : {}),
})

test('x-nuclio-log-level captures the log of the event into a header', async (t) => {
  const { context, url } = await start(t, {}, (_event, { log }) => {
    log?.write(record('error', 'Error message', { source: 'rabbit', weight: 7 }))
    return handled({ status: 201, body: 'returned logs with' })
  })
  const answered = await fetch(url, { headers: { 'X-Nuclio-Log-Level': 'warn' } })
  assert.equal(`${answered.status} ${await answered.text()}`, '201 returned logs with')
  assert.deepEqual(JSON.parse(answered.headers.get('x-nuclio-logs') ?? ''), [
    { time: 1, level: 'error', message: 'Error message', name: 'test', source: 'rabbit', weight: 7 },
  ])
  assert.equal(context.options[0]?.log?.level, 'warn')
  const quiet = await fetch(url)
  assert.equal(quiet.headers.get('x-nuclio-logs'), null)
  assert.equal(context.options[1]?.log, undefined)
})

test('logs that do not fit into the header are left out with a warning', async (t) => {
  const { context, url } = await start(t, {}, (_event, { log }) => {
    for (let count = 0; count < 1_000; count += 1) log?.write(record('info', 'x'.repeat(100)))
    return handled()
  })
  const answered = await fetch(url, { headers: { 'X-Nuclio-Log-Level': 'debug' } })
  assert.equal(answered.headers.get('x-nuclio-logs'), null)
  assert.deepEqual(
    context.logs.map(({ level, message }) => `${level} ${message}`),
    ['warn logs_header_omitted'],
  )
})

test('a CloudEvent reaches the handler as one, over the wire', async (t) => {
  const { context, url } = await start(t)
  const envelope = {
    cloudEventsVersion: '0.1',
    eventType: 'com.example.someevent',
    eventTypeVersion: '1.0',
    source: '/mycontext',
    eventID: 'A234-1234-1234',
    eventTime: new Date().toISOString(),
    extensions: { comExampleExtension: 'value' },
    contentType: 'text/xml',
    data: 'valid xml',
  }
  await fetch(`${url}/testPath?a=b`, {
    method: 'POST',
    body: JSON.stringify(envelope),
    headers: { 'content-type': 'application/cloudevents+json' },
  })
  const event = context.events[0] as EventData
  assert.deepEqual(
    [Buffer.from(event.body).toString(), event.path, event.method, event.id, event.contentType],
    ['valid xml', '/testPath', 'POST', 'A234-1234-1234', 'text/xml'],
  )
  assert.equal(event.trigger.kind, '/mycontext')
  assert.equal(event.timestamp.toISOString(), envelope.eventTime)
  assert.deepEqual(event.headers, { comExampleExtension: 'value' })
  assert.deepEqual(event.fields, { a: 'b' })
  assert.equal(event.extra?.['type'], 'com.example.someevent')
})

test('a binary CloudEvent keeps body and headers of the request', async (t) => {
  const { context, url } = await start(t)
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': '7',
    'ce-source': '/s',
    'ce-type': 't',
    'content-type': 'text/xml',
  }
  await fetch(url, { method: 'POST', body: 'valid xml', headers })
  const event = context.events[0] as EventData
  assert.deepEqual([event.id, event.contentType, Buffer.from(event.body).toString()], ['7', 'text/xml', 'valid xml'])
  assert.deepEqual(event.trigger, { kind: 'http', name: 'test' })
  assert.equal(event.headers['ce-type'], 't')
  assert.equal(event.extra?.['version'], '1.0')
})

test('a malformed CloudEvent is a 400 with the reason, in nuclio files a 500', async (t) => {
  for (const [compat, status] of [
    ['none', 400],
    ['nuclio', 500],
  ] as const) {
    const { context, url } = await start(t, { compat })
    const headers = { 'content-type': 'application/cloudevents+json' }
    const answered = await fetch(url, { method: 'POST', body: '{', headers })
    assert.equal(answered.status, status)
    assert.match(await answered.text(), /malformed CloudEvent: the body is no JSON object/)
    assert.deepEqual(context.events, [])
  }
})

test('the signal of an event aborts when its caller leaves', async (t) => {
  const { context, url } = await start(t, {}, () => new Promise(() => undefined))
  const client = await connectRaw(Number(new URL(url).port))
  client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await waitUntil('the event', () => context.options.length === 1)
  assert.equal(context.options[0]?.signal?.aborted, false)
  client.reset()
  await waitUntil('the abort', () => context.options[0]?.signal?.aborted)
})

test('a configured port that is taken ends the run', async (t) => {
  const { port, release } = await holdPort('::')
  t.after(release)
  await assert.rejects(start(t, { url: `:${port}` }), { code: 'port_taken', retryable: false })
})

test('a node port is named in the log and not listened on', async (t) => {
  const { context, url } = await start(t, { kubernetes: true, compat: 'nuclio', attributes: { port: 31_000 } })
  assert.notEqual(new URL(url).port, '31000')
  assert.ok(context.logs.some(({ message }) => message === 'node_port_ignored'))
})
