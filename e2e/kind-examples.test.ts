import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startPelton } from './pelton-process.ts'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

/** Defaults may have moved, since other tests run beside this one; what a sink connects to is not started here. */
const expected = new Set(['start_note', 'sink_unreachable'])

for (const file of globSync('*/src/**/example/function.yaml', { cwd: packages }).toSorted()) {
  const folder = dirname(file)
  // A trigger and a sink may have the same name.
  const [family, kind] = folder.split(sep).slice(-3)
  test(`the example of ${family}/${kind} starts, is ready and ends cleanly`, async (t) => {
    const pelton = startPelton(['run', join(packages, folder)])
    t.after(() => pelton.stop())
    const started = await pelton.line('function_started')
    assert.equal(started.state, 'ready')
    assert.deepEqual(await pelton.stop(), { code: 0, signal: null })
    const faults = pelton.lines().filter(({ level, message }) => /warn|error/.test(level) && !expected.has(message))
    assert.deepEqual(faults, [])
  })
}
