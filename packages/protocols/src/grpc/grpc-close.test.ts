import assert from 'node:assert/strict'
import http2 from 'node:http2'
import net from 'node:net'
import { test } from 'node:test'
import { once } from 'node:events'
import grpc from '@grpc/grpc-js'
import { waitUntil, watchForLeaks, within } from '@pelton/testkit'
import { lastDataFrame, openFrame, preface } from './fixtures/http2-frames.ts'
import { callHeaders, connectHttp2, frame } from './fixtures/raw-http2.ts'
import { collect, connectGrpc, startGrpc } from './fixtures/start-grpc.ts'
import { serveGrpc } from './grpc-server.ts'
import { grpcCode } from './grpc-service.ts'

const hello = Buffer.from('hello')
const ready = grpc.connectivityState.READY

test('a taken port is left for a free one where it may be', async (t) => {
  const { server } = await startGrpc(t)
  const options = { host: '127.0.0.1', port: server.port, services: [], onFault: () => undefined }
  await assert.rejects(serveGrpc(options), { code: 'port_taken' })
  const moved = await serveGrpc({ ...options, portMayMove: true })
  assert.equal(moved.movedFrom, server.port)
  assert.notEqual(moved.port, server.port)
  await moved.close()
})

test('a drain lets open calls end, refuses others and resolves with the last', async (t) => {
  const { server } = await startGrpc(t)
  const peer = connectGrpc(t, server)
  const stream = peer.stream('/test.Echo/Stream')
  const collected = collect(stream)
  stream.write(hello)
  await once(stream, 'data')
  let isClosed = false
  const closed = server.close().then(() => (isClosed = true))
  // A call that is on its way when the client hears of the drain is served.
  await waitUntil('told', () => peer.client.getChannel().getConnectivityState(false) !== ready)
  await assert.rejects(
    within('a new call', peer.unary('/test.Echo/Unary', hello, { deadline: Date.now() + 1_000 })),
    (error: { code: number }) => error.code === grpcCode.unavailable || error.code === grpcCode.deadlineExceeded,
  )
  assert.equal(isClosed, false)
  stream.write(hello)
  stream.end()
  const { messages, code } = await collected
  assert.deepEqual([messages.length, code], [2, grpcCode.ok])
  await within('close', closed)
})

test('idle connections are closed by GOAWAY at once', async (t) => {
  const left = watchForLeaks()
  const { server } = await startGrpc(t)
  const session = http2.connect(server.url)
  await once(session, 'connect')
  const goaway = once(session, 'goaway')
  const begun = performance.now()
  await within('close', server.close())
  assert.ok(performance.now() - begun < 1_000)
  assert.equal((await goaway)[0], http2.constants.NGHTTP2_NO_ERROR)
  await waitUntil('closed', () => session.closed)
  await left()
})

test('a connection that never answers is closed by a drain, too', async (t) => {
  const { server } = await startGrpc(t)
  const socket = net.connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.after(() => socket.destroy())
  await once(socket, 'data')
  await within('close', server.close())
})

test('a stream that was on its way when the drain began is served', async (t) => {
  const { server } = await startGrpc(t)
  const socket = net.connect(server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write(preface)
  await once(socket, 'data')
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  socket.write(Buffer.concat([openFrame(1, '/test.Echo/Unary'), lastDataFrame(1, frame(hello))]))
  await within('close', server.close())
  assert.match(received, /hello/)
})

test('what is open at the end of the grace time is cut with UNAVAILABLE', async (t) => {
  const left = watchForLeaks()
  const { server } = await startGrpc(t)
  const { client, stream: open } = connectGrpc(t, server)
  const stream = open('/test.Echo/Stream')
  const collected = collect(stream)
  stream.write(hello)
  await once(stream, 'data')
  const grace = new AbortController()
  const closed = server.close(grace.signal)
  grace.abort()
  await within('close', closed)
  const { code, details } = await collected
  assert.deepEqual([code, details], [grpcCode.unavailable, 'the server is shutting down'])
  assert.equal(server.calls, 0)
  client.close()
  await left()
})

test('a client that never reads is cut at the end of the grace time', async (t) => {
  const { server } = await startGrpc(t, {
    Flood: {
      kind: 'stream',
      open: (stream) => ({
        message: () => stream.send(Buffer.alloc(30_000_000)),
        halfClosed: () => undefined,
        closed: () => undefined,
      }),
    },
  })
  const session = await connectHttp2(t, server.port)
  const stream = session.request(callHeaders('/test.Test/Flood'))
  stream.on('error', () => undefined)
  stream.write(frame(hello))
  await once(stream, 'response')
  await within('close', server.close(AbortSignal.abort()))
})

test('after a close the port is free', async (t) => {
  const first = await startGrpc(t)
  await first.server.close()
  const { server } = await startGrpc(t, {}, { port: first.server.port })
  assert.equal(server.port, first.server.port)
  await assert.rejects(startGrpc(t, {}, { port: server.port }), { code: 'port_taken' })
})
