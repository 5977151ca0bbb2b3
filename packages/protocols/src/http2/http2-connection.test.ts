import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, waitUntil, within } from '@pelton/testkit'
import { http2Frame, lastDataFrame, resetFrame } from '../grpc/fixtures/http2-frames.ts'
import type { TransportStream } from './transport.ts'
import { type RawClient, connectRaw, dataFrame, flagged, requestFrame } from './fixtures/raw-client.ts'
import { deaf, startHttp2 } from './fixtures/start-http2.ts'
import { encodeHeaders } from './hpack/index.ts'

const acknowledgement = http2Frame({ type: 4, flags: 1 })
const last = 2 ** 31 - 1

function resetsOf(client: RawClient): [streamId: number, code: number][] {
  return client.frames
    .filter(({ type }) => type === 3)
    .map(({ streamId, payload }) => [streamId, payload.readUInt32BE(0)])
}

test('the settings of the server come first, with a large window of the connection', async (t) => {
  const { port } = await startHttp2(t)
  const client = await connectRaw(t, port)
  await client.settle()
  const [settings, update] = client.frames
  assert.equal(settings?.payload.toString('hex'), '000300000064' + '000400100000' + '000600004000')
  assert.deepEqual([update?.type, update?.payload.readUInt32BE(0)], [8, 16 * 1024 * 1024 - 65_535])
})

test('a client that cannot know the limit of streams may go beyond it, one that has said so may not', async (t) => {
  let opened = 0
  const { port } = await startHttp2(
    t,
    () => {
      opened += 1
      return deaf
    },
    { limits: { maxConcurrentStreams: 2 } },
  )
  const client = await connectRaw(t, port)
  client.send(...[1, 3, 5, 7].map((id) => requestFrame(id)))
  await client.settle()
  assert.deepEqual([opened, resetsOf(client)], [4, []])
  client.send(acknowledgement, requestFrame(9), dataFrame(9, 'on its way'))
  await client.settle()
  assert.deepEqual([opened, resetsOf(client)], [4, [[9, 7]]])
  client.send(...[1, 3, 5].map(resetFrame), requestFrame(11), requestFrame(13))
  await client.settle()
  assert.deepEqual(
    [opened, resetsOf(client)],
    [
      5,
      [
        [9, 7],
        [13, 7],
      ],
    ],
  )
})

test('before it has said so, too, a client has a bound', async (t) => {
  const { port } = await startHttp2(t, () => deaf, { limits: { maxConcurrentStreams: 2 } })
  const client = await connectRaw(t, port)
  for (let i = 0; i < 1_030; i += 1) client.send(requestFrame(2 * i + 1))
  await client.settle()
  assert.equal(resetsOf(client).length, 6)
})

test('a response that ends before its request leaves the client a moment, then it is asked to stop', async (t) => {
  const clock = new FakeClock()
  const closes: boolean[] = []
  const { port } = await startHttp2(
    t,
    (stream) => {
      stream.finish({ 'grpc-status': '0' })
      return { ...deaf, closed: (isClean) => void closes.push(isClean) }
    },
    { clock, limits: { maxConcurrentStreams: 1 } },
  )
  const client = await connectRaw(t, port)
  client.send(acknowledgement, requestFrame(1))
  await waitUntil('answered', () => client.hasEnded(1))
  await waitUntil('closed', () => closes.length === 1)
  // It counts no more.
  client.send(requestFrame(3))
  await waitUntil('answered', () => client.hasEnded(3))
  await client.settle()
  assert.deepEqual(resetsOf(client), [])
  client.send(resetFrame(3))
  await client.settle()
  await clock.advance(5_000)
  await client.settle()
  assert.deepEqual([resetsOf(client), closes], [[[1, 0]], [true, true]])
})

test('a client is not cut for a ping that it answered while this process was asleep', async (t) => {
  const clock = new FakeClock()
  const limits = { keepAliveMs: 1_000, keepAliveTimeoutMs: 500 }
  const { port } = await startHttp2(t, () => deaf, { clock, limits })
  const client = await connectRaw(t, port)
  client.send(acknowledgement)
  await client.settle()
  await clock.advance(1_250)
  clock.sleepThrough(3_600_000)
  await clock.advance(1)
  client.send(requestFrame(1))
  await client.settle()
  await clock.advance(250)
  await client.settle()
  assert.equal(client.isClosed, false)
  await clock.advance(2_000)
  await waitUntil('cut', () => client.isClosed)
})

test('a client that sends on after the response is asked to stop at once, and that is all', async (t) => {
  const { port } = await startHttp2(t, (stream) => {
    stream.finish({ 'grpc-status': '0' })
    return deaf
  })
  const client = await connectRaw(t, port)
  client.send(requestFrame(1))
  await waitUntil('answered', () => client.hasEnded(1))
  client.send(dataFrame(1, 'a'), dataFrame(1, 'b'), lastDataFrame(1, Buffer.from('c')))
  client.send(http2Frame({ type: 1, flags: 5, streamId: 1, payload: encodeHeaders(['x-a', '1']) }))
  await client.settle()
  assert.deepEqual(resetsOf(client), [[1, 0]])
})

test('halves that clients leave open are bounded', async (t) => {
  const { port } = await startHttp2(t, (stream) => {
    stream.refuse(405)
    return deaf
  })
  const client = await connectRaw(t, port)
  for (let i = 0; i < 1_024; i += 1) client.send(requestFrame(2 * i + 1))
  await client.settle()
  assert.deepEqual(resetsOf(client), [])
  client.send(requestFrame(2_049), requestFrame(2_051))
  await client.settle()
  assert.equal(resetsOf(client).length, 1_025)
  assert.ok(resetsOf(client).every(([, code]) => code === 0))
})

test('streams that were not answered to the end are told so when the connection is lost', async (t) => {
  const closes: boolean[] = []
  const { port } = await startHttp2(t, () => ({ ...deaf, closed: (isClean) => void closes.push(isClean) }))
  const client = await connectRaw(t, port)
  client.send(requestFrame(1), requestFrame(3))
  await client.settle()
  client.send(http2Frame({ type: 4, payload: Buffer.alloc(1) }))
  await waitUntil('closed', () => client.isClosed)
  assert.deepEqual(closes, [false, false])
})

test('what is written, ended, cut or resumed after its end does nothing', async (t) => {
  const streams: TransportStream[] = []
  let closes = 0
  const { port } = await startHttp2(t, (stream) => {
    streams.push(stream)
    return { ...deaf, closed: () => (closes += 1) }
  })
  const client = await connectRaw(t, port)
  client.send(requestFrame(1), requestFrame(3), requestFrame(5))
  await client.settle()
  streams[0]?.finish({ 'grpc-status': '0' })
  streams[1]?.reset('internal')
  client.send(resetFrame(5))
  await waitUntil('closed', () => closes === 3)
  for (const stream of streams) {
    stream.write(Buffer.from('x'))
    stream.finish({ 'grpc-status': '1' })
    stream.refuse(500)
    stream.reset('cancel')
    stream.pause()
    stream.resume()
    assert.equal(stream.unsentBytes, 0)
  }
  await client.settle()
  assert.equal(closes, 3)
  assert.deepEqual(resetsOf(client), [[3, 2]])
  assert.equal(client.frames.filter(({ type }) => type < 2).length, 1)
})

test('a listener that throws is a fault that is told, and no more', async (t) => {
  const faults: unknown[] = []
  const fault = new Error('a fault')
  const fail = (): never => {
    throw fault
  }
  const { port } = await startHttp2(t, () => ({ data: fail, ended: fail, drained: fail, closed: fail }), {
    onFault: (error) => void faults.push(error),
  })
  const client = await connectRaw(t, port)
  client.send(requestFrame(1), lastDataFrame(1, Buffer.from('x')), resetFrame(1))
  await client.settle()
  assert.deepEqual(faults, [fault, fault, fault])
})

test('whoever serves no stream because of a fault ends the connection with INTERNAL_ERROR', async (t) => {
  const faults: unknown[] = []
  const { port } = await startHttp2(
    t,
    () => {
      throw new Error('a fault')
    },
    { onFault: (error) => void faults.push(error) },
  )
  const client = await connectRaw(t, port)
  client.send(requestFrame(1))
  assert.equal((await client.frame(7)).payload.readUInt32BE(4), 2)
  assert.equal(faults.length, 1)
})

test('a drain says at first that all may come, and after the ping what was the last', async (t) => {
  const streams: TransportStream[] = []
  const server = await startHttp2(t, (stream) => {
    streams.push(stream)
    return deaf
  })
  const client = await connectRaw(t, server.port)
  client.send(requestFrame(1))
  await client.settle()
  const drained = server.drain()
  const ping = await client.frame(6)
  assert.equal((await client.frame(7)).payload.readUInt32BE(0), last)
  client.send(
    requestFrame(3),
    http2Frame({ type: 6, flags: 1, payload: ping.payload }),
    requestFrame(5),
    dataFrame(5, 'x'),
  )
  await waitUntil('the last word', () => client.frames.filter(({ type }) => type === 7).length === 2)
  assert.equal(client.frames.findLast(({ type }) => type === 7)?.payload.readUInt32BE(0), 3)
  assert.deepEqual([streams.length, resetsOf(client), client.isClosed], [2, [], false])
  for (const stream of streams) stream.finish({ 'grpc-status': '0' })
  await within('drained', drained)
  assert.deepEqual([client.hasEnded(1), client.hasEnded(3), client.hasEnded(5)], [true, true, false])
})

test('a client that says GOAWAY gets what is open, then the connection ends', async (t) => {
  const streams: TransportStream[] = []
  const { port } = await startHttp2(t, (stream) => {
    streams.push(stream)
    return deaf
  })
  const client = await connectRaw(t, port)
  client.send(requestFrame(1), http2Frame({ type: 7, payload: Buffer.alloc(8) }))
  await client.settle()
  assert.equal(client.isClosed, false)
  streams[0]?.write(Buffer.from('hello'))
  streams[0]?.finish({ 'grpc-status': '0' })
  await waitUntil('closed', () => client.isClosed)
  assert.deepEqual([client.body(1).toString(), client.hasEnded(1)], ['hello', true])
})

const floods: Record<string, (id: number) => Buffer[]> = {
  'empty DATA': (id) => (id === 1 ? [requestFrame(1)] : [dataFrame(1, '')]),
  PRIORITY: (id) => [http2Frame({ type: 2, streamId: id, payload: Buffer.alloc(5) })],
  'unknown frames': () => [http2Frame({ type: 99 })],
  'malformed requests': (id) => [requestFrame(id, { 'X-Upper': 'a' })],
  'streams that break a rule of theirs': (id) => [requestFrame(id), dataFrame(id, ''), flagged(requestFrame(id), 4)],
  RST_STREAM: (id) => (id === 1 ? [requestFrame(1)] : [resetFrame(1)]),
}

for (const [what, frames] of Object.entries(floods)) {
  test(`a flood of ${what} ends with ENHANCE_YOUR_CALM`, async (t) => {
    const { port } = await startHttp2(t, () => deaf)
    const client = await connectRaw(t, port)
    for (let id = 1; id < 30_000; id += 2) client.send(...frames(id))
    assert.equal((await client.frame(7)).payload.readUInt32BE(4), 11)
    await waitUntil('closed', () => client.isClosed)
  })
}
