import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isPeltonError } from '@pelton/core'
import { createTempFolder, watchForLeaks } from '@pelton/testkit'
import { findBasePython } from './find-python.ts'
import { writeWheel } from './fixtures/local-wheel.ts'
import { unfinishedMark, venvOf, venvProgram, venvPython } from './function-venv.ts'
import { installRequirements } from './install-requirements.ts'
import { readRequirements } from './requirements.ts'

const offline = '--no-index\n--find-links ./wheels\n'

interface Installation {
  folder: string
  /** Writes `requirements.txt` and installs it; gives the progress. */
  install(requirements: string, signal?: AbortSignal, onLine?: (line: string) => void): Promise<string>
  /** What the installed module `probe` says. */
  probe(): string
}

async function functionFolder(t: TestContext): Promise<Installation> {
  const folder = await createTempFolder(t, { 'handler.py': '' })
  for (const version of ['1.0', '2.0']) {
    writeWheel(join(folder, 'wheels'), 'probe', version, `says = 'probe ${version}'`)
  }
  return {
    folder,
    async install(requirements, signal = new AbortController().signal, onLine = () => undefined) {
      writeFileSync(join(folder, 'requirements.txt'), requirements)
      const lines: string[] = []
      const progress = (line: string): void => {
        lines.push(line)
        onLine(line)
      }
      await installRequirements({ folder, runtime: 'python', env: {}, progress, signal })
      return lines.join('\n')
    },
    probe() {
      const args = ['-c', 'import probe; print(probe.says)']
      return execFileSync(venvPython(folder) ?? 'no .venv', args, { encoding: 'utf8' }).trim()
    },
  }
}

const isFailure = (pattern: RegExp) => (error: unknown) =>
  isPeltonError(error) && error.code === 'install_failed' && !error.retryable && pattern.test(error.message)

test(
  'a failure tells the last lines, what was half-made is not taken for finished, and what is finished is kept',
  { timeout: 120_000 },
  async (t) => {
    const { install, probe, folder } = await functionFolder(t)
    const failure = isFailure(/^python -m pip install -r requirements\.txt exited with code 1\n[\s\S]*nowhere/)
    await assert.rejects(install(`${offline}nowhere==1\n`), failure)
    assert.ok(existsSync(venvProgram(venvOf(folder))))
    assert.equal(venvPython(folder), undefined)
    const leaks = watchForLeaks()
    assert.match(
      await install(`${offline}probe==1.0\n`),
      /making .*\.venv with .*python[\s\S]*installing .*requirements\.txt[\s\S]*Successfully installed probe-1\.0/,
    )
    assert.equal(probe(), 'probe 1.0')
    assert.match(await install(`${offline}probe==1.0\n`), /^.*\.venv has what .*requirements\.txt asks for$/)
    await leaks()
    // Other requirements make it anew; what lies on this machine is looked at each time.
    writeFileSync(join(venvOf(folder), 'left'), '')
    const local = '--no-index\n./wheels/probe-2.0-py3-none-any.whl\n'
    assert.match(await install(local), /making/)
    assert.deepEqual([probe(), existsSync(join(venvOf(folder), 'left'))], ['probe 2.0', false])
    const again = await install(local)
    assert.match(again, /Processing .*probe-2\.0/)
    assert.doesNotMatch(again, /making/)
  },
)

test('an environment that somebody else made is filled and never removed', async (t) => {
  const { install, probe, folder } = await functionFolder(t)
  const base = findBasePython({ folder, runtime: 'python', env: {} }).python
  // With the pip of the interpreter below it when there is one: to install another takes seconds.
  const borrowed = spawnSync(base, ['-m', 'pip', '--version']).status === 0
  const flags = borrowed ? ['--system-site-packages', '--without-pip'] : []
  execFileSync(base, ['-m', 'venv', ...flags, venvOf(folder)])
  writeFileSync(join(venvOf(folder), 'theirs'), '')
  for (const version of ['1.0', '2.0']) {
    assert.doesNotMatch(await install(`${offline}probe==${version}\n`), /making/)
    assert.equal(probe(), `probe ${version}`)
  }
  assert.ok(existsSync(join(venvOf(folder), 'theirs')))
})

test('what has the name of the environment and is none is not touched', async (t) => {
  const { install, folder } = await functionFolder(t)
  writeFileSync(venvOf(folder), 'mine')
  await assert.rejects(install(offline), isFailure(/making .*\.venv failed: .*no virtual environment/))
  assert.equal(readFileSync(venvOf(folder), 'utf8'), 'mine')
})

test('an installation that is given up is ended with what it started, and is unfinished', async (t) => {
  const leaks = watchForLeaks()
  const { install, folder } = await functionFolder(t)
  const controller = new AbortController()
  const giveUp = (line: string): void => {
    if (line.startsWith('making')) setImmediate(() => controller.abort('a signal came'))
  }
  await assert.rejects(install(offline, controller.signal, giveUp), isFailure(/-m venv .* was ended: a signal came$/))
  assert.ok(existsSync(unfinishedMark(venvOf(folder))))
  await assert.rejects(install(offline, controller.signal), isFailure(/was not begun: a signal came$/))
  await leaks()
})

test('without a requirements.txt there is nothing to do, and it says so', async (t) => {
  const folder = await createTempFolder(t)
  const lines: string[] = []
  const { signal } = new AbortController()
  await installRequirements({ folder, runtime: 'python', env: {}, progress: (line) => void lines.push(line), signal })
  assert.deepEqual(lines, [`no requirements.txt in ${folder}: nothing to install`])
  assert.equal(existsSync(venvOf(folder)), false)
})

test('files that a requirements.txt includes count like itself, also when they include each other', async (t) => {
  const folder = await createTempFolder(t, {
    'requirements.txt': '-r more/base.txt\n',
    'more/base.txt': '-r ../requirements.txt\nsix\n',
  })
  const before = readRequirements(folder)
  writeFileSync(join(folder, 'more/base.txt'), 'six==1\n')
  const after = readRequirements(folder)
  assert.notEqual(before?.hash, after?.hash)
  assert.deepEqual([before?.namesLocalFiles, readRequirements(join(folder, 'more'))], [false, undefined])
})

test('folders and archives of this machine are told from names', async (t) => {
  const local = ['./a', '../a', '/a.whl', '.', '-e a', '--editable=a', 'a @ file:///b', 'file:///a']
  for (const line of [
    ...local,
    'six',
    'six==1.0',
    'a[b]>=1; python_version < "4"',
    'a @ https://host/a.whl',
    '# ./a',
    '.5a',
  ]) {
    const folder = await createTempFolder(t, { 'requirements.txt': `six\n${line}\n` })
    assert.equal(readRequirements(folder)?.namesLocalFiles, local.includes(line), line)
  }
})
