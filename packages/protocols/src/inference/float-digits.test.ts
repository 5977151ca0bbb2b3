import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxSingleDigits, writeNatural, writeSingle } from './float-digits.ts'

const bytes = Buffer.alloc(maxSingleDigits)
const textOf = (value: number): string => bytes.toString('latin1', 0, writeSingle(bytes, 0, value))

function fewestDigits(value: number): number {
  for (let digits = 1; digits < 9; digits++) if (Math.fround(Number(value.toPrecision(digits))) === value) return digits
  return 9
}

const significant = (text: string): number =>
  text
    .replace(/e.*|[-.]/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '').length

test('singles are written with the digits that they need, and a point or an exponent', () => {
  const table = [
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-2.5, '-2.5'],
    [0.1, '0.1'],
    [123_456.7, '123456.7'],
    [0.000_01, '0.00001'],
    [1e-6, '1e-6'],
    [-1.5e-7, '-15e-8'],
    [16_777_218, '16777218.0'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e16'],
    [2 ** -149, '1e-45'],
    [2 ** -126, '11754944e-45'],
    [3.402_823_466_385_288_6e38, '34028235e31'],
  ] as const
  for (const [value, text] of table) assert.equal(textOf(Math.fround(value)), text)
})

test('every single reads back as itself, from no more digits than it takes', () => {
  const single = new Float32Array(1)
  const words = new Uint32Array(single.buffer)
  const anyBits = fc.integer({ min: 0, max: 0xffff_ffff }).map((bits) => ((words[0] = bits), single[0]!))
  const anyDecimal = fc.integer({ min: -99_999, max: 99_999 }).map((value) => Math.fround(value / 1000))
  fc.assert(
    fc.property(fc.oneof(anyBits, anyDecimal, fc.float()), (value) => {
      fc.pre(Number.isFinite(value))
      const text = textOf(value)
      assert.ok(Object.is(Math.fround(Number(text)), value), text)
      assert.deepEqual(JSON.parse(text), Number(text))
      assert.match(text, /[.e]/)
      // From 2^24 on a neighbour's midpoint may be a shorter whole number.
      if (Math.abs(value) < 2 ** 24) assert.ok(significant(text) <= fewestDigits(value), text)
    }),
    { numRuns: 5000 },
  )
})

test('whole numbers up to 2^53 are written exactly', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(), fc.constant(2 ** 53)), (value) => {
      assert.equal(bytes.toString('latin1', 0, writeNatural(bytes, 0, value)), String(value))
    }),
  )
})

test('powers of two, below which singles lie closer, and their neighbours read back and are short', () => {
  const single = new Float32Array(1)
  const words = new Uint32Array(single.buffer)
  for (let exponent = 0; exponent < 255; exponent++) {
    for (const bits of [exponent << 23, (exponent << 23) + 1, ((exponent + 1) << 23) - 1]) {
      words[0] = bits
      const [value = 0] = single
      const text = textOf(value)
      assert.equal(Math.fround(Number(text)), value, text)
      if (value < 2 ** 24) assert.ok(significant(text) <= fewestDigits(value), text)
    }
  }
})
