import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moduleBeside } from './module-beside.ts'

test('a module beside a TypeScript source is TypeScript', () => {
  assert.equal(moduleBeside('file:///repo/src/a/worker.ts', './thread-entry'), 'file:///repo/src/a/thread-entry.ts')
})

test('a module beside a built one is JavaScript', () => {
  assert.equal(moduleBeside('file:///dist/a/worker.js', '../thread-entry'), 'file:///dist/thread-entry.js')
})
