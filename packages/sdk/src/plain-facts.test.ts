import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createHandlerLogger, messageText } from './handler-logger.ts'
import { plainFacts } from './plain-facts.ts'

test('plain facts stay as they are', () => {
  assert.deepEqual(plainFacts({ a: 1, b: 'x', c: [true, null], d: { e: 2 } }), {
    a: 1,
    b: 'x',
    c: [true, null],
    d: { e: 2 },
  })
  assert.equal(plainFacts(undefined), undefined)
})

test('facts that are no object get a name', () => {
  assert.deepEqual(plainFacts('x'), { value: 'x' })
  assert.deepEqual(plainFacts([1]), { value: [1] })
})

test('everything else becomes something that can be cloned', () => {
  const given = {
    big: 1n,
    fn() {},
    date: new Date(0),
    bytes: Buffer.from('abc'),
    map: new Map([['a', 1]]),
    set: new Set([1]),
    sym: Symbol('s'),
  }
  const expected = {
    big: '1',
    fn: '[function fn]',
    date: '1970-01-01T00:00:00.000Z',
    bytes: '[3 bytes]',
    map: { a: 1 },
    set: [1],
    sym: 'Symbol(s)',
  }
  assert.deepEqual(plainFacts(given), expected)
})

test('errors keep message, stack, cause and their own members', () => {
  const error = Object.assign(new TypeError('no', { cause: new Error('deeper') }), { code: 'E' })
  const { error: plain } = plainFacts({ error }) as { error: Record<string, unknown> }
  assert.equal(plain.message, 'no')
  assert.equal(plain.name, 'TypeError')
  assert.equal(plain.code, 'E')
  assert.match(String(plain.stack), /plain-facts\.test/)
  assert.equal((plain.cause as { message: string }).message, 'deeper')
})

test('depth, width and length are bounded', () => {
  const deep: Record<string, unknown> = {}
  deep.self = deep
  assert.match(JSON.stringify(plainFacts(deep)), /\[…\]/)
  assert.equal((plainFacts({ list: Array.from({ length: 10_000 }, () => 1) }) as { list: unknown[] }).list.length, 100)
  assert.ok(String(plainFacts({ text: 'x'.repeat(100_000) })?.text).length < 20_000)
})

test('a getter, a proxy or a toJSON that throws is unreadable, not an exception', () => {
  const thrower = {
    get a() {
      throw new Error('no')
    },
  }
  assert.deepEqual(plainFacts({ thrower }), { thrower: '[unreadable]' })
  assert.deepEqual(
    plainFacts({
      a: {
        toJSON() {
          throw new Error('no')
        },
      },
    }),
    { a: '[unreadable]' },
  )
})

test('facts of any kind can be cloned and written as JSON', () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true, withNullPrototype: true }),
      (value) => {
        const plain = plainFacts({ value })
        JSON.stringify(structuredClone(plain))
      },
    ),
  )
})

test('a logger takes nuclio names, and its members may be destructured', () => {
  const taken: unknown[] = []
  const { debug, infoWith, warn, errorWith } = createHandlerLogger((...record) => taken.push(record))
  debug('a')
  infoWith('b', { c: 1 })
  warn('d')
  errorWith('e', { f: 1 })
  assert.deepEqual(taken, [
    ['debug', 'a', undefined],
    ['info', 'b', { c: 1 }],
    ['warn', 'd', undefined],
    ['error', 'e', { f: 1 }],
  ])
})

test('messages of any kind become text', () => {
  assert.equal(messageText('a'), 'a')
  assert.equal(messageText({ a: 1 }), '{"a":1}')
  assert.equal(messageText(undefined), 'undefined')
  assert.match(messageText(new Error('no')), /^Error: no\n/)
  assert.equal(
    messageText({
      toJSON() {
        throw new Error('no')
      },
    }),
    '[object Object]',
  )
})

test('an error is shown whatever has been assigned to its members', () => {
  const odd = Object.assign(new Error('no'), { stack: { frames: [1] }, message: { code: 5 }, name: undefined })
  assert.deepEqual(plainFacts({ odd }), {
    odd: { stack: { frames: [1] }, message: { code: 5 }, name: undefined },
  })
  assert.equal(messageText(odd), '[object Object]')
})
