import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BitReader } from './bit-reader.ts'

test('numbers are read bit by bit, fixed and in Exp-Golomb code', () => {
  // 101 | 1 | 010 | 00110 | 1 | 011 | 00100 | 1
  const bits = new BitReader(Uint8Array.of(0b1011_0100, 0b0110_1011, 0b0010_0100))
  const read = [bits.bits(3), bits.unsigned(), bits.unsigned(), bits.unsigned()]
  assert.deepEqual(read, [5, 0, 1, 5])
  assert.equal(Math.abs(bits.signed()), 0)
  assert.deepEqual([bits.signed(), bits.signed()], [-1, 2])
  assert.equal(bits.isBroken, false)
})

test('beyond the end all is 0, for good', () => {
  const bits = new BitReader(Uint8Array.of(0xff))
  assert.deepEqual([bits.bits(8), bits.isBroken], [255, false])
  assert.deepEqual([bits.bits(1), bits.flag(), bits.unsigned(), bits.isBroken], [0, false, 0, true])
  const skipped = new BitReader(Uint8Array.of(0xff))
  skipped.skip(9)
  assert.deepEqual([skipped.flag(), skipped.isBroken], [false, true])
})

test('a number of more than 32 bits breaks the reading off', () => {
  const zeros = (count: number): Uint8Array => {
    const digits = `${'0'.repeat(count)}1`.padEnd(80, '1')
    return Uint8Array.from(digits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
  }
  const longest = new BitReader(zeros(31))
  assert.deepEqual([longest.unsigned(), longest.isBroken], [2 ** 32 - 2, false])
  const tooLong = new BitReader(zeros(32))
  assert.deepEqual([tooLong.unsigned(), tooLong.flag(), tooLong.isBroken], [0, false, true])
})
