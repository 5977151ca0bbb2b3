import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StreamWindow, type WindowSizes } from './stream-window.ts'

const sizes = (chunk_bytes: number, max_bytes: number, trim_bytes: number): WindowSizes => ({
  chunk_bytes,
  max_bytes,
  trim_bytes,
})

function windowOf(given: WindowSizes, ...parts: string[]): StreamWindow {
  const window = new StreamWindow(given)
  for (const part of parts) window.add(Buffer.from(part))
  return window
}

test('case 19: a whole chunk is a window', () => {
  assert.equal(
    windowOf(sizes(4, 32, 4), 'abcd')
      .take()
      ?.toString(),
    'abcd',
  )
})

test('case 20: less than a chunk is none, and waits for the rest', () => {
  const window = windowOf(sizes(4, 32, 4), 'ab')
  assert.equal(window.take(), undefined)
  window.add(Buffer.from('cde'))
  assert.equal(window.take()?.toString(), 'abcd')
})

test('case 21: several chunks at once are one window', () => {
  const window = windowOf(sizes(4, 32, 4), 'abcdefgh')
  assert.equal(window.take()?.toString(), 'abcdefgh')
  assert.equal(window.take(), undefined)
})

test('case 22: a window that is too long loses its front', () => {
  const window = windowOf(sizes(4, 8, 4), 'abcd', 'efgh')
  assert.equal(window.take()?.toString(), 'abcdefgh')
  window.add(Buffer.from('ijkl'))
  assert.equal(window.take()?.toString(), 'efghijkl')
})

test('case 32: with the defaults a window grows to nine chunks, then goes on with three', () => {
  const window = new StreamWindow(sizes(160_000, 1_440_000, 1_120_000))
  const frame = Buffer.alloc(4096)
  const lengths: number[] = []
  for (let sent = 0; sent < 160_000 * 18; sent += frame.length) {
    window.add(frame)
    const taken = window.take()
    if (taken) lengths.push(taken.length / 160_000)
  }
  assert.deepEqual(lengths, [1, 2, 3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, 7, 8, 9, 3, 4])
})

test('what was taken does not change when more comes', () => {
  const window = windowOf(sizes(2, 4, 2), 'abcd')
  const taken = window.take()
  window.add(Buffer.from('efghijkl'))
  assert.equal(taken?.toString(), 'abcd')
})

test('any bytes in any parts give what the rule says, and never more than max_bytes', () => {
  const small = fc.integer({ min: 1, max: 20 })
  fc.assert(
    fc.property(small, small, small, fc.array(fc.uint8Array({ maxLength: 70 })), (chunk, max, trim, parts) => {
      const limit = Math.max(chunk, max)
      const dropped = Math.min(trim, limit)
      const window = new StreamWindow(sizes(chunk, limit, dropped))
      let [expected, carry] = [Buffer.alloc(0), Buffer.alloc(0)]
      for (const part of parts) {
        window.add(part)
        let hasNew = false
        for (carry = Buffer.concat([carry, part]); carry.length >= chunk; carry = carry.subarray(chunk)) {
          expected = Buffer.concat([expected, carry.subarray(0, chunk)])
          while (expected.length > limit) expected = expected.subarray(dropped)
          hasNew = true
        }
        assert.deepEqual(window.take(), hasNew ? Buffer.from(expected) : undefined)
      }
    }),
  )
})

test('it tells whether something new has joined, and how much has left', () => {
  const window = windowOf(sizes(2, 4, 3), 'abc')
  assert.deepEqual([window.hasNew, window.startsAt], [true, 0])
  window.take()
  assert.equal(window.hasNew, false)
  window.add(Buffer.from('def'))
  assert.deepEqual([window.hasNew, window.startsAt, window.take()?.toString()], [true, 3, 'def'])
})
