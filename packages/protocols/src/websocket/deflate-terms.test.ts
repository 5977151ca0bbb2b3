import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptDeflate, deflateOffer, readDeflateAnswer } from './deflate-terms.ts'

const windowOf = (offers: string): number | undefined => acceptDeflate(offers)?.terms.windowBits

test('the first offer that can be met is taken', () => {
  assert.equal(windowOf('permessage-deflate'), 15)
  assert.equal(windowOf('x-other; a="b", Permessage-Deflate; server_max_window_bits=10'), 10)
  assert.equal(windowOf('permessage-deflate; server_max_window_bits=8, permessage-deflate'), 15)
  assert.equal(windowOf('permessage-deflate; server_max_window_bits="12"; client_max_window_bits=9'), 12)
  assert.equal(windowOf('permessage-deflate; server_no_context_takeover; client_no_context_takeover'), 15)
  assert.match(
    acceptDeflate('permessage-deflate; server_max_window_bits=10')?.answer ?? '',
    /; server_max_window_bits=10$/,
  )
})

const declined = [
  '',
  'x-webkit-deflate-frame',
  'permessage-deflate; unknown',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; server_max_window_bits=16',
  'permessage-deflate; server_max_window_bits=08',
  'permessage-deflate; server_max_window_bits=8',
  'permessage-deflate; client_max_window_bits=7',
  'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  'permessage-deflate; =; ==',
]
for (const offers of declined) {
  test(`the offer "${offers}" is declined`, () => assert.equal(acceptDeflate(offers), undefined))
}

test('a server may take our offer, decline it, or narrow its own window', () => {
  assert.deepEqual(readDeflateAnswer(deflateOffer), { windowBits: 15 })
  assert.deepEqual(readDeflateAnswer('permessage-deflate; server_no_context_takeover; server_max_window_bits=9'), {
    windowBits: 15,
  })
  assert.equal(readDeflateAnswer(''), 'declined')
})

const invalid = [
  'permessage-deflate',
  'permessage-deflate; server_no_context_takeover; client_max_window_bits=10',
  'permessage-deflate; server_no_context_takeover; unknown',
  'permessage-deflate; server_no_context_takeover, permessage-deflate; server_no_context_takeover',
  'x-other',
]
for (const answer of invalid) {
  test(`the answer "${answer}" was not offered`, () => assert.equal(readDeflateAnswer(answer), 'invalid'))
}
