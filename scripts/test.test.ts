import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { root } from './tools/repository.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pelton-runner-'))
after(() => fs.rmSync(folder, { recursive: true, force: true }))
fs.cpSync(path.join(root, 'scripts/test.ts'), path.join(folder, 'scripts/test.ts'))
fs.cpSync(path.join(root, 'scripts/tools'), path.join(folder, 'scripts/tools'), { recursive: true })
write('package.json', '{ "type": "module" }')
write('.ci/optional-peers', '# comment\nenvoy  heavy\n')
write('e2e/green.test.ts', `import { test } from 'node:test'\ntest('fine', () => console.log('quiet'))\n`)
write('e2e/red.test.ts', `import { suite } from './suite.ts'\nsuite()\n`)
write(
  'e2e/suite.ts',
  `import { describe, test } from 'node:test'\nexport const suite = () => describe('a shared suite', () => {\n  test('good', () => {})\n  test('bad', () => { throw new Error('as told') })\n})\n`,
)
write('e2e/broken.test.ts', `throw new Error('does not load')\n`)
write(
  'e2e/skipped.test.ts',
  `import { test } from 'node:test'\ntest('one', { skip: 'needs envoy' }, () => {})\ntest('two', { skip: 'tired' }, () => {})\n`,
)
write(
  'e2e/leaving.test.ts',
  `import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { test } from 'node:test'
test('leaves things', () => {
  fs.mkdtempSync(os.tmpdir() + '/left-')
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' }).unref()
})
`,
)

test('a green run says how many tests passed, prints nothing of theirs, and exits 0', () => {
  const { status, output } = runTests({}, 'green')
  assert.equal(status, 0, output)
  assert.match(output, /^✔ e2e\/green\.test\.ts \(1 passed/m)
  assert.match(output, /1 tests passed in 1 files, 0 skipped, 0 faults/)
  assert.doesNotMatch(output, /quiet/)
})

test('a failure and a file that does not load are named with their reason, and the exit code is 1', () => {
  const { status, output } = runTests({}, 'red', 'broken')
  assert.equal(status, 1)
  assert.match(output, /a shared suite › bad \(e2e\/suite\.ts:4\)\nError: as told/)
  assert.match(output, /^✖ e2e\/red\.test\.ts \(1 passed, 1 failed/m)
  assert.match(output, /printed by e2e\/broken\.test\.ts[^]*does not load/)
})

test('a skipped test fails in CI only, and not when it needs an optional peer', () => {
  assert.equal(runTests({}, 'skipped').status, 0)
  const { status, output } = runTests({ CI: 'true' }, 'skipped')
  assert.equal(status, 1)
  assert.match(output, /"two" was skipped \(tired\); in CI that is a failure/)
  assert.doesNotMatch(output, /"one" was skipped/)
})

test('a process or a temporary file that is left is a failure, and the process is ended', () => {
  const { status, output } = runTests({}, 'leaving')
  assert.equal(status, 1)
  assert.match(output, /tests left 1 files in the temporary folder: left-/)
  const pid = Number(/a test left process (\d+) running/.exec(output)?.[1])
  // Gone, or waiting to be collected by its new parent: either way it runs nothing.
  const commandLine = `/proc/${pid}/cmdline`
  assert.equal(fs.existsSync(commandLine) ? fs.readFileSync(commandLine, 'utf8') : '', '')
})

test('a path that no test has is an error', () => {
  assert.match(runTests({}, 'nothing-like-it').output, /no test file matches/)
})

function write(name: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
  fs.writeFileSync(path.join(folder, name), text)
}

function runTests(env: Record<string, string>, ...filters: string[]): { status: number | null; output: string } {
  const { CI: _ci, NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/test.ts', ...filters], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...inherited, ...env },
    timeout: 60_000,
  })
  return { status, output: stdout + stderr }
}
