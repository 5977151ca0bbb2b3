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

const all = [entry('triggers', 'http'), entry('triggers', 'shell', ['sh']), entry('runtimes', 'shell')]
const names = (first?: string, second?: string): string[] =>
  chooseKinds(all, first, second).entries.map(({ family, kind }) => `${family} ${kind}`)

test('a family, a kind of a family, and a kind alone are understood', () => {
  assert.equal(names().length, 3)
  assert.deepEqual(names('triggers'), ['triggers http', 'triggers shell'])
  assert.deepEqual(names('runtime'), ['runtimes shell'])
  assert.deepEqual(names('triggers', 'shell'), ['triggers shell'])
  assert.deepEqual(names('trigger', 'sh'), ['triggers shell'])
  assert.deepEqual(names('shell'), ['triggers shell', 'runtimes shell'], 'a name in two families shows both')
})

test('an unknown word is answered with the nearest one, or with all there are', () => {
  assert.throws(() => names('htp'), { code: 'kind_unknown', message: /did you mean http\?/ })
  assert.throws(() => names('triggers', 'kafka'), { code: 'kind_unknown', message: /there are http, shell/ })
  assert.throws(() => names('sinks', 'http'), { code: 'kind_unknown' })
})

test('the table has one line a kind, the description two a key', () => {
  const paint = createPaint(false)
  assert.equal(
    kindTable(all, paint),
    'triggers\n  http   stable  The http\n  shell  stable  The shell\n\nruntimes\n  shell  stable  The shell\n',
  )
  assert.match(
    describeKind(entry('triggers', 'http'), paint),
    /\n {2}port {2}whole number, default 8080\n {6}Where to listen\n {2}wait {2}duration \(bare number: s\)\n/,
  )
})
