import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { waitUntil } from '@pelton/testkit'
import { http2Frame } from '../grpc/fixtures/http2-frames.ts'
import type { TransportStream } from './transport.ts'
import { connectRaw, dataFrame, requestFrame, settingsFrame, windowFrame } from './fixtures/raw-client.ts'
import { deaf, echo, startHttp2 } from './fixtures/start-http2.ts'

test('a client that asks and asks and reads nothing is read no more, and cut when it answers no ping', async (t) => {
  let opened = 0
  const { port } = await startHttp2(
    t,
    (stream) => {
      opened += 1
      stream.refuse(405)
      return deaf
    },
    { limits: { keepAliveMs: 200, keepAliveTimeoutMs: 200 } },
  )
  const client = await connectRaw(t, port)
  client.pause()
  let sent = 0
  for (let id = 1; id < 4_000_000 && !client.isClosed; id += 2_000) {
    const requests = Array.from({ length: 1_000 }, (_, i) => requestFrame(id + 2 * i))
    sent += 1_000
    if (!client.send(...requests)) await client.writable()
  }
  await waitUntil('cut', () => client.isClosed)
  assert.ok(opened < sent, `${opened} of ${sent} were read`)
})

test('a stream of single bytes to a listener that is paused costs little more than its window', async (t) => {
  const streams: TransportStream[] = []
  const { port } = await startHttp2(t, (stream) => {
    streams.push(stream)
    stream.pause()
    return deaf
  })
  const client = await connectRaw(t, port)
  client.send(requestFrame(1))
  await client.settle()
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const many = Buffer.concat(Array.from({ length: 50_000 }, () => dataFrame(1, 'x')))
  for (let i = 0; i < 10; i += 1) client.send(many)
  await client.settle()
  assert.ok(process.memoryUsage().rss - before < 100_000_000)
})

const odd = fc.nat(4).map((i) => 2 * i + 1)
const anyFrame = fc.oneof(
  fc
    .record({
      type: fc.nat(10),
      flags: fc.nat(255),
      streamId: fc.nat(9),
      payload: fc.uint8Array({ maxLength: 40 }).map(Buffer.from),
    })
    .map(http2Frame),
  odd.map((id) => requestFrame(id)),
  odd.map((id) => dataFrame(id, 'hello')),
  fc.tuple(odd, fc.nat(100_000)).map(([id, by]) => windowFrame(id, by)),
  fc.nat(100_000).map((size) => settingsFrame([4, size])),
  fc.constant(http2Frame({ type: 3, streamId: 1, payload: Buffer.alloc(4) })),
)

test('no sequence of frames is a fault of ours, and each stream is told its end once', async (t) => {
  const faults: unknown[] = []
  let opened = 0
  let closed = 0
  const { port } = await startHttp2(
    t,
    (stream) => {
      opened += 1
      return { ...deaf, ...echo(stream), closed: () => (closed += 1) }
    },
    { onFault: (error) => void faults.push(error) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { maxLength: 30, size: 'max' }), async (frames) => {
      const client = await connectRaw(t, port)
      client.send(requestFrame(1), ...frames)
      client.end()
      await waitUntil('closed', () => client.isClosed)
    }),
    { numRuns: 150 },
  )
  await waitUntil('all told', () => closed === opened)
  assert.ok(opened >= 150)
  assert.deepEqual(faults, [])
})

test('random bytes are survived', async (t) => {
  const { port } = await startHttp2(t)
  for (let i = 0; i < 50; i += 1) {
    const client = await connectRaw(t, port, { isMute: i % 2 === 0 })
    client.send(randomBytes(2_000))
    client.end()
    await waitUntil('closed', () => client.isClosed)
  }
  const client = await connectRaw(t, port)
  await client.settle()
})
