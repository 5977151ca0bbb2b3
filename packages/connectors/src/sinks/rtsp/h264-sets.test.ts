import assert from 'node:assert/strict'
import { test } from 'node:test'
import { H264Sets, isKey } from './h264-sets.ts'

const sequence = Buffer.of(0x67, 0x42, 0xc0, 0x1e, 1)
const picture = Buffer.of(0x68, 0xce)
const key = Buffer.of(0x65, 0x88)
const other = Buffer.of(0x41, 0x9a)

test('decoding begins with an IDR picture or a recovery point', () => {
  assert.equal(isKey([sequence, key]), true)
  assert.equal(isKey([Buffer.of(0x06, 6, 1), other]), true)
  assert.equal(isKey([Buffer.of(0x06, 5, 1), other]), false)
})

test('a key picture without its sets is given those that came last', () => {
  const sets = new H264Sets()
  assert.deepEqual(sets.complete([key], true), [key])
  const whole = [sequence, picture, key]
  assert.equal(sets.complete(whole, true), whole)
  assert.deepEqual(sets.complete([key], true), whole)
  assert.deepEqual(sets.complete([other], false), [other])
  const newer = Buffer.of(0x67, 0x64, 0, 0x1f, 2)
  assert.deepEqual(sets.complete([newer, key], true), [newer, picture, key])
  assert.deepEqual(sets.complete([key], true), [newer, picture, key])
})

test('a description tells profile and sets once they are known', () => {
  const sets = new H264Sets()
  assert.deepEqual(sets.parameters, {})
  sets.complete([sequence, picture, key], true)
  assert.deepEqual(sets.parameters, {
    'profile-level-id': '42c01e',
    'sprop-parameter-sets': `${sequence.toString('base64')},${picture.toString('base64')}`,
  })
})

test('sets that are too large or too many are not kept', () => {
  const sets = new H264Sets()
  sets.complete([Buffer.alloc(5_000, 0x67), picture], false)
  assert.deepEqual(sets.parameters, {})
  sets.complete([...Array.from({ length: 50 }, () => sequence), picture], false)
  assert.ok(String(sets.parameters['sprop-parameter-sets']).split(',').length < 10)
})
