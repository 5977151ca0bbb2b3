import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { findBasePython } from './find-python.ts'

const folder = path.join(import.meta.dirname, 'fixtures', 'world')
const timeoutMs = 60_000

test(
  'the world of Python handlers is as its own tests say, in every Python that is here',
  { concurrency: 2 },
  async (t) => {
    const interpreters = findInterpreters()
    assert.ok(interpreters.length > 0, 'no Python is here')
    const runs = interpreters.map((python) =>
      t.test(python, async () => {
        const { code, output } = await runUnittests(python)
        assert.equal(code, 0, output)
        assert.match(output, /^Ran 1\d\d tests/m)
      }),
    )
    await Promise.all(runs)
  },
)

/** `python3`, and those named by their version, each once. */
function findInterpreters(): string[] {
  const wanted = ['python', 'python:3.9', 'python:3.10', 'python:3.11', 'python:3.12', 'python:3.13', 'python:3.14']
  const found = wanted
    .map((runtime) => findBasePython({ folder, runtime, env: {} }))
    .filter(({ differsFrom }) => differsFrom === undefined)
  return [...new Set(found.map(({ python }) => realpathSync(python)))]
}

async function runUnittests(python: string): Promise<{ code: unknown; output: string }> {
  const args = ['-W', 'error', '-m', 'unittest', 'discover', '--start-directory', folder]
  // The variables that the tests are about must not come from outside.
  const { NUCLIO_PYTHON_DECODE_EVENT_STRINGS: _, ...inherited } = process.env
  const child = spawn(python, args, {
    cwd: folder,
    env: { ...inherited, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: timeoutMs,
  })
  const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  return { code, output }
}
