import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitArguments } from './split-arguments.ts'

test('exact arguments are all that lies between spaces, words are those that are not empty', () => {
  assert.deepEqual(splitArguments('a  "b c"', true), ['a', '', '"b', 'c"'])
  assert.deepEqual(splitArguments('a  "b c"', false), ['a', '"b', 'c"'])
  assert.deepEqual(splitArguments('', true), [''])
  assert.deepEqual(splitArguments('', false), [])
})

test('no character of any text is lost or changed', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(splitArguments(text, true).join(' '), text)
      assert.equal(splitArguments(text, false).join(''), text.replaceAll(' ', ''))
    }),
  )
})
