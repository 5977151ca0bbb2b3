import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeHtml, fillPage, jsonInHtml } from './try-html.ts'

test('no character of a text is markup any more', () => {
  assert.equal(escapeHtml(`a&<b c="d" e='f'>`), 'a&#38;&#60;b c=&#34;d&#34; e=&#39;f&#39;&#62;')
})

test('JSON in a script element ends no element and opens no comment, and is read as it was', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const json = jsonInHtml({ text: `${text}</script><!--` })
      assert.doesNotMatch(json, /</)
      assert.deepEqual(JSON.parse(json), { text: `${text}</script><!--` })
    }),
  )
})

test('what is filled in is not read again', () => {
  assert.equal(fillPage('{{a}}-{{b}}', { a: '{{b}} $& $1', b: 'x' }), '{{b}} $& $1-x')
  assert.throws(() => fillPage('{{c}}', {}), /no part for \{\{c\}\}/)
})
