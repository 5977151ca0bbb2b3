import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BodyMode } from '@pelton/protocols/ext-proc'
import { type BodyWay, bodyWay, namedLength } from './body-way.ts'

describe('the way of a body', () => {
  const rows: [mode: BodyMode | undefined, gathers: boolean, headers: string[], way: BodyWay][] = [
    ['BUFFERED', true, [], 'whole'],
    ['BUFFERED', false, [], 'whole'],
    ['BUFFERED_PARTIAL', true, [], 'whole'],
    ['STREAMED', true, [], 'gathered'],
    ['STREAMED', false, [], 'pieces'],
    ['STREAMED', true, ['trailer', 'x-sum'], 'pieces'],
    ['STREAMED', true, ['content-type', 'application/grpc+proto'], 'pieces'],
    ['FULL_DUPLEX_STREAMED', true, ['trailer', 'x-sum'], 'gathered'],
    ['FULL_DUPLEX_STREAMED', false, [], 'pieces'],
    [undefined, true, [], 'gathered'],
    [undefined, false, [], 'pieces'],
  ]
  for (const [mode, gathers, headers, way] of rows) {
    test(`is ${way} in mode ${mode}, ${gathers ? 'gathering' : 'as it comes'}, with headers [${headers.join()}]`, () => {
      assert.equal(bodyWay({ isHandled: true, mode, gathers, headers }), way)
      assert.equal(bodyWay({ isHandled: false, mode, gathers, headers }), 'past')
    })
  }
})

test('a length is named by digits only', () => {
  assert.equal(namedLength(['content-length', '12']), 12)
  for (const text of ['', '-1', '1e3', '12, 12', '99999999999999999']) {
    assert.equal(namedLength(['content-length', text]), undefined)
  }
})
