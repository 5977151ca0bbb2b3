import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectClient, createTempFolder, waitUntil } from '@pelton/testkit'
import { startReceiver } from '../../packages/connectors/src/sinks/webhook/fixtures/start-receiver.ts'
import { startListener } from '../../packages/connectors/src/sinks/websocket/fixtures/start-listener.ts'
import { runPelton } from '../pelton-process.ts'
import { serve } from './serve-function.ts'

const functionFile = (attributes: string): string => `apiVersion: pelton/v1
spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    api:
      kind: http
      url: 127.0.0.1:0
      attributes: ${attributes}
`

const handler = `export async function handler(context, event) {
  const text = event.text()
  if (text === 'fail') throw new Error('a secret')
  if (text === 'missing') return { status: 404, body: 'not here' }
  if (text === 'stream') return (async function* () { for (const part of ['one ', 'two']) { await null; yield part } })()
  if (text === 'break') return (async function* () { yield 'half'; throw new Error('broke') })()
  return text
}
`

test('several sinks get what the caller gets: streams whole, errors only where they are asked for', async (t) => {
  const receiver = await startReceiver(t)
  const listener = await startListener(t)
  const webhook = `{ kind: webhook, attributes: { url: "${receiver.url}", include_errors: true } }`
  const websocket = `{ kind: websocket, attributes: { url: "${listener.url}", messageType: text } }`
  const attributes = `{ sinks: [${webhook}, ${websocket}] }`
  const served = await serve(t, { 'function.yaml': functionFile(attributes), 'handler.mjs': handler })
  assert.equal((await served.ask('plain')).text, 'plain')
  assert.equal((await served.ask('stream')).text, 'one two')
  await assert.rejects(served.ask('break'))
  assert.equal((await served.ask('missing')).status, 404)
  assert.equal((await served.ask('fail')).status, 500)
  await served.ask('')
  assert.equal((await served.ask('last')).text, 'last')
  await listener.until(3)
  await receiver.until(5)
  assert.deepEqual(
    listener.messages.map(({ data }) => String(data)),
    ['plain', 'one two', 'last'],
  )
  assert.deepEqual(
    receiver.requests.map(({ body }) => String(body)),
    ['plain', 'one two', 'not here', 'the event could not be handled: handler_failed\n', 'last'],
  )
  await waitUntil('the counts', async () => (await served.metric('pelton_sink_written_total')) === 8)
  assert.equal(await served.metric('pelton_sink_dropped_total', { sink: 'webhook', reason: 'broken_stream' }), 1)
  assert.equal(await served.metric('pelton_sink_dropped_total'), 2, 'once for each sink')
  const { api } = (await (await fetch(`${served.admin}/triggers`)).json()) as {
    api: { status: { placementReason: string; sinks: unknown } }
  }
  assert.match(api.status.placementReason, /because its responses go to sinks/)
  assert.deepEqual(api.status.sinks, [
    { name: 'webhook', kind: 'webhook', open: true },
    { name: 'websocket', kind: 'websocket', open: true },
  ])
  assert.deepEqual(await served.pelton.stop(), { code: 0, signal: null })
})

test('14 case 74: an unknown kind of sink stops the start with its line, the known kinds and the nearest', async (t) => {
  const cwd = await createTempFolder(t, {
    'function.yaml': functionFile('{ sink: { kind: webhok, attributes: { url: "http://x" } } }'),
    'handler.mjs': handler,
  })
  const { code, stderr } = await runPelton(['run', '.'], { cwd })
  assert.equal(code, 1)
  assert.match(
    stderr,
    /function\.yaml:9 .*sink\.kind: unknown sink kind .*webhok.*; known are mjpeg, rtsp, webhook and websocket, did you mean webhook\?/,
  )
})

test('a kind that is a trigger and a sink is shown as both', async () => {
  const { code, stdout } = await runPelton(['kinds', 'websocket'])
  assert.equal(code, 0)
  assert.match(stdout, /^triggers websocket/m)
  assert.match(stdout, /^sinks websocket[^]*^ {2}url[^]*^ {2}queue_size/m)
  assert.match((await runPelton(['kinds'])).stdout, /^sinks\n(?: {2}.*\n)* {2}webhook/m)
})

test('answers of a websocket trigger go to sinks too, in their order', async (t) => {
  const receiver = await startReceiver(t)
  const sink = `{ kind: webhook, attributes: { url: "${receiver.url}", concurrency: 1 } }`
  const file = `apiVersion: pelton/v1
spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    talk: { kind: websocket, attributes: { websocket_addr: 127.0.0.1:0, sink: ${sink} } }
`
  const served = await serve(t, { 'function.yaml': file, 'handler.mjs': handler })
  const client = await connectClient(t, served.urlOf('talk'))
  const said = ['one', 'two', 'three']
  for (const text of said) client.send(text)
  assert.deepEqual(await client.until(3), said)
  const requests = await receiver.until(3)
  assert.deepEqual(
    requests.map(({ body }) => String(body)),
    said,
  )
})
