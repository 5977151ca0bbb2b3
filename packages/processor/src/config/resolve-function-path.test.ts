import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { createFakeCatalogue } from './fixtures/fake-catalogue.ts'
import { resolveFunctionPath } from './resolve-function-path.ts'

const catalogue = createFakeCatalogue()

test('a yaml file, a handler file and a folder with either are functions', async (t) => {
  const folder = await createTempFolder(t, { 'dev.YAML': '', 'one/a.py': '', 'two/function.yml': '', 'two/a.py': '' })
  const at = (name: string): string => path.join(folder, name)
  assert.deepEqual(await resolveFunctionPath(at('dev.YAML'), catalogue), { folder, configFile: at('dev.YAML') })
  const alone = { folder: at('one'), handlerFile: at('one/a.py') }
  assert.deepEqual(await resolveFunctionPath(at('one/a.py'), catalogue), alone)
  assert.deepEqual(await resolveFunctionPath(at('one'), catalogue), alone)
  assert.deepEqual(await resolveFunctionPath(at('two'), catalogue), {
    folder: at('two'),
    configFile: at('two/function.yml'),
  })
})

test('a path that leads nowhere, or to no function, is an error of the user’s', async (t) => {
  const folder = await createTempFolder(t, { 'notes.txt': '' })
  const missing = resolveFunctionPath(path.join(folder, 'missing'), catalogue)
  await assert.rejects(missing, { code: 'function_path_missing', blame: 'user', retryable: false })
  for (const name of ['notes.txt', '.']) {
    const unclear = resolveFunctionPath(path.join(folder, name), catalogue)
    await assert.rejects(unclear, { code: 'function_path_unclear', blame: 'user', retryable: false })
  }
})
