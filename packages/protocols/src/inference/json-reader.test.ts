import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonReader, readJson } from './json-reader.ts'
import { InferenceError } from './tensor.ts'

const reading = (text: string): JsonReader => new JsonReader(Buffer.from(text))
const decimal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.nat().map(String), fc.bigInt(0n, 10n ** 30n).map(String)),
    fc.oneof(
      fc.constant(''),
      fc.bigInt(0n, 10n ** 25n).map((digits) => `.${digits}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc.integer({ min: -350, max: 330 }).map((power) => `e${power}`),
    ),
  )
  .map((parts) => parts.join(''))

test('what JSON.parse reads is read alike', () => {
  const isSmall = (value: unknown): boolean => JSON.stringify(value).match(/\d{16}/) === null
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      fc.pre(isSmall(value))
      const text = JSON.stringify(value, null, indent)
      assert.deepEqual(readJson(Buffer.from(text)), JSON.parse(text))
      const reader = reading(text)
      reader.skip()
      reader.end()
    }),
  )
})

test('a decimal becomes the nearest double and the nearest single', () => {
  fc.assert(
    fc.property(fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)), (text) => {
      assert.ok(Object.is(reading(text).float64(), Number(text)), text)
      assert.ok(Object.is(reading(text).float32(), Math.fround(Number(text))), text)
    }),
    { numRuns: 5000 },
  )
})

test('decimals right beside the middle of two singles are rounded to the right one', () => {
  fc.assert(
    fc.property(fc.float({ min: Math.fround(1e-30), max: Math.fround(1e30), noNaN: true }), (value) => {
      const step = 2 ** (Math.floor(Math.log2(value)) - 24)
      for (const near of [value + step, (value + step) * (1 + 2 ** -52), (value + step) * (1 - 2 ** -53)]) {
        for (const text of [near.toPrecision(17), near.toPrecision(21)]) {
          assert.equal(reading(text).float32(), Math.fround(Number(text)), text)
        }
      }
    }),
  )
})

test('a decimal whose digits are just beyond those that doubles hold exactly becomes the nearest double', () => {
  for (const digits of ['9007199254740993', '900719925474099.3', '9.007199254740993']) {
    for (let power = -22; power <= 22; power++) {
      const text = `${digits}e${power}`
      assert.equal(reading(text).float64(), Number(text), text)
    }
  }
})

test('whole numbers keep all their digits', () => {
  assert.equal(readJson(Buffer.from('9007199254740991')), 9_007_199_254_740_991)
  assert.equal(readJson(Buffer.from('9007199254740993')), 9_007_199_254_740_993n)
  assert.equal(readJson(Buffer.from('-18446744073709551615')), -18_446_744_073_709_551_615n)
  const wholes = [
    ['1.0', 1],
    ['-0', -0],
    ['0e7', 0],
    ['-0.0e5', 0],
    ['12e2', 1200],
    ['1200e-2', 12],
    ['9007199254740993.0', 9_007_199_254_740_993n],
    ['9007199254740993000e-3', 9_007_199_254_740_993n],
    ['-1.8446744073709551615E19', -18_446_744_073_709_551_615n],
    ['1.5', undefined],
    ['1e-1', undefined],
    ['1e999999999', undefined],
  ] as const
  for (const [text, value] of wholes) assert.equal(reading(text).whole(), value, text)
})

test('a member is a member whatever its name, and the last one of a name counts', () => {
  const value = readJson(Buffer.from('{"__proto__":{"polluted":1},"a":1,"\\u0061":2}')) as { a: number }
  assert.deepEqual(Object.keys(value), ['__proto__', 'a'])
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal(value.a, 2)
  assert.equal(({} as { polluted?: number }).polluted, undefined)
})

test('what is no JSON is refused with its position', () => {
  const table: readonly (readonly [string | Buffer, RegExp])[] = [
    ['', /breaks off: expected a value/],
    ['{"a":1', /breaks off: expected "," or "}"/],
    ['[1 2]', /byte 3: expected "," or "\]"/],
    ['[1,]', /byte 3: expected a value/],
    ['{"a":1,}', /byte 7: a key must be a string/],
    ['{a:1}', /byte 1: a key must be a string/],
    ['{"a" 1}', /byte 5: expected ":"/],
    ['"abc', /breaks off: a string without its end/],
    ['"a\\', /breaks off/],
    ['"a\nb"', /byte 2: a control character/],
    ['["\\x"]', /byte 1: a string with an unknown escape/],
    ['01', /byte 0: a number that begins with 0/],
    ['-', /byte 0: expected a number/],
    ['1.', /breaks off: expected a digit/],
    ['[1e]', /byte 3: expected a digit/],
    ['[.5]', /byte 1: expected a value/],
    ['[+1]', /byte 1: expected a value/],
    ['[NaN]', /byte 1: JSON has no NaN/],
    ['[-Infinity]', /byte 1: JSON has no Infinity/],
    ['[nul]', /byte 1: expected a value/],
    ['[1e999]', /byte 1: a number beyond the range/],
    [`[${'9'.repeat(401)}]`, /byte 1: a number of more than 400 digits/],
    ['1 2', /byte 2: expected the end/],
    ['['.repeat(65) + ']'.repeat(65), /byte 64: more than 64 levels/],
    [Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
  ]
  for (const [text, message] of table) {
    assert.throws(() => readJson(Buffer.from(text)), { status: 400, message }, String(text))
  }
})

test('a string that would be too long for V8 is refused, but not its bytes', () => {
  const text = Buffer.alloc(2 ** 26 + 8, 0x61)
  text[0] = text[text.length - 1] = 0x22
  assert.throws(() => new JsonReader(text).text('id'), {
    status: 400,
    message: /byte 0: a string of more than 67108864/,
  })
  assert.equal(new JsonReader(text).textBytes('x').length, text.length - 2)
  text[5] = 0x5c
  assert.throws(() => new JsonReader(text).textBytes('x'), { status: 400 })
})

test('what is skipped must be JSON, too, but for unknown escapes', () => {
  const anyText = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('[]{}",:0123456789.eE+-ntfaulsrN \\')) }),
    fc.json().chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))),
    fc.json(),
  )
  fc.assert(
    fc.property(anyText, (text) => {
      fc.pre(!text.includes('\\'))
      assert.equal(
        isRead(() => skipAll(text)),
        isRead(() => JSON.parse(text) as unknown),
        text,
      )
    }),
    { numRuns: 2000 },
  )
})

function skipAll(text: string): void {
  const reader = reading(text)
  reader.skip()
  reader.end()
}

function isRead(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    assert.ok(error instanceof InferenceError || error instanceof SyntaxError)
    return false
  }
}
