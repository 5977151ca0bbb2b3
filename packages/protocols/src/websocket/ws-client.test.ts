import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import { type ClientOptions, WebSocket } from 'ws'
import { servePeers } from './fixtures/serve-peers.ts'

interface Client {
  ws: WebSocket
  /** Texts as strings, bytes as buffers. */
  messages: (string | Buffer)[]
}

async function connect(
  t: TestContext,
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<Client> {
  const ws = new WebSocket(url, protocols, { perMessageDeflate: false, ...options })
  t.after(() => ws.terminate())
  const messages: (string | Buffer)[] = []
  ws.on('message', (data: Buffer, isBinary) => messages.push(isBinary ? data : data.toString()))
  await within('open', once(ws, 'open'))
  return { ws, messages }
}

async function refusal(url: string, options: ClientOptions = {}): Promise<number | undefined> {
  const ws = new WebSocket(url, options)
  const [, answer] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode?: number; destroy(): void }]
  answer.destroy()
  return answer.statusCode
}

const echoed = ({ messages }: Client, count: number): Promise<unknown> =>
  waitUntil(`${count} messages`, () => messages.length === count)

test('ws gets back what it sends: texts, bytes, nothing, fragments', async (t) => {
  const { url } = await servePeers(t)
  const client = await connect(t, url)
  client.ws.send('häuser')
  client.ws.send(Buffer.from([0, 255]))
  client.ws.send('')
  client.ws.send('in ', { fin: false })
  client.ws.ping()
  client.ws.send('', { fin: false })
  client.ws.send('parts', { fin: true })
  await echoed(client, 4)
  assert.deepEqual(client.messages, ['häuser', Buffer.from([0, 255]), '', 'in parts'])
})

for (const perMessageDeflate of [false, true]) {
  const how = perMessageDeflate ? 'compressed' : 'plain'
  test(`${how} messages of all sizes come back whole and in order`, async (t) => {
    const { url } = await servePeers(t, { compression: true })
    const client = await connect(t, url, [], { perMessageDeflate })
    assert.equal(client.ws.extensions, perMessageDeflate ? 'permessage-deflate' : '')
    const sizes = [0, 1, 125, 126, 1_023, 1_024, 5_000, 9_000, 70_000, 3, 1_000_000, 200, 65_536, 2_000_000, 1]
    const sent = sizes.map((size) => Buffer.from(Array.from({ length: size }, (_, at) => (at * at) >> 3)))
    for (const data of sent) client.ws.send(data)
    await echoed(client, sizes.length)
    for (const [at, data] of sent.entries()) assert.ok(data.equals(client.messages[at] as Buffer), `${data.length}`)
  })
}

test('a message of 16 MiB passes, one byte more is closed with 1009', async (t) => {
  const { url, ends } = await servePeers(t)
  const client = await connect(t, url)
  const limit = 16 * 1024 * 1024
  client.ws.send(Buffer.alloc(limit))
  await echoed(client, 1)
  assert.equal(client.messages[0]?.length, limit)
  client.ws.send(Buffer.alloc(limit + 1))
  const [code] = (await within('close', once(client.ws, 'close'))) as [number]
  assert.equal(code, 1009)
  await waitUntil('the end', () => ends.length === 1)
  assert.equal(ends[0]?.code, 1009)
})

test('pings are answered and sent', async (t) => {
  const { url } = await servePeers(t, { peer: { pingIntervalMs: 40 } })
  const { ws } = await connect(t, url)
  ws.ping('here')
  const [pong] = (await within('pong', once(ws, 'pong'))) as [Buffer]
  assert.equal(pong.toString(), 'here')
  await within('ping', once(ws, 'ping'))
})

test('closes go both ways with their codes and reasons', async (t) => {
  const { url, peers, ends } = await servePeers(t)
  const [leaving, staying] = [await connect(t, url), await connect(t, url)]
  leaving.ws.close(4001, 'enough')
  await within('close', once(leaving.ws, 'close'))
  await waitUntil('the end', () => ends.length === 1)
  assert.deepEqual(ends[0], { code: 4001, reason: 'enough', clean: true })
  peers[1]?.close(1001, 'drain')
  const [code, reason] = (await within('close', once(staying.ws, 'close'))) as [number, Buffer]
  assert.deepEqual([code, reason.toString()], [1001, 'drain'])
  await waitUntil('the end', () => ends.length === 2)
  assert.deepEqual(ends[1], { code: 1001, reason: 'drain', clean: true })
})

test('a client that vanishes ended with 1006', async (t) => {
  const { url, ends } = await servePeers(t)
  const { ws } = await connect(t, url)
  ws.terminate()
  await waitUntil('the end', () => ends.length === 1)
  assert.equal(ends[0]?.code, 1006)
})

test('subprotocols and origins are looked at', async (t) => {
  const { url, peers } = await servePeers(t, { subprotocols: ['b', 'c'], origins: ['https://app.example'] })
  const { ws } = await connect(t, url, ['a', 'b'], { origin: 'https://app.example' })
  assert.equal(ws.protocol, 'b')
  assert.equal(peers[0]?.subprotocol, 'b')
  assert.equal(await refusal(url, { origin: 'https://evil.example' }), 403)
  assert.equal(await refusal(url, { protocolVersion: 8 }), 426)
})

test('a plain request at the same path is told what is served there', async (t) => {
  const { url } = await servePeers(t)
  const answered = await fetch(url.replace('ws', 'http'), { headers: { connection: 'close' } })
  assert.equal(answered.status, 426)
  assert.equal(answered.headers.get('sec-websocket-version'), '13')
})

test('a compressed message that inflates beyond the limit is closed with 1009, before it has done so', async (t) => {
  const { url, ends } = await servePeers(t, { compression: true, peer: { maxMessageBytes: 1_000_000 } })
  for (const size of [1_000_001, 50_000_000]) {
    const client = await connect(t, url, [], { perMessageDeflate: true })
    const before = process.memoryUsage().rss
    client.ws.send(Buffer.alloc(size))
    const [code] = (await within('close', once(client.ws, 'close'))) as [number]
    assert.equal(code, 1009)
    assert.ok(process.memoryUsage().rss - before < 200_000_000)
  }
  await waitUntil('the ends', () => ends.length === 2)
})

test('a client that does not read is not read either once the server pauses it', async (t) => {
  const { url, peers } = await servePeers(t, {
    onMessage: (peer, data, isText) => {
      peer.send(data, isText)
      if (peer.bufferedBytes > 1_000_000) peer.pause()
    },
  })
  const { ws } = await connect(t, url)
  ws.pause()
  for (let at = 0; at < 200; at++) ws.send(Buffer.alloc(100_000))
  await waitUntil('the pause', () => (peers[0]?.bufferedBytes ?? 0) > 1_000_000)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok((peers[0]?.bufferedBytes ?? 0) < 1_300_000)
  assert.ok(ws.bufferedAmount > 1_000_000)
})

/** Reads as a client does whose network is slow: a little at a time. */
function readSlowly(t: TestContext, ws: WebSocket): void {
  const { _socket: socket } = ws as unknown as { _socket: { pause(): void; resume(): void } }
  socket.pause()
  const timer = setInterval(() => {
    socket.resume()
    setImmediate(() => socket.pause())
  }, 60)
  t.after(() => clearInterval(timer))
}

test('what was sent before a close arrives, however slowly it is read', async (t) => {
  const closeTimeoutMs = 200
  const { url, peers, ends } = await servePeers(t, { peer: { closeTimeoutMs } })
  const client = await connect(t, url)
  readSlowly(t, client.ws)
  const closed = once(client.ws, 'close')
  const startedAt = performance.now()
  peers[0]?.send(Buffer.alloc(24 << 20, 7), false)
  peers[0]?.close(1001)
  assert.equal((await within('close', closed, 20_000))[0], 1001)
  assert.ok(performance.now() - startedAt > 2 * closeTimeoutMs)
  assert.equal(client.messages[0]?.length, 24 << 20)
  await waitUntil('the end', () => ends.length === 1)
  assert.equal(ends[0]?.clean, true)
})
