import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reasonOf } from './read-body.ts'

test('whatever was thrown is named, also what says nothing by itself', () => {
  const thrown: [value: unknown, text: string][] = [
    [undefined, 'nothing was thrown: undefined'],
    [null, 'nothing was thrown: null'],
    ['', 'an empty text was thrown'],
    ['text\nmore', 'text'],
    [5, '5'],
    [Symbol('s'), 'Symbol(s)'],
    [{ code: 1 }, 'an object was thrown: {"code":1}'],
    [[], 'an object was thrown: []'],
    [new Map(), 'an object was thrown: {}'],
    [function broken() {}, 'a function was thrown: broken'],
    [new Error('said'), 'said'],
  ]
  for (const [value, text] of thrown) assert.equal(reasonOf(value), text)
  assert.ok(reasonOf({ long: 'x'.repeat(10_000) }).length < 400)
})

test('what cannot be shown is said to be so', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const thrower = {
    toString(): never {
      throw new Error('no')
    },
  }
  for (const value of [cycle, thrower, Object.create(null)])
    assert.equal(reasonOf(value), 'a value that cannot be shown')
})
