import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { FakeClock, findFreePort, holdPort, waitUntil, within } from '@pelton/testkit'
import { readRtcp } from '../rtp/index.ts'
import { toneSource } from './fixtures/test-streams.ts'
import { type RtspResponse, headerOf } from './rtsp-message.ts'
import { RtspReader } from './rtsp-reader.ts'
import { createRtspListeners } from './rtsp-listeners.ts'
import { type RtspServer, type ServeRtspOptions, serveRtsp } from './serve-rtsp.ts'
import { type HeadersToWrite, writeRequest } from './write-message.ts'

const interleaved = ['Transport', 'RTP/AVP/TCP;unicast;interleaved=0-1'] as const

interface Peer {
  socket: net.Socket
  /** Asks by a path, and gives the answer. */
  ask(method: string, path: string, ...headers: HeadersToWrite): Promise<RtspResponse>
  status(method: string, path: string, ...headers: HeadersToWrite): Promise<number>
  /** Sets up and plays by TCP. */
  play(path: string): Promise<string>
  packets: [channel: number, packet: Buffer][]
}

async function connect(t: TestContext, port: number): Promise<Peer> {
  const socket = net.connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const packets: Peer['packets'] = []
  let waiting: (response: RtspResponse) => void = () => undefined
  const reader = new RtspReader({
    onRequest: () => undefined,
    onResponse: (response) => waiting(response),
    onPacket: (channel, packet) => void packets.push([channel, Buffer.from(packet)]),
  })
  socket.on('data', (chunk) => reader.push(chunk))
  let sequence = 0
  const ask: Peer['ask'] = (method, path, ...headers) => {
    const uri = path.startsWith('/') ? `rtsp://127.0.0.1:${port}${path}` : path
    sequence += 1
    socket.write(writeRequest(method, uri, [['CSeq', sequence], ...headers]))
    return within(`${method} ${path}`, new Promise<RtspResponse>((resolve) => (waiting = resolve)))
  }
  const status: Peer['status'] = async (...asked) => (await ask(...asked)).status
  const play = async (path: string): Promise<string> => {
    const session = headerOf(await ask('SETUP', path, interleaved), 'session')!.split(';')[0]!
    assert.equal(await status('PLAY', path, ['Session', session]), 200)
    return session
  }
  return { socket, ask, status, play, packets }
}

async function start(t: TestContext, options: Partial<ServeRtspOptions> = {}): Promise<RtspServer> {
  const server = await serveRtsp({ host: '127.0.0.1', port: 0, ...options })
  t.after(async () => {
    const closing = server.close()
    // What a peer that is paused leaves open is cut after its time.
    if (options.clock instanceof FakeClock) await options.clock.advance(2_000)
    await closing
  })
  return server
}

test('a reader is led from OPTIONS to TEARDOWN', async (t) => {
  const server = await start(t)
  const source = toneSource()
  const stream = server.add('/tone', source)
  const peer = await connect(t, server.port)
  const options = await peer.ask('OPTIONS', '*')
  assert.match(headerOf(options, 'public')!, /DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER/)
  const description = await peer.ask('DESCRIBE', '/tone?a=b', ['Accept', 'application/sdp'])
  assert.equal(headerOf(description, 'content-base'), `rtsp://127.0.0.1:${server.port}/tone/`)
  assert.equal(headerOf(description, 'content-type'), 'application/sdp')
  assert.match(description.body.toString(), /a=control:trackID=0/)
  const setUp = await peer.ask('SETUP', '/tone/trackID=0', ['Transport', `RTP/AVP;multicast,${interleaved[1]}`])
  assert.equal(headerOf(setUp, 'transport'), interleaved[1])
  const [, id] = /^([0-9a-f]{16});timeout=60$/.exec(headerOf(setUp, 'session')!)!
  const session = ['Session', id] as const
  source.next(stream)
  const played = await peer.ask('PLAY', '/tone/', session)
  assert.equal(played.status, 200)
  assert.equal(
    headerOf(played, 'rtp-info'),
    `url=rtsp://127.0.0.1:${server.port}/tone/trackID=0;seq=${source.sender.nextSequence}`,
  )
  const packet = source.next(stream)
  await waitUntil('the packet', () => peer.packets.some(([channel]) => channel === 0))
  assert.deepEqual(peer.packets.find(([channel]) => channel === 0)?.[1], packet)
  assert.equal(await peer.status('PAUSE', '/tone', session), 200)
  source.next(stream)
  assert.equal(await peer.status('GET_PARAMETER', '/tone', session), 200)
  assert.equal(await peer.status('SET_PARAMETER', '/tone', session), 200)
  assert.equal(peer.packets.filter(([channel]) => channel === 0).length, 1)
  assert.equal(await peer.status('TEARDOWN', '/tone', session), 200)
  assert.equal(stream.readers, 0)
})

test('what cannot be is answered by its own status', async (t) => {
  const server = await start(t)
  server.add('/tone', toneSource())
  server.add('/later', toneSource({ sdp: () => undefined }))
  const peer = await connect(t, server.port)
  const { status } = peer
  assert.equal(await status('DESCRIBE', '/other'), 404)
  assert.equal(await status('DESCRIBE', '/tone/trackID=0'), 404)
  assert.equal(await status('DESCRIBE', '*'), 404)
  assert.equal(await status('DESCRIBE', 'rtsp://%zz/%zz'), 404)
  assert.equal(await status('DESCRIBE', '/later'), 503)
  assert.equal(await status('DESCRIBE', '/tone', ['Accept', 'text/html']), 406)
  assert.equal(await status('DESCRIBE', '/tone', ['Require', 'implicit-play']), 551)
  assert.equal(await status('SETUP', '/other', interleaved), 404)
  assert.equal(await status('SETUP', '/tone', ['Transport', 'RTP/AVP;multicast']), 461)
  assert.equal(await status('SETUP', '/tone', ['Transport', 'RTP/SAVP;unicast;client_port=1-2']), 461)
  assert.equal(await status('SETUP', '/tone', ['Transport', 'RTP/AVP;unicast;client_port=0-0']), 461)
  assert.equal(await status('SETUP', '/tone', ['Transport', `${interleaved[1]};mode=record`]), 461)
  assert.equal(await status('SETUP', '/tone'), 461)
  assert.equal(await status('PLAY', '/tone'), 455)
  assert.equal(await status('PLAY', '/tone', ['Session', 'other']), 454)
  assert.equal(await status('TEARDOWN', '/tone'), 454)
  assert.equal(await status('GET_PARAMETER', '/tone', ['Session', 'other']), 454)
  assert.equal(await status('ANNOUNCE', '/tone'), 501)
  assert.equal(await status('RECORD', '/tone'), 501)
  assert.equal(await status('FLY', '/tone'), 501)
  await peer.play('/tone')
  assert.equal(await status('SETUP', '/tone', interleaved), 455)
  peer.socket.write('OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n')
  assert.match(await rawAnswer(peer), /^RTSP\/1\.0 505/)
  peer.socket.write('OPTIONS * RTSP/1.0\r\n\r\n')
  assert.match(await rawAnswer(peer), /^RTSP\/1\.0 400/)
  peer.socket.write('GET / HTTP/1.1\r\n\r\n')
  assert.match(await rawAnswer(peer), /^RTSP\/1\.0 400/)
  await waitUntil('the end', () => peer.socket.destroyed || peer.socket.readableEnded)
})

async function rawAnswer({ socket }: Peer): Promise<string> {
  const [chunk] = (await within('an answer', once(socket, 'data'))) as [Buffer]
  return chunk.toString()
}

test('transports may be offered in several headers', async (t) => {
  const server = await start(t)
  server.add('/tone', toneSource())
  const peer = await connect(t, server.port)
  const offers = [['Transport', 'RTP/SAVP;unicast;client_port=1-2'], interleaved] as const
  assert.equal(await peer.status('SETUP', '/tone', ...offers), 200)
})

test('who guesses passwords is cut off', async (t) => {
  const server = await start(t)
  server.add('/tone', toneSource({ credentials: { username: 'u', password: 'p' } }))
  const { status, socket } = await connect(t, server.port)
  const ended = once(socket, 'end')
  let tries = 0
  while (tries < 11) {
    assert.equal(await status('DESCRIBE', '/tone', ['Authorization', `Digest username="u", response="${tries}"`]), 401)
    tries += 1
  }
  await within('the end', ended)
})

test('more readers than there may be are told so, and may come when others have left', async (t) => {
  const server = await start(t, { maxReaders: 2 })
  const stream = server.add('/tone', toneSource())
  const peers = await Promise.all([connect(t, server.port), connect(t, server.port), connect(t, server.port)])
  await peers[0].play('/tone')
  await peers[1].play('/tone')
  assert.equal(await peers[2].status('SETUP', '/tone', interleaved), 453)
  peers[0].socket.destroy()
  await waitUntil('the first to be gone', () => stream.readers === 1)
  assert.equal(await peers[2].status('SETUP', '/tone', interleaved), 200)
})

test('connections that ask for nothing are bounded too', async (t) => {
  const server = await start(t, { maxReaders: 1 })
  const sockets = Array.from({ length: 20 }, () => net.connect(server.port, '127.0.0.1').on('error', () => undefined))
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  await waitUntil('the surplus to be cut', () => sockets.filter((socket) => socket.closed).length === 10)
})

test('a reader that never reads loses frames, whole ones only, and is cut off; the other gets them all', async (t) => {
  const clock = new FakeClock()
  const server = await start(t, { clock })
  const source = toneSource()
  const stream = server.add('/tone', source)
  const [stuck, good] = [await connect(t, server.port), await connect(t, server.port)]
  await stuck.play('/tone')
  await good.play('/tone')
  stuck.socket.pause()
  const before = process.memoryUsage()
  let seen = 0
  for (let sent = 1; stream.counts.dropped < 100; sent++) {
    source.next(stream, { bytes: 60_000 })
    await waitUntil('the good reader', () => {
      seen += good.packets.splice(0).filter(([channel]) => channel === 0).length
      return seen === sent
    })
  }
  const after = process.memoryUsage()
  assert.ok(after.rss - before.rss < 200_000_000)
  assert.equal(stream.readers, 2)
  for (let step = 0; step < 12; step++) {
    await clock.advance(1_000)
    source.next(stream)
  }
  await waitUntil('the stuck one to be gone', () => stream.readers === 1)
  stuck.socket.resume()
  await waitUntil('what it got', () => stuck.socket.closed || stuck.socket.readableEnded)
  // Its reader would have thrown at a frame that was cut.
  assert.ok(stuck.packets.length > 0)
})

test('readers begin with a key frame, and after a loss wait for the next', async (t) => {
  const server = await start(t)
  const source = toneSource()
  const stream = server.add('/tone', source)
  source.next(stream, { isKey: false })
  const peer = await connect(t, server.port)
  await peer.play('/tone')
  source.next(stream, { isKey: false })
  const key = source.next(stream)
  const delta = source.next(stream, { isKey: false })
  const frames = (): Buffer[] => peer.packets.filter(([channel]) => channel === 0).map(([, packet]) => packet)
  await waitUntil('two frames', () => frames().length === 2)
  assert.deepEqual(frames(), [key, delta])
  assert.equal(stream.counts.dropped, 0)
})

test('a reader by UDP gets packets at its ports, lives by its reports, and is cut off without', async (t) => {
  const clock = new FakeClock()
  const server = await start(t, { clock })
  const source = toneSource()
  const stream = server.add('/tone', source)
  const [rtp, rtcp] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')]
  t.after(() => [rtp, rtcp].forEach((socket) => socket.close()))
  for (const socket of [rtp, rtcp]) await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()))
  const peer = await connect(t, server.port)
  const ports = `${rtp.address().port}-${rtcp.address().port}`
  const setUp = await peer.ask('SETUP', '/tone/trackID=0', ['Transport', `RTP/AVP;unicast;client_port=${ports}`])
  const [, first, second] = /server_port=(\d+)-(\d+)/.exec(headerOf(setUp, 'transport')!)!
  assert.equal(Number(first) % 2, 0)
  assert.equal(Number(second), Number(first) + 1)
  const arrived = once(rtp, 'message')
  const reported = once(rtcp, 'message')
  assert.equal(await peer.status('PLAY', '/tone'), 200)
  const packet = source.next(stream)
  const [bytes] = (await within('the packet', arrived)) as [Buffer]
  assert.deepEqual(bytes, packet)
  await clock.advance(1_000)
  const [report] = (await within('the report', reported)) as [Buffer]
  assert.deepEqual(
    readRtcp(report).map(({ type }) => type),
    ['sender', 'sdes'],
  )
  // Of so many reports one is heard in time, whatever the system does meanwhile.
  for (let step = 0; step < 100; step++) {
    rtcp.send(Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1]), Number(second), '127.0.0.1')
    await clock.advance(1_000)
  }
  assert.equal(stream.readers, 1)
  await clock.advance(61_000)
  await waitUntil('it to be cut off', () => stream.readers === 0)
})

test('the time that the process itself was asleep is nobody’s silence', async (t) => {
  const clock = new FakeClock()
  const server = await start(t, { clock })
  const stream = server.add('/tone', toneSource())
  const peer = await connect(t, server.port)
  const session = await peer.play('/tone')
  for (let hour = 0; hour < 3; hour++) {
    // What was answered last is out, and told.
    await clock.advance(2_000)
    clock.sleepThrough(3_600_000)
    await clock.advance(1_000)
    assert.equal(peer.socket.readableEnded, false)
    assert.equal(stream.readers, 1)
    assert.equal(await peer.status('GET_PARAMETER', '/tone', ['Session', session]), 200)
  }
  await clock.advance(61_000)
  await waitUntil('it to be cut off', () => stream.readers === 0)
})

test('two streams share a port by path; the same path twice and other UDP ports are refused', async (t) => {
  const listeners = createRtspListeners()
  const port = await findFreePort()
  const shared = { host: '127.0.0.1', port, owner: 'sink cam' }
  const one = await listeners.listen({ ...shared, path: 'one', owner: 'sink door', source: toneSource() })
  t.after(() => one.close())
  const two = await listeners.listen({ ...shared, path: '/two/', source: toneSource() })
  t.after(() => two.close())
  assert.deepEqual([one.url, two.url], [`rtsp://127.0.0.1:${port}/one`, `rtsp://127.0.0.1:${port}/two`])
  const taken = listeners.listen({ ...shared, path: '/one', source: toneSource() })
  await assert.rejects(taken, {
    code: 'path_taken',
    message: `sink door and sink cam both serve the path /one on 127.0.0.1:${port}`,
  })
  const differing = listeners.listen({ ...shared, path: '/three', rtpPort: 9_000, source: toneSource() })
  await assert.rejects(differing, {
    code: 'listener_differs',
    message: /^sink door and sink cam share 127\.0\.0\.1:\d+ but differ in rtp_port$/,
  })
  const { status } = await connect(t, port)
  assert.deepEqual([await status('DESCRIBE', '/one'), await status('DESCRIBE', '/two')], [200, 200])
  await one.close()
  await one.close()
  const after = await connect(t, port)
  assert.deepEqual([await after.status('DESCRIBE', '/one'), await after.status('DESCRIBE', '/two')], [404, 200])
  await two.close()
  const anew = await listeners.listen({ ...shared, path: '/one', source: toneSource() })
  await anew.close()
})

test('a percent-encoded path is served as it is written, and is the same however it is written', async (t) => {
  const listeners = createRtspListeners()
  const given = { host: '127.0.0.1', portMayMove: false, source: toneSource() }
  const listener = await listeners.listen({ ...given, port: 0, path: '/caf%C3%A9 %41', owner: 'first' })
  t.after(() => listener.close())
  assert.ok(listener.url.endsWith('/caf%C3%A9 %41'))
  const peer = await connect(t, listener.port)
  assert.equal(await peer.status('DESCRIBE', '/caf%C3%A9%20A'), 200)
  const other = { ...given, port: listener.port, path: '/caf%c3%a9 A', owner: 'second' }
  await assert.rejects(listeners.listen(other), { code: 'path_taken' })
})

test('who asks for any UDP port goes along with those that the first one fixed', async (t) => {
  const listeners = createRtspListeners()
  const [port, rtpPort, rtcpPort] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const shared = { host: '127.0.0.1', port, owner: 'sink cam' }
  const one = await listeners.listen({ ...shared, path: '/one', rtpPort, rtcpPort, source: toneSource() })
  t.after(() => one.close())
  const two = await listeners.listen({ ...shared, path: '/two', rtpPort: 0, rtcpPort: 0, source: toneSource() })
  t.after(() => two.close())
  const differing = listeners.listen({ ...shared, path: '/three', rtpPort, rtcpPort: 9_000, source: toneSource() })
  await assert.rejects(differing, { code: 'listener_differs', message: /but differ in rtcp_port$/ })
})

test('a port that is taken, by TCP or UDP, is told at the start', async (t) => {
  const held = await holdPort()
  t.after(held.release)
  await assert.rejects(serveRtsp({ host: '127.0.0.1', port: held.port }), { code: 'port_taken' })
  const udp = dgram.createSocket('udp4')
  t.after(() => udp.close())
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', () => resolve()))
  const taken = serveRtsp({ host: '127.0.0.1', port: 0, rtpPort: udp.address().port })
  await assert.rejects(taken, { code: 'port_taken', message: /UDP/ })
})

test('all interfaces are served by IPv4 and IPv6, and packets by UDP find either', async (t) => {
  const server = await start(t, { host: '' })
  const stream = server.add('/tone', toneSource())
  const { status } = await connect(t, server.port)
  assert.equal(await status('SETUP', '/tone', ['Transport', 'RTP/AVP;unicast;client_port=5000-5001']), 200)
  assert.equal(stream.readers, 1)
})
