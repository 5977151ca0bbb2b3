import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHandler } from './handler-name.ts'

test('a handler is an entry, or a module and an entry', () => {
  assert.deepEqual(parseHandler('handler'), { module: '', entry: 'handler' })
  assert.deepEqual(parseHandler('main:handler'), { module: 'main', entry: 'handler' })
  assert.deepEqual(parseHandler('./src/handler.ts:main'), { module: './src/handler.ts', entry: 'main' })
  assert.deepEqual(parseHandler(''), { module: '', entry: '' })
})

test('two colons are no handler', () => {
  assert.equal(parseHandler('module:wat:handler'), undefined)
})
