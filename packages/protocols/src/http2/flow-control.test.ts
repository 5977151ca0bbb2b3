import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cleanup, waitUntil } from '@pelton/testkit'
import { http2Frame } from '../grpc/fixtures/http2-frames.ts'
import type { TransportStream } from './transport.ts'
import { connectRaw, dataFrame, flagged, requestFrame, settingsFrame, windowFrame } from './fixtures/raw-client.ts'
import { deaf, echo, startHttp2 } from './fixtures/start-http2.ts'

const windowSize = 4

/** A server whose streams are kept, and a client with this first window of its streams. */
async function openStreams(t: Cleanup, firstWindow: number, count = 1) {
  const streams: TransportStream[] = []
  const told: string[] = []
  const { port } = await startHttp2(t, (stream) => {
    streams.push(stream)
    return {
      ...deaf,
      drained: () => void told.push('drained'),
      closed: (isClean) => void told.push(`closed ${isClean}`),
    }
  })
  const client = await connectRaw(t, port, { settings: [[windowSize, firstWindow]] })
  for (let i = 0; i < count; i += 1) client.send(requestFrame(2 * i + 1))
  await client.settle()
  assert.equal(streams.length, count)
  return { client, streams, told, stream: streams[0] as TransportStream }
}

test('with a window of 0 only the head goes out, then as much as is asked for', async (t) => {
  const { client, stream, told } = await openStreams(t, 0)
  stream.write(Buffer.from('hello'))
  stream.finish({ 'grpc-status': '0' })
  await client.frame(1, 1)
  await client.settle()
  assert.equal(client.body(1).length, 0)
  assert.equal(stream.unsentBytes, 5)
  for (const expected of ['h', 'he', 'hel']) {
    client.send(windowFrame(1, 1))
    await client.settle()
    assert.equal(client.body(1).toString(), expected)
  }
  assert.equal(client.hasEnded(1), false)
  client.send(windowFrame(1, 100))
  await waitUntil('ended', () => client.hasEnded(1))
  assert.equal(client.body(1).toString(), 'hello')
  await waitUntil('told', () => told.at(-1) === 'closed true')
  assert.equal(stream.unsentBytes, 0)
})

test('a change of the first window changes those that are open, below zero, too', async (t) => {
  const { client, stream } = await openStreams(t, 10)
  stream.write(Buffer.alloc(20))
  await waitUntil('10 bytes', () => client.body(1).length === 10)
  // -5 now: 5 more open nothing, 6 one byte.
  client.send(settingsFrame([windowSize, 5]), windowFrame(1, 5))
  await client.settle()
  assert.equal(client.body(1).length, 10)
  client.send(windowFrame(1, 1))
  await waitUntil('one more', () => client.body(1).length === 11)
  client.send(settingsFrame([windowSize, 1_000]))
  await waitUntil('all', () => client.body(1).length === 20)
})

test('the window of the connection holds for all streams together, which take turns', async (t) => {
  const { client, streams } = await openStreams(t, 1_000_000, 4)
  for (const stream of streams) stream.write(Buffer.alloc(100_000))
  await waitUntil('the window', () => [1, 3, 5, 7].reduce((sum, id) => sum + client.body(id).length, 0) === 65_535)
  for (const id of [1, 3, 5]) assert.equal(client.body(id).length, 16_384)
  for (let round = 1; round <= 4; round += 1) {
    client.send(windowFrame(0, 4 * 16_384))
    await client.settle()
  }
  await waitUntil('shared', () => [1, 3, 5, 7].every((id) => client.body(id).length >= 4 * 16_384))
  client.send(windowFrame(0, 1_000_000))
  await waitUntil('all', () => [1, 3, 5, 7].every((id) => client.body(id).length === 100_000))
})

test('a stream whose window is closed holds up no other', async (t) => {
  const { client, streams } = await openStreams(t, 10, 2)
  const [first, second] = streams as [TransportStream, TransportStream]
  first.write(Buffer.alloc(100))
  second.write(Buffer.alloc(10))
  await waitUntil('both', () => client.body(1).length === 10 && client.body(3).length === 10)
})

test('frames are as long as the peer takes, and not endless', async (t) => {
  const { client, stream } = await openStreams(t, 2 ** 31 - 1)
  client.send(windowFrame(0, 2 ** 30), settingsFrame([5, 2 ** 24 - 1]))
  await client.settle()
  const body = randomBytes(300_000)
  stream.write(body)
  await waitUntil('all', () => client.body(1).length === body.length)
  assert.equal(client.body(1).equals(body), true)
  const longest = Math.max(...client.frames.filter(({ type }) => type === 0).map(({ payload }) => payload.length))
  assert.equal(longest, 65_536)
})

test('what was sent is unsent until the socket has it, then drained is told', async (t) => {
  const { stream, told } = await openStreams(t, 65_535)
  stream.write(Buffer.alloc(100))
  assert.ok(stream.unsentBytes >= 100)
  await waitUntil('drained', () => told.length > 0)
  assert.deepEqual([told, stream.unsentBytes], [['drained'], 0])
})

test('a client that does not read stops what is sent, and gets it when it does', async (t) => {
  const { client, stream } = await openStreams(t, 2 ** 31 - 1)
  client.send(windowFrame(0, 2 ** 30))
  await client.settle()
  client.pause()
  const body = randomBytes(20_000_000)
  stream.write(body)
  await waitUntil('stuck', () => stream.unsentBytes > 1_000_000 && stream.unsentBytes < body.length)
  client.resume()
  await waitUntil('all', () => stream.unsentBytes === 0)
  await waitUntil('read', () => client.body(1).length === body.length)
  assert.equal(client.body(1).equals(body), true)
})

test('a client is given its window back once half of it was taken, on the stream and on the connection', async (t) => {
  const { port } = await startHttp2(t, () => deaf)
  const client = await connectRaw(t, port)
  client.send(requestFrame(1), requestFrame(3))
  const part = Buffer.alloc(16_384)
  for (let i = 0; i < 31; i += 1) client.send(dataFrame(1, part))
  await client.settle()
  const updates = (id: number): number[] =>
    client.frames
      .filter(({ type, streamId }) => type === 8 && streamId === id)
      .map(({ payload }) => payload.readUInt32BE(0))
  assert.deepEqual(updates(1), [])
  client.send(dataFrame(1, part))
  await client.settle()
  assert.deepEqual(updates(1), [512 * 1024])
  // The first one made the connection's window what it is.
  assert.deepEqual(updates(0), [16 * 1024 * 1024 - 65_535])
  for (let i = 32; i < 512; i += 1) client.send(dataFrame(i % 2 === 0 ? 1 : 3, part))
  await client.settle()
  assert.deepEqual(updates(0).slice(1), [8 * 1024 * 1024])
})

test('padding counts in the windows and is given back', async (t) => {
  const { port } = await startHttp2(t)
  const client = await connectRaw(t, port)
  client.send(requestFrame(1))
  const padded = flagged(dataFrame(1, Buffer.concat([Buffer.of(200), Buffer.from('ab'), Buffer.alloc(200)])), 8)
  for (let i = 0; i < 8_000; i += 1) client.send(padded)
  await waitUntil('all', () => client.body(1).length === 16_000)
  const given = client.frames.filter(({ type, streamId }) => type === 8 && streamId === 1)
  assert.ok(given.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0) > 1_500_000)
})

test('a paused stream takes its window and no more; what it holds comes in order, with its end', async (t) => {
  const streams: TransportStream[] = []
  const chunks: Buffer[] = []
  let hasEnded = false
  const { port } = await startHttp2(t, (stream) => {
    streams.push(stream)
    stream.pause()
    return { ...deaf, data: (chunk) => void chunks.push(Buffer.from(chunk)), ended: () => (hasEnded = true) }
  })
  const client = await connectRaw(t, port)
  const body = randomBytes(1024 * 1024)
  client.send(requestFrame(1))
  for (let at = 0; at < body.length;) {
    const size = Math.min(1 + ((at * 7) % 9_000), body.length - at)
    client.send(dataFrame(1, body.subarray(at, at + size)))
    at += size
  }
  await client.settle()
  assert.equal(chunks.length, 0)
  assert.equal(
    client.frames.some(({ type, streamId }) => type === 8 && streamId === 1),
    false,
  )
  client.send(flagged(dataFrame(1, ''), 1))
  await client.settle()
  assert.equal(hasEnded, false)
  streams[0]?.resume()
  await waitUntil('ended', () => hasEnded)
  assert.equal(Buffer.concat(chunks).equals(body), true)
})

test('more than the window of a stream is a fault of the stream', async (t) => {
  const { port } = await startHttp2(t, (stream) => {
    stream.pause()
    return deaf
  })
  const client = await connectRaw(t, port)
  client.send(requestFrame(1))
  for (let i = 0; i < 64; i += 1) client.send(dataFrame(1, Buffer.alloc(16_384)))
  await client.settle()
  assert.equal(
    client.frames.some(({ type }) => type === 3),
    false,
  )
  client.send(dataFrame(1, 'x'))
  assert.equal((await client.frame(3, 1)).payload.readUInt32BE(0), 3)
})

test('more than the window of the connection is a fault of the connection', async (t) => {
  const { port } = await startHttp2(t, (stream) => {
    stream.pause()
    return deaf
  })
  const client = await connectRaw(t, port)
  for (let id = 1; id < 33; id += 2) {
    client.send(requestFrame(id))
    for (let i = 0; i < 64; i += 1) client.send(dataFrame(id, Buffer.alloc(16_384)))
  }
  client.send(requestFrame(33))
  await client.settle()
  client.send(dataFrame(33, 'x'))
  assert.equal((await client.frame(7)).payload.readUInt32BE(4), 3)
})

test('what a stream held when it was cut goes back to the window of the connection', async (t) => {
  const { port } = await startHttp2(t, (stream) => {
    stream.pause()
    return deaf
  })
  const client = await connectRaw(t, port)
  for (let id = 1; id < 65; id += 2) {
    client.send(requestFrame(id))
    for (let i = 0; i < 64; i += 1) client.send(dataFrame(id, Buffer.alloc(16_384)))
    client.send(http2Frame({ type: 3, streamId: id, payload: Buffer.alloc(4) }))
  }
  await client.settle()
  assert.equal(
    client.frames.some(({ type }) => type === 7),
    false,
  )
})

test('whatever the windows are, all bytes come, and never more than they allow', async (t) => {
  const { port } = await startHttp2(t, echo)
  const steps = fc.array(fc.record({ stream: fc.nat(40_000), connection: fc.nat(40_000) }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(70_000),
      steps,
      fc.uint8Array({ minLength: 1, maxLength: 100_000, size: 'max' }),
      async (first, updates, given) => {
        const client = await connectRaw(t, port, { settings: [[windowSize, first]] })
        const body = Buffer.from(given)
        client.send(requestFrame(1))
        for (let at = 0; at < body.length; at += 16_384) client.send(dataFrame(1, body.subarray(at, at + 16_384)))
        client.send(flagged(dataFrame(1, ''), 1))
        let ofStream = first
        let ofConnection = 65_535
        for (const { stream, connection } of [{ stream: 0, connection: 0 }, ...updates]) {
          if (stream > 0) client.send(windowFrame(1, stream))
          if (connection > 0) client.send(windowFrame(0, connection))
          ofStream += stream
          ofConnection += connection
          await client.settle()
          const most = Math.min(ofStream, ofConnection, body.length)
          assert.ok(client.body(1).length <= most)
          await waitUntil('the window', () => client.body(1).length === most)
        }
        client.send(windowFrame(0, 1_000_000))
        if (ofStream < 1_000_000) client.send(windowFrame(1, 1_000_000))
        await waitUntil('ended', () => client.hasEnded(1))
        assert.equal(client.body(1).equals(body), true)
      },
    ),
    { numRuns: 30 },
  )
})

test('small writes to a client that does not read arrive as they were, too', async (t) => {
  const { client, stream } = await openStreams(t, 2 ** 31 - 1)
  client.send(windowFrame(0, 2 ** 30))
  await client.settle()
  client.pause()
  const sent: Buffer[] = []
  while (stream.unsentBytes < 1_000_000) {
    const bytes = randomBytes(4_000)
    sent.push(bytes)
    stream.write(bytes)
    await new Promise((resolve) => setImmediate(resolve))
  }
  client.resume()
  await waitUntil('all', () => client.body(1).length === sent.length * 4_000)
  assert.equal(client.body(1).equals(Buffer.concat(sent)), true)
})

test('an end that the socket has not taken when the connection is lost is no clean one', async (t) => {
  const { client, streams, told } = await openStreams(t, 2 ** 31 - 1)
  // Nothing but the socket is waited for.
  client.send(windowFrame(0, 2 ** 30), flagged(requestFrame(3), 5))
  await client.settle()
  const [first, second] = streams as [TransportStream, TransportStream]
  client.pause()
  first.write(Buffer.alloc(20_000_000))
  await waitUntil('stuck', () => first.unsentBytes < 20_000_000)
  second.finish({ 'grpc-status': '0' })
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(told, [])
  client.destroy()
  await waitUntil('told', () => told.length === 2)
  assert.deepEqual(told, ['closed false', 'closed false'])
})
