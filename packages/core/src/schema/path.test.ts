import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPath } from './path.ts'

test('a path reads as it would be typed', () => {
  assert.equal(formatPath(['spec', 'env', 0, 'name']), 'spec.env[0].name')
  assert.equal(formatPath([]), '')
})

test('keys that would be misread are quoted, and control characters never get through', () => {
  assert.equal(formatPath(['labels', 'a.b']), 'labels["a.b"]')
  assert.equal(formatPath(['a', '\u001b[2J\u009b']), String.raw`a["\u001b[2J\u009b"]`)
  assert.equal(formatPath(['x'.repeat(200)]).length, 85)
})
