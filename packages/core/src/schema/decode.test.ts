import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode } from './decode.ts'
import { formatPath } from './path.ts'
import * as schema from './schema.ts'
import type { SchemaFault } from './schema-fault.ts'

const cors = schema.object(
  {
    enabled: schema.boolean({ default: false }),
    allowOrigins: schema.list(schema.string(), { default: ['*'] }),
    maxAge: schema.duration({ unit: 's', default: 5000 }),
  },
  { default: {} },
)

const attributes = schema.object({
  port: schema.optional(schema.integer({ min: 1, max: 65_535 })),
  maxRequestBodySize: schema.size({ default: 4_194_304, aliases: ['bodyLimit'] }),
  interval: schema.duration({ unit: 'ms', default: 1000, max: 60_000 }),
  mode: schema.choice(['sync', 'async'], { default: 'sync' }),
  host: schema.optional(schema.string({ pattern: /^[a-z.]+$/g })),
  password: schema.optional(schema.string({ secret: true })),
  labels: schema.map(schema.string({ acceptsScalars: true }), { default: {} }),
  extra: schema.optional(schema.any()),
  cors,
})

function said(faults: readonly SchemaFault[]): string[] {
  return faults.map((fault) => {
    const near = fault.suggestion === undefined ? '' : ` (${fault.suggestion})`
    return `${formatPath(fault.path)}: ${fault.message}${near}`
  })
}

function faultsOf(value: unknown): string[] {
  return said(decode(attributes, value).faults)
}

test('absent keys take their defaults, and absent objects those of their fields', () => {
  const { value, faults } = decode(attributes, {})
  assert.deepEqual(faults, [])
  assert.deepEqual(value, {
    maxRequestBodySize: 4_194_304,
    interval: 1000,
    mode: 'sync',
    labels: {},
    cors: { enabled: false, allowOrigins: ['*'], maxAge: 5000 },
  })
})

test('null and, where a text stands for something else, an empty text are as good as absent', () => {
  const { value, faults } = decode(attributes, {
    port: null,
    interval: '',
    mode: '',
    maxRequestBodySize: '',
    cors: null,
  })
  assert.deepEqual(faults, [])
  assert.equal(value?.interval, 1000)
  assert.equal(value?.mode, 'sync')
  assert.equal(value?.cors.enabled, false)
})

test('keys match in any letter case and with snake_case equal to camelCase', () => {
  const value = { max_request_body_size: '64KiB', CORS: { ALLOW_ORIGINS: ['a'], Enabled: true } }
  const decoded = decode(attributes, value)
  assert.deepEqual(decoded.faults, [])
  assert.equal(decoded.value?.maxRequestBodySize, 65_536)
  assert.deepEqual(decoded.value?.cors, { enabled: true, allowOrigins: ['a'], maxAge: 5000 })
})

test('aliases name the same key', () => {
  assert.equal(decode(attributes, { body_limit: 10 }).value?.maxRequestBodySize, 10)
})

test('two spellings of one key are a fault at the second', () => {
  const { value, faults } = decode(attributes, { port: 1, PORT: 2 })
  assert.equal(value, undefined)
  assert.deepEqual(said(faults), ['PORT: says the same as port: keep one of them'])
  assert.equal(faults[0]?.at, 'key')
})

test('an unknown key is named with the nearest known one in the same spelling, and the value stays usable', () => {
  const { value, faults } = decode(attributes, { max_request_body_sise: 1, zebra: 2, cors: { allow_origin: [] } })
  assert.deepEqual(said(faults), [
    'max_request_body_sise: unknown (max_request_body_size)',
    'zebra: unknown',
    'cors.allow_origin: unknown (allow_origins)',
  ])
  assert.ok(faults.every((fault) => fault.code === 'unknown_key' && fault.at === 'key'))
  assert.equal(value?.mode, 'sync')
})

test('all faults are found at once, with what was expected and what was found', () => {
  assert.deepEqual(
    faultsOf({
      port: '4',
      maxRequestBodySize: 'lots',
      interval: '2m',
      mode: 'fast',
      host: 'UPPER',
      labels: { a: 1, b: [] },
      cors: { enabled: 'yes', allowOrigins: ['a', 2] },
    }),
    [
      'port: expected a whole number, got "4"',
      'maxRequestBodySize: expected a size such as 64KiB or 4MB, got "lots"',
      'interval: expected 0s to 1m, got "2m"',
      'mode: expected sync or async, got "fast"',
      'host: expected a text like ^[a-z.]+$, got "UPPER"',
      'labels.b: expected a text, got a list',
      'cors.enabled: expected true or false, got "yes"',
      'cors.allowOrigins[1]: expected a text (put it in quotes), got 2',
    ],
  )
})

test('bounds hold on both sides', () => {
  assert.deepEqual(faultsOf({ port: 0, interval: -1 }), [
    'port: expected 1 to 65535, got 0',
    'interval: expected 0s to 1m, got -1',
  ])
  assert.deepEqual(faultsOf({ port: 65_535, interval: 60_000 }), [])
})

test('a bare number of a duration is in its unit', () => {
  const { value } = decode(attributes, { interval: 250, cors: { maxAge: 2 } })
  assert.equal(value?.interval, 250)
  assert.equal(value?.cors.maxAge, 2000)
})

test('credentials are never quoted', () => {
  const { faults } = decode(attributes, { password: 123_456 })
  assert.deepEqual(said(faults), ['password: expected a text (put it in quotes), got a number'])
})

test('a missing required key is a fault at that key', () => {
  const { value, faults } = decode(schema.object({ url: schema.string() }), {}, ['sink'])
  assert.equal(value, undefined)
  assert.deepEqual(faults, [{ code: 'missing_key', path: ['sink', 'url'], at: 'key', message: 'is required' }])
})

test('a list or text where keys are expected is one fault', () => {
  assert.deepEqual(faultsOf([]), [': expected keys with values, got a list'])
  assert.deepEqual(faultsOf({ cors: 'on' }), ['cors: expected keys with values, got "on"'])
})

test('keys may be kept although they are unknown', () => {
  const open = schema.object({ a: schema.integer({ default: 1 }) }, { unknownKeys: 'keep' })
  const { value, faults } = decode<schema.Schema<unknown>>(open, { b: 2 })
  assert.deepEqual({ value, faults }, { value: { b: 2, a: 1 }, faults: [] })
})

test('__proto__ is a key like any other', () => {
  const hostile: unknown = JSON.parse('{"__proto__": {"polluted": true}, "labels": {"__proto__": "x"}}')
  const { value, faults } = decode(attributes, hostile)
  assert.deepEqual(said(faults), ['__proto__: unknown'])
  assert.equal(Object.hasOwn(value?.labels ?? {}, '__proto__'), true)
  assert.equal(Object.getPrototypeOf(value?.labels), Object.prototype)
  assert.equal('polluted' in {}, false)
})

test('defaults are never shared between decodings', () => {
  decode(attributes, {}).value?.cors.allowOrigins.push('changed')
  assert.deepEqual(decode(attributes, {}).value?.cors.allowOrigins, ['*'])
})

test('a pattern with flags matches the same each time', () => {
  for (let round = 0; round < 3; round++) assert.deepEqual(faultsOf({ host: 'a.b' }), [])
})

test('what is right is kept beside what is wrong', () => {
  const { value, partial, faults } = decode(attributes, { port: 'x', mode: 'ASYNC', cors: { enabled: 1, maxAge: 3 } })
  assert.equal(value, undefined)
  assert.equal(faults.length, 2)
  assert.equal(partial.port, undefined)
  assert.equal(partial.mode, 'async')
  assert.deepEqual(partial.cors, { allowOrigins: ['*'], maxAge: 3000 })
  assert.deepEqual(decode(attributes, 'nonsense').partial, {})
})

test('a file of nonsense gives a bounded list of faults', () => {
  const nonsense = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]))
  assert.equal(decode(attributes, nonsense).faults.length, 100)
})

test('decoding never throws on any JSON value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const one of [attributes, cors, schema.list(attributes), schema.map(cors)]) decode(one, value)
    }),
  )
})

test('decoding never throws on objects with known keys and any values', () => {
  const known = fc.constantFrom(...Object.keys(attributes.fields), '__proto__', 'constructor', 'toString')
  fc.assert(
    fc.property(fc.dictionary(known, fc.anything()), (value) => {
      const { value: decoded, faults } = decode(attributes, value)
      if (faults.some((fault) => fault.code !== 'unknown_key')) assert.equal(decoded, undefined)
      else assert.ok(decoded)
    }),
  )
})
