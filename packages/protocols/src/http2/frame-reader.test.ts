import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { http2Frame } from '../grpc/fixtures/http2-frames.ts'
import { type FrameHead, FrameReader } from './frame-reader.ts'
import { clientPreface } from './http2-codes.ts'

interface Read {
  type: number
  flags: number
  streamId: number
  payload: string
}

const frames = fc.record({
  type: fc.nat(10),
  flags: fc.nat(255),
  streamId: fc.nat(2 ** 31 - 1),
  payload: fc
    .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 300, maxLength: 500 }))
    .map(Buffer.from),
})

/** Reads the pieces; DATA that comes in several is put together. */
function readAll(pieces: readonly Buffer[]): Read[] {
  const read: Read[] = []
  let parts: Buffer[] = []
  const note = (head: FrameHead, payload: Buffer): void => {
    read.push({ type: head.type, flags: head.flags, streamId: head.streamId, payload: payload.toString('hex') })
  }
  const reader = new FrameReader({
    data: (head, bytes, isLast) => {
      parts.push(bytes)
      if (!isLast) return
      note(head, Buffer.concat(parts))
      parts = []
    },
    frame: (head, bytes, start) => note(head, bytes.subarray(start, start + head.length)),
  })
  for (const piece of pieces) reader.push(piece)
  return read
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, i) => Buffer.from(bytes.subarray(places[i], end)))
}

test('frames come out as they went in, however the bytes are split', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 12 }), fc.array(fc.nat()), (sent, cuts) => {
      const expected = sent.map((frame) => ({ ...frame, payload: frame.payload.toString('hex') }))
      const bytes = Buffer.concat([clientPreface, ...sent.map((frame) => http2Frame(frame))])
      assert.deepEqual(readAll(split(bytes, cuts)), expected)
      assert.deepEqual(readAll([...bytes].map((byte) => Buffer.of(byte))), expected)
    }),
  )
})

test('a payload is given as a part of what came, not as a copy', () => {
  const bytes = Buffer.concat([clientPreface, http2Frame({ type: 0, streamId: 1, payload: Buffer.from('hello') })])
  let given: Buffer | undefined
  new FrameReader({ data: (_head, payload) => (given = payload), frame: () => undefined }).push(bytes)
  assert.equal(given?.buffer, bytes.buffer)
  assert.equal(given?.toString(), 'hello')
})

test('another beginning than the preface is a fault as soon as it is seen', () => {
  const reader = new FrameReader({ data: () => undefined, frame: () => undefined })
  reader.push(Buffer.from('PRI * '))
  assert.throws(() => reader.push(Buffer.from('X')), { code: 1 })
})

test('a frame that is longer than it may be is a fault before its payload has come', () => {
  const reader = new FrameReader({ data: () => undefined, frame: () => undefined })
  reader.push(clientPreface)
  assert.throws(() => reader.push(Buffer.from([0, 0x40, 1, 0, 0, 0, 0, 0, 1])), { code: 6 })
})

test('a reader that is stopped from within gives nothing more', () => {
  let given = 0
  const reader: FrameReader = new FrameReader({
    data: () => undefined,
    frame: () => {
      given += 1
      reader.stop()
    },
  })
  const ping = http2Frame({ type: 6, payload: Buffer.alloc(8) })
  reader.push(Buffer.concat([clientPreface, ping, ping, ping.subarray(0, 4)]))
  reader.push(ping.subarray(4))
  assert.equal(given, 1)
})
