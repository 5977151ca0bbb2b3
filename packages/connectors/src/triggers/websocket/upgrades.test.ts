import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HttpListeners, httpListeners } from '@pelton/protocols/http'
import {
  type Cleanup,
  FakeClock,
  FakeTriggerContext,
  connectClient,
  connectRaw,
  createTempFolder,
  holdPort,
  testCertificate,
  triggerSettings,
  waitUntil,
} from '@pelton/testkit'
import { connectionOf, serveMessages } from './fixtures/serve-messages.ts'
import manifest from './index.ts'

const upgrade = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`

test('/ws also answers at /, another path alone, and * everywhere', async (t) => {
  const connects = async (attributes: Record<string, unknown>, path: string): Promise<boolean> => {
    const { port, end } = await serveMessages(t, { attributes })
    const client = await connectRaw(port)
    const [answer = ''] = (await client.send(upgrade(path)).until('\r\n\r\n')).split('\r\n')
    client.close()
    await end()
    if (answer.includes('101')) return true
    assert.match(answer, / 404 /)
    return false
  }
  assert.equal(await connects({}, '/ws'), true)
  assert.equal(await connects({}, '/'), true)
  assert.equal(await connects({}, '/ws/more'), false)
  assert.equal(await connects({ path: '/audio' }, '/audio'), true)
  assert.equal(await connects({ path: '/audio' }, '/'), false)
  assert.equal(await connects({ path: '*' }, '/any/where'), true)
})

test('case 27: a plain GET is a 426, in nuclio files a 400', async (t) => {
  for (const [compat, status] of [
    ['none', 426],
    ['nuclio', 400],
  ] as const) {
    const { port, context } = await serveMessages(t, { compat })
    const answer = await fetch(`http://127.0.0.1:${port}/ws`)
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('sec-websocket-version'), '13')
    assert.equal((await fetch(`http://127.0.0.1:${port}/ws`, { method: 'POST', body: 'x' })).status, status)
    assert.equal((await fetch(`http://127.0.0.1:${port}/elsewhere`)).status, 404)
    assert.deepEqual(context.events, [])
  }
})

test('another origin is a 403, another version a 426, a request without a key a 400', async (t) => {
  const { port } = await serveMessages(t, { attributes: { origins: ['https://app.example'] } })
  const statusOf = async (request: string): Promise<number | undefined> => {
    const client = await connectRaw(port)
    await client.send(request).until('\r\n\r\n')
    client.close()
    return client.statuses[0]
  }
  assert.equal(await statusOf(upgrade('/ws', 'Origin: https://app.example\r\n')), 101)
  assert.equal(await statusOf(upgrade('/ws')), 101)
  assert.equal(await statusOf(upgrade('/ws', 'Origin: https://evil.example\r\n')), 403)
  assert.equal(await statusOf(upgrade('/ws').replace('Version: 13', 'Version: 8')), 426)
  assert.equal(await statusOf(upgrade('/ws').replace(/Sec-WebSocket-Key.*\r\n/, '')), 400)
})

test('cases 25 and 26: a client beyond the limit is a 503, until another has gone', async (t) => {
  const { url, port, context } = await serveMessages(t, { compat: 'nuclio', numWorkers: 1 })
  const first = await connectClient(t, url)
  const second = await connectRaw(port)
  const answer = await second.send(upgrade('/ws')).untilClosed()
  assert.match(answer, /^HTTP\/1\.1 503 [^]*too many websocket connections/)
  first.socket.close()
  await first.closed
  await waitUntil('its end', () => context.logs.some(({ message }) => message === 'websocket_closed'))
  await connectClient(t, url)
})

test('of fifty clients at once exactly as many as allowed come in', async (t) => {
  const { port } = await serveMessages(t, { attributes: { max_connections: 10 } })
  const clients = await Promise.all(Array.from({ length: 50 }, () => connectRaw(port)))
  t.after(() => clients.forEach((client) => client.close()))
  for (const client of clients) client.send(upgrade('/ws'))
  for (const client of clients) await client.until('\r\n\r\n')
  const counts = Object.groupBy(clients, ({ statuses }) => String(statuses[0]))
  assert.deepEqual([counts['101']?.length, counts['503']?.length], [10, 40])
})

test('a common subprotocol is agreed on, and told to the handler', async (t) => {
  const { url, context } = await serveMessages(t, { attributes: { subprotocols: ['v2', 'v1'] } })
  const client = await connectClient(t, url, { subprotocols: ['v0', 'v1'] })
  assert.equal(client.socket.protocol, 'v1')
  client.send('x')
  await client.until(1)
  assert.equal(connectionOf(context.events[0])['subprotocol'], 'v1')
})

test('messages are compressed where both sides want it', async (t) => {
  const text = 'again and '.repeat(10_000)
  for (const compression of [true, false]) {
    const { url } = await serveMessages(t, { attributes: { compression } })
    const client = await connectClient(t, url, { perMessageDeflate: true })
    assert.equal(client.socket.extensions.includes('permessage-deflate'), compression)
    client.send(text)
    assert.deepEqual(await client.until(1), [text])
  }
})

test('with tls it serves wss', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const tls = { cert: 'cert.pem', key: 'key.pem' }
  const { url } = await serveMessages(t, { folder, attributes: { tls } })
  assert.match(url, /^wss:/)
  const client = await connectClient(t, url, { ca: testCertificate.cert })
  client.send('hello')
  assert.deepEqual(await client.until(1), ['hello'])
})

test('a client that says nothing for idle_timeout is closed', async (t) => {
  const clock = new FakeClock()
  const { url } = await serveMessages(t, { attributes: { idle_timeout: '2s', ping_interval: 0 } }, { clock })
  const client = await connectClient(t, url)
  await clock.advance(1500)
  client.send('x')
  await client.until(1)
  await clock.advance(1500)
  assert.equal(client.socket.readyState, client.socket.OPEN)
  await clock.advance(2000)
  assert.equal((await client.closed).code, 1001)
})

test('a taken port stops the start and names the address', async (t) => {
  const { port, release } = await holdPort()
  t.after(release)
  await assert.rejects(serveMessages(t, { attributes: { websocket_addr: `127.0.0.1:${port}` } }), {
    code: 'port_taken',
    message: new RegExp(`127\\.0\\.0\\.1:${port}`),
  })
})

test('beside a catch-all of the port only clients of WebSocket get /', async (t) => {
  const context = new FakeTriggerContext({ name: 'test' })
  const listeners: HttpListeners = context.shared(httpListeners)
  const page = await listeners.listen({
    host: '127.0.0.1',
    port: 0,
    path: '*',
    owner: 'trigger page',
    maxBodyBytes: 100,
    limits: { maxHeaderBytes: 4096 },
    onRequest: () => ({ status: 200, headers: [], contentType: 'text/html', body: Buffer.from('a page') }),
  })
  t.after(() => page.close(AbortSignal.abort()))
  const { connection } = await besideListener(t, context, page.port)
  const client = await connectRaw(page.port)
  t.after(() => client.close())
  assert.match(await client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').until('a page'), / 200 /)
  await client.send('GET /ws HTTP/1.1\r\nHost: x\r\n\r\n').until(' 426 ')
  await connection('/')
  await connection('/ws')
})

/** Runs the trigger with what another kind shares, on its port. */
async function besideListener(
  t: Cleanup,
  context: FakeTriggerContext,
  port: number,
): Promise<{ connection: (path: string) => Promise<unknown> }> {
  const settings = triggerSettings(manifest, { attributes: { websocket_addr: `127.0.0.1:${port}` } })
  const run = (await manifest.load())(settings).run(context)
  t.after(async () => {
    context.abortNow()
    await run
  })
  await waitUntil('ready', () => context.isReady)
  return { connection: (path) => connectClient(t, `ws://127.0.0.1:${port}${path}`) }
}
