import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import type { PeltonError, Sink, SinkSettings } from '@pelton/core'
import {
  type Cleanup,
  FakeClock,
  type SinkTarget,
  createSink,
  createTempFolder,
  describeSink,
  findFreePort,
  sinkItem,
  testCertificate,
  waitUntil,
  within,
} from '@pelton/testkit'
import type { WebSocketAttributes } from './config.ts'
import { type Listener, startListener } from './fixtures/start-listener.ts'
import manifest from './index.ts'

interface WebSocketTarget extends SinkTarget {
  listener: Listener
}

describeSink('websocket', {
  manifest,
  noticesLoss: true,
  startTarget: startWebSocketTarget,
  stallTarget: ({ listener }: WebSocketTarget) => {
    for (const socket of listener.sockets) socket.pause()
    return () => {
      for (const socket of listener.sockets) socket.resume()
    }
  },
  loseTarget: ({ listener }) => listener.close(),
  restoreTarget: async (target) => {
    const { port } = target.listener
    target.listener = await startListener({ after: () => undefined }, { port })
  },
})

async function startWebSocketTarget(): Promise<WebSocketTarget> {
  let read = 0
  let from: Listener | undefined
  const target: WebSocketTarget = {
    listener: await startListener({ after: () => undefined }),
    attributes: {},
    async receive() {
      if (from !== target.listener) read = 0
      from = target.listener
      read += 1
      return (await from.until(read))[read - 1]?.data ?? Buffer.alloc(0)
    },
    close: () => target.listener.close(),
  }
  target.attributes = { url: target.listener.url }
  return target
}

interface OpenSink {
  sink: Sink
  losses: PeltonError[]
}

async function openSink(
  t: Cleanup,
  attributes: Record<string, unknown>,
  facts: Partial<Omit<SinkSettings<WebSocketAttributes>, 'attributes'>> = {},
): Promise<OpenSink> {
  const losses: PeltonError[] = []
  const sink = await createSink(manifest, attributes, facts)
  t.after(() => sink.close(0))
  await sink.open((error) => void losses.push(error))
  return { sink, losses }
}

async function rejection(promise: Promise<void>): Promise<PeltonError> {
  return promise.then(
    () => Promise.reject(new Error('it was not rejected')),
    (error: unknown) => error as PeltonError,
  )
}

for (const messageType of ['binary', 'text']) {
  test(`an answer is one ${messageType} message with the same bytes`, async (t) => {
    const listener = await startListener(t)
    const { sink } = await openSink(t, { url: listener.url, messageType })
    const bodies = ['test data', '', 'ä'.repeat(100_000)].map((text) => Buffer.from(text))
    const copies = bodies.map((body) => Buffer.from(body))
    for (const body of bodies) await sink.write(sinkItem(body))
    const messages = await listener.until(3)
    assert.deepEqual(
      messages.map(({ isBinary }) => isBinary),
      Array.from({ length: 3 }, () => messageType === 'binary'),
    )
    for (const [index, { data }] of messages.entries()) assert.ok(data.equals(copies[index] ?? assert.fail()))
    // They are not this sink's alone, and clients mask what they send.
    assert.deepEqual(bodies, copies)
  })
}

test('as text, what is no UTF-8 is given up, and the connection goes on', async (t) => {
  const listener = await startListener(t)
  const { sink, losses } = await openSink(t, { url: `${listener.url}/in?key=hidden`, messageType: 'text' })
  const error = await rejection(sink.write(sinkItem(Buffer.from([0xff]))))
  assert.deepEqual([error.code, error.retryable], ['message_not_text', false])
  assert.equal(error.message, `an answer is no UTF-8, so it was not sent to ${listener.url}/in as text`)
  await sink.write(sinkItem('text'))
  assert.equal(String((await listener.until(1))[0]?.data), 'text')
  assert.deepEqual(losses, [])
})

test('the handshake has the headers, the credentials and the subprotocols', async (t) => {
  const listener = await startListener(t)
  const url = `ws://user:pass@127.0.0.1:${listener.port}/frames?camera=1`
  await openSink(t, { url, headers: { 'X-API-Key': 'k' }, subprotocols: ['frames.v2', 'frames.v1'] })
  const { url: target, headers } = listener.handshakes[0] ?? assert.fail()
  assert.equal(target, '/frames?camera=1')
  assert.equal(headers['x-api-key'], 'k')
  assert.equal(headers.authorization, `Basic ${Buffer.from('user:pass').toString('base64')}`)
  assert.equal(headers['sec-websocket-protocol']?.replaceAll(' ', ''), 'frames.v2,frames.v1')
})

test('pings are answered, and what the server sends is dropped, however much it is', async (t) => {
  const listener = await startListener(t)
  const { sink, losses } = await openSink(t, { url: listener.url })
  const [client] = listener.clients()
  assert.ok(client)
  for (let count = 0; count < 20; count += 1) client.send(Buffer.alloc(8 << 20))
  const ponged = once(client, 'pong')
  client.ping('are you there?')
  const [payload] = (await within('the pong', ponged, 20_000)) as [Buffer]
  assert.equal(String(payload), 'are you there?')
  await sink.write(sinkItem('still here'))
  await listener.until(1)
  assert.deepEqual(losses, [])
})

test('a close of the server is a loss at once, which says its code and reason', async (t) => {
  const listener = await startListener(t)
  const { sink, losses } = await openSink(t, { url: listener.url })
  listener.clients()[0]?.close(1012, 'restarting')
  await waitUntil('the loss', () => losses.length === 1)
  assert.deepEqual([losses[0]?.code, losses[0]?.retryable], ['websocket_lost', true])
  assert.equal(losses[0]?.message, `the connection to ${listener.url}/ was lost: it was closed with 1012: restarting`)
  assert.equal(await rejection(sink.write(sinkItem('late'))), losses[0])
})

test('while the server closes, a write is rejected, and only once the loss is told', async (t) => {
  const listener = await startListener(t)
  const { sink, losses } = await openSink(t, { url: listener.url })
  const [client] = listener.clients()
  client?.close(1001)
  const ends: string[] = []
  // Some of them go before the close frame is read, some after it.
  while (losses.length === 0) {
    await sink.write(sinkItem('x')).catch(() => ends.push(`rejected after ${losses.length} losses`))
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const end of ends) assert.equal(end, 'rejected after 1 losses')
})

test('a server that answers no ping is lost', async (t) => {
  const clock = new FakeClock()
  const listener = await startListener(t, { autoPong: false })
  const { losses }: OpenSink = await openSink(t, { url: listener.url }, { clock })
  const [client] = listener.clients()
  const pinged = within('the ping', once(client ?? assert.fail(), 'ping'), 5000)
  for (let seconds = 0; seconds < 45; seconds += 1) await clock.advance(1000)
  await pinged
  assert.equal(losses.length, 0)
  for (let seconds = 0; seconds < 45; seconds += 1) await clock.advance(1000)
  await waitUntil('the loss', () => losses.length === 1)
  assert.match(losses[0]?.message ?? '', /it broke off: no answer to a ping$/)
})

test('a server that does not read is lost once a message has waited for the timeout', async (t) => {
  const listener = await startListener(t)
  const { sink, losses } = await openSink(t, { url: listener.url, timeout: '100ms' })
  for (const socket of listener.sockets) socket.pause()
  const error = await rejection(within('a write', sink.write(sinkItem(Buffer.alloc(64 << 20))), 5000))
  assert.match(error.message, /it took nothing for 100ms$/)
  assert.deepEqual(losses, [error])
})

test('what was taken arrives before the good-bye, however much it is', async (t) => {
  const listener = await startListener(t)
  const { sink, losses } = await openSink(t, { url: listener.url })
  const writes = Array.from({ length: 8 }, (_, number) => sink.write(sinkItem(Buffer.alloc(4 << 20, number))))
  await within('the close', sink.close(10_000), 10_000)
  await Promise.all(writes)
  assert.deepEqual(
    (await listener.until(8)).map(({ data }) => [data.length, data[0]]),
    Array.from({ length: 8 }, (_, number) => [4 << 20, number]),
  )
  await waitUntil('the end', () => listener.closes.length === 1)
  assert.deepEqual([listener.closes, losses], [[1000], []])
})

test('a server that does not say good-bye is cut at the deadline', async (t) => {
  const listener = await startListener(t)
  const { sink } = await openSink(t, { url: listener.url })
  for (const socket of listener.sockets) socket.pause()
  await within('the close', sink.close(50), 2000)
  assert.equal((await rejection(sink.write(sinkItem('late')))).code, 'sink_not_open')
})

test('wss is trusted by the configured certificates, or not asked for its own', async (t) => {
  const folder = await createTempFolder(t, { 'ca.pem': testCertificate.cert })
  const listener = await startListener(t, { isSecure: true })
  for (const tls of [{ ca: 'ca.pem' }, { rejectUnauthorized: false }]) {
    const { sink } = await openSink(t, { url: listener.url, tls }, { folder })
    await sink.write(sinkItem('safe'))
  }
  await listener.until(2)
  const error = await rejection(openSink(t, { url: listener.url }).then(() => undefined))
  assert.deepEqual([error.code, error.retryable], ['websocket_not_connected', true])
  assert.match(error.message, /self-signed/)
  const bad = await rejection(
    openSink(t, { url: listener.url, tls: { ca: 'gone.pem' } }, { folder }).then(() => undefined),
  )
  assert.deepEqual([bad.code, bad.retryable], ['tls_unreadable', false])
})

test('a server that is not there, refuses, hangs, or has no common subprotocol, may be there later', async (t) => {
  const silent = net.createServer((socket) => socket.on('error', () => undefined))
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  t.after(() => silent.close())
  const denying = await startListener(t, { verifyClient: (_info, done) => done(false, 401) })
  const cases: [url: string, reason: RegExp][] = [
    [`ws://127.0.0.1:${await findFreePort()}`, /refused/],
    [denying.url, /401/],
    [`ws://127.0.0.1:${(silent.address() as net.AddressInfo).port}`, /no answer within/],
  ]
  for (const [url, reason] of cases) {
    const error = await rejection(openSink(t, { url, timeout: '100ms' }).then(() => undefined))
    assert.equal(error.retryable, true, error.message)
    assert.match(error.message, reason)
  }
})

test('closing while it connects gives up', async (t) => {
  const silent = net.createServer((socket) => socket.on('error', () => undefined))
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  t.after(() => silent.close())
  const sink = await createSink(manifest, { url: `ws://127.0.0.1:${(silent.address() as net.AddressInfo).port}` })
  const opening = rejection(sink.open(() => assert.fail('it was never open')))
  await once(silent, 'connection')
  await within('the close', sink.close(10_000), 1000)
  await within('the end of opening', opening, 1000)
})
