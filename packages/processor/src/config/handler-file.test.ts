import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseHandler } from './handler-file.ts'

const endings = [['.ts', '.js'], ['.py']]

test('the usual names come first, in their order', () => {
  assert.deepEqual(chooseHandler(['main.ts', 'index.ts', 'other.ts'], endings), { name: 'index.ts' })
  assert.deepEqual(chooseHandler(['index.ts', 'handler.py'], endings), { name: 'handler.py' })
})

test('of one name within a runtime its first ending counts', () => {
  assert.deepEqual(chooseHandler(['handler.js', 'handler.ts'], endings), { name: 'handler.ts' })
})

test('one name in two runtimes is a choice for a person', () => {
  assert.deepEqual(chooseHandler(['handler.py', 'handler.ts'], endings), { candidates: ['handler.py', 'handler.ts'] })
})

test('without a usual name the only candidate is taken', () => {
  const beside = ['hello.test.ts', 'types.d.ts', 'vite.config.js', '.hidden.js', 'README.md', 'package.json']
  assert.deepEqual(chooseHandler([...beside, 'hello.ts'], endings), { name: 'hello.ts' })
  assert.deepEqual(chooseHandler([...beside, 'b.ts', 'a.py'], endings), { candidates: ['a.py', 'b.ts'] })
  assert.deepEqual(chooseHandler(beside, endings), { candidates: [] })
})
