import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimestampLine, sequenceDistance } from './wrapping.ts'

test('the distance of sequence numbers goes the shorter way round', () => {
  assert.deepEqual(
    [sequenceDistance(1, 0xffff), sequenceDistance(0xffff, 1), sequenceDistance(5, 5), sequenceDistance(0x8000, 0)],
    [2, -2, 0, -0x8000],
  )
})

test('timestamps go on beyond 32 bits, also backwards across the wrap', () => {
  const line = new TimestampLine()
  const at = [0xffff_fff0, 0x10, 0xffff_fff8, 0x20].map((timestamp) => line.unwrap(timestamp))
  assert.deepEqual(at, [0xffff_fff0, 0x1_0000_0010, 0xffff_fff8, 0x1_0000_0020])
})

test('years of wraps are told exactly', () => {
  const line = new TimestampLine()
  const step = 0x7000_0000
  let expected = 0
  for (let count = 0; count < 100_000; count++) {
    assert.equal(line.unwrap(expected % 2 ** 32), expected)
    expected += step
  }
  assert.ok(expected > 2 ** 47)
})
