import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { deflate, inflateLater } from './deflate.ts'

test('work that zlib has no memory for fails by itself, and what waits behind it goes on', async (t) => {
  const plain = Buffer.alloc(100_000, 'x')
  const deflated = await deflate(plain, { windowBits: 15 })
  const { inflateRaw } = zlib
  let calls = 0
  t.mock.method(zlib, 'inflateRaw', (...given: Parameters<typeof inflateRaw>) => {
    calls += 1
    // Four are at work: these wait, and are begun in the callbacks of others.
    if (calls === 1 || calls === 6 || calls === 7) throw new Error('Init error')
    inflateRaw(...given)
  })
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => inflateLater(deflated, false, 1_000_000)))
  assert.deepEqual(
    outcomes.map((outcome) => 'data' in outcome && outcome.data.length),
    outcomes.map((_, index) => ![0, 5, 6].includes(index) && plain.length),
  )
})
