import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { findFiles, root } from '../tools/repository.ts'
import { readErrorTables, renderErrorReference } from './error-reference.ts'

const all = await readErrorTables(root)
const files = ['packages', 'e2e'].flatMap((name) => findFiles(path.join(root, name), (file) => file.endsWith('.ts')))
const isTest = (file: string): boolean => file.endsWith('.test.ts') || path.basename(file).startsWith('describe-')
const read = (file: string): string => fs.readFileSync(file, 'utf8')
const sources = files
  .filter((file) => !isTest(file))
  .map(read)
  .join('\n')
const tests = files.filter(isTest).map(read).join('\n')

const lacking = (isThere: (code: string) => boolean): string[] =>
  all.filter(({ code }) => !isThere(code)).map(({ code, file }) => `${code} of ${file}`)

test('codes are snake_case and stand for one error each', () => {
  assert.deepEqual(
    lacking((code) => /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code)),
    [],
  )
  assert.equal(new Set(all.map(({ code }) => code)).size, all.length)
})

test('every code is documented', () => {
  const reference = renderErrorReference(all)
  assert.deepEqual(
    lacking((code) => reference.includes(`### \`${code}\``)),
    [],
  )
})

test('every code is raised somewhere', () => {
  assert.deepEqual(
    lacking((code) => new RegExp(`\\b\\w*[eE]rrors\\.${code}\\b`).test(sources)),
    [],
  )
})

test('every code is named by a test', () => {
  assert.deepEqual(
    lacking((code) => new RegExp(`\\b${code}\\b`).test(tests)),
    [],
  )
})

test('every error says how to mend it, in whole sentences', () => {
  assert.deepEqual(
    lacking((code) => all.some((error) => error.code === code && /[.:!?]$/.test(error.row.help))),
    [],
  )
})
