import assert from 'node:assert/strict'
import { once } from 'node:events'
import https from 'node:https'
import type { IncomingMessage } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { findFreePort, testCertificate, waitUntil, watchForLeaks, within } from '@pelton/testkit'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { acceptKey } from './accept-key.ts'
import { type ConnectOptions, connectWebSocket } from './connect.ts'
import { servePeers } from './fixtures/serve-peers.ts'
import type { PeerEnd, PeerEvents, WebSocketPeer } from './peer-options.ts'

interface Setting {
  url: string
  sockets: WebSocket[]
  requests: IncomingMessage[]
}

/** A server of the `ws` package that echoes. */
async function serve(t: TestContext, options: ServerOptions = {}): Promise<Setting> {
  const sockets: WebSocket[] = []
  const requests: IncomingMessage[] = []
  const server = new WebSocketServer({ host: '127.0.0.1', ...(options.server ? {} : { port: 0 }), ...options })
  const listener = options.server ?? server
  options.server?.listen(0, '127.0.0.1')
  server.on('connection', (ws, request) => {
    sockets.push(ws)
    requests.push(request)
    ws.on('message', (data: Buffer, isBinary) => ws.send(data, { binary: isBinary }))
    ws.on('error', () => undefined)
  })
  await once(listener, 'listening')
  t.after(() => {
    for (const ws of sockets) ws.terminate()
    server.close()
    listener.close()
  })
  const { port } = listener.address() as AddressInfo
  return { url: `${options.server ? 'wss' : 'ws'}://127.0.0.1:${port}`, sockets, requests }
}

interface Client {
  peer: WebSocketPeer
  messages: (string | Buffer)[]
  ends: PeerEnd[]
}

const patient: ConnectOptions = { timeoutMs: 5_000, maxMessageBytes: 1_000_000 }

async function connect(t: TestContext, url: string, options: Partial<ConnectOptions> = {}): Promise<Client> {
  const messages: (string | Buffer)[] = []
  const ends: PeerEnd[] = []
  const events: PeerEvents = {
    message: (data, isText) => messages.push(isText ? data.toString() : data),
    closed: (end) => ends.push(end),
  }
  const peer = await connectWebSocket(url, { ...patient, ...options }, events)
  t.after(() => peer.terminate())
  return { peer, messages, ends }
}

const silent: PeerEvents = { closed: () => undefined }

async function failure(
  url: string,
  options: Partial<ConnectOptions> = {},
): Promise<Error & { code: string; retryable: boolean }> {
  const connecting = connectWebSocket(url, { ...patient, ...options }, silent)
  return connecting.then(
    () => assert.fail('it connected'),
    (error: unknown) => error as Error & { code: string; retryable: boolean },
  )
}

test('a client sends and receives texts, bytes, large and empty messages', async (t) => {
  const { url } = await serve(t)
  const { peer, messages } = await connect(t, url)
  const large = Buffer.alloc(900_000, 'abc')
  peer.send(Buffer.from('häuser'), true)
  peer.send(Buffer.from([0, 255]), false)
  peer.send(large, false)
  peer.send(new Uint8Array(0), true)
  await waitUntil('the echo', () => messages.length === 4)
  assert.deepEqual(messages, ['häuser', Buffer.from([0, 255]), large, ''])
  assert.equal(peer.bufferedBytes, 0)
})

test('headers, subprotocols, path, query and the user of the URL reach the server', async (t) => {
  const { url, requests } = await serve(t, { handleProtocols: () => 'b' })
  const withUser = `${url.replace('//', '//me:p%40ss@')}/path?a=1`
  const headers = { 'X-A': 'b', Upgrade: 'h2c', 'Content-Length': '5', 'sec-websocket-extensions': 'mine' }
  const { peer } = await connect(t, withUser, { headers, subprotocols: ['a', 'b'] })
  assert.equal(peer.subprotocol, 'b')
  const [request] = requests
  assert.equal(request?.url, '/path?a=1')
  assert.equal(request?.headers['x-a'], 'b')
  assert.equal(request?.headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  assert.equal(request?.headers['sec-websocket-protocol'], 'a, b')
  assert.equal(request?.headers['sec-websocket-extensions'], undefined)
  assert.equal(request?.headers['content-length'], undefined)
})

test('compression is used when both sides want it, and not otherwise', async (t) => {
  const squeezing = await serve(t, { perMessageDeflate: true })
  const { peer, messages } = await connect(t, squeezing.url, { compression: true })
  const large = Buffer.alloc(500_000, 'abc')
  for (const data of [large, Buffer.from('small'), Buffer.alloc(4_000, 'x')]) peer.send(data, true)
  await waitUntil('the echo', () => messages.length === 3)
  assert.deepEqual(messages, [large.toString(), 'small', 'x'.repeat(4_000)])
  assert.equal(squeezing.sockets[0]?.extensions, 'permessage-deflate')
  const plain = await serve(t)
  await connect(t, plain.url, { compression: true })
  assert.equal(plain.sockets[0]?.extensions, '')
})

test('messages that come with the answer are told once the caller has the peer', async (t) => {
  const { url } = await servePeers(t)
  const first = await connect(t, url)
  assert.deepEqual(first.messages, [])
  const greeting = net.createServer((socket) => {
    socket.once('data', (chunk) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(chunk.toString())?.[1] ?? ''
      socket.write(`${switching(key)}Upgrade: websocket\r\n\r\n\x81\x02hi`, 'latin1')
    })
    socket.on('error', () => undefined)
  })
  const greeted = await connect(t, `ws://127.0.0.1:${await listen(t, greeting)}`)
  assert.deepEqual(greeted.messages, [])
  await waitUntil('the greeting', () => greeted.messages.length === 1)
  assert.deepEqual(greeted.messages, ['hi'])
})

test('closes go both ways', async (t) => {
  const { url, sockets } = await serve(t)
  const [leaving, left] = [await connect(t, url), await connect(t, url)]
  leaving.peer.close(1000, 'done')
  await waitUntil('the end', () => leaving.ends.length === 1)
  assert.deepEqual(leaving.ends, [{ code: 1000, reason: 'done', clean: true }])
  sockets[1]?.close(4000, 'go')
  await waitUntil('the end', () => left.ends.length === 1)
  assert.deepEqual(left.ends, [{ code: 4000, reason: 'go', clean: true }])
  const cut = await connect(t, url)
  sockets[2]?.terminate()
  await waitUntil('the end', () => cut.ends.length === 1)
  assert.equal(cut.ends[0]?.code, 1006)
})

test('wss: connects to whom it may trust, and to others when told to', async (t) => {
  const { url } = await serve(t, { server: https.createServer(testCertificate) })
  const trusting = await connect(t, url, { ca: testCertificate.cert })
  trusting.peer.send(Buffer.from('secret'), true)
  await waitUntil('the echo', () => trusting.messages.length === 1)
  await connect(t, url, { rejectUnauthorized: false })
  const error = await failure(url)
  assert.equal(error.code, 'websocket_not_connected')
  assert.match(error.message, /certificate/)
})

test('a URL, header or subprotocol that is none is not_connectable, and no secret is shown', async () => {
  const urls = ['', 'nonsense', 'http://x', 'ws://', 'ws://x/#part', 'ws://x:99999/']
  for (const url of urls) {
    const error = await failure(url)
    assert.equal(error.code, 'websocket_not_connectable', url)
    assert.equal(error.retryable, false)
  }
  for (const url of ['http://user:secret@x/?key=secret', '://user:secret@x?key=secret']) {
    assert.doesNotMatch((await failure(url)).message, /secret/)
  }
  assert.equal((await failure('ws://127.0.0.1:1', { headers: { 'a b': 'c' } })).code, 'websocket_not_connectable')
  assert.equal((await failure('ws://127.0.0.1:1', { headers: { a: 'b\nc' } })).code, 'websocket_not_connectable')
  assert.equal((await failure('ws://127.0.0.1:1', { subprotocols: ['a\r\n'] })).code, 'websocket_not_connectable')
})

test('a port where nobody listens, and a host that nobody knows, may be there later', async () => {
  const port = await findFreePort()
  const refused = await failure(`ws://me:secret@127.0.0.1:${port}/feed?key=secret`)
  assert.equal(refused.code, 'websocket_not_connected')
  assert.equal(refused.retryable, true)
  assert.equal(refused.message, `No WebSocket connection to ws://127.0.0.1:${port}/feed: the connection was refused`)
})

test('a server that refuses is named with its status', async (t) => {
  const { url } = await serve(t, { verifyClient: (_info, done) => done(false, 401) })
  const error = await failure(url)
  assert.match(error.message, /the server answered 401 Unauthorized$/)
  assert.equal(error.retryable, true)
})

test('a server that does not answer is given up at the timeout, or when the caller gives up', async (t) => {
  const noLeaks = watchForLeaks()
  const mute = net.createServer((socket) => void socket.resume().on('error', () => undefined))
  const url = `ws://127.0.0.1:${await listen(t, mute)}`
  assert.match((await within('timeout', failure(url, { timeoutMs: 50 }))).message, /no answer within 50 ms$/)
  const abort = new AbortController()
  const given = failure(url, { signal: abort.signal })
  await waitUntil('the connection', () => new Promise<number>((resolve) => mute.getConnections((_e, n) => resolve(n))))
  abort.abort()
  assert.match((await within('abort', given)).message, /it was given up$/)
  assert.match((await failure(url, { signal: AbortSignal.abort() })).message, /it was given up$/)
  await new Promise((resolve) => mute.close(resolve))
  await noLeaks()
})

const wrong: Record<string, [(key: string) => string, RegExp]> = {
  'a wrong proof': [() => `${switching('other')}Upgrade: websocket\r\n\r\n`, /wrong Sec-WebSocket-Accept/],
  'a subprotocol that was not offered': [
    (key) => `${switching(key)}Upgrade: websocket\r\nSec-WebSocket-Protocol: mine\r\n\r\n`,
    /subprotocol mine, which was not offered/,
  ],
  'an extension that was not offered': [
    (key) =>
      `${switching(key)}Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n`,
    /an extension that was not offered/,
  ],
  'another protocol': [(key) => `${switching(key)}Upgrade: h2c\r\n\r\n`, /no upgrade to WebSocket/],
  'no HTTP': [() => 'hello\r\n\r\n', /./],
  nothing: [() => '', /./],
}
for (const [what, [answer, message]] of Object.entries(wrong)) {
  test(`a server that answers with ${what} is not connected to`, async (t) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (chunk) => {
        const key = /sec-websocket-key: (.*)\r\n/i.exec(chunk.toString())?.[1] ?? ''
        socket.end(answer(key))
      })
    })
    const error = await failure(`ws://127.0.0.1:${await listen(t, server)}`)
    assert.equal(error.code, 'websocket_not_connected')
    assert.match(error.message, message)
  })
}

function switching(key: string): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n`
}

async function listen(t: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}
