import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTempFolder, findFreePort, waitUntil, within } from '@pelton/testkit'
import { startReceiver, statuses } from '../../packages/connectors/src/sinks/webhook/fixtures/start-receiver.ts'
import { startListener } from '../../packages/connectors/src/sinks/websocket/fixtures/start-listener.ts'
import { runPelton } from '../pelton-process.ts'
import { serve } from './serve-function.ts'

const echo = `export const handler = (_context, event) => ({ body: event.body, contentType: 'text/x-echo' })\n`

/** A DigitalHub file with a sink, `sink` being YAML of one line. */
const files = (sink: string): Record<string, string> => ({
  'function.yaml': `spec:
  runtime: nodejs
  handler: handler.mjs:handler
  triggers:
    source:
      kind: http
      attributes:
        port: 0
        sink: ${sink}
`,
  'handler.mjs': echo,
})

test('14 case 76: a webhook with an Authorization header is exactly one request with the body', async (t) => {
  const receiver = await startReceiver(t)
  const headers = '{Authorization: Bearer test-token}'
  const served = await serve(
    t,
    files(`{kind: webhook, attributes: {url: "${receiver.url}/hook", headers: ${headers}}}`),
  )
  assert.equal((await served.ask('test webhook data')).text, 'test webhook data')
  const [request] = await receiver.until(1)
  assert.deepEqual([request?.method, request?.path, String(request?.body)], ['POST', '/hook', 'test webhook data'])
  assert.equal(request?.headers.authorization, 'Bearer test-token')
  assert.equal(request?.headers['content-type'], 'text/x-echo')
  await served.pelton.stop()
  assert.equal(receiver.requests.length, 1)
})

test('14 case 77: a binary websocket sink sends one binary message with the same bytes', async (t) => {
  const listener = await startListener(t)
  const served = await serve(t, files(`{kind: websocket, attributes: {url: "${listener.url}", messageType: binary}}`))
  const body = Buffer.from([0, 255, 128, 10])
  await served.ask(body)
  const [message] = await listener.until(1)
  assert.ok(message?.isBinary)
  assert.deepEqual(message.data, body)
  assert.deepEqual(await served.pelton.stop(), { code: 0, signal: null })
  assert.deepEqual([listener.messages.length, listener.closes], [1, [1000]])
})

const invalid: [sink: string, fault: RegExp][] = [
  ['{kind: webhook, attributes: {method: POST}}', /function\.yaml:9.*sink\.attributes\.url: is required/],
  ['{kind: webhook, attributes: {url: "ftp://x"}}', /function\.yaml:9.*sink\.attributes\.url: must begin with http/],
  ['{kind: webhook, attributes: {url: "http://x", maxRetries: -1}}', /sink\.attributes\.maxRetries: expected 0 to/],
  ['{kind: webhook, attributes: {url: "http://x", headers: {a: "b\\n"}}}', /sink\.attributes\.headers\.a: holds/],
  ['{kind: websocket, attributes: {}}', /function\.yaml:9.*sink\.attributes\.url: is required/],
  [
    '{kind: websocket, attributes: {url: "ws://x", messageType: invalid}}',
    /sink\.attributes\.messageType: expected binary or text, got "invalid"/,
  ],
  ['{kind: rtsp, attributes: {type: invalid}}', /sink\.attributes\.type: expected video or audio, got "invalid"/],
  ['{kind: rtsp, attributes: {type: audio, codec: jpeg}}', /sink\.attributes\.codec: must be l16 or pcmu/],
  ['{kind: mjpeg, attributes: {path: stream}}', /sink\.attributes\.path: /],
]
for (const [sink, fault] of invalid) {
  test(`14 case 78: ${sink} does not start, and says why`, async (t) => {
    const cwd = await createTempFolder(t, files(sink))
    const { code, stdout, stderr } = await runPelton(['validate', '.'], { cwd })
    assert.equal(code, 1, stdout + stderr)
    assert.match(stdout + stderr, fault)
  })
}

/** Those of the example files, as they stand. */
const given = [
  `{kind: webhook, attributes: {url: "http://localhost:8888/webhook", method: POST,
              headers: {Content-Type: application/json, X-API-Key: test-api-key-12345}, timeout: 10, maxRetries: 3, retryDelay: 1}}`,
  '{kind: websocket, attributes: {url: "ws://localhost:9090/frames", messageType: binary, timeout: 10}}',
  '{kind: mjpeg, attributes: {port: 8081, path: "/processed"}}',
  '{kind: rtsp, attributes: {port: 7554, path: "/processed", type: video}}',
]
for (const sink of given) {
  test(`13.5: ${sink.slice(0, 16)}, …} is right as it stands`, async (t) => {
    const cwd = await createTempFolder(t, files(sink))
    const { code, stdout, stderr } = await runPelton(['validate', '.'], { cwd })
    assert.deepEqual([code, /warn/i.test(stdout + stderr)], [0, false], stdout + stderr)
  })
}

test('13.5: the webhook of the example files has its key and content type, and is retried', async (t) => {
  const receiver = await startReceiver(t, statuses(503, 200))
  const sink = (given[0] ?? '')
    .replace('http://localhost:8888', receiver.url)
    .replace('retryDelay: 1', 'retryDelay: 0.01')
  const served = await serve(t, files(sink))
  await served.ask('{"frame_number": 5}')
  const requests = await receiver.until(2)
  for (const { headers, body } of requests) {
    assert.equal(headers['x-api-key'], 'test-api-key-12345')
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(String(body), '{"frame_number": 5}')
  }
  assert.equal(requests[0]?.headers['x-event-id'], requests[1]?.headers['x-event-id'])
  await waitUntil(
    'the counts',
    async () => (await served.metric('pelton_sink_written_total', { sink: 'webhook' })) === 1,
  )
  assert.equal(await served.metric('pelton_sink_retried_total', { sink: 'webhook' }), 1)
})

test('a webhook that hangs delays no caller, and a stop waits for it no longer than the grace time', async (t) => {
  const receiver = await startReceiver(t, () => undefined)
  const sink = `{kind: webhook, attributes: {url: "${receiver.url}", queue_size: 4}}`
  const given = files(sink)
  given['function.yaml'] += '  terminationGracePeriod: 1s\n'
  const served = await serve(t, given)
  const answers = await within('the answers', Promise.all(Array.from({ length: 50 }, () => served.ask('x'))), 5000)
  assert.ok(answers.every(({ status }) => status === 200))
  await waitUntil('the drops', async () => (await served.metric('pelton_sink_dropped_total')) === 45)
  assert.deepEqual(await within('the stop', served.pelton.stop(), 10_000), { code: 1, signal: null })
})

test('what waits for a webhook is delivered after SIGTERM, with exit code 0', async (t) => {
  const held: (() => void)[] = []
  const receiver = await startReceiver(t, (response, number) => {
    if (number === 1) held.push(() => response.end())
    else response.end()
  })
  const served = await serve(t, files(`{kind: webhook, attributes: {url: "${receiver.url}"}}`))
  for (let number = 0; number < 10; number += 1) await served.ask(`${number}`)
  await receiver.until(1)
  const stopped = served.pelton.stop()
  await served.logged({ message: 'stopping' })
  for (const answer of held) answer()
  assert.deepEqual(await stopped, { code: 0, signal: null })
  assert.deepEqual(
    receiver.requests.map(({ body }) => String(body)),
    Array.from({ length: 10 }, (_, number) => `${number}`),
  )
})

test('while a websocket server is away answers are kept, and sent in order once it is back', async (t) => {
  const port = await findFreePort()
  const served = await serve(
    t,
    files(`{kind: websocket, attributes: {url: "ws://127.0.0.1:${port}", messageType: text}}`),
  )
  for (const body of ['a', 'b', 'c']) await served.ask(body)
  const first = await startListener(t, { port })
  const texts = async (listener: typeof first, count: number): Promise<string[]> =>
    (await listener.until(count)).map(({ data }) => String(data))
  assert.deepEqual(await texts(first, 3), ['a', 'b', 'c'])
  await first.close()
  await served.logged({ message: 'sink_lost' })
  for (const body of ['d', 'e']) await served.ask(body)
  const second = await startListener(t, { port })
  assert.deepEqual(await texts(second, 2), ['d', 'e'])
})
