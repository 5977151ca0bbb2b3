import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from './temp-folder.ts'

test('a folder with files is there during the test and gone after it', async () => {
  const cleanups: (() => Promise<void> | void)[] = []
  const folder = await createTempFolder({ after: (action) => void cleanups.push(action) }, { 'a/b.txt': 'hello' })
  assert.equal(fs.readFileSync(path.join(folder, 'a/b.txt'), 'utf8'), 'hello')
  for (const cleanup of cleanups) await cleanup()
  assert.equal(fs.existsSync(folder), false)
})
