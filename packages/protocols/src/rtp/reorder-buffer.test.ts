import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDice } from './fixtures/mutations.ts'
import { disturb, packet } from './fixtures/packets.ts'
import { ReorderBuffer } from './reorder-buffer.ts'

/** A buffer with what it told: sequence numbers, and gaps as texts. */
function start(maxWaitMs?: number): { buffer: ReorderBuffer; told: (number | string)[] } {
  const told: (number | string)[] = []
  const taker = {
    onPacket: ({ sequence }: { sequence: number }) => void told.push(sequence),
    onGap: (packets: number) => void told.push(`gap ${packets}`),
  }
  return { buffer: new ReorderBuffer(taker, maxWaitMs), told }
}

function push(buffer: ReorderBuffer, ...sequences: number[]): void {
  for (const sequence of sequences) buffer.push(packet(sequence), 0)
}

test('packets in order are handed on at once, across the wrap of their numbers', () => {
  const { buffer, told } = start()
  push(buffer, 0xfffe, 0xffff, 0, 1)
  assert.deepEqual(told, [0xfffe, 0xffff, 0, 1])
  assert.equal(buffer.expiresAt, undefined)
})

test('late packets are put in their place', () => {
  const { buffer, told } = start()
  push(buffer, 0xfffe, 1, 0, 0xffff, 2)
  assert.deepEqual(told, [0xfffe, 0xffff, 0, 1, 2])
  assert.deepEqual(buffer.counts, { packets: 5, lost: 0, dropped: 0, reordered: 1 })
})

test('a packet that comes twice is dropped, whether the first one waits or has gone', () => {
  const { buffer, told } = start()
  push(buffer, 1, 1, 3, 3, 2, 2, 3)
  assert.deepEqual(told, [1, 2, 3])
  assert.equal(buffer.counts.dropped, 4)
})

test('what is missing is a gap when the packets behind it have waited long enough', () => {
  const { buffer, told } = start(50)
  buffer.push(packet(1), 1_000)
  buffer.push(packet(4), 1_010)
  buffer.push(packet(5), 1_040)
  buffer.push(packet(7), 1_050)
  assert.equal(buffer.expiresAt, 1_060)
  buffer.expire(1_059)
  assert.deepEqual(told, [1])
  buffer.expire(1_060)
  assert.deepEqual(told, [1, 'gap 2', 4, 5])
  assert.equal(buffer.expiresAt, 1_100)
  buffer.push(packet(2), 1_061)
  buffer.push(packet(8), 1_200)
  assert.deepEqual(told, [1, 'gap 2', 4, 5, 'gap 1', 7, 8])
  assert.deepEqual(buffer.counts, { packets: 5, lost: 3, dropped: 1, reordered: 0 })
})

test('what is missing is a gap when 64 later packets are there', () => {
  const { buffer, told } = start()
  push(buffer, 0)
  for (let sequence = 2; sequence < 65; sequence++) push(buffer, sequence)
  assert.deepEqual(told, [0])
  push(buffer, 65)
  assert.deepEqual(told.slice(0, 3), [0, 'gap 1', 2])
  assert.equal(told.at(-1), 65)
})

test('a jump leaves 63 places for late packets', () => {
  const { buffer, told } = start()
  push(buffer, 0, 200, 140, 137)
  assert.deepEqual(told, [0, 'gap 136', 137])
  buffer.flush()
  assert.deepEqual(told, [0, 'gap 136', 137, 'gap 2', 140, 'gap 59', 200])
})

test('a single packet from far away is dropped; two in a row begin anew', () => {
  const { buffer, told } = start()
  push(buffer, 10, 30_000, 11, 50_000, 20_000, 12, 40_000, 40_001, 40_002)
  assert.deepEqual(told, [10, 11, 12, 40_000, 40_001, 40_002])
  assert.equal(buffer.counts.dropped, 3)
})

test('two in a row from more than 100 numbers before begin anew: the source has begun to count anew', () => {
  const { buffer, told } = start()
  push(buffer, 5_000, 4_899, 4_901, 4_902, 5_001, 4_800, 4_801, 4_802)
  assert.deepEqual(told, [5_000, 5_001, 4_800, 4_801, 4_802])
  assert.equal(buffer.counts.dropped, 3)
})

test('another source takes over with its second packet, and what waited is handed on before', () => {
  const { buffer, told } = start()
  push(buffer, 10, 12)
  buffer.push(packet(11, { ssrc: 8 }), 0)
  buffer.push(packet(12, { ssrc: 8 }), 0)
  buffer.push(packet(13, { ssrc: 8 }), 0)
  assert.deepEqual(told, [10, 'gap 1', 12, 11, 12, 13])
})

test('whatever a network does, packets come in order, once, and all that are missing are gaps', () => {
  const network = { mostLate: fc.nat(80), lost: fc.nat(300), twice: fc.nat(300) }
  fc.assert(
    fc.property(fc.nat(), fc.nat(0xffff), fc.record(network), (seed, first, how) => {
      const { buffer, told } = start(Number.POSITIVE_INFINITY)
      const sent = Array.from({ length: 300 }, (_, index) => (first + index) & 0xffff)
      const arrived = disturb(sent, createDice(seed), how)
      // The first packet to arrive is where the stream begins.
      push(buffer, first, ...arrived)
      buffer.flush()
      let due = first
      for (const one of told) {
        if (typeof one === 'string') due += Number(one.slice(4))
        else assert.equal(one, due++ & 0xffff)
      }
      const { packets, dropped } = buffer.counts
      assert.equal(packets + dropped, arrived.length + 1)
      if (how.mostLate < 64) assert.equal(packets, new Set([first, ...arrived]).size)
    }),
  )
})
