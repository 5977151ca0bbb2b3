import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseAction, maxOpen } from './choose-action.ts'

test('the policy decides only while a run is going', () => {
  for (const policy of ['Forbid', 'Allow', 'Replace'] as const) assert.equal(chooseAction(policy, 0), 'start')
  assert.equal(chooseAction('Forbid', 1), 'owe')
  assert.equal(chooseAction('Replace', 1), 'replace')
  assert.equal(chooseAction('Allow', maxOpen - 1), 'start')
  assert.equal(chooseAction('Allow', maxOpen), 'miss')
})
