import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { root } from '../tools/repository.ts'

const rows = fs
  .readFileSync(path.join(root, 'docs/compat.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.split('|').map((cell) => cell.trim()))

test('docs/compat.md has one row a decision', () => {
  assert.ok(rows.length > 15)
  const decisions = rows.map((cells) => cells[1])
  assert.equal(new Set(decisions).size, decisions.length)
})

for (const [, decision = '', , , reference = ''] of rows)
  test(`docs/compat.md, "${decision}": the test that it names exists`, () => {
    const [, file, name] = /^`([^`]+\.test\.ts)`: (.+)$/.exec(reference) ?? []
    assert.ok(file && name, `"${reference}" is not \`file\`: name of a test`)
    const text = fs.readFileSync(path.join(root, file.startsWith('e2e/') ? file : `packages/${file}`), 'utf8')
    assert.ok(text.includes(name), `${file} has no test "${name}"`)
  })
