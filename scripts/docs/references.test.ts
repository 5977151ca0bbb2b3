import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorRow, type TriggerManifest, defineSink, defineTrigger, schema } from '@pelton/core'
import { renderErrorReference } from './error-reference.ts'
import { renderKindReference, renewReadme } from './kind-reference.ts'

const manifest = defineTrigger({
  kind: 'toy',
  aliases: ['plaything'],
  summary: 'Toys',
  stability: 'beta',
  class: 'async',
  attributes: schema.object({ pause: schema.duration({ unit: 's', default: 5000, doc: 'Between two toys' }) }),
  fields: { colour: 'Colour of the toy' },
  load: () => Promise.reject(new Error('never loaded')),
}) as unknown as TriggerManifest
const row = '| `pause` | duration | `5s` | s | Between two toys |'

test('a README gets its table between the markers and keeps the rest', () => {
  const readme = '# toy\n<!-- generated:attributes -->\nold\n<!-- /generated -->\nend\n'
  const renewed = renewReadme(readme, 'triggers', manifest) ?? ''
  assert.ok(renewed.includes(row))
  assert.match(renewed, /^# toy\n<!-- generated:attributes -->\n[^]*<!-- \/generated -->\nend\n$/)
  assert.doesNotMatch(renewed, /old/)
  assert.equal(renewReadme(renewed, 'triggers', manifest), renewed, 'a second time changes nothing')
})

test('the README of a sink names what all sinks take', () => {
  const readme = '<!-- generated:attributes -->\n<!-- /generated -->\n'
  assert.match(renewReadme(readme, 'sinks', manifest) ?? '', /`pause`[^]*`drop` \| `oldest`, `newest` or `block`/)
  assert.doesNotMatch(renewReadme(readme, 'triggers', manifest) ?? '', /`drop`/)
})

test('a README without the markers, or with two pairs, has no place for the table', () => {
  assert.equal(renewReadme('# toy\n', 'triggers', manifest), undefined)
  const pair = '<!-- generated:attributes -->\n<!-- /generated -->\n'
  assert.equal(renewReadme(pair + pair, 'triggers', manifest), undefined)
})

test('the reference of kinds names stability, aliases, attributes and fields, and links the README', () => {
  const text = renderKindReference(
    { triggers: [{ manifest, folder: '/repo/packages/toy' }], sinks: [], runtimes: [] },
    '/repo',
  )
  for (const part of [
    '[toy](../../packages/toy/README.md)',
    'Toys (beta, also `plaything`)',
    row,
    '| `colour` | Colour of the toy |',
  ])
    assert.ok(text.includes(part), part)
  assert.doesNotMatch(text, /## Sinks/, 'a family without kinds is not named')
})

test('the reference of kinds has a sink with its attributes and those of all sinks', () => {
  const { kind, summary, stability, attributes } = manifest
  const sink = defineSink({
    kind,
    summary,
    stability,
    attributes,
    load: () => Promise.reject(new Error('never loaded')),
  })
  const kinds = { triggers: [], sinks: [{ manifest: sink, folder: '/repo/packages/toy' }], runtimes: [] }
  const text = renderKindReference(kinds, '/repo')
  for (const part of [
    '## Sinks\n',
    '### [toy](../../packages/toy/README.md)',
    'Toys (beta)',
    row,
    '| `queue_size` | whole number, 1 to 1000000 | `64` |',
  ])
    assert.ok(text.includes(part), part)
})

test('an error is documented with its message, in which the facts are named', () => {
  const facts: ErrorRow<{ file: string; tried: string[] }> = {
    message: ({ file, tried }) => `${file} is missing, tried ${tried.map((name) => `<${name}>`).join(', ')}`,
    blame: 'user',
    retryable: false,
    help: 'Write it.',
    status: 404,
  }
  const text = renderErrorReference([{ code: 'file_missing', row: facts, file: 'packages/core/src/errors.ts' }])
  for (const part of [
    '## core\n',
    '### `file_missing`',
    '> ‹file› is missing, tried ‹tried›',
    'status 404',
    'Write it.',
  ])
    assert.ok(text.includes(part), `${part} in ${text}`)
})
