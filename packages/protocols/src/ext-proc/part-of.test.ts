import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { encodeRequest } from './fixtures/peer-messages.ts'
import { partOf } from './part-of.ts'

const start = (value: object): Buffer => encodeRequest(value).subarray(0, 64)

test('the first bytes of a large message tell its part', () => {
  const body = Buffer.alloc(5_000_000)
  assert.equal(partOf(start({ request_body: { body } })), 'requestBody')
  assert.equal(partOf(start({ response_body: { body } })), 'responseBody')
  const headers = { headers: [{ key: 'x', raw_value: body }] }
  assert.equal(partOf(start({ request_headers: { headers } })), 'requestHeaders')
  assert.equal(partOf(start({ response_trailers: { trailers: headers } })), 'responseTrailers')
})

test('fields before the part are read over, as far as they are there', () => {
  assert.equal(partOf(Buffer.from('500158022a03', 'hex')), 'responseBody')
  assert.equal(partOf(Buffer.from('42ff01', 'hex')), undefined)
})

test('bytes that do not tell give nothing', () => {
  for (const bytes of ['', '5001', '00', '07', 'ffffffffffffffffffff']) {
    assert.equal(partOf(Buffer.from(bytes, 'hex')), undefined)
  }
})
