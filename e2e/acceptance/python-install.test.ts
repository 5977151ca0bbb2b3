import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { writeWheel } from '../../packages/runtimes/src/python/fixtures/local-wheel.ts'
import { runPelton, startPelton } from '../pelton-process.ts'

const handler = 'import greeting\n\ndef handler(context, event):\n    return greeting.word\n'

test(
  '--install makes what is missing be there, shows how it goes on, and does nothing when it is there',
  { timeout: 90_000 },
  async (t) => {
    const cwd = await createTempFolder(t, {
      'handler.py': handler,
      'requirements.txt': '--no-index\n--find-links wheels\ngreeting\n',
    })
    writeWheel(join(cwd, 'wheels'), 'greeting', '1.0', "word = 'installed'")
    const args = ['run', 'handler.py', '--port', '0']
    const without = await runPelton(args, { cwd })
    assert.equal(without.code, 1)
    assert.match(without.stderr, /greeting[\s\S]*pelton run --install/)

    for (const expected of [
      /install_progress.*Successfully installed greeting-1\.0/,
      /install_progress.*has what .*requirements\.txt asks for/,
    ]) {
      const pelton = startPelton([...args, '--install'], { cwd })
      t.after(() => pelton.stop())
      assert.equal(await (await fetch(await pelton.url())).text(), 'installed')
      assert.match(pelton.stderr(), expected)
      assert.equal((await pelton.stop()).code, 0)
    }
  },
)

test(
  'an installation that fails ends with exit 1 and the last lines of the installer',
  { timeout: 60_000 },
  async (t) => {
    const cwd = await createTempFolder(t, {
      'handler.py': handler,
      'requirements.txt': '--no-index\nno-such-package\n',
    })
    const { code, stdout, stderr } = await runPelton(
      ['run', 'handler.py', '--port', '0', '--install', '--log-format', 'pretty'],
      { cwd },
    )
    assert.deepEqual([code, stdout], [1, ''], stderr)
    const report = stderr.slice(stderr.search(/^error /m))
    assert.match(
      report,
      /pip install -r requirements\.txt exited with code 1\n[\s\S]*no-such-package[\s\S]*\(install_failed\)/,
    )
    assert.doesNotMatch(report, /\n\s+at /)
  },
)

test('a signal ends an installation', { timeout: 60_000 }, async (t) => {
  const cwd = await createTempFolder(t, { 'handler.py': handler, 'requirements.txt': 'no-such-package\n' })
  const pelton = startPelton(['run', 'handler.py', '--port', '0', '--install'], { cwd })
  await pelton.line('install_progress')
  assert.equal((await pelton.stop()).code, 1)
  assert.match(pelton.stderr(), /was (ended|not begun): a signal asked to stop/)
})

test('without a requirements.txt, and for other runtimes, --install says so and goes on', async (t) => {
  const cwd = await createTempFolder(t, {
    'python/handler.py': "def handler(context, event):\n    return 'on'\n",
    'node/handler.mjs': "export const handler = () => 'on'\n",
  })
  for (const [file, said] of [
    ['python/handler.py', /no requirements\.txt in .*python: nothing to install/],
    ['node/handler.mjs', /there is nothing to install for the runtime nodejs/],
  ] as const) {
    const pelton = startPelton(['run', join(cwd, file), '--port', '0', '--install'], { cwd })
    t.after(() => pelton.stop())
    assert.equal(await (await fetch(await pelton.url())).text(), 'on')
    assert.match(pelton.stderr(), said)
  }
})
