import assert from 'node:assert/strict'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { findCommand } from './find-command.ts'

test('a name is looked for on the path, a path from the folder, and only programs count', async (t) => {
  const folder = await createTempFolder(t, { 'bin/tool': '', 'bin/notes': '', tool: '', own: '' })
  for (const program of ['bin/tool', 'own']) chmodSync(join(folder, program), 0o755)
  mkdirSync(join(folder, 'bin/folder'))
  const find = (command: string, path = `/nowhere::${join(folder, 'bin')}`): string | undefined =>
    findCommand(command, { path, folder })
  assert.equal(find('tool'), join(folder, 'bin/tool'))
  assert.equal(find('tool', 'bin'), join(folder, 'bin/tool'))
  assert.equal(find('./own'), join(folder, 'own'))
  assert.equal(find(join(folder, 'own')), join(folder, 'own'))
  for (const none of ['', 'own', './tool', 'notes', 'folder', 'bin/folder', 'missing', './missing']) {
    assert.equal(find(none), undefined, none)
  }
  assert.equal(find('tool', ''), undefined)
})
