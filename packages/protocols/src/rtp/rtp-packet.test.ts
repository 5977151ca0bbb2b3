import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fuzz } from './fixtures/mutations.ts'
import { type RtpHead, readRtp, writeRtpHead } from './rtp-packet.ts'

const head: RtpHead = { payloadType: 96, isMarked: true, sequence: 0xabcd, timestamp: 0xfedc_ba98, ssrc: 0x8765_4321 }

function packetOf(what: RtpHead, payload: string): Buffer {
  const bytes = Buffer.alloc(12 + payload.length / 2)
  bytes.write(payload, writeRtpHead(bytes, 0, what), 'hex')
  return bytes
}

/** A packet with the bits of its first byte that `flags` has, and `rest` behind its head. */
function withFlags(flags: number, rest: string): Buffer {
  const bytes = packetOf(head, rest)
  bytes[0]! |= flags
  return bytes
}

test('what is written is read', () => {
  const anyHead = fc.record({
    payloadType: fc.nat(127),
    isMarked: fc.boolean(),
    sequence: fc.nat(0xffff),
    timestamp: fc.nat({ max: 0xffff_ffff }),
    ssrc: fc.nat({ max: 0xffff_ffff }),
  })
  fc.assert(
    fc.property(anyHead, fc.uint8Array({ maxLength: 40 }), (what, payload) => {
      const hex = Buffer.from(payload).toString('hex')
      assert.deepEqual(readRtp(packetOf(what, hex)), { ...what, payload: Buffer.from(payload) })
    }),
  )
})

test('contributing sources, an extension and padding are left out of the payload', () => {
  assert.equal(readRtp(withFlags(0x02, '0000000100000002aabb'))?.payload.toString('hex'), 'aabb')
  assert.equal(readRtp(withFlags(0x10, 'bede0001ffffffffaabb'))?.payload.toString('hex'), 'aabb')
  assert.equal(readRtp(withFlags(0x20, 'aabb000003'))?.payload.toString('hex'), 'aabb')
  assert.equal(readRtp(withFlags(0x31, '00000001abac0000aabb0002'))?.payload.toString('hex'), 'aabb')
  assert.equal(readRtp(withFlags(0x20, '0000000005'))?.payload.length, 0)
})

test('what is cut off, of another version, or has more padding than payload is no packet', () => {
  for (const bytes of [
    Buffer.alloc(0),
    packetOf(head, '').subarray(0, 11),
    Buffer.from(packetOf(head, '')).fill(0x40, 0, 1),
    withFlags(0x0f, '00'),
    withFlags(0x10, 'bede00'),
    withFlags(0x10, 'bede0001ffffff'),
    withFlags(0x20, '0003'),
    withFlags(0x20, '0000'),
    withFlags(0x20, ''),
  ]) {
    assert.equal(readRtp(bytes), undefined, bytes.toString('hex'))
  }
})

test('10 million bytes of mutated packets and noise end in packets within their bytes, or in none', () => {
  const samples = [withFlags(0x31, '00000001bede0001ffffffffaabb0002'), withFlags(0x22, `${'00'.repeat(600)}01`)]
  fuzz(samples, 10_000_000, (bytes) => {
    const packet = readRtp(bytes)
    if (packet) assert.ok(packet.payload.length <= bytes.length - 12 && packet.sequence <= 0xffff)
  })
})
