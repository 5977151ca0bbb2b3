import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { percentEncode, statusTrailers } from './status-trailers.ts'

test('no status is OK, an unknown code is UNKNOWN', () => {
  assert.deepEqual(statusTrailers(undefined), { 'grpc-status': '0' })
  for (const code of [17, -1, 1.5, NaN]) assert.deepEqual(statusTrailers({ code }), { 'grpc-status': '2' })
})

test('a message is percent-encoded UTF-8', () => {
  assert.deepEqual(statusTrailers({ code: 3, message: 'très\n100 %' }), {
    'grpc-status': '3',
    'grpc-message': 'tr%C3%A8s%0A100 %25',
  })
})

test('every text becomes printable ASCII from which it is read again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = percentEncode(text)
      assert.match(encoded, /^[ -~]*$/)
      assert.equal(encoded.trim(), encoded)
      assert.equal(decodeURIComponent(encoded), Buffer.from(text).toString())
    }),
  )
})

test('a message is cut where clients would not take it', () => {
  assert.equal(statusTrailers({ code: 2, message: 'x'.repeat(1_000_000) })['grpc-message']?.length, 4_096)
})
