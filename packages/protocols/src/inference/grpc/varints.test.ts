import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { WireReader } from '../../protobuf/wire-reader.ts'
import { wireType } from '../../protobuf/wire-type.ts'
import { packBigInts, packNumbers } from './pack-varints.ts'
import { countVarints, unpack64, unpackNumbers } from './unpack-varints.ts'

/** By the reader of single numbers; a key says no more than the wire type. */
function readAll(packed: Buffer): bigint[] {
  const reader = new WireReader(packed)
  return Array.from({ length: countVarints(packed) }, () => reader.int64(wireType.varint))
}

const anyBigInts = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 20 })

test('64-bit numbers are packed as the reader of single ones reads them, and unpacked again', () => {
  fc.assert(
    fc.property(anyBigInts, (values) => {
      const numbers = BigInt64Array.from(values)
      const packed = packBigInts(numbers)
      assert.deepEqual(readAll(packed), values)
      const unpacked = new BigInt64Array(values.length)
      unpack64(packed, new Int32Array(unpacked.buffer), 0)
      assert.deepEqual(unpacked, numbers)
    }),
  )
})

test('numbers up to 2^53 on either side of 0 are packed and unpacked', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger(), { maxLength: 20 }), (numbers) => {
      const packed = packNumbers(numbers)
      assert.deepEqual(readAll(packed), numbers.map(BigInt))
      assert.deepEqual(
        unpackNumbers(packed),
        numbers.map((number) => number + 0),
      )
    }),
  )
})

test('golden bytes: the limits of each length', () => {
  const limits = [0, 127, 128, 16_383, 16_384, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1]
  assert.equal(
    packNumbers(limits).toString('hex'),
    '00' +
      '7f' +
      '8001' +
      'ff7f' +
      '808001' +
      'ffffffff0f' +
      '8080808010' +
      'ffffffffffffff0f' +
      'ffffffffffffffffff01',
  )
})

test('a number that is cut, or has more than ten bytes, is malformed', () => {
  assert.throws(() => countVarints(Buffer.from('0180', 'hex')), MalformedMessage)
  assert.throws(() => unpackNumbers(Buffer.from('8080808080808080808001', 'hex')), MalformedMessage)
})
