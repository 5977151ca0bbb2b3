import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import grpc from '@grpc/grpc-js'
import { waitUntil } from '@pelton/testkit'
import { collect, connectGrpc, startGrpc } from './fixtures/start-grpc.ts'
import { type GrpcCall, GrpcError, type GrpcStream, grpcCode } from './grpc-service.ts'

const hello = Buffer.from('hello')

test('a unary call is answered', async (t) => {
  const { server, faults } = await startGrpc(t)
  const peer = connectGrpc(t, server)
  assert.equal((await peer.unary('/test.Echo/Unary', hello)).toString(), 'hello')
  assert.equal((await peer.unary('/test.Echo/Unary', Buffer.alloc(0))).length, 0)
  assert.deepEqual(faults, [])
  await waitUntil('no call', () => server.calls === 0)
})

test('a unary method may answer later', async (t) => {
  const { server } = await startGrpc(t, { Later: { kind: 'unary', handle: (request) => Promise.resolve(request) } })
  const answer = await connectGrpc(t, server).unary('/test.Test/Later', hello)
  assert.equal(answer.toString(), 'hello')
})

test('messages go both ways on a stream, in order', async (t) => {
  const { server } = await startGrpc(t)
  const stream = connectGrpc(t, server).stream('/test.Echo/Stream')
  const collected = collect(stream)
  for (let i = 0; i < 100; i += 1) stream.write(Buffer.from(`message ${i}`))
  stream.end()
  const { messages, code } = await collected
  assert.equal(code, grpcCode.ok)
  assert.deepEqual(
    messages.map(String),
    Array.from({ length: 100 }, (_, i) => `message ${i}`),
  )
})

test('a client that streams is answered once at its end', async (t) => {
  const { server } = await startGrpc(t, {
    Count: {
      kind: 'stream',
      open: (stream) => {
        let bytes = 0
        return {
          message: (message) => void (bytes += message.length),
          halfClosed: () => {
            stream.send(Buffer.from(String(bytes)))
            stream.end()
          },
          closed: () => undefined,
        }
      },
    },
  })
  const stream = connectGrpc(t, server).stream('/test.Test/Count')
  const collected = collect(stream)
  for (let i = 0; i < 10; i += 1) stream.write(hello)
  stream.end()
  assert.deepEqual((await collected).messages.map(String), ['50'])
})

test('a server that streams may end before its client has, and the client still reads all', async (t) => {
  const closes: boolean[] = []
  const { server } = await startGrpc(t, {
    List: {
      kind: 'stream',
      open: (stream) => ({
        message: () => {
          for (let i = 0; i < 1_000; i += 1) stream.send(Buffer.alloc(1_000, i))
          stream.end()
        },
        halfClosed: () => undefined,
        closed: (isClean) => void closes.push(isClean),
      }),
    },
  })
  const stream = connectGrpc(t, server).stream('/test.Test/List')
  const collected = collect(stream)
  stream.write(hello)
  const { messages, code } = await collected
  assert.equal(code, grpcCode.ok)
  assert.equal(messages.length, 1_000)
  await waitUntil('closed', () => closes.length === 1 && server.calls === 0)
  assert.deepEqual(closes, [true])
})

test('a status arrives with its message, whatever is in it', async (t) => {
  const message = ' déjà vu: 100 %\nagain '
  const { server, faults } = await startGrpc(t, {
    Unary: {
      kind: 'unary',
      handle: () => {
        throw new GrpcError(grpcCode.notFound, message)
      },
    },
    Stream: {
      kind: 'stream',
      open: (stream) => {
        stream.send(hello)
        stream.end({ code: grpcCode.aborted, message })
        return { message: () => undefined, halfClosed: () => undefined, closed: () => undefined }
      },
    },
  })
  const peer = connectGrpc(t, server)
  await assert.rejects(peer.unary('/test.Test/Unary', hello), { code: grpcCode.notFound, details: message })
  const { messages, code, details } = await collect(peer.stream('/test.Test/Stream'))
  assert.deepEqual([messages.length, code, details], [1, grpcCode.aborted, message])
  assert.deepEqual(faults, [])
})

test('a fault is INTERNAL without a word, reported, and the server lives on', async (t) => {
  const fault = (): never => {
    throw new Error('secret')
  }
  const quiet = { message: () => undefined, halfClosed: () => undefined, closed: () => undefined }
  const { server, faults } = await startGrpc(t, {
    Unary: { kind: 'unary', handle: fault },
    Later: { kind: 'unary', handle: () => Promise.reject(new Error('secret')) },
    Open: { kind: 'stream', open: fault },
    Message: { kind: 'stream', open: () => ({ ...quiet, message: fault }) },
    HalfClosed: { kind: 'stream', open: () => ({ ...quiet, halfClosed: fault }) },
    Closed: {
      kind: 'stream',
      open: (stream) => {
        stream.end({ code: grpcCode.internal })
        return { ...quiet, closed: fault }
      },
    },
  })
  const peer = connectGrpc(t, server)
  for (const [i, name] of ['Unary', 'Later', 'Open', 'Message', 'HalfClosed', 'Closed'].entries()) {
    await assert.rejects(peer.unary(`/test.Test/${name}`, hello), (error: grpc.ServiceError) => {
      assert.equal(error.code, grpcCode.internal, name)
      assert.doesNotMatch(error.details, /secret/)
      return true
    })
    await waitUntil(name, () => faults.length === i + 1)
  }
  assert.equal((await peer.unary('/test.Echo/Unary', hello)).toString(), 'hello')
})

test('a method that is not known is UNIMPLEMENTED', async (t) => {
  const { server } = await startGrpc(t)
  const peer = connectGrpc(t, server)
  for (const path of ['/test.Echo/Nothing', '/nobody/Unary', '/']) {
    await assert.rejects(peer.unary(path, hello), { code: grpcCode.unimplemented })
  }
})

test('a unary method takes exactly one message', async (t) => {
  const { server } = await startGrpc(t)
  const peer = connectGrpc(t, server)
  for (const count of [0, 2]) {
    const stream = peer.stream('/test.Echo/Unary')
    const collected = collect(stream)
    for (let i = 0; i < count; i += 1) stream.write(hello)
    stream.end()
    assert.equal((await collected).code, grpcCode.unimplemented)
  }
})

test('a method sees the metadata, path and address of its call', async (t) => {
  let seen: GrpcCall | undefined
  const { server } = await startGrpc(t, {
    Look: {
      kind: 'unary',
      handle: (request, call) => {
        seen = call
        return request
      },
    },
  })
  const metadata = new grpc.Metadata()
  metadata.set('x-one', '1')
  metadata.add('x-two', 'a')
  metadata.add('x-two', 'b')
  metadata.set('x-bytes-bin', Buffer.from([1, 2, 3]))
  await connectGrpc(t, server).unary('/test.Test/Look', hello, { metadata })
  assert.equal(seen?.path, '/test.Test/Look')
  assert.equal(seen?.address, '127.0.0.1')
  assert.equal(seen?.metadata('x-one'), '1')
  assert.equal(seen?.metadata('x-two'), 'a, b')
  assert.equal(seen?.metadata('x-none'), undefined)
  const { 'user-agent': agent, ...others } = seen?.allMetadata ?? {}
  assert.match(String(agent), /grpc-node-js/)
  assert.deepEqual({ ...others }, { 'x-one': '1', 'x-two': ['a', 'b'], 'x-bytes-bin': 'AQID' })
})

test('a deadline ends the call and aborts its signal', async (t) => {
  const open = Promise.withResolvers<GrpcStream>()
  const closes: boolean[] = []
  const { server } = await startGrpc(t, {
    Hang: {
      kind: 'stream',
      open: (stream) => {
        open.resolve(stream)
        return {
          message: () => undefined,
          halfClosed: () => undefined,
          closed: (isClean) => void closes.push(isClean),
        }
      },
    },
  })
  const call = connectGrpc(t, server).stream('/test.Test/Hang', { deadline: Date.now() + 150 })
  const collected = collect(call)
  call.write(hello)
  const stream = await open.promise
  const { signal } = stream
  assert.equal((await collected).code, grpcCode.deadlineExceeded)
  await waitUntil('aborted', () => signal.aborted)
  assert.deepEqual(closes, [false])
  stream.send(hello)
  stream.end()
})

test('a client that cancels aborts the signal', async (t) => {
  const open = Promise.withResolvers<GrpcStream>()
  const closes: boolean[] = []
  const { server } = await startGrpc(t, {
    Hang: {
      kind: 'stream',
      open: (stream) => ({
        message: () => open.resolve(stream),
        halfClosed: () => undefined,
        closed: (isClean) => void closes.push(isClean),
      }),
    },
  })
  const call = connectGrpc(t, server).stream('/test.Test/Hang')
  const collected = collect(call)
  call.write(hello)
  const stream = await open.promise
  call.cancel()
  assert.equal((await collected).code, grpcCode.cancelled)
  await waitUntil('closed', () => closes.length === 1 && server.calls === 0)
  assert.deepEqual(closes, [false])
  assert.equal(stream.signal.aborted, true)
})

test('messages of 64 MiB go both ways', async (t) => {
  const { server } = await startGrpc(t, {}, { limits: { maxMessageBytes: 65 * 1024 * 1024, maxUnsentBytes: 2 ** 27 } })
  const message = Buffer.alloc(64 * 1024 * 1024, 'pelton')
  const answer = await connectGrpc(t, server).unary('/test.Echo/Unary', message)
  assert.equal(answer.equals(message), true)
})

test('compressed messages are inflated and keep their order', async (t) => {
  const { server } = await startGrpc(t)
  for (const algorithm of [grpc.compressionAlgorithms.gzip, grpc.compressionAlgorithms.deflate]) {
    const peer = connectGrpc(t, server, { 'grpc.default_compression_algorithm': algorithm })
    const stream = peer.stream('/test.Echo/Stream')
    const collected = collect(stream)
    // Random bytes stay large enough for the thread pool, the others do not.
    const sent = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? randomBytes(50_000) : Buffer.from(`small ${i}`)))
    for (const message of sent) stream.write(message)
    stream.end()
    const { messages, code, details } = await collected
    assert.equal(code, grpcCode.ok, details)
    assert.equal(Buffer.concat(messages).equals(Buffer.concat(sent)), true)
  }
})

test('health and reflection are there when they are asked for', async (t) => {
  const health = { serving: (name: string) => (name === 'nobody' ? undefined : true), onChange: () => () => undefined }
  const { server } = await startGrpc(t, {}, { health })
  const peer = connectGrpc(t, server)
  const answer = await peer.unary('/grpc.health.v1.Health/Check', Buffer.alloc(0))
  assert.deepEqual([...answer], [8, 1])
  const watch = peer.stream('/grpc.health.v1.Health/Watch')
  const collected = collect(watch)
  watch.write(Buffer.alloc(0))
  const [first] = (await once(watch, 'data')) as [Buffer]
  assert.deepEqual([...first], [8, 1])
  for (const version of ['v1', 'v1alpha']) {
    const list = peer.stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`)
    const reflected = collect(list)
    // `list_services`, field 7.
    list.write(Buffer.from([0x3a, 0]))
    list.end()
    assert.match(
      String((await reflected).messages[0]),
      /grpc\.health\.v1\.Health[^]*test\.Echo|test\.Echo[^]*grpc\.health/,
    )
  }
  await server.close()
  const { messages, code } = await collected
  assert.deepEqual([...(messages[1] ?? [])], [8, 2])
  assert.equal(code, grpcCode.unavailable)
})

test('without being asked for there is neither', async (t) => {
  const { server } = await startGrpc(t, {}, { reflects: false })
  const peer = connectGrpc(t, server)
  for (const path of ['/grpc.health.v1.Health/Check', '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo']) {
    await assert.rejects(peer.unary(path, Buffer.alloc(0)), { code: grpcCode.unimplemented })
  }
})
