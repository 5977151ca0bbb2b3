import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closePayload, isCloseCode } from './close-code.ts'

test('the codes that may be in a close frame are those of RFC 6455 §7.4 and its registry', () => {
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
  const invalid = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535, -1, 1000.5, Number.NaN]
  assert.deepEqual(
    valid.filter((code) => !isCloseCode(code)),
    [],
  )
  assert.deepEqual(invalid.filter(isCloseCode), [])
})

test('a close payload is the code and the reason; 1005 is none at all', () => {
  assert.deepEqual([...closePayload(1000, 'ok')], [0x03, 0xe8, 0x6f, 0x6b])
  assert.equal(closePayload(1005, 'never').length, 0)
})

test('a long reason is cut to 123 bytes between two characters', () => {
  assert.equal(closePayload(1000, 'x'.repeat(200)).length, 125)
  const cut = closePayload(1000, 'x'.repeat(121) + '€€')
  assert.equal(cut.subarray(2).toString(), 'x'.repeat(121))
})
