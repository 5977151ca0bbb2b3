import assert from 'node:assert/strict'
import { test } from 'node:test'
import { H264Sets } from './h264-sets.ts'

const sequence = Buffer.of(0x67, 0x42, 0xc0, 0x1e, 1)
const picture = Buffer.of(0x68, 0xce)
const key = Buffer.of(0x65, 0x88)
const other = Buffer.of(0x41, 0x9a)

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

test('a delimiter stays first, and picture sets come behind the sequence set that they need', () => {
  const delimiter = Buffer.of(0x09, 0x10)
  const sets = new H264Sets()
  sets.complete([delimiter, sequence, picture, key], true)
  assert.deepEqual(sets.complete([delimiter, key], true), [delimiter, sequence, picture, key])
  const newer = Buffer.of(0x67, 0x64, 0, 0x1f, 2)
  assert.deepEqual(sets.complete([delimiter, newer, key], true), [delimiter, newer, picture, key])
})

test('picture sets are told apart by their numbers: one that changes alone leaves the others', () => {
  // Numbers 0, 1, 2 and 200.
  const [zero, one, two] = [0xce, 0x5c, 0x6e].map((byte) => Buffer.of(0x68, byte, 7)) as [Buffer, Buffer, Buffer]
  const large = Buffer.of(0x68, 0x01, 0x92, 0x80)
  const sets = new H264Sets()
  sets.complete([sequence, zero, one, large, key], true)
  sets.complete([two, other], false)
  const changed = Buffer.of(0x68, 0x5c, 9)
  sets.complete([changed, other], false)
  assert.deepEqual(sets.complete([key], true), [sequence, zero, large, two, changed, key])
  assert.deepEqual(sets.complete([one, key], true), [sequence, zero, large, two, one, key])
  // A new sequence has its own.
  const newer = Buffer.of(0x67, 0x64, 0, 0x1f, 2)
  sets.complete([newer, zero, key], true)
  assert.deepEqual(sets.complete([key], true), [newer, zero, key])
  assert.equal(sets.parameters['profile-level-id'], '64001f')
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
