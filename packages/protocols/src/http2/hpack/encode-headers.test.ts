import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeHeaders } from './encode-headers.ts'
import { HpackDecoder } from './hpack-decoder.ts'

const latin1 = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const name = fc.oneof(fc.constantFrom(':status', 'date', 'www-authenticate', 'grpc-status'), latin1)
const value = fc.oneof(fc.constantFrom('200', '404', '0', ''), latin1)

test('what is encoded is decoded by any decoder, and leaves no trace in it', () => {
  const used = new HpackDecoder({ maxListBytes: 1_000_000 })
  used.decode(Buffer.from('4003782d610131', 'hex'))
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (fields) => {
      const headers = fields.flat()
      for (const decoder of [used, new HpackDecoder({ maxListBytes: 1_000_000 })]) {
        assert.deepEqual(decoder.decode(encodeHeaders(headers)), { headers, isTooLarge: false })
      }
      assert.deepEqual(used.decode(Buffer.from([0xbe])).headers, ['x-a', '1'])
    }),
  )
})

test('texts of every length are as long as they were', () => {
  const decoder = new HpackDecoder()
  for (let length = 0; length < 600; length++) {
    const headers = ['x', 'v'.repeat(length)]
    assert.deepEqual(decoder.decode(encodeHeaders(headers)).headers, headers)
  }
})

test('known fields take a byte, known names an index', () => {
  assert.equal(encodeHeaders([':status', '200']).toString('hex'), '88')
  assert.equal(encodeHeaders([':status', '415']).toString('hex'), '0803343135')
  assert.equal(encodeHeaders(['content-type', 'application/grpc']).toString('latin1'), '\x0f\x10\x10application/grpc')
  assert.equal(encodeHeaders(['grpc-status', '0']).toString('latin1'), '\0\x0bgrpc-status\x010')
  assert.equal(encodeHeaders([]).length, 0)
})
