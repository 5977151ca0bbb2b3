import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'

const module = new URL('./process-terminal.ts', import.meta.url).href
const conditions = ['--conditions=pelton-source', '--input-type=module']

/** Runs a script with a terminal of its own; `closesStdout` leaves as a reader of stdout would. */
async function script(text: string, closesStdout = false): Promise<{ code: number | null; out: string; err: string }> {
  const source = `import { createProcessTerminal } from ${JSON.stringify(module)}\nconst terminal = createProcessTerminal()\n${text}`
  const child = spawn(process.execPath, [...conditions, '-e', source], { stdio: ['ignore', 'pipe', 'pipe'] })
  const parts = { out: '', err: '' }
  child.stdout.on('data', (part: Buffer) => (parts.out += part.toString()))
  child.stderr.on('data', (part: Buffer) => (parts.err += part.toString()))
  if (closesStdout) child.stdout.destroy()
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...parts }
}

test('an exception that nobody caught is reported as a defect after the clean-up, with exit 70', async () => {
  for (const fault of ["setImmediate(() => { throw new Error('oops') })", "Promise.reject(new Error('oops'))"]) {
    const { code, out, err } = await script(`
      terminal.beforeDefectExit(async () => { await terminal.result('cleaned up') })
      setInterval(() => {}, 1000)
      ${fault}`)
    assert.equal(code, 70, err)
    assert.match(err, /^bug Pelton \d+\.\d+\.\d+ .*report/)
    assert.match(err, /Error: oops/)
    assert.equal(out, 'cleaned up')
  }
})

test('a clean-up that never ends is given up after two seconds', async () => {
  const { code } = await script(`
    terminal.beforeDefectExit(() => new Promise(() => {}))
    setInterval(() => {}, 1000)
    throw new Error('oops')`)
  assert.equal(code, 70)
})

test('a result is whole when the process ends right after it', async () => {
  const { code, out } = await script("await terminal.result('x'.repeat(3_000_000))\nprocess.exit(0)")
  assert.deepEqual([code, out.length], [0, 3_000_000])
})

test('a reader of stdout that has left ends the process quietly', async () => {
  const { code, err } = await script("for (;;) await terminal.result('x'.repeat(65536))", true)
  assert.deepEqual([code, err], [0, ''])
})

test('what was said is written before the process ends', async () => {
  const { err } = await script("terminal.say('one\\n')\nterminal.say('two\\n')\nterminal.flush()\nprocess.exit(3)")
  assert.equal(err, 'one\ntwo\n')
})
