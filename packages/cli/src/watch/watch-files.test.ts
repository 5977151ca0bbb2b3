import assert from 'node:assert/strict'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { isWatchedFile, isWatchedFolder } from './is-watched.ts'
import { watchFiles } from './watch-files.ts'

/** A watched folder, and a wait for a change of one of its files. */
async function watched(
  t: TestContext,
  files: string[] = [],
  prepare: (folder: string) => Promise<unknown> = async () => undefined,
) {
  const root = await createTempFolder(t)
  const folder = join(root, 'function')
  await mkdir(folder)
  await prepare(folder)
  const seen = new Set<string>()
  let notify = (): void => undefined
  const watch = watchFiles({ folder, files: files.map((file) => join(root, file)) }, (path) => {
    seen.add(path)
    notify()
  })
  t.after(() => watch.close())
  const waitFor = async (path: string): Promise<void> => {
    while (!seen.has(path)) await new Promise<void>((resolve) => (notify = resolve))
  }
  return { root, folder, seen, waitFor }
}

test(
  'a saved source file is reported, also when the editor renames a new file over it',
  { timeout: 10_000 },
  async (t) => {
    const { folder, waitFor, seen } = await watched(t)
    await writeFile(join(folder, 'handler.ts'), 'export {}')
    await waitFor(join(folder, 'handler.ts'))
    seen.clear()
    await writeFile(join(folder, 'handler.ts~'), 'export {}')
    await rename(join(folder, 'handler.ts~'), join(folder, 'handler.ts'))
    await waitFor(join(folder, 'handler.ts'))
  },
)

test('folders that appear later are watched too', { timeout: 10_000 }, async (t) => {
  const { folder, waitFor, seen } = await watched(t)
  await mkdir(join(folder, 'lib'))
  // Its watch begins a moment after it appeared: a file that was faster is reported too.
  await writeFile(join(folder, 'lib', 'a.ts'), 'export {}')
  await waitFor(join(folder, 'lib', 'a.ts'))
  seen.clear()
  await writeFile(join(folder, 'lib', 'b.ts'), 'export {}')
  await waitFor(join(folder, 'lib', 'b.ts'))
})

test('dependencies, hidden folders and data are not the function', { timeout: 10_000 }, async (t) => {
  const { folder, waitFor, seen } = await watched(t, [], async (path) => {
    await mkdir(join(path, 'node_modules', 'x'), { recursive: true })
    await mkdir(join(path, '.git'))
  })
  await writeFile(join(folder, 'node_modules', 'x', 'index.js'), '')
  await writeFile(join(folder, '.git', 'config.json'), '')
  await writeFile(join(folder, 'data.sqlite'), '')
  await writeFile(join(folder, '.env'), 'A=1')
  await waitFor(join(folder, '.env'))
  assert.deepEqual([...seen], [join(folder, '.env')])
})

test('a single file elsewhere is watched without its neighbours', { timeout: 10_000 }, async (t) => {
  const { root, waitFor, seen } = await watched(t, ['other.yaml'])
  await writeFile(join(root, 'neighbour.yaml'), '')
  await writeFile(join(root, 'other.yaml'), '')
  await waitFor(join(root, 'other.yaml'))
  assert.deepEqual([...seen], [join(root, 'other.yaml')])
})

test('which files and folders count is told by their names', () => {
  for (const name of [
    'handler.ts',
    'main.cjs',
    'function.yaml',
    'package.json',
    '.env',
    '.env.local',
    'run.sh',
    'main.py',
    'classes.onnx',
  ]) {
    assert.ok(isWatchedFile(`/f/${name}`), name)
  }
  for (const name of ['handler.ts~', '.handler.ts.swp', 'cache.db', 'picture.png'])
    assert.ok(!isWatchedFile(`/f/${name}`), name)
  assert.ok(isWatchedFolder('/f/lib'))
  for (const name of ['node_modules', '.git', '.pelton', 'dist']) assert.ok(!isWatchedFolder(`/f/${name}`), name)
})
