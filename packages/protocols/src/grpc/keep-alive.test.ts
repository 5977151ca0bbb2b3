import assert from 'node:assert/strict'
import net from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { FakeClock, waitUntil, within } from '@pelton/testkit'
import { preface } from './fixtures/http2-frames.ts'
import { connectHttp2 } from './fixtures/raw-http2.ts'
import { connectGrpc, startGrpc } from './fixtures/start-grpc.ts'

test('a silent client that answers pings stays, one that does not is cut', async (t) => {
  const limits = { keepAliveMs: 60, keepAliveTimeoutMs: 60 }
  const { server } = await startGrpc(t, {}, { limits })
  const alive = await connectHttp2(t, server.port)
  const socket = net.connect(server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(preface)
  socket.resume()
  await within('the cut', once(socket, 'close'))
  assert.equal(alive.closed, false)
  await new Promise((resolve, reject) => alive.ping((error) => (error ? reject(error) : resolve(undefined))))
})

test('the pings of clients are answered', async (t) => {
  const { server } = await startGrpc(t)
  const peer = connectGrpc(t, server, { 'grpc.keepalive_time_ms': 50, 'grpc.keepalive_timeout_ms': 500 })
  const stream = peer.stream('/test.Echo/Stream')
  const ended = once(stream, 'status')
  stream.on('error', () => undefined)
  stream.write(Buffer.from('a'))
  await once(stream, 'data')
  const session = await connectHttp2(t, server.port)
  for (let i = 0; i < 20; i += 1) {
    await within('ping', new Promise((resolve) => session.ping(resolve)))
  }
  stream.end()
  stream.resume()
  const [status] = (await within('status', ended)) as [{ code: number }]
  assert.equal(status.code, 0)
})

test('a connection that says nothing at all is cut after ten seconds', async (t) => {
  const clock = new FakeClock()
  const { server } = await startGrpc(t, {}, { clock, limits: { keepAliveMs: 0 } })
  const alive = await connectHttp2(t, server.port)
  const socket = net.connect(server.port, '127.0.0.1')
  t.after(() => void socket.destroy())
  await once(socket, 'data')
  let isClosed = false
  socket.resume().once('close', () => (isClosed = true))
  await clock.advance(9_000)
  assert.equal(isClosed, false)
  await clock.advance(5_000)
  await waitUntil('closed', () => isClosed)
  assert.equal(alive.closed, false)
})
