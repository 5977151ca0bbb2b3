import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPaint } from '../screen/paint.ts'
import type { KindEntry } from './kind-entry.ts'
import { describeKind, kindTable } from './kind-text.ts'
import { chooseKinds } from './kinds.ts'

function entry(family: KindEntry['family'], kind: string, aliases: string[] = []): KindEntry {
  const attributes = [
    { key: 'port', type: 'whole number', default: '8080', unit: '', meaning: 'Where to `listen`' },
    { key: 'wait', type: 'duration', default: '', unit: 's', meaning: '' },
  ]
  const shared = { stability: 'stable', facts: {}, schema: {}, fields: {}, handlerMembers: [] } as const
  return { family, kind, aliases, summary: `The ${kind}`, attributes, ...shared }
}

const all = [
  entry('triggers', 'http'),
  entry('triggers', 'shell', ['sh']),
  entry('sinks', 'http'),
  entry('runtimes', 'shell'),
]
const names = (...words: string[]): string[] =>
  chooseKinds(all, words).entries.map(({ family, kind }) => `${family} ${kind}`)

test('a family, a kind of a family, and a kind alone are understood', () => {
  assert.equal(names().length, 4)
  assert.deepEqual(names('triggers'), ['triggers http', 'triggers shell'])
  assert.deepEqual(names('runtime'), ['runtimes shell'])
  assert.deepEqual(names('sink'), ['sinks http'])
  assert.deepEqual(names('sinks', 'http'), ['sinks http'])
  assert.deepEqual(names('http'), ['triggers http', 'sinks http'])
  assert.deepEqual(names('triggers', 'shell'), ['triggers shell'])
  assert.deepEqual(names('trigger', 'sh'), ['triggers shell'])
  assert.deepEqual(names('shell'), ['triggers shell', 'runtimes shell'], 'a name in two families shows both')
})

test('an unknown word is answered with the nearest one, or with all there are', () => {
  assert.throws(() => names('htp'), { code: 'kind_unknown', message: /did you mean http\?/ })
  assert.throws(() => names('trigers', 'http'), { code: 'kind_unknown', message: /did you mean triggers\?/ })
  assert.throws(() => names('triggers', 'kafka'), { code: 'kind_unknown', message: /there are http, shell/ })
  assert.throws(() => names('sinks', 'shell'), { code: 'kind_unknown' })
})

test('a text may follow the kind', () => {
  assert.equal(chooseKinds(all, ['http', 'a b']).text, 'a b')
  assert.equal(chooseKinds(all, ['triggers', 'http', 'a b']).text, 'a b')
  assert.equal(chooseKinds(all, ['http']).text, undefined)
  assert.throws(() => names('http', 'a', 'b'), { code: 'wrong_usage', message: /put it in quotes/ })
})

test('the table has one line a kind, the description two a key', () => {
  const paint = createPaint(false)
  assert.equal(
    kindTable(all, paint),
    'triggers\n  http   stable  The http\n  shell  stable  The shell\n\nsinks\n  http  stable  The http\n\nruntimes\n  shell  stable  The shell\n',
  )
  assert.match(
    describeKind(entry('triggers', 'http'), paint),
    /\n {2}port {2}whole number, default 8080\n {6}Where to listen\n {2}wait {2}duration \(bare number: s\)\n/,
  )
})

test('a kind that shows something of a value says so', () => {
  const preview = { attribute: 'port', doc: 'who listens there' }
  assert.match(
    describeKind({ ...entry('triggers', 'http'), preview }, createPaint(false)),
    /\nof a value\n {2}pelton kinds http PORT {2}who listens there\n/,
  )
})
