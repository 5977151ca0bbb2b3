import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readHeader, toHeaderMap } from './header-map.ts'
import { parseQuery } from './query.ts'

test('the last of repeated arguments counts, and encodings are undone', () => {
  assert.deepEqual(parseQuery('x=1&y=2&x=3'), { x: '3', y: '2' })
  assert.deepEqual(parseQuery('a+b=c%20d&e'), { 'a b': 'c d', e: '' })
  assert.deepEqual(parseQuery(''), {})
  assert.deepEqual(parseQuery('&&='), { '': '' })
  assert.deepEqual(parseQuery('x=%zz'), { x: '%zz' })
})

test('no query throws or reaches a prototype', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (query) => {
      for (const value of Object.values(parseQuery(query))) assert.equal(typeof value, 'string')
    }),
  )
  const fields = parseQuery('__proto__=x&constructor=y')
  assert.deepEqual(Object.entries(fields), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  assert.equal(Object.getPrototypeOf(fields), Object.prototype)
})

test('what is encoded is read back', () => {
  const pairs = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([name]) => name })
  fc.assert(
    fc.property(pairs, (given) => {
      assert.deepEqual(Object.entries(parseQuery(new URLSearchParams(given).toString())).toSorted(), given.toSorted())
    }),
  )
})

test('headers by name, whatever they are called', () => {
  const name = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'a', 'A'), fc.string({ minLength: 1 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string())), (given) => {
      const raw = given.flat()
      const map = toHeaderMap(raw)
      for (const [header] of given) {
        const wanted = header.toLowerCase()
        const values = given.filter(([other]) => other.toLowerCase() === wanted).map(([, value]) => value)
        const found = Object.getOwnPropertyDescriptor(map, wanted)?.value as unknown
        assert.deepEqual(found, values.length === 1 ? values[0] : values)
        if (wanted.length === header.length) assert.equal(readHeader(raw, wanted), values.at(-1))
      }
    }),
  )
})
