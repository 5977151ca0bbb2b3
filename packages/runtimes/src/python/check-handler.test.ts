import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { checkHandler } from './check-handler.ts'

async function check(folder: string, handler: string, env: Record<string, string> = {}): Promise<void> {
  return checkHandler({ folder, handler, runtime: 'python', env, attributes: {} })
}

test('the module of a handler is found as workers find it, and not imported', async (t) => {
  const raises = 'raise SystemExit("imported")\n'
  const folder = await createTempFolder(t, { 'look.py': raises, 'pkg/__init__.py': raises, 'more/far.py': raises })
  for (const handler of ['look:run', 'look.py', 'pkg:run', 'more/far:run']) await check(folder, handler)
  await check(folder, 'far:run', { PYTHONPATH: `${folder}/more` })
  await assert.rejects(check(folder, 'far:run'), {
    code: 'handler_file_missing',
    message: /^no handler file in .*: tried far\.py, far\/__init__\.py$/,
    help: /spec\.handler/,
  })
  await assert.rejects(check(folder, 'a:b:c'), { code: 'handler_name_invalid' })
})

test('an interpreter that cannot look is named', async (t) => {
  const folder = await createTempFolder(t, { 'handler.py': '' })
  await assert.rejects(check(folder, '', { PELTON_PYTHON: 'false' }), { code: 'python_not_ready', message: /false/ })
  await assert.rejects(check(folder, '', { PELTON_PYTHON: 'no-such-python' }), { code: 'python_missing' })
})
