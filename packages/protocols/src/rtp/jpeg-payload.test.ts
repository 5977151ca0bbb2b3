import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { picture, pixelsOf, restarts, sampling422 } from '../jpeg/fixtures/pictures.ts'
import { readJpeg } from '../jpeg/read-jpeg.ts'
import { rtpFitness } from '../jpeg/rtp-fitness.ts'
import { createDice, fuzz } from './fixtures/mutations.ts'
import { disturb, packet, readAll } from './fixtures/packets.ts'
import { JpegDepacketiser, type JpegDepacketiserOptions, type JpegFrame } from './jpeg-depacketiser.ts'
import { type FitJpeg, packetiseJpeg } from './packetise-jpeg.ts'
import { ReorderBuffer } from './reorder-buffer.ts'
import { type RtpPacket, emptied } from './rtp-packet.ts'
import { RtpSender } from './rtp-sender.ts'

const big = await picture(640, 360, { quality: 95 })

function fit(bytes: Buffer): FitJpeg {
  const facts = readJpeg(bytes)
  const fitness = rtpFitness(facts, 'padded')
  if ('why' in fitness) throw new Error(fitness.why)
  return { bytes, facts, type: fitness.type }
}

function sender(sequence = 0): RtpSender {
  return new RtpSender({ payloadType: 26, clockRate: 90_000, ssrc: 7, sequence, timestamp: 0 })
}

function receive(packets: readonly RtpPacket[], options?: JpegDepacketiserOptions) {
  const frames: JpegFrame[] = []
  const depacketiser = new JpegDepacketiser((frame) => frames.push(frame), options)
  for (const one of packets) depacketiser.push(one)
  return { frames, depacketiser }
}

function scanOf(jpeg: Buffer): Buffer {
  const facts = readJpeg(jpeg)
  return jpeg.subarray(facts.scanStart, facts.scanEnd)
}

/** The payload of one packet: Q, type and size, then what is given in hexadecimal. */
function payload(rest: string, { offset = 0, type = 1, q = 50, width = 8, height = 6 } = {}): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(offset)
  head.set([type, q, width, height], 4)
  return Buffer.concat([head, Buffer.from(rest, 'hex')])
}

test('an image comes out with the pixels, the scan and the timestamp that it had', async () => {
  for (const jpeg of [big, restarts, sampling422]) {
    const packets = packetiseJpeg(sender(), fit(jpeg), 90_000)
    const { frames, depacketiser } = receive(readAll(packets))
    const [frame] = frames
    assert.deepEqual([frames.length, depacketiser.dropped, frame?.timestamp], [1, 0, 90_000])
    assert.deepEqual(scanOf(frame!.bytes), scanOf(jpeg))
    assert.deepEqual(await pixelsOf(frame!.bytes), await pixelsOf(jpeg))
    assert.deepEqual([frame?.width, frame?.height], [readJpeg(jpeg).width, readJpeg(jpeg).height])
    assert.equal(frame?.bytes.buffer.byteLength, frame?.bytes.length)
  }
})

test('packets are within their size, only the last one is marked, and only the first one has tables', () => {
  const packets = packetiseJpeg(sender(0xfffe), fit(big), 5)
  const read = readAll(packets)
  assert.ok(packets.every((bytes) => bytes.length <= 1_450) && packets.length > 10)
  assert.ok(read.every(({ isMarked }, index) => isMarked === (index === packets.length - 1)))
  assert.ok(read.every(({ sequence }, index) => sequence === ((0xfffe + index) & 0xffff)))
  assert.equal(read[0]?.payload.toString('hex', 0, 12), '0000000001ff502d00000080')
  assert.equal(read[1]?.payload.readUInt32BE(0), read[0].payload.length - 8 - 132)
  assert.equal(read[1]?.payload.length, 1_438)
  assert.equal(
    Buffer.concat(packets).length,
    packets.at(-1)!.byteOffset - packets[0]!.byteOffset + packets.at(-1)!.length,
  )
})

test('restart markers are told with the frame as a whole; one table for all goes twice', () => {
  const [first] = readAll(packetiseJpeg(sender(), fit(restarts), 0))
  assert.equal(first?.payload.toString('hex', 4, 16), '41ff08060001ffff00000080')
  const jpeg = fit(sampling422)
  const components = jpeg.facts.components.map((component) => ({ ...component, quantTable: 0 }))
  const [shared] = readAll(packetiseJpeg(sender(), { ...jpeg, facts: { ...jpeg.facts, components } }, 0))
  const tables = shared!.payload.subarray(12, 140)
  assert.deepEqual(tables.subarray(0, 64), tables.subarray(64))
  assert.deepEqual(tables.subarray(0, 64), jpeg.facts.quantTables[0]?.bytes)
})

test('an image with odd sides is sent with its last blocks', async () => {
  const odd = await picture(61, 43)
  const { frames } = receive(readAll(packetiseJpeg(sender(), fit(odd), 0)))
  assert.deepEqual([frames[0]?.width, frames[0]?.height], [64, 48])
  const [all, part] = [await pixelsOf(frames[0]!.bytes), await pixelsOf(odd)]
  for (let y = 0; y < 42; y++) {
    const row = all.data.subarray(y * 64 * 3, y * 64 * 3 + 60 * 3)
    assert.deepEqual(row, part.data.subarray(y * 61 * 3, y * 61 * 3 + 60 * 3), `row ${y}`)
  }
})

test('a scan of any length fills packets of any size, and comes out again', () => {
  const { facts, type } = fit(restarts)
  const lengths = fc.tuple(fc.nat(4_000), fc.integer({ min: 180, max: 1_500 }))
  fc.assert(
    fc.property(lengths, ([length, maxPacketBytes]) => {
      const scan = Buffer.alloc(length, 0x5a)
      const jpeg = { bytes: Buffer.concat([restarts.subarray(0, facts.scanStart), scan]), type }
      const told = { ...facts, scanEnd: facts.scanStart + length }
      const small = new RtpSender({ payloadType: 26, clockRate: 90_000, maxPacketBytes })
      const packets = packetiseJpeg(small, { ...jpeg, facts: told }, 0)
      assert.ok(packets.every((bytes) => bytes.length <= maxPacketBytes))
      const { frames } = receive(readAll(packets))
      assert.deepEqual(scanOf(frames[0]!.bytes), scan)
    }),
  )
})

test('whatever a network does, frames come out whole or are dropped', () => {
  const jpeg = fit(big)
  const network = { mostLate: fc.nat(30), lost: fc.nat(40), twice: fc.nat(100) }
  fc.assert(
    fc.property(fc.nat(), fc.record(network), (seed, how) => {
      const source = sender(seed & 0xffff)
      const sent = Array.from({ length: 8 }, (_, index) => readAll(packetiseJpeg(source, jpeg, index * 3_600)))
      const arrived = disturb(sent.flat(), createDice(seed), how)
      const got = new Set(arrived)
      const whole = sent.filter((packets) => packets.every((one) => got.has(one)))
      const touched = sent.filter((packets) => packets.some((one) => got.has(one)))
      const frames: JpegFrame[] = []
      const depacketiser = new JpegDepacketiser((frame) => frames.push(frame))
      const buffer = new ReorderBuffer(
        { onPacket: (one) => depacketiser.push(one), onGap: () => undefined },
        Number.POSITIVE_INFINITY,
      )
      // The stream begins with its first packet, which is not late.
      buffer.push(packet((sent[0]![0]!.sequence - 1) & 0xffff, { timestamp: 1, isMarked: true }), 0)
      for (const one of arrived) buffer.push(one, 0)
      buffer.flush()
      // The dropped one is the packet that begins the stream.
      assert.deepEqual(
        frames.map(({ timestamp }) => timestamp),
        whole.map(([one]) => one!.timestamp),
      )
      const unfinished = touched.at(-1)?.at(-1)
      const isOpen = unfinished !== undefined && !got.has(unfinished)
      assert.equal(depacketiser.dropped, 1 + touched.length - whole.length - (isOpen ? 1 : 0))
    }),
    { numRuns: 60 },
  )
})

test('a frame whose sender marks nothing is whole when the next one begins', () => {
  const jpeg = fit(restarts)
  const source = sender()
  const packets = [0, 1, 2].flatMap((timestamp) => readAll(packetiseJpeg(source, jpeg, timestamp)))
  const { frames, depacketiser } = receive(packets.map((one) => ({ ...one, isMarked: false })))
  assert.deepEqual(
    frames.map(({ timestamp }) => timestamp),
    [0, 1],
  )
  assert.equal(depacketiser.dropped, 0)
})

test('a packet without payload is no gap and spoils nothing, whatever its time is', () => {
  const [first, ...rest] = readAll(packetiseJpeg(sender(), fit(big), 5))
  const later = rest.map((one) => ({ ...one, sequence: one.sequence + 1 }))
  const { frames, depacketiser } = receive([first!, emptied({ ...first!, sequence: 1, timestamp: 9 }), ...later])
  assert.deepEqual([frames.length, depacketiser.dropped], [1, 0])
})

test('a Q below 100 stands for tables; a later frame may be of another size', () => {
  const { frames } = receive([
    packet(0, { isMarked: true, payload: payload('aabb', { q: 50 }) }),
    packet(1, { isMarked: true, timestamp: 1, payload: payload('aabb', { q: 75, width: 4 }) }),
    packet(2, { isMarked: true, timestamp: 2, payload: payload('aabb', { q: 75, width: 4, type: 0 }) }),
  ])
  assert.deepEqual(
    frames.map(({ bytes, width }) => [readJpeg(bytes).width, width, readJpeg(bytes).quantTables[0]?.bytes[0]]),
    [
      [64, 64, 16],
      [32, 32, 8],
      [32, 32, 8],
    ],
  )
  assert.deepEqual(
    frames.map(({ bytes }) => rtpFitness(readJpeg(bytes))),
    [{ type: 1 }, { type: 1 }, { type: 0 }],
  )
})

test('tables that were sent once hold for their Q; those of Q 255 and unknown ones do not', () => {
  const tables = `00000080${'03'.repeat(64)}${'04'.repeat(64)}`
  const none = '00000000'
  const one = (sequence: number, q: number, rest: string) =>
    packet(sequence, { isMarked: true, timestamp: sequence, payload: payload(`${rest}aabb`, { q }) })
  const { frames, depacketiser } = receive([
    one(0, 200, none),
    one(1, 200, tables),
    one(2, 200, none),
    one(3, 255, tables),
    one(4, 255, none),
    one(5, 130, '0000004007'.padEnd(8 + 128, '07')),
    one(6, 131, `00030100${'0102'.repeat(128)}`),
    one(7, 132, '0000000101'),
  ])
  assert.deepEqual(
    frames.map(({ bytes, timestamp }) => {
      const { quantTables } = readJpeg(bytes)
      return [timestamp, quantTables[0]?.bytes[0], quantTables[1]?.bytes[0], quantTables[1]?.precision]
    }),
    [
      [1, 3, 4, 8],
      [2, 3, 4, 8],
      [3, 3, 4, 8],
      [5, 7, 7, 8],
      [6, 1, 1, 16],
    ],
  )
  assert.equal(depacketiser.dropped, 3)
})

test('an end marker that the sender left in the scan is there once', () => {
  const { frames } = receive([packet(0, { isMarked: true, payload: payload('aabbffd9') })])
  assert.equal(frames[0]?.bytes.toString('hex').split('ffd9').length, 2)
  assert.deepEqual(scanOf(frames[0].bytes), Buffer.from('aabb', 'hex'))
})

test('sizes beyond 2,040 pixels come from the session description, or the frame is dropped', () => {
  const packets = [packet(0, { isMarked: true, payload: payload('aabb', { width: 0, height: 0 }) })]
  const { frames } = receive(packets, { dimensions: { width: 2_560, height: 1_440 } })
  assert.deepEqual([readJpeg(frames[0]!.bytes).width, frames[0]?.height], [2_560, 1_440])
  assert.equal(receive(packets).depacketiser.dropped, 1)
})

const breaches: Record<string, Buffer> = {
  'an offset that is not due': payload('aabb', { offset: 9 }),
  'an unknown type': payload('aabb', { type: 2 }),
  'a dynamic type': payload('aabb', { type: 128 }),
  'the Q 0': payload('aabb', { q: 0 }),
  'a reserved Q': payload('aabb', { q: 100 }),
  'half a head': payload('').subarray(0, 7),
  'half a restart head': payload('0001', { type: 64 }),
  'half a table': payload('0000008001', { q: 255 }),
  'no bytes': Buffer.alloc(0),
}
for (const [what, bytes] of Object.entries(breaches)) {
  test(`${what}: the frame is dropped, the next one is not`, () => {
    const { frames, depacketiser } = receive([
      packet(0, { payload: bytes }),
      packet(1, { isMarked: true, payload: payload('cc', { offset: 2 }) }),
      packet(2, { isMarked: true, timestamp: 9, payload: payload('aabb') }),
    ])
    assert.deepEqual([frames.length, frames[0]?.timestamp, depacketiser.dropped], [1, 9, 1])
  })
}

test('a frame beyond its limit is dropped, and its memory is let go', () => {
  const source = sender()
  const packets = readAll(packetiseJpeg(source, fit(big), 0))
  const next = readAll(packetiseJpeg(source, fit(restarts), 1))
  const { frames, depacketiser } = receive([...packets, ...next], { maxFrameBytes: 10_000 })
  assert.deepEqual([frames.length, frames[0]?.timestamp, depacketiser.dropped], [1, 1, 1])
})

test('10 million bytes of mutated packets and noise end in images that can be read, or in none', () => {
  const source = sender()
  const samples = [big, restarts, sampling422].flatMap((jpeg) => packetiseJpeg(source, fit(jpeg), 0))
  const payloads = readAll(samples).map((one) => one.payload)
  const depacketiser = new JpegDepacketiser(({ bytes }) => assert.equal(readJpeg(bytes.subarray(0, -2)).precision, 8), {
    maxFrameBytes: 100_000,
  })
  let sequence = 0
  fuzz(payloads, 10_000_000, (bytes, dice) => {
    sequence = (sequence + (dice(50) === 0 ? 2 : 1)) & 0xffff
    // Mostly where it is due, so that frames grow.
    const isMarked = dice(20) === 0
    depacketiser.push(packet(sequence, { isMarked, timestamp: dice(20) === 0 ? 1 : 0, payload: bytes }))
  })
  assert.ok(depacketiser.dropped > 100)
})
