import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfiguredHeaders } from './configured-headers.ts'

test('headers that can be sent have no fault; each of the others has one', () => {
  const headers = {
    Good: 'text, "quoted" and é\t',
    Empty: '',
    'a b': '1',
    '': '1',
    'X-A': 'a\r\nX-B: 1',
    'X-Greek': 'Ω',
    'content-LENGTH': '3',
    good: 'again',
  }
  assert.deepEqual(
    checkConfiguredHeaders(headers, new Set(['content-length'])).map(({ path, message }) => [path[1], message]),
    [
      ['a b', 'is no name of a header'],
      ['', 'is no name of a header'],
      ['X-A', 'holds characters that no header may have'],
      ['X-Greek', 'holds characters that no header may have'],
      ['content-LENGTH', 'must not be set: it is set for each request'],
      ['good', 'says the same as another header'],
    ],
  )
})
