import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spellOptionalValues } from './optional-values.ts'

const flags = ['--inspect [port]', '--port <number>', '--watch']
const spell = (line: string): string => spellOptionalValues(line.split(' '), flags).join(' ')

test('an option with an optional value does not take the word behind it', () => {
  assert.equal(spell('run --inspect handler.ts'), 'run --inspect= handler.ts')
  assert.equal(spell('run --inspect'), 'run --inspect=')
})

test('a value after the equals sign, other options and what follows -- stay', () => {
  assert.equal(spell('run --inspect=9230 --port 1 --watch x'), 'run --inspect=9230 --port 1 --watch x')
  assert.equal(spell('run -- --inspect'), 'run -- --inspect')
})
