import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import net from 'node:net'
import zlib from 'node:zlib'
import { once } from 'node:events'
import { test } from 'node:test'
import { type Cleanup, waitUntil, within } from '@pelton/testkit'
import { http2Frame, openFrame, preface, resetFrame } from './fixtures/http2-frames.ts'
import { answerOf, callHeaders, connectHttp2, frame } from './fixtures/raw-http2.ts'
import { connectGrpc, startGrpc } from './fixtures/start-grpc.ts'
import { type GrpcService, type StreamListener, grpcCode } from './grpc-service.ts'

const hello = Buffer.from('hello')
const quiet: StreamListener = { message: () => undefined, halfClosed: () => undefined, closed: () => undefined }
const echo = '/test.Echo/Unary'
const stream = '/test.Echo/Stream'

async function rawSocket(t: Cleanup, port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.after(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

test('requests that are none of gRPC get a status of HTTP', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  const statusOf = async (changes: Record<string, string>): Promise<unknown> => {
    const request = session.request(callHeaders(echo, changes))
    request.end(frame(hello))
    return (await within('answer', answerOf(request))).headers[':status']
  }
  assert.equal(await statusOf({ ':method': 'GET' }), 405)
  assert.equal(await statusOf({ 'content-type': 'application/json' }), 415)
  assert.equal(await statusOf({ 'content-type': 'application/grpc-web' }), 415)
  assert.equal(await statusOf({ 'content-type': 'application/grpc+proto' }), 200)
  assert.equal(await statusOf({ 'content-type': 'application/grpc;charset=utf-8' }), 200)
})

test('a client of HTTP/1 is closed', async (t) => {
  const { server } = await startGrpc(t)
  const socket = await rawSocket(t, server.port)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  socket.resume()
  await within('close', once(socket, 'close'))
})

test('a malformed timeout is INVALID_ARGUMENT', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  const request = session.request(callHeaders(echo, { 'grpc-timeout': 'soon' }))
  request.end(frame(hello))
  assert.equal((await answerOf(request)).status, String(grpcCode.invalidArgument))
})

test('a deadline is kept for a client that does not keep it', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  const call = session.request(callHeaders(stream, { 'grpc-timeout': '100m' }))
  call.write(frame(hello))
  assert.equal((await within('answer', answerOf(call))).status, String(grpcCode.deadlineExceeded))
})

test('bytes that are no messages, or end inside one, are INTERNAL', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  const bodies = [frame(hello, 2), frame(hello, 255), frame(hello).subarray(0, 7), Buffer.from([0, 0]), frame(hello, 1)]
  for (const path of [echo, stream]) {
    for (const body of bodies) {
      const request = session.request(callHeaders(path))
      request.end(body)
      assert.equal((await within('answer', answerOf(request))).status, String(grpcCode.internal), body.toString('hex'))
    }
  }
})

test('an unknown encoding is UNIMPLEMENTED, with those that are known', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  const request = session.request(callHeaders(echo, { 'grpc-encoding': 'snappy' }))
  request.end(frame(hello, 1))
  const { headers, status } = await answerOf(request)
  assert.equal(status, String(grpcCode.unimplemented))
  assert.equal(headers['grpc-accept-encoding'], 'identity,deflate,gzip')
})

test('no message overtakes one that is being inflated, nor does the end', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  const large = randomBytes(5_000)
  const call = session.request(callHeaders(stream, { 'grpc-encoding': 'gzip' }))
  const rest = [frame(hello), frame(zlib.gzipSync(large), 1), frame(hello), frame(zlib.gzipSync(hello), 1)]
  call.end(Buffer.concat([frame(zlib.gzipSync(large), 1), ...rest]))
  const { body, status } = await within('answer', answerOf(call))
  assert.equal(status, '0')
  assert.equal(body.equals(Buffer.concat([large, hello, large, hello, hello].map((each) => frame(each)))), true)
})

test('a message that cannot be inflated is INTERNAL, one that becomes too large RESOURCE_EXHAUSTED', async (t) => {
  const { server } = await startGrpc(t, {}, { limits: { maxMessageBytes: 10_000 } })
  const session = await connectHttp2(t, server.port)
  const send = async (message: Buffer): Promise<string | undefined> => {
    const request = session.request(callHeaders(echo, { 'grpc-encoding': 'gzip' }))
    request.end(frame(message, 1))
    return (await within('answer', answerOf(request))).status
  }
  assert.equal(await send(zlib.gzipSync(hello)), '0')
  for (const bytes of [100, 5_000]) assert.equal(await send(Buffer.alloc(bytes, 1)), String(grpcCode.internal))
  const whole = zlib.gzipSync(Buffer.alloc(9_000))
  assert.equal(await send(whole.subarray(0, -9)), String(grpcCode.internal))
  for (const bytes of [20_000, 5_000_000]) {
    assert.equal(await send(zlib.gzipSync(Buffer.alloc(bytes))), String(grpcCode.resourceExhausted))
  }
})

test('a message above the limit is RESOURCE_EXHAUSTED, or told to the listener', async (t) => {
  const told: { length: number; start: string }[] = []
  const { server } = await startGrpc(t, {
    Told: {
      kind: 'stream',
      maxMessageBytes: 100,
      open: (call) => ({
        ...quiet,
        message: (bytes) => call.send(bytes),
        oversized: (length, start) => void told.push({ length, start: start.toString() }),
        halfClosed: () => call.end(),
      }),
    },
    Untold: { kind: 'unary', maxMessageBytes: 100, handle: (request) => request },
  })
  const session = await connectHttp2(t, server.port)
  const untold = session.request(callHeaders('/test.Test/Untold'))
  untold.end(frame(Buffer.alloc(101)))
  assert.equal((await answerOf(untold)).status, String(grpcCode.resourceExhausted))
  const call = session.request(callHeaders('/test.Test/Told'))
  call.write(frame(Buffer.alloc(3_000_000, 'x')))
  call.end(frame(hello))
  const { body, status } = await answerOf(call)
  assert.equal(status, '0')
  assert.equal(body.equals(frame(hello)), true)
  assert.deepEqual(told, [{ length: 3_000_000, start: 'x'.repeat(64) }])
})

test('a call that sends no message in time ends with DEADLINE_EXCEEDED, one that has sent one stays', async (t) => {
  const { server } = await startGrpc(t, {}, { limits: { firstMessageTimeoutMs: 100 } })
  const session = await connectHttp2(t, server.port)
  const used = session.request(callHeaders(stream))
  used.write(frame(hello))
  const left = session.request(callHeaders(stream))
  left.write(frame(hello).subarray(0, 8))
  assert.equal((await within('answer', answerOf(left))).status, String(grpcCode.deadlineExceeded))
  assert.equal(server.calls, 1)
  used.end()
  assert.equal((await answerOf(used)).status, '0')
})

test('a method may let clients open a call long before they use it', async (t) => {
  const methods: GrpcService['methods'] = {
    Kept: { kind: 'stream', firstMessageTimeoutMs: 0, open: (call) => ({ ...quiet, message: () => call.end() }) },
  }
  const { server } = await startGrpc(t, methods, { limits: { firstMessageTimeoutMs: 100 } })
  const session = await connectHttp2(t, server.port)
  const kept = session.request(callHeaders('/test.Test/Kept'))
  const left = session.request(callHeaders(stream))
  assert.equal((await within('answer', answerOf(left))).status, String(grpcCode.deadlineExceeded))
  assert.equal(server.calls, 1)
  kept.write(frame(hello))
  assert.equal((await within('answer', answerOf(kept))).status, '0')
})

test('ten thousand streams that are opened and left are ended, and leave nothing', async (t) => {
  const { server, faults } = await startGrpc(t, {}, { limits: { firstMessageTimeoutMs: 2_000 } })
  const sessions = await Promise.all(Array.from({ length: 100 }, () => connectHttp2(t, server.port)))
  const statuses = new Map<string | undefined, number>()
  const answers = sessions.flatMap((session) =>
    Array.from({ length: 100 }, async () => {
      const { status } = await answerOf(session.request(callHeaders(stream), { endStream: false }))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }),
  )
  await within('all', Promise.all(answers), 20_000)
  assert.deepEqual([...statuses], [[String(grpcCode.deadlineExceeded), 10_000]])
  await waitUntil('no call', () => server.calls === 0)
  assert.deepEqual(faults, [])
})

test('more calls than the server takes are RESOURCE_EXHAUSTED', async (t) => {
  const { server } = await startGrpc(t, {}, { limits: { maxCalls: 2 } })
  const session = await connectHttp2(t, server.port)
  const open = [1, 2].map(() => session.request(callHeaders(stream)))
  await waitUntil('open', () => server.calls === 2)
  const third = session.request(callHeaders(stream))
  assert.equal((await answerOf(third)).status, String(grpcCode.resourceExhausted))
  for (const call of open) call.close()
  await waitUntil('closed', () => server.calls === 0)
})

test('unfinished messages of all calls together are bounded', async (t) => {
  const { server } = await startGrpc(t, {}, { limits: { maxPendingBytes: 100_000 } })
  const session = await connectHttp2(t, server.port)
  const half = frame(Buffer.alloc(80_000)).subarray(0, 60_000)
  const first = session.request(callHeaders(stream))
  first.write(half)
  await waitUntil('open', () => server.calls === 1)
  await new Promise((resolve) => session.ping(resolve))
  const second = session.request(callHeaders(stream))
  second.write(half)
  assert.equal((await within('answer', answerOf(second))).status, String(grpcCode.resourceExhausted))
  first.write(Buffer.alloc(20_005))
  await once(first, 'data')
  const third = session.request(callHeaders(echo))
  third.end(frame(hello))
  assert.equal((await answerOf(third)).status, '0')
  first.destroy()
})

test('connections beyond the limit are closed', async (t) => {
  const { server } = await startGrpc(t, {}, { limits: { maxConnections: 2 } })
  const peers = await Promise.all([connectHttp2(t, server.port), connectHttp2(t, server.port)])
  const third = await rawSocket(t, server.port)
  await within('close', once(third.resume(), 'close'))
  assert.deepEqual(
    peers.map(({ closed }) => closed),
    [false, false],
  )
})

test('a client that takes nothing ends its call by the bytes that wait for it', async (t) => {
  const closes: boolean[] = []
  const { server } = await startGrpc(
    t,
    {
      Flood: {
        kind: 'stream',
        open: (call) => ({
          ...quiet,
          message: () => {
            for (let i = 0; i < 100; i += 1) call.send(Buffer.alloc(100_000))
          },
          closed: (isClean) => void closes.push(isClean),
        }),
      },
    },
    { limits: { maxUnsentBytes: 1_000_000 } },
  )
  const session = await connectHttp2(t, server.port)
  const call = session.request(callHeaders('/test.Test/Flood'))
  call.on('error', () => undefined)
  call.write(frame(hello))
  await within(
    'close',
    once(call, 'close').catch(() => undefined),
  )
  assert.equal(call.rstCode, 11)
  assert.deepEqual(closes, [false])
})

test('a call that ends while it is opened is told so, once', async (t) => {
  const closes: boolean[] = []
  const { server } = await startGrpc(
    t,
    {
      Flood: {
        kind: 'stream',
        open: (call) => {
          for (let i = 0; i < 20; i += 1) call.send(Buffer.alloc(100_000))
          return { ...quiet, closed: (isClean) => void closes.push(isClean) }
        },
      },
    },
    { limits: { maxUnsentBytes: 1_000_000 } },
  )
  const session = await connectHttp2(t, server.port)
  await within('answer', answerOf(session.request(callHeaders('/test.Test/Flood'), { endStream: false })))
  await waitUntil('no call', () => server.calls === 0)
  assert.deepEqual(closes, [false])
})

test('a paused call whose client leaves without an error is over', async (t) => {
  const closes: boolean[] = []
  const { server } = await startGrpc(t, {
    Paused: {
      kind: 'stream',
      open: (call) => {
        call.pause()
        return { ...quiet, closed: (isClean) => void closes.push(isClean) }
      },
    },
  })
  const socket = await rawSocket(t, server.port)
  socket.resume()
  const unread = http2Frame({ type: 0, streamId: 1, payload: frame(hello) })
  socket.write(Buffer.concat([preface, openFrame(1, '/test.Test/Paused'), unread]))
  await waitUntil('open', () => server.calls === 1)
  socket.write(http2Frame({ type: 3, streamId: 1, payload: Buffer.alloc(4) }))
  await waitUntil('no call', () => server.calls === 0)
  assert.deepEqual(closes, [false])
})

test('an ended call whose client takes nothing is cut after a while', async (t) => {
  const { server } = await startGrpc(
    t,
    {
      Flood: {
        kind: 'stream',
        open: (call) => ({
          ...quiet,
          message: () => {
            call.send(Buffer.alloc(1_000_000))
            call.end()
          },
        }),
      },
    },
    { limits: { firstMessageTimeoutMs: 100 } },
  )
  const session = await connectHttp2(t, server.port)
  const call = session.request(callHeaders('/test.Test/Flood'))
  call.on('error', () => undefined)
  call.write(frame(hello))
  await within(
    'close',
    once(call, 'close').catch(() => undefined),
  )
  await waitUntil('no call', () => server.calls === 0)
})

test('a listener that pauses fills the window of its client and nobody else', async (t) => {
  let resume = (): void => undefined
  let bytes = 0
  const { server } = await startGrpc(t, {
    Paused: {
      kind: 'stream',
      open: (call) => ({
        ...quiet,
        message: (message) => {
          if (bytes === 0) {
            call.pause()
            resume = () => call.resume()
          }
          bytes += message.length
        },
        halfClosed: () => call.end(),
      }),
    },
  })
  const session = await connectHttp2(t, server.port)
  const call = session.request(callHeaders('/test.Test/Paused'))
  let taken = 0
  const send = (): void => {
    if (taken === 200) call.end()
    else call.write(frame(Buffer.alloc(50_000)), () => ((taken += 1), send()))
  }
  send()
  await waitUntil('paused', () => bytes > 0)
  const answer = answerOf(call)
  const other = await connectGrpc(t, server).unary(echo, Buffer.alloc(3_000_000))
  assert.equal(other.length, 3_000_000)
  assert.ok(taken < 60, `${taken} of 200 were taken`)
  resume()
  assert.equal((await within('answer', answer)).status, '0')
  assert.equal(bytes, 200 * 50_000)
})

test('drained tells that what was sent has been taken', async (t) => {
  let isDrained = false
  const { server } = await startGrpc(t, {
    Send: {
      kind: 'stream',
      open: (call) => ({
        ...quiet,
        message: () => {
          call.send(Buffer.alloc(500_000))
          assert.ok(call.unsentBytes >= 500_000)
        },
        drained: () => {
          isDrained = true
          assert.equal(call.unsentBytes, 0)
          call.end()
        },
      }),
    },
  })
  const session = await connectHttp2(t, server.port)
  const call = session.request(callHeaders('/test.Test/Send'))
  call.write(frame(hello))
  await once(call, 'response')
  assert.equal(isDrained, false)
  assert.equal((await within('answer', answerOf(call))).status, '0')
  assert.equal(isDrained, true)
})

test('a client that opens and cuts streams without end is cut', async (t) => {
  const { server } = await startGrpc(t)
  const socket = await rawSocket(t, server.port)
  let isClosed = false
  socket.resume().once('close', () => (isClosed = true))
  socket.write(preface)
  for (let id = 1; id < 40_000 && !isClosed; id += 100) {
    const ids = Array.from({ length: 50 }, (_, i) => id + 2 * i)
    socket.write(Buffer.concat(ids.flatMap((each) => [openFrame(each, stream), resetFrame(each)])))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await waitUntil('closed', () => isClosed)
  await waitUntil('no call', () => server.calls === 0)
})

test('a client that cuts each stream after its answer, as proxies do, stays', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  for (let round = 0; round < 100; round += 1) {
    const calls = Array.from({ length: 50 }, async () => {
      const call = session.request(callHeaders(stream))
      call.on('error', () => undefined)
      call.write(frame(hello))
      await once(call, 'data')
      call.close(8)
    })
    await within('round', Promise.all(calls))
  }
  assert.equal(session.closed, false)
  await waitUntil('no call', () => server.calls === 0)
})

test('headers above the limit end the call, the connection stays', async (t) => {
  const { server } = await startGrpc(t)
  const session = await connectHttp2(t, server.port)
  const large = session.request(callHeaders(echo, { 'x-large': 'x'.repeat(20_000) }))
  large.end(frame(hello))
  assert.equal((await within('answer', answerOf(large))).status, String(grpcCode.resourceExhausted))
  // From now on the server's SETTINGS hold.
  await new Promise((resolve) => session.ping(resolve))
  const later = session.request(callHeaders(echo, { 'x-large': 'x'.repeat(20_000) }))
  later.end(frame(hello))
  assert.notEqual((await within('answer', answerOf(later))).rstCode, 0)
  const small = session.request(callHeaders(echo, { 'x-small': 'x'.repeat(8_000) }))
  small.end(frame(hello))
  assert.equal((await answerOf(small)).status, '0')
})

const floods: Record<string, Buffer> = {
  SETTINGS: http2Frame({ type: 4 }),
  PING: http2Frame({ type: 6, payload: Buffer.alloc(8) }),
  'frames that mean nothing': http2Frame({ type: 8, payload: Buffer.alloc(4) }),
}

for (const [name, flood] of Object.entries(floods)) {
  test(`a flood of ${name} whose answers nobody reads is cut, and costs no memory`, async (t) => {
    const { server } = await startGrpc(t)
    const socket = await rawSocket(t, server.port)
    socket.pause()
    const before = process.memoryUsage().rss
    socket.write(preface)
    const many = Buffer.concat(Array.from({ length: 2_000 }, () => flood))
    let isClosed = false
    socket.once('close', () => (isClosed = true))
    for (let i = 0; i < 500 && !isClosed; i += 1) {
      if (socket.write(many)) await new Promise((resolve) => setImmediate(resolve))
      else await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
    }
    socket.resume()
    await waitUntil('closed', () => isClosed)
    assert.ok(process.memoryUsage().rss - before < 150_000_000)
    assert.equal((await connectGrpc(t, server).unary(echo, hello)).toString(), 'hello')
  })
}

test('a flood of CONTINUATION is cut', async (t) => {
  const { server } = await startGrpc(t)
  const socket = await rawSocket(t, server.port)
  socket.resume()
  socket.write(Buffer.concat([preface, http2Frame({ type: 1, streamId: 1, payload: Buffer.from([0x83]) })]))
  const field = Buffer.concat([Buffer.from([0, 1, 0x61, 0x40]), Buffer.alloc(64, 0x61)])
  const part = http2Frame({ type: 9, streamId: 1, payload: field })
  let isClosed = false
  socket.once('close', () => (isClosed = true))
  for (let i = 0; i < 20_000 && !isClosed; i += 1) {
    socket.write(part)
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await waitUntil('closed', () => isClosed)
  assert.equal((await connectGrpc(t, server).unary(echo, hello)).toString(), 'hello')
})

test('random bytes after a valid beginning are survived', async (t) => {
  const { server } = await startGrpc(t)
  for (let i = 0; i < 100; i += 1) {
    const socket = await rawSocket(t, server.port)
    socket.resume()
    const payload = randomBytes(randomInt(300))
    const junk = http2Frame({ type: randomInt(12), flags: randomInt(256), streamId: randomInt(4), payload })
    socket.end(Buffer.concat([i % 5 === 0 ? randomBytes(100) : preface, junk, randomBytes(50)]))
    await within('close', once(socket, 'close'))
  }
  assert.equal((await connectGrpc(t, server).unary(echo, hello)).toString(), 'hello')
})
