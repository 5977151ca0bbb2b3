import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyMask, randomKey, turnKey } from './mask.ts'

const anyKey = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

test('any part of any bytes is masked as RFC 6455 §5.3 has it, and nothing beside it is touched', () => {
  const anyCase = fc.record({
    bytes: fc.uint8Array({ maxLength: 400 }),
    offset: fc.nat(7),
    key: anyKey,
    cut: fc.nat(400),
  })
  fc.assert(
    fc.property(anyCase, ({ bytes, offset, key, cut }) => {
      const from = Math.min(cut, bytes.length)
      const moved = new Uint8Array(bytes.length + offset).subarray(offset)
      moved.set(bytes)
      const seen = applyMask(moved, from, moved.length, key)
      const keyBytes = [0, 8, 16, 24].map((bits) => (key >>> bits) & 0xff)
      const expected = bytes.map((byte, at) => (at < from ? byte : byte ^ keyBytes[(at - from) % 4]!))
      assert.deepEqual(moved, expected)
      assert.equal(
        (seen & 0x80808080) === 0,
        expected.subarray(from).every((byte) => byte < 128),
      )
    }),
  )
})

test('a turned key goes on where the bytes before it ended', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyKey, fc.nat(200), (bytes, key, cut) => {
      const at = Math.min(cut, bytes.length)
      const [whole, parts] = [bytes.slice(), bytes.slice()]
      applyMask(whole, 0, whole.length, key)
      applyMask(parts, 0, at, key)
      applyMask(parts, at, parts.length, turnKey(key, at))
      assert.deepEqual(parts, whole)
    }),
  )
})

test('random keys differ, also beyond one pool of them', () => {
  const keys = new Set(Array.from({ length: 3_000 }, randomKey))
  assert.ok(keys.size > 2_990)
})
