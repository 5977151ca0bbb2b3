import assert from 'node:assert/strict'
import { chmod, mkdir, symlink } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTempFolder, writeFiles } from '@pelton/testkit'
import { findBasePython, findPython } from './find-python.ts'
import { stampFile, unfinishedMark } from './function-venv.ts'

/** Places with programs of these paths; nothing in them is ever run. */
async function places(t: TestContext, programs: readonly string[], files: Record<string, string> = {}) {
  const root = await createTempFolder(t, { 'function/handler.py': '', ...files })
  for (const program of programs) {
    await writeFiles(root, { [program]: '' })
    await chmod(join(root, program), 0o755)
  }
  const at = (path: string): string => join(root, path)
  const find = (
    runtime: string,
    facts: { env?: Record<string, string>; environment?: Record<string, string> } = {},
  ) => {
    const PATH = ['first', 'second', 'pyenv/shims', 'last'].map(at).join(delimiter)
    return findPython({
      folder: at('function'),
      runtime,
      env: {},
      ...facts,
      environment: { PATH, ...facts.environment },
    })
  }
  return { at, find }
}

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

test('the named version on PATH is taken before python3, and that before python', async (t) => {
  const { at, find } = await places(t, ['first/python', 'first/python3', 'second/python3.11'])
  assert.deepEqual(find('python:3.11'), { python: at('second/python3.11') })
  assert.deepEqual(find('python:3.11.4'), { python: at('second/python3.11') })
  assert.deepEqual(find('python'), { python: at('first/python3') })
})

test('a version that is not there, too old or none is replaced by python3, and the difference is told', async (t) => {
  const { at, find } = await places(t, ['first/python3', 'second/python3.11', 'second/python3.6'])
  for (const wanted of ['3.12', '3.6', 'latest', '../3'])
    assert.deepEqual(find(`python:${wanted}`), { python: at('first/python3'), differsFrom: wanted })
})

test('a name behind its links tells the version', async (t) => {
  const { at, find } = await places(t, ['second/python3.12'])
  await mkdir(at('first'))
  await symlink(at('second/python3.12'), at('first/python3'))
  assert.deepEqual(find('python:3'), { python: at('first/python3') })
  assert.deepEqual(find('python:3.1'), { python: at('first/python3'), differsFrom: '3.1' })
})

test('the function’s .venv wins over PATH and tells its version', async (t) => {
  const cfg = { 'function/.venv/pyvenv.cfg': 'home = /usr/bin\nversion = 3.11.2\n' }
  const { at, find } = await places(t, ['first/python3.12', 'function/.venv/bin/python'], cfg)
  assert.deepEqual(find('python:3.11'), { python: at('function/.venv/bin/python') })
  assert.deepEqual(find('python:3.12'), { python: at('function/.venv/bin/python'), differsFrom: '3.12' })
  const base = findBasePython({
    folder: at('function'),
    runtime: 'python:3.12',
    env: {},
    environment: { PATH: at('first') },
  })
  assert.deepEqual(base, { python: at('first/python3.12') })
})

test('a .venv that was left half-made is passed by', async (t) => {
  const { at, find } = await places(t, ['first/python3', 'function/.venv/bin/python'])
  await writeFiles(at('.'), { [`function/.venv/${unfinishedMark('')}`]: '' })
  assert.deepEqual(find('python'), { python: at('first/python3') })
})

test('PELTON_PYTHON wins over NUCLIO_PYTHON_EXE_PATH, both over all else, and spec.env over the shell', async (t) => {
  const { at, find } = await places(t, ['first/python3', 'first/own', 'function/own', 'function/.venv/bin/python'])
  const environment = { PELTON_PYTHON: 'own', NUCLIO_PYTHON_EXE_PATH: at('first/python3') }
  assert.deepEqual(find('python:3.9', { environment }), { python: at('first/own') })
  assert.deepEqual(find('python', { env: { PELTON_PYTHON: './own' }, environment }), { python: at('function/own') })
  const { NUCLIO_PYTHON_EXE_PATH } = environment
  assert.deepEqual(find('python', { environment: { NUCLIO_PYTHON_EXE_PATH } }), { python: at('first/python3') })
})

test('a .venv that was installed on the named interpreter stands for it, another one does not', async (t) => {
  const { at, find } = await places(t, ['first/own', 'first/other', 'function/.venv/bin/python'])
  await writeFiles(at('.'), { [`function/.venv/${stampFile('')}`]: JSON.stringify({ base: at('first/own') }) })
  assert.deepEqual(find('python', { env: { PELTON_PYTHON: at('first/own') } }), {
    python: at('function/.venv/bin/python'),
  })
  assert.deepEqual(find('python', { env: { PELTON_PYTHON: at('first/other') } }), { python: at('first/other') })
})

test('what is named and not there, or cannot be executed, is python_missing and says what was tried', async (t) => {
  const { find } = await places(t, ['first/python3'], { 'first/text': '' })
  for (const named of ['text', 'gone', '/nowhere/python3', '.'])
    assert.throws(
      () => find('python', { env: { PELTON_PYTHON: named } }),
      (error: Error) => code('python_missing')(error) && error.message.includes(`PELTON_PYTHON=${named}`),
    )
})

test('nothing at all is python_missing with every place', async (t) => {
  const { at, find } = await places(t, [], { 'first/python3': 'not executable' })
  assert.throws(() => find('python:3.12'), {
    code: 'python_missing',
    message: `no Python interpreter was found: tried ${at('function/.venv')}, python3.12 on PATH, python3 on PATH, python on PATH`,
  })
})

test('an interpreter that its files show to be too old is refused before it is started', async (t) => {
  const { at, find } = await places(t, ['second/python3.8'])
  await mkdir(at('first'))
  await symlink(at('second/python3.8'), at('first/python3'))
  assert.throws(() => find('python'), {
    code: 'python_too_old',
    message: `Python 3.8 of ${at('first/python3')} is too old: functions need 3.9 or newer`,
  })
})

const shims = ['pyenv/shims/python3', 'pyenv/shims/python3.10', 'pyenv/shims/python3.12']
const installed = [
  'pyenv/versions/3.10.2/bin/python3',
  'pyenv/versions/3.10.2/bin/python3.10',
  'pyenv/versions/3.10.13/bin/python3',
  'pyenv/versions/3.10.13/bin/python3.10',
  'pyenv/versions/3.12.1/bin/python3',
  'pyenv/versions/3.12.1/bin/python3.12',
]

test('behind a shim of pyenv is the version that is selected: by the variable, the folder, or for all', async (t) => {
  const { at, find } = await places(t, [...shims, ...installed], { 'pyenv/version': '3.12.1\n' })
  const python3 = (version: string) => ({ python: at(`pyenv/versions/${version}/bin/python3`) })
  assert.deepEqual(find('python'), python3('3.12.1'))
  await writeFiles(at('.'), { '.python-version': '# ours\n3.10\n' })
  assert.deepEqual(find('python'), python3('3.10.13'))
  assert.deepEqual(find('python', { environment: { PYENV_VERSION: '3.10.2:3.12.1' } }), python3('3.10.2'))
})

test('a shim of pyenv for a named version is served by the newest one that is installed, selected or not', async (t) => {
  const { at, find } = await places(t, [...shims, ...installed], { 'pyenv/version': '3.12.1\n' })
  assert.deepEqual(find('python:3.10'), { python: at('pyenv/versions/3.10.13/bin/python3.10') })
})

test('a shim of pyenv that would fail is passed by', async (t) => {
  const { at, find } = await places(t, [...shims, 'last/python3'], {
    'pyenv/version': 'system\n',
    'pyenv/versions/x': '',
  })
  assert.deepEqual(find('python:3.10'), { python: at('last/python3'), differsFrom: '3.10' })
})
