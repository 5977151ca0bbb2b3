import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { FakeClock, testCertificate, waitUntil, within } from '@pelton/testkit'
import { type RtcpPacket, readRtcp } from '../rtp/index.ts'
import type { ConnectRtspOptions } from './connect-options.ts'
import { connectRtsp } from './connect-rtsp.ts'
import { toneSource } from './fixtures/test-streams.ts'
import { type RtspRequest, headerOf } from './rtsp-message.ts'
import { RtspReader } from './rtsp-reader.ts'
import { serveRtsp } from './serve-rtsp.ts'
import { type HeadersToWrite, writeResponse } from './write-message.ts'

type Answer = readonly [status: number, headers?: HeadersToWrite, body?: string]

interface FakeServer {
  url: string
  requests: RtspRequest[]
  /** Of the clients. */
  reports: RtcpPacket[]
  sockets: Set<net.Socket>
}

const tone = toneSource().sdp()!

/** A server that answers as it is told to; with undefined it says nothing. */
async function fake(t: TestContext, answer: (request: RtspRequest) => Answer | undefined): Promise<FakeServer> {
  const found: Omit<FakeServer, 'url'> = { requests: [], reports: [], sockets: new Set() }
  const server = net.createServer((socket) => {
    found.sockets.add(socket)
    socket.on('error', () => undefined)
    const reader = new RtspReader({
      onRequest(request) {
        found.requests.push(request)
        const answered = answer(request)
        if (!answered) return
        const [status, headers = [], body = ''] = answered
        socket.write(writeResponse(status, [['CSeq', headerOf(request, 'cseq')], ...headers], Buffer.from(body)))
      },
      onResponse: () => undefined,
      onPacket: (_, packet) => void found.reports.push(...readRtcp(packet)),
    })
    socket.on('data', (chunk) => reader.push(chunk))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    for (const socket of found.sockets) socket.destroy()
    server.close()
  })
  return { url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/tone`, ...found }
}

interface Run {
  ended: Promise<void>
  transports: string[]
  abort: AbortController
  packets(): number
}

function start(t: TestContext, url: string, options: Partial<ConnectRtspOptions> = {}): Run {
  const abort = new AbortController()
  t.after(() => abort.abort())
  const transports: string[] = []
  let packets = 0
  const ended = connectRtsp({
    url,
    media: 'audio',
    transport: 'auto',
    signal: abort.signal,
    onReady: ({ transport }) => void transports.push(transport),
    onPacket: () => void (packets += 1),
    ...options,
  })
  ended.catch(() => undefined)
  return { ended, transports, abort, packets: () => packets }
}

test('UDP that brings nothing for five seconds is left for TCP by a new connection', async (t) => {
  const clock = new FakeClock()
  const server = await serveRtsp({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const source = toneSource()
  const stream = server.add('/tone', source)
  const run = start(t, `rtsp://127.0.0.1:${server.port}/tone`, { transport: 'udp', clock })
  await waitUntil('a first reader', () => stream.readers === 1 && run.transports.length === 1)
  await waitUntil('the change to TCP', async () => {
    await clock.advance(1_000)
    return run.transports.length === 2
  })
  assert.deepEqual(run.transports, ['udp', 'tcp'])
  await waitUntil('a packet', () => {
    source.next(stream)
    return run.packets() > 0
  })
  assert.equal(stream.readers, 1)
})

test('a redirection is followed, to another server without the credentials of the first', async (t) => {
  const second = await fake(t, () => [404])
  const first = await fake(t, ({ method }) => (method === 'OPTIONS' ? [200] : [302, [['Location', second.url]]]))
  const challenge = ['WWW-Authenticate', 'Basic realm="a"'] as const
  const asking = await fake(t, (request) =>
    headerOf(request, 'authorization') === undefined ? [401, [challenge]] : [302, [['Location', first.url]]],
  )
  const run = start(t, asking.url.replace('//', '//u:p@'))
  await assert.rejects(within('the end', run.ended), { code: 'rtsp_refused', message: new RegExp(second.url) })
  const told = [first, second].flatMap(({ requests }) => requests.map((request) => headerOf(request, 'authorization')))
  assert.ok(told.length >= 3 && told.every((authorization) => authorization === undefined))
})

test('a server that a redirection leads to, and that asks for credentials, is told apart', async (t) => {
  const challenge = ['WWW-Authenticate', 'Basic realm="a"'] as const
  const asking = await fake(t, () => [401, [challenge]])
  const first = await fake(t, () => [302, [['Location', asking.url]]])
  const end = async (url: string): Promise<void> => {
    const { ended } = start(t, url)
    await within('the end', ended)
  }
  const code = 'rtsp_unauthorized'
  await assert.rejects(end(first.url.replace('//', '//u:p@')), {
    code,
    message: /not sent to where a redirection leads/,
  })
  await assert.rejects(end(first.url), { code, message: /it asks for a user and a password/ })
})

test('a server that hangs up with its challenge is proved the credentials on another connection', async (t) => {
  const challenge = ['WWW-Authenticate', 'Digest realm="r", nonce="n"'] as const
  const hangUp = (server: FakeServer): Answer => {
    queueMicrotask(() => [...server.sockets].at(-1)?.end())
    return [401, [challenge]]
  }
  const once401: FakeServer = await fake(t, (request) =>
    headerOf(request, 'authorization') === undefined ? hangUp(once401) : [404],
  )
  const run = start(t, once401.url.replace('//', '//u:p@'))
  await assert.rejects(within('the end', run.ended), { code: 'rtsp_refused', message: /DESCRIBE by 404/ })
  const always: FakeServer = await fake(t, () => hangUp(always))
  const other = start(t, always.url.replace('//', '//u:p@'))
  await assert.rejects(within('the end', other.ended), {
    code: 'rtsp_not_connected',
    message: /judging the credentials/,
  })
  assert.equal(always.sockets.size, 3)
})

test('redirections that never end are given up', async (t) => {
  const server = await fake(t, ({ uri }) => [302, [['Location', uri]]])
  await assert.rejects(within('the end', start(t, server.url).ended), {
    code: 'rtsp_not_connected',
    message: /more than 5 redirections/,
  })
  assert.equal(server.sockets.size, 6)
})

test('a receiver reports every five seconds, on the channel of the stream', async (t) => {
  const clock = new FakeClock()
  const transport = ['Transport', 'RTP/AVP/TCP;interleaved=2-3'] as const
  const server = await fake(t, ({ method }) => {
    if (method === 'DESCRIBE') return [200, [], tone]
    return method === 'SETUP' ? [200, [['Session', '1'], transport]] : [200]
  })
  const run = start(t, server.url, { clock, stallTimeoutMs: 60_000 })
  await waitUntil('PLAY', () => server.requests.some(({ method }) => method === 'PLAY'))
  const packet = Buffer.from([0x24, 2, 0, 13, 0x80, 0x80, 0, 9, 0, 0, 0, 1, 0, 0, 0, 7, 0x55])
  for (const socket of server.sockets) socket.write(packet)
  await waitUntil('the packet', () => run.packets() === 1)
  await clock.advance(5_250)
  await waitUntil('a report', () => server.reports.length > 0)
  const [report] = server.reports
  assert.ok(report?.type === 'receiver')
  assert.deepEqual([report.reports[0]?.ssrc, report.reports[0]?.highestSequence], [7, 9])
  await clock.advance(4_000)
  assert.equal(server.reports.filter(({ type }) => type === 'receiver').length, 1)
  await clock.advance(1_500)
  await waitUntil('the next', () => server.reports.filter(({ type }) => type === 'receiver').length === 2)
})

test('a server that accepts and says nothing is given up after the time for answers', async (t) => {
  const clock = new FakeClock()
  const server = await fake(t, () => undefined)
  const run = start(t, server.url, { clock, timeoutMs: 3_000 })
  await waitUntil('the first request', () => server.requests.length === 1)
  await clock.advance(3_250)
  await assert.rejects(within('the end', run.ended), {
    code: 'rtsp_not_connected',
    message: /no answer to OPTIONS within 3000 ms/,
  })
})

test('a sleep of this process is no silence of the server, whose packets have not been read yet', async (t) => {
  const clock = new FakeClock()
  const transport = ['Transport', 'RTP/AVP/TCP;unicast;interleaved=0-1'] as const
  const server = await fake(t, ({ method }) => {
    if (method === 'DESCRIBE') return [200, [], tone]
    return method === 'SETUP' ? [200, [['Session', '1;timeout=4000000'], transport]] : [200]
  })
  let isPlaying = false
  const run = start(t, server.url, { clock, onPlaying: () => (isPlaying = true) })
  await waitUntil('the stream', () => isPlaying)
  clock.sleepThrough(3_600_000)
  await clock.advance(9_750)
  for (const socket of server.sockets) socket.write(Buffer.from('$\0\0\x0d\x80\0\0\x09\0\0\0\x01\0\0\0\x07U', 'latin1'))
  await waitUntil('the packet', () => run.packets() === 1)
  await clock.advance(10_000)
  await clock.advance(500)
  await assert.rejects(within('the end', run.ended), { code: 'rtsp_stalled' })
})

test('a server that does not answer TEARDOWN holds nobody up', async (t) => {
  const clock = new FakeClock()
  const server = await fake(t, ({ method }) => {
    if (method === 'DESCRIBE') return [200, [], tone]
    if (method === 'TEARDOWN') return undefined
    return method === 'SETUP' ? [200, [['Session', '1']]] : [200]
  })
  const run = start(t, server.url, { clock })
  await waitUntil('PLAY', () => server.requests.some(({ method }) => method === 'PLAY'))
  run.abort.abort()
  await waitUntil('TEARDOWN', () => server.requests.at(-1)?.method === 'TEARDOWN')
  await clock.advance(1_250)
  await within('the end', run.ended)
  assert.equal(clock.pending, 0)
})

test('rtsps is spoken by TLS, to servers that can be trusted', async (t) => {
  const server = await serveRtsp({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const source = toneSource()
  const stream = server.add('/tone', source)
  const front = tls.createServer(testCertificate, (outer) => {
    const inner = net.connect(server.port, '127.0.0.1')
    outer.pipe(inner).pipe(outer)
    for (const socket of [outer, inner]) socket.on('error', () => undefined)
  })
  front.on('tlsClientError', () => undefined)
  await once(front.listen(0, '127.0.0.1'), 'listening')
  t.after(() => front.close())
  const url = `rtsps://localhost:${(front.address() as AddressInfo).port}/tone`.replace('localhost', '127.0.0.1')
  const run = start(t, url, { tls: { ca: testCertificate.cert } })
  await waitUntil('a packet', () => {
    source.next(stream)
    return run.packets() > 0
  })
  run.abort.abort()
  await within('leaving', run.ended)
  await assert.rejects(within('a refusal', start(t, url).ended), { code: 'rtsp_not_connected', message: /self-signed/ })
})

test('rtsps where nobody speaks TLS is told so, not in the words of OpenSSL', async (t) => {
  const server = await serveRtsp({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const silent = net.createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end()))
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  t.after(() => silent.close())
  const alert = Buffer.from([21, 3, 3, 0, 2, 2, 40])
  const picky = net.createServer(
    (socket) => void socket.on('error', () => undefined).once('data', () => socket.end(alert)),
  )
  await once(picky.listen(0, '127.0.0.1'), 'listening')
  t.after(() => picky.close())
  const portOf = (listener: net.Server): number => (listener.address() as AddressInfo).port
  for (const [port, reason] of [
    [server.port, /: it does not speak TLS there$/],
    [portOf(silent), /: it closed the connection before TLS began; it may not speak TLS there$/],
    [portOf(picky), /: TLS failed: [a-z/ ]*handshake failure$/],
  ] as const) {
    const { ended } = start(t, `rtsps://127.0.0.1:${port}/tone`)
    await assert.rejects(within('a refusal', ended), { code: 'rtsp_not_connected', message: reason })
  }
})
