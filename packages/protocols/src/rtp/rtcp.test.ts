import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fuzz } from './fixtures/mutations.ts'
import { readRtcp } from './read-rtcp.ts'
import type { RtcpPacket } from './rtcp-packet.ts'
import { writeRtcp } from './write-rtcp.ts'

/** Plain objects, as the reader makes them. */
const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true })
const word = fc.nat({ max: 0xffff_ffff })
const block = record({
  ssrc: word,
  fractionLost: fc.nat(255),
  lost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: word,
  jitter: word,
  lastReport: word,
  delay: word,
})
const reports = fc.array(block, { maxLength: 31 })
const text = fc.string({ maxLength: 60 }).filter((value) => Buffer.byteLength(value) < 256)
const anyPacket = fc.oneof(
  record({
    type: fc.constant('sender' as const),
    ssrc: word,
    ntp: record({ seconds: word, fraction: word }),
    rtpTimestamp: word,
    packets: word,
    octets: word,
    reports,
  }),
  record({ type: fc.constant('receiver' as const), ssrc: word, reports }),
  record({
    type: fc.constant('sdes' as const),
    sources: fc.array(record({ ssrc: word, cname: text }), { maxLength: 31 }),
  }),
  record({ type: fc.constant('bye' as const), ssrcs: fc.array(word, { maxLength: 31 }), reason: text }),
)

test('what is written is read', () => {
  fc.assert(
    fc.property(fc.array(anyPacket, { maxLength: 4 }), (packets) => {
      const bytes = writeRtcp(packets)
      assert.equal(bytes.length % 4, 0)
      assert.deepEqual(readRtcp(bytes), packets)
    }),
  )
})

test('a sender report of another hand is read, with its items and what is unknown', () => {
  const report = '80c80006' + '11223344' + 'b44db70520000000' + '0000ffff' + '00000010' + '00001000'
  const sdes = '81ca0006' + '11223344' + '010363616d' + '0605746f6f6c31' + '0000000000000000'
  const app = '80cc0002' + '11223344' + '6e616d65'
  const packets = readRtcp(Buffer.from(report + sdes + app, 'hex'))
  assert.deepEqual(packets, [
    {
      type: 'sender',
      ssrc: 0x1122_3344,
      ntp: { seconds: 0xb44d_b705, fraction: 0x2000_0000 },
      rtpTimestamp: 0xffff,
      packets: 16,
      octets: 4096,
      reports: [],
    },
    { type: 'sdes', sources: [{ ssrc: 0x1122_3344, cname: 'cam' }] },
    { type: 'other', packetType: 204 },
  ])
})

test('padding is no part of a packet', () => {
  assert.deepEqual(readRtcp(Buffer.from('a1cb00020000000900000004', 'hex')), [{ type: 'bye', ssrcs: [9], reason: '' }])
})

test('reading ends at what is malformed, after what came before', () => {
  const good = writeRtcp([{ type: 'receiver', ssrc: 1, reports: [] }])
  const bad = [
    '80',
    '80c80001',
    '81c9000100000001',
    '00c9000100000001',
    '81ca000100000001',
    'a0c900010000000f',
    '81ca00020000000101ff6100',
  ]
  for (const hex of bad) {
    const packets = readRtcp(Buffer.concat([good, Buffer.from(hex, 'hex')]))
    assert.deepEqual(packets.map(({ type }) => type).slice(0, 1), ['receiver'], hex)
    assert.ok(packets.length <= 1 || hex === '81ca000100000001', hex)
  }
})

test('what does not fit is cut: 31 reports, 255 bytes of text', () => {
  const blockOf = (ssrc: number) => ({
    ssrc,
    fractionLost: 0,
    lost: 0,
    highestSequence: 0,
    jitter: 0,
    lastReport: 0,
    delay: 0,
  })
  const many = Array.from({ length: 40 }, (_, ssrc) => blockOf(ssrc))
  const packets = readRtcp(
    writeRtcp([
      { type: 'receiver', ssrc: 1, reports: many },
      { type: 'bye', ssrcs: [1], reason: 'x'.repeat(300) },
    ]),
  )
  const [first, last] = packets as [Extract<RtcpPacket, { type: 'receiver' }>, Extract<RtcpPacket, { type: 'bye' }>]
  assert.deepEqual([first.reports.length, last.reason.length], [31, 255])
})

test('10 million bytes of mutated compounds and noise end in as many packets as fit', () => {
  const blockOf = { ssrc: 9, fractionLost: 3, lost: -2, highestSequence: 70_000, jitter: 9, lastReport: 4, delay: 5 }
  const samples = [
    writeRtcp([
      { type: 'receiver', ssrc: 1, reports: [blockOf, blockOf] },
      { type: 'sdes', sources: [{ ssrc: 1, cname: 'a camera' }] },
      { type: 'bye', ssrcs: [1, 2], reason: 'over' },
    ]),
    writeRtcp([
      {
        type: 'sender',
        ssrc: 1,
        ntp: { seconds: 1, fraction: 2 },
        rtpTimestamp: 3,
        packets: 4,
        octets: 5,
        reports: [blockOf],
      },
      { type: 'sdes', sources: [{ ssrc: 1, cname: 'x'.repeat(200) }] },
    ]),
  ]
  fuzz(samples, 10_000_000, (bytes) => assert.ok(readRtcp(bytes).length <= bytes.length / 4))
})
