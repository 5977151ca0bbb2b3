import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFactsOf } from './run-facts.ts'

const run = { queueUs: 1, inputUs: 0, inferUs: 1.5, outputUs: 2, rows: 4, isFirst: true }

test('the facts of a run come with its answer', () => {
  assert.deepEqual(runFactsOf({ extra: { openinference: { run } } }), run)
})

test('what is not whole is no facts', () => {
  const broken: unknown[] = [
    undefined,
    null,
    'x',
    { ...run, queueUs: -1 },
    { ...run, inputUs: Number.NaN },
    { ...run, inferUs: Number.POSITIVE_INFINITY },
    { ...run, outputUs: '2' },
    { ...run, rows: 0 },
    { ...run, rows: 1.5 },
    { ...run, isFirst: 1 },
    { queueUs: 1 },
  ]
  for (const one of broken) assert.equal(runFactsOf({ extra: { openinference: { run: one } } }), undefined)
  for (const extra of [undefined, {}, { openinference: null }, { openinference: 3 }]) {
    assert.equal(runFactsOf(extra ? { extra } : {}), undefined)
  }
})
