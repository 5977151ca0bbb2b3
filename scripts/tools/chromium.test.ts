import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { chromium } from './chromium.ts'

test('one that is there is found, and nothing is installed', async (t) => {
  const folder = await createTempFolder(t, { chromium: '' })
  const install = async (): Promise<void> => assert.fail('installed')
  assert.deepEqual(await chromium({ folders: [folder], install }), {
    command: path.join(folder, 'chromium'),
    skip: false,
  })
})

test('one that is missing is installed', async (t) => {
  const folder = await createTempFolder(t)
  const command = path.join(folder, 'chromium')
  const install = async (): Promise<void> => fs.writeFileSync(command, '')
  const noteFile = path.join(folder, 'failed')
  assert.deepEqual(await chromium({ folders: [folder], install, noteFile }), { command, skip: false })
})

test('a failure is told by its last line as a reason to skip, and not tried again at once', async (t) => {
  const folder = await createTempFolder(t)
  let tries = 0
  const install = async (): Promise<void> => {
    tries += 1
    throw Object.assign(new Error('failed'), { stderr: 'a\nno network\n' })
  }
  const options = { folders: [folder], install, noteFile: path.join(folder, 'failed') }
  const expected = { command: undefined, skip: 'needs chromium (no network)' }
  assert.deepEqual([await chromium(options), await chromium(options)], [expected, expected])
  assert.equal(tries, 1)
})
