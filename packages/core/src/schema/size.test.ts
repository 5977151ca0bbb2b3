import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatSize, parseSize } from './size.ts'

test('sizes take binary and decimal units in any letter case', () => {
  const expected: [string, number][] = [
    ['64KiB', 65_536],
    ['10Mi', 10_485_760],
    ['4MB', 4_000_000],
    ['4m', 4_000_000],
    ['1.5 kib', 1536],
    ['512', 512],
    ['7B', 7],
    ['2TiB', 2_199_023_255_552],
  ]
  for (const [text, bytes] of expected) assert.equal(parseSize(text), bytes, text)
})

test('what is no whole number of bytes is refused', () => {
  for (const text of ['', 'KiB', '-1', '1.5', '0.1KiB', '1e3', '1 K B', '99999999999TiB', '1'.repeat(100)]) {
    assert.equal(parseSize(text), undefined, text)
  }
})

test('sizes are written in the largest unit that is exact', () => {
  const expected: [number, string][] = [
    [4_194_304, '4MiB'],
    [16_384, '16KiB'],
    [4_000_000, '4MB'],
    [1500, '1500'],
    [0, '0'],
  ]
  for (const [bytes, text] of expected) assert.equal(formatSize(bytes), text)
})

test('a written size reads back as itself', () => {
  const sizes = fc.oneof(
    fc.nat(),
    fc.nat({ max: 4096 }).map((n) => n * 2 ** 30),
    fc.nat({ max: 4096 }).map((n) => n * 1e9),
  )
  fc.assert(fc.property(sizes, (bytes) => assert.equal(parseSize(formatSize(bytes)), bytes)))
})
