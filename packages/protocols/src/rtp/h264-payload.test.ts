import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AccessUnit, AccessUnitOptions } from './access-unit-builder.ts'
import { splitAnnexB } from './annex-b.ts'
import { createDice, fuzz } from './fixtures/mutations.ts'
import { disturb, packet, readAll } from './fixtures/packets.ts'
import { H264Depacketiser } from './h264-depacketiser.ts'
import { isKeyPicture } from './h264-units.ts'
import { packetiseH264 } from './packetise-h264.ts'
import { spropUnits } from './parameter-sets.ts'
import { ReorderBuffer } from './reorder-buffer.ts'
import { type RtpPacket, emptied } from './rtp-packet.ts'
import { RtpSender } from './rtp-sender.ts'

const sps = Buffer.from('674200aa', 'hex')
const pps = Buffer.from('68ce3c', 'hex')
/** A slice that begins its picture: `first_mb_in_slice` is 0. */
const slice = (bytes: number, type = 0x41): Buffer => Buffer.concat([Buffer.of(type, 0x9a), Buffer.alloc(bytes, 0x5a)])
const key = (bytes: number): Buffer => slice(bytes, 0x65)
/** A slice from the middle of a picture. */
const later = Buffer.from('4140aa', 'hex')

function sender(more: { sequence?: number; maxPacketBytes?: number } = {}): RtpSender {
  return new RtpSender({ payloadType: 96, clockRate: 90_000, ssrc: 7, sequence: 0, timestamp: 0, ...more })
}

function receive(packets: readonly RtpPacket[], options?: AccessUnitOptions) {
  const units: AccessUnit[] = []
  const depacketiser = new H264Depacketiser((unit) => units.push(unit), options)
  for (const one of packets) depacketiser.push(one)
  return { units, depacketiser }
}

const hexOf = ({ bytes }: AccessUnit): string[] => splitAnnexB(bytes).map((unit) => unit.toString('hex'))
const marked = (sequence: number, hex: string, timestamp = sequence): RtpPacket =>
  packet(sequence, { isMarked: true, timestamp, payload: Buffer.from(hex, 'hex') })
const unmarked = (sequence: number, hex: string, timestamp: number): RtpPacket => ({
  ...marked(sequence, hex, timestamp),
  isMarked: false,
})

test('a picture may be of many slices, of a packet each, that came in few chunks', () => {
  const chunk = Buffer.alloc(65_536, 0x5a)
  const count = 1_000
  const packets = Array.from({ length: count }, (_, sequence) => {
    const payload = chunk.subarray((sequence % 60) * 1_000, (sequence % 60) * 1_000 + 1_000)
    payload.set([0x41, sequence % 60 === 0 ? 0x9a : 0x40])
    return packet(sequence, { payload, isMarked: sequence === count - 1 })
  })
  const { units, depacketiser } = receive(packets)
  assert.equal(depacketiser.dropped, 0)
  assert.equal(units[0] && splitAnnexB(units[0].bytes).length, count)
})

test('small units go together, large ones in fragments, and come out in memory of their own', () => {
  const sent = [sps, pps, key(4_000), slice(10), slice(20)]
  const packets = packetiseH264(sender(), sent, 90)
  const read = readAll(packets)
  assert.deepEqual(
    read.map(({ payload }) => payload[0]! & 0x1f),
    [24, 28, 28, 28, 24],
  )
  assert.ok(packets.every((bytes) => bytes.length <= 1_450))
  assert.deepEqual(
    read.map(({ isMarked }) => isMarked),
    [false, false, false, false, true],
  )
  const [unit] = receive(read).units
  assert.deepEqual(splitAnnexB(unit!.bytes), sent)
  assert.deepEqual([unit?.isKey, unit?.isAfterLoss, unit?.timestamp], [true, false, 90])
  assert.equal(unit?.bytes.buffer.byteLength, unit?.bytes.length)
})

test('an aggregate is as important as its most important unit', () => {
  const [one] = readAll(packetiseH264(sender(), [Buffer.of(0x06, 1), Buffer.of(0x41, 2), Buffer.of(0xa7, 3)], 0))
  assert.equal(one?.payload.toString('hex'), 'd8' + '00020601' + '00024102' + '0002a703')
})

test('units of any length fill packets of any size, and come out again', () => {
  const lengths = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(lengths, fc.integer({ min: 20, max: 1_500 }), (sizes, maxPacketBytes) => {
      const sent = sizes.map((bytes, index) => slice(bytes, index % 2 === 0 ? 0x41 : 0x06))
      const packets = packetiseH264(sender({ maxPacketBytes }), sent, 0)
      assert.ok(packets.every((bytes) => bytes.length > 13 && bytes.length <= maxPacketBytes))
      const [unit, ...more] = receive(readAll(packets)).units
      assert.deepEqual([splitAnnexB(unit!.bytes), more.length], [sent, 0])
    }),
  )
})

test('whatever a network does, pictures come out whole or are dropped, and loss is told', () => {
  const network = { mostLate: fc.nat(30), lost: fc.nat(60), twice: fc.nat(100) }
  fc.assert(
    fc.property(fc.nat(), fc.record(network), (seed, how) => {
      const source = sender({ sequence: seed & 0xffff })
      const pictures = Array.from({ length: 12 }, (_, index) => {
        const units = index % 4 === 0 ? [sps, pps, key(9_000)] : [slice(index * 500)]
        return { units, packets: readAll(packetiseH264(source, units, index)) }
      })
      const sent = pictures.flatMap(({ packets }) => packets)
      const arrived = disturb(sent.slice(1), createDice(seed), how)
      const got = new Set([sent[0], ...arrived])
      const isWhole = pictures.map(({ packets }) => packets.every((one) => got.has(one)))
      const units: AccessUnit[] = []
      const depacketiser = new H264Depacketiser((unit) => units.push(unit))
      const onPacket = (one: RtpPacket): void => depacketiser.push(one)
      const buffer = new ReorderBuffer({ onPacket, onGap: () => undefined }, Number.POSITIVE_INFINITY)
      for (const one of [sent[0]!, ...arrived]) buffer.push(one, 0)
      buffer.flush()
      const told = new Set(units.map(({ timestamp }) => timestamp))
      assert.ok(isWhole.every((whole, index) => !whole || told.has(index)))
      units.forEach(({ bytes, timestamp, isAfterLoss }, index) => {
        // Lost parameter sets are those of the picture before.
        assert.deepEqual(splitAnnexB(bytes), pictures[timestamp]?.units)
        const since = (units[index - 1]?.timestamp ?? -1) + 1
        assert.equal(isAfterLoss, isWhole.slice(since, timestamp + 1).includes(false), `picture ${timestamp}`)
      })
    }),
    { numRuns: 100 },
  )
})

test('parameter sets of the session description stand before key pictures that have none', () => {
  const options = { parameterSets: [sps, pps] }
  const packets = [marked(0, '65aa'), marked(1, '41aa'), unmarked(2, '09f0', 2), marked(3, '65bb', 2)]
  const { units } = receive(packets, options)
  const sets = ['674200aa', '68ce3c']
  assert.deepEqual(units.map(hexOf), [[...sets, '65aa'], ['41aa'], ['09f0', ...sets, '65bb']])
})

test('parameters that are marked as a picture are a part of the next one, at the same time or later', () => {
  const [one, other] = ['674200bb', '674200cc']
  const packets = [
    marked(0, one, 0),
    marked(1, '68ce3c', 0),
    marked(2, '65aa', 0),
    marked(3, '41aa'),
    marked(4, other),
    marked(5, '68ce3c', 5),
    marked(6, '65bb', 6),
    marked(7, '06068480', 7),
    marked(8, '4180', 7),
  ]
  const { units, depacketiser } = receive(packets)
  assert.deepEqual(units.map(hexOf), [
    [one, '68ce3c', '65aa'],
    ['41aa'],
    [other, '68ce3c', '65bb'],
    [other, '68ce3c', '06068480', '4180'],
  ])
  assert.deepEqual(
    units.map(({ isKey }) => isKey),
    [true, false, true, true],
  )
  assert.equal(depacketiser.dropped, 0)
})

test('parameter sets of the stream take the place of older ones, by their type', () => {
  const { units } = receive(
    [
      unmarked(0, '6743bb', 0),
      marked(1, '65aa', 0),
      marked(2, '65bb'),
      unmarked(3, '68dd', 3),
      marked(4, '41aa', 3),
      marked(5, '65cc'),
      unmarked(6, '68ee', 6),
      marked(7, '65dd', 6),
    ],
    { parameterSets: [sps, pps] },
  )
  assert.deepEqual(units.map(hexOf), [
    ['6743bb', '65aa'],
    ['6743bb', '68ce3c', '65bb'],
    ['68dd', '41aa'],
    ['6743bb', '68dd', '65cc'],
    ['68ee', '6743bb', '65dd'],
  ])
})

test('parameter sets that are repeated before each slice are there once', () => {
  const { units } = receive([
    unmarked(0, '674201', 0),
    unmarked(1, '65aa', 0),
    unmarked(2, '674201', 0),
    unmarked(3, '6742', 0),
    marked(4, '6540', 0),
  ])
  assert.deepEqual(units.map(hexOf), [['674201', '65aa', '6742', '6540']])
})

test('parameter sets of a picture that is dropped are kept: they are whole', () => {
  const { units } = receive([unmarked(0, '6743bb', 0), marked(2, '65aa', 0), marked(3, '65bb')], {
    parameterSets: [sps, pps],
  })
  assert.deepEqual(units.map(hexOf), [['6743bb', '68ce3c', '65bb']])
})

test('sprop-parameter-sets are units in base64', () => {
  const text = `${sps.toString('base64')}, ${pps.toString('base64')},`
  assert.deepEqual(spropUnits(new Map([['sprop-parameter-sets', text]])), [sps, pps])
  assert.deepEqual(spropUnits(new Map()), [])
})

test('a recovery point is a key picture, too, whatever other messages are before it in its unit', () => {
  const { units } = receive([
    unmarked(0, '0606018480', 0),
    marked(1, '4180', 0),
    unmarked(2, '06058080', 2),
    marked(3, '4180', 2),
    unmarked(4, '06000206060101aa06018480', 4),
    marked(5, '4180', 4),
    unmarked(6, '06000206060101aa80', 6),
    marked(7, '4180', 6),
  ])
  assert.deepEqual(
    units.map(({ isKey }) => isKey),
    [true, false, true, false],
  )
})

test('decoding begins with an IDR picture or a recovery point, whatever other messages are before it', () => {
  const other = Buffer.of(0x41, 0x9a)
  assert.equal(isKeyPicture([sps, key(1)]), true)
  assert.equal(isKeyPicture([Buffer.of(0x06, 6, 1, 0x80), other]), true)
  assert.equal(isKeyPicture([Buffer.of(0x06, 1, 2, 9, 9, 6, 1, 0x80), other]), true)
  assert.equal(isKeyPicture([Buffer.of(0x06, 5, 1, 6), other]), false)
})

test('a stream that is joined inside a picture begins with the next one', () => {
  const { units, depacketiser } = receive([marked(0, later.toString('hex')), marked(1, '41aa')])
  assert.deepEqual(units.map(hexOf), [['41aa']])
  assert.deepEqual([units[0]?.isAfterLoss, depacketiser.dropped], [true, 1])
})

test('after a gap a picture counts only when it begins with its beginning', () => {
  const { units } = receive([marked(0, '41aa'), marked(5, '4140aa'), marked(9, '41bb'), marked(10, '41cc')])
  assert.deepEqual(units.map(hexOf), [['41aa'], ['41bb'], ['41cc']])
  assert.deepEqual(
    units.map(({ isAfterLoss }) => isAfterLoss),
    [false, true, false],
  )
})

test('a picture whose sender marks nothing is whole when the next one begins', () => {
  const { units } = receive([unmarked(0, '41aa', 0), unmarked(1, '4140', 0), unmarked(2, '41bb', 1)])
  assert.deepEqual(units.map(hexOf), [['41aa', '4140']])
})

test('a unit in one fragment, and empty packets, are taken', () => {
  const { units } = receive([unmarked(0, '', 0), unmarked(1, '7cc1aabb', 1), marked(2, '', 1)])
  assert.deepEqual(units.map(hexOf), [['61aabb']])
})

test('a packet without payload is no gap and ends nothing, whatever its time is', () => {
  const { units, depacketiser } = receive([
    unmarked(0, '7c85aaaa', 5),
    emptied(marked(1, '41ff', 9)),
    unmarked(2, '7c45bb', 5),
    unmarked(3, '4140', 5),
    marked(4, '41cc', 6),
  ])
  assert.deepEqual(units.map(hexOf), [['65aaaabb', '4140'], ['41cc']])
  assert.deepEqual([depacketiser.dropped, units[1]?.isAfterLoss], [0, false])
})

test('types that nobody has defined are left out, and the picture around them is whole', () => {
  const { units } = receive([
    unmarked(0, '41aa', 0),
    ...['00aa', '7eaa', '7faa'].map((hex, index) => unmarked(1 + index, hex, 0)),
    marked(4, '4140', 0),
  ])
  assert.deepEqual(units.map(hexOf), [['41aa', '4140']])
})

test('a mark inside a fragmented unit means nothing', () => {
  const { units, depacketiser } = receive([marked(0, '7c85aaaa', 5), marked(1, '7c05bb', 5), marked(2, '7c45cc', 5)])
  assert.deepEqual(units.map(hexOf), [['65aaaabbcc']])
  assert.equal(depacketiser.dropped, 0)
})

const breaches: Record<string, string[]> = {
  'a fragment that continues nothing': ['7c01aa'],
  'a fragment that begins inside another': ['7c81aa', '7c81aa'],
  'a unit inside a fragmented one': ['7c81aa', '41aa'],
  'a fragmented unit without its end': ['7c81aa'],
  'a fragment without a head': ['7c'],
  'an aggregate that is cut off': ['18000341'],
  'the interleaved mode': ['190000000241aa'],
}
for (const [what, payloads] of Object.entries(breaches)) {
  test(`${what}: the picture is dropped, the next one is not`, () => {
    const { units, depacketiser } = receive(
      [marked(0, '41aa', 0), ...payloads.map((hex, index) => unmarked(1 + index, hex, 1)), marked(20, '41bb', 2)].map(
        (one, sequence) => ({ ...one, sequence }),
      ),
    )
    assert.deepEqual(units.map(hexOf), [['41aa'], ['41bb']])
    assert.deepEqual([units[1]?.isAfterLoss, depacketiser.dropped], [true, 1])
  })
}

test('a picture beyond its limit is dropped', () => {
  const source = sender()
  const packets = [slice(50_000), slice(10)].flatMap((unit, index) => readAll(packetiseH264(source, [unit], index)))
  const { units, depacketiser } = receive(packets, { maxFrameBytes: 10_000 })
  assert.deepEqual([units.length, depacketiser.dropped], [1, 1])
})

test('10 million bytes of mutated packets and noise end in units within their limit', () => {
  const samples = packetiseH264(sender(), [sps, pps, key(5_000), slice(50), slice(60), slice(900)], 0)
  const payloads = readAll(samples).map(({ payload }) => payload)
  let units = 0
  const depacketiser = new H264Depacketiser(
    ({ bytes }) => {
      units += 1
      assert.ok(bytes.length <= 70_000)
    },
    { maxFrameBytes: 50_000 },
  )
  let sequence = 0
  fuzz(payloads, 10_000_000, (bytes, dice) => {
    sequence = (sequence + (dice(50) === 0 ? 2 : 1)) & 0xffff
    depacketiser.push(packet(sequence, { isMarked: dice(20) === 0, timestamp: dice(20), payload: bytes }))
  })
  assert.ok(units > 100 && depacketiser.dropped > 100)
})
