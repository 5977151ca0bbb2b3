import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BitWriter } from './bit-writer.ts'
import { ByteWriter } from './byte-writer.ts'
import { ScanBits } from './scan-bits.ts'

const pieces = fc.array(
  fc
    .integer({ min: 1, max: 24 })
    .chain((count) => fc.tuple(fc.integer({ min: 0, max: 2 ** count - 1 }), fc.constant(count))),
  { minLength: 1, maxLength: 200 },
)

const bitsOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')

function padded(bits: string): string {
  return bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
}

test('bits come out in order, and the last byte is filled with ones', () => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const writer = new BitWriter(4)
      for (const [value, count] of parts) {
        writer.reserve(8)
        writer.put(value, count)
      }
      const bits = parts.map(([value, count]) => value.toString(2).padStart(count, '0')).join('')
      assert.equal(bitsOf(writer.take()), padded(bits))
      writer.put(1, 1)
      assert.equal(bitsOf(writer.take()), '11111111')
    }),
  )
})

test('bits are copied from and to any place', () => {
  fc.assert(
    fc.property(pieces, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), (parts, one, other, shift) => {
      const bytes = Uint8Array.from([...parts.flatMap(([value]) => [value >> 16, value >> 8, value]), 0, 0, 0, 0])
      const [from = 0, to = 0] = [one, other].map((at) => at % (bytes.length * 8 - 31)).toSorted((a, b) => a - b)
      const writer = new BitWriter(4)
      writer.reserve(8)
      writer.put(0, shift)
      writer.copy(new DataView(bytes.buffer), from, to)
      assert.equal(bitsOf(writer.take()), padded('0'.repeat(shift) + bitsOf(bytes).slice(from, to)))
    }),
  )
})

test('stuffed zeros and filling in front of markers are no data', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0xff, 0x00, 0xd0, 0x12)), fc.integer({ min: 0, max: 3 }), (bytes, filling) => {
      const writer = new ByteWriter(1)
      writer.appendStuffed(Uint8Array.from(bytes))
      const end = writer.taken().length
      writer.append([...Array<number>(filling).fill(0xff), 0xff, 0xd0, 0x34, 0xff, 0xd9])
      const bits = new ScanBits(writer.taken(), 0)
      assert.equal(bits.end, bytes.length * 8)
      assert.deepEqual([...new Uint8Array(bits.view.buffer, 0, bytes.length)], bytes)
      assert.equal(bits.next, end + filling)
      bits.restart()
      assert.deepEqual([bits.end, bits.peek() >>> 24], [8, 0x34])
    }),
  )
})
