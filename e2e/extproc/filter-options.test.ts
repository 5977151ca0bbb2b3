import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import { envoy } from '../../scripts/tools/envoy.ts'
import { type Listener, type ProcessingMode, envoyType } from './envoy-bootstrap.ts'
import { valuesOf } from './header-lines.ts'
import { plannedSuite } from './planned-site.ts'

const { binary = '', skip } = await envoy()

const buffered: ProcessingMode = { request_body_mode: 'BUFFERED', response_body_mode: 'BUFFERED' }
const streamed: ProcessingMode = { request_body_mode: 'STREAMED', response_body_mode: 'STREAMED' }
const routes = [{ prefix: '/', upstream: 'upstream-1.1' }]

/** A filter of its own on a listener of its own. */
function listener(name: string, processor: string, mode: ProcessingMode, more: object = {}): Listener {
  return { name, extProc: { processor, mode, more }, routes }
}

const { site, planned, seen } = plannedSuite(
  {
    wrap: 'type: wrapprocessor',
    observe: 'type: observeprocessor',
    pieces: 'type: wrapprocessor, processingOptions: { bufferStreamedBodies: false, decompressBodies: false }',
  },
  {
    skip,
    binary,
    listeners: [
      listener('observing', 'wrap', streamed, { observability_mode: true }),
      listener('observing too', 'observe', streamed, { observability_mode: true }),
      listener('no request headers', 'wrap', { ...buffered, request_header_mode: 'SKIP' }),
      listener('no headers', 'wrap', { ...buffered, request_header_mode: 'SKIP', response_header_mode: 'SKIP' }),
      listener('override', 'wrap', {}, { allow_mode_override: true }),
      listener('override buffered', 'wrap', buffered, { allow_mode_override: true }),
      listener('eager', 'wrap', streamed, { send_body_without_waiting_for_header_response: true }),
      { ...listener('small buffer', 'wrap', { request_body_mode: 'BUFFERED_PARTIAL' }), bufferBytes: 4096 },
      {
        ...listener('facts', 'wrap', buffered, {
          request_attributes: ['request.path', 'source.address', 'request.headers'],
          response_attributes: ['response.code'],
          metadata_options: {
            forwarding_namespaces: { untyped: ['given'] },
            receiving_namespaces: { untyped: ['pelton', 'more'] },
          },
        }),
        filters: [
          {
            name: 'envoy.filters.http.set_metadata',
            typed_config: {
              '@type': envoyType('extensions.filters.http.set_metadata.v3.Config'),
              metadata: [{ metadata_namespace: 'given', value: { tier: 'gold', level: 3 } }],
            },
          },
        ],
        accessLog: 'access %REQ(x-case)% %DYNAMIC_METADATA(pelton)% %DYNAMIC_METADATA(more:list)%',
      },
    ],
  },
)

const post = { path: '/a', headers: { 'content-type': 'text/plain' }, body: ['hel', 'lo'] }

for (const name of ['observing', 'observing too'])
  test(`in observability mode the handler runs, and no reply is sent: ${name}`, { skip }, async () => {
    const request = planned(post, { request: { respond: { status: 403 } }, response: { value: 'changed' } })
    site().upstream.answer(request.id, { status: 201, body: ['world'] })
    const answer = await site().client('2', name).ask(request)
    assert.deepEqual([answer.status, answer.body.toString()], [201, 'world'])
    const events = await seen(request.id, 2)
    assert.deepEqual(
      events.map(({ phase, text, status }) => [phase, text, status]),
      [
        [2, 'hello', undefined],
        [5, 'world', 201],
      ],
    )
    const { [`http.front.ext_proc.stream_msgs_received`]: received = 0 } =
      await site().envoy.stats('stream_msgs_received')
    assert.equal(received, 0)
  })

test('without the request headers the rest is handled', { skip }, async () => {
  const request = planned(post, { request: { value: 'never: the plan is in the headers' } })
  site().upstream.answer(request.id, {
    headers: { 'x-plan': JSON.stringify({ response: { value: 'changed' } }), 'x-case': request.id },
    body: ['world'],
  })
  const answer = await site().client('1.1', 'no request headers').ask(request)
  assert.deepEqual([answer.status, answer.body.toString()], [200, 'changed'])
  assert.equal(site().upstream.seen(request.id)[0]?.body.toString(), 'hello')
  const [event] = await seen(request.id, 1)
  assert.deepEqual([event?.phase, event?.status, event?.authority, event?.request?.path], [5, 200, '', '/'])
})

test('without any headers the bodies are handled', { skip }, async () => {
  const request = planned(post)
  site().upstream.answer(request.id, { body: ['world'] })
  const answer = await site().client('1.1', 'no headers').ask(request)
  assert.deepEqual([answer.status, answer.body.toString()], [200, 'world'])
  const events = await seen('undefined', 2)
  assert.deepEqual(
    events.slice(-2).map(({ text }) => text),
    ['hello', 'world'],
  )
})

test('a mode override makes the proxy send bodies that it would not have sent', { skip }, async () => {
  const change = { proceed: { modeOverride: { requestBody: 'BUFFERED', responseBody: 'BUFFERED' } } } as const
  const request = planned(post, { request: change })
  site().upstream.answer(request.id, { body: ['world'] })
  await site().client('1.1', 'override').ask(request)
  const events = await seen(request.id, 3)
  assert.deepEqual(
    events.map(({ phase, text }) => [phase, text]),
    [
      [1, ''],
      [2, 'hello'],
      [5, 'world'],
    ],
  )
})

test('a mode override of one body leaves the other one as it is', { skip }, async () => {
  const request = planned({ path: '/a' }, { request: { proceed: { modeOverride: { responseHeaders: 'SKIP' } } } })
  site().upstream.answer(request.id, { body: ['world'] })
  await site().client('1.1', 'override buffered').ask(request)
  const events = await seen(request.id, 2)
  assert.deepEqual(
    events.map(({ phase, text }) => [phase, text]),
    [
      [1, ''],
      [5, 'world'],
    ],
  )
})

test('bodies that are sent before the headers are answered are gathered', { skip }, async () => {
  const request = planned(post, { request: { value: 'changed' }, response: { value: 'too' } })
  site().upstream.answer(request.id, { body: ['wor', 'ld'] })
  const answer = await site().client('1.1', 'eager').ask(request)
  assert.deepEqual([answer.status, answer.body.toString()], [200, 'too'])
  assert.equal(site().upstream.seen(request.id)[0]?.body.toString(), 'changed')
  assert.deepEqual(
    (await seen(request.id, 2)).map(({ text }) => text),
    ['hello', 'world'],
  )
})

test('of a body that is larger than the buffer of BUFFERED_PARTIAL the first part is handled', { skip }, async () => {
  const body = Buffer.alloc(100_000, 'x')
  const request = planned({ ...post, body: [body] }, { request: { value: 'changed' } })
  await site().client('1.1', 'small buffer').ask(request)
  const [event, ...more] = await seen(request.id, 2)
  assert.ok(event)
  assert.deepEqual([event.phase, event.endOfStream, more.map(({ phase }) => phase)], [2, false, [4]])
  const got = site().upstream.seen(request.id)[0]?.body.toString() ?? ''
  assert.equal(got, `changed${'x'.repeat(body.length - event.text.length)}`)
})

test('attributes and metadata of the proxy reach the handler, and its metadata the proxy', { skip }, async () => {
  const metadata = { pelton: { score: 0.5, tags: ['a', null] }, more: { list: 'yes' } }
  const request = planned({ path: '/a?b=c', headers: { 'x-b': '1' } }, { request: { proceed: { metadata } } })
  await site().client('1.1', 'facts').ask(request)
  const [first, second] = await seen(request.id, 2)
  const attributes = Object.values(first?.attributes ?? {})[0] ?? {}
  assert.equal(attributes['request.path'], '/a?b=c')
  assert.match(String(attributes['source.address']), /^127\.0\.0\.1:\d+$/)
  assert.deepEqual(first?.metadata, { given: { tier: 'gold', level: 3 } })
  assert.equal(Object.values(second?.attributes ?? {})[0]?.['response.code'], 200)
  const line = await waitUntil(
    'the access log',
    () => new RegExp(`access ${request.id} .*`).exec(site().envoy.log())?.[0],
  )
  assert.equal(line, `access ${request.id} {"score":0.5,"tags":["a",null]} yes`)
})

test('repeated headers of one side do not meet those of the other', { skip }, async () => {
  const request = planned(
    { path: '/a', headers: { 'x-many': ['a', 'b'] } },
    { response: { proceed: { addHeaders: { 'x-many': 'z' } } } },
  )
  site().upstream.answer(request.id, { headers: { 'x-many': ['c', 'd'] } })
  const answer = await site().client('2', 'facts').ask(request)
  assert.deepEqual(valuesOf(answer.headers, 'x-many'), ['c', 'd', 'z'])
  const [first, second] = await seen(request.id, 2)
  assert.deepEqual(
    [first?.headers['x-many'], second?.headers['x-many']],
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  )
})
