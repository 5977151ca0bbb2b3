import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTimeout } from './grpc-timeout.ts'

test('a timeout is read in each of its units', () => {
  const texts = ['1H', '2M', '3S', '4m', '5000u', '6000000n', '0m', '99999999S']
  assert.deepEqual(texts.map(parseTimeout), [3_600_000, 120_000, 3_000, 4, 5, 6, 0, 99_999_999_000])
})

test('a malformed timeout is none', () => {
  for (const text of ['', '1', 'S', '1s', '-1S', '1.5S', ' 1S', '123456789S', '1SS', '1S, 2S']) {
    assert.equal(parseTimeout(text), undefined, text)
  }
})
