import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder, waitUntil } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'
import { isAlive } from './is-alive.ts'
import { serve } from './serve-function.ts'

const example = readFileSync(new URL('../../packages/runtimes/src/process/example/host.pl', import.meta.url), 'utf8')

const ways = `
    return (200, 'text/plain', "$$") if $body eq 'pid';
    system('trap "" TERM HUP INT; echo "$PPID $$" > "$NOTES/pid"; sleep 1000') if $body eq 'hold';
    exit 3 if $body eq 'die';
`
// A function, because `$$` means something else in a text that replaces.
const host = example.replace(/\n(?= {4}return \(200)/, () => ways)

function fileOf(spec: string): string {
  return `apiVersion: pelton/v1
kind: Function
spec:
  runtime: process
${spec}  triggers: { http: { kind: http, url: "127.0.0.1:0" } }
`
}

const command = '  runtimeAttributes: { command: [perl, host.pl] }\n'

test('a program in any language handles events, and is replaced when it dies', async (t) => {
  const served = await serve(t, { 'function.yaml': fileOf(command), 'host.pl': host })
  assert.equal((await served.ask('!', { path: '/a' })).text, 'hello /a!')
  const former = (await served.ask('pid')).text
  assert.equal((await served.ask('die')).status, 500)
  const next = await served.ask('pid')
  assert.equal(next.status, 200)
  assert.notEqual(next.text, former)
  assert.equal(await served.metric('pelton_worker_restarts_total', { reason: 'died' }), 1)
})

test('a program that keeps no marks is killed at the deadline, with all that it has started, and replaced', async (t) => {
  const folder = await createTempFolder(t)
  const served = await serve(t, { 'function.yaml': fileOf(`  eventTimeout: 500ms\n${noted(folder)}`), 'host.pl': host })
  const late = await served.ask('hold')
  assert.deepEqual([late.status, late.text], [408, '{"error": "handler timed out"}'])
  const pids = await startedIn(folder)
  await waitUntil('all being gone', () => !pids.some(isAlive))
  assert.equal((await served.ask('', { path: '/on' })).text, 'hello /on')
  assert.equal(await served.metric('pelton_worker_restarts_total', { reason: 'stuck' }), 1)
})

test('no program, and nothing that it has started, outlives a kill -9 of the function', async (t) => {
  const folder = await createTempFolder(t)
  const served = await serve(t, { 'function.yaml': fileOf(noted(folder)), 'host.pl': host })
  const held = served.ask('hold').catch(() => undefined)
  const pids = await startedIn(folder)
  t.after(() => pids.filter(isAlive).forEach((pid) => process.kill(pid, 'SIGKILL')))
  assert.ok(pids.length === 2 && pids.every(isAlive))
  served.pelton.child.kill('SIGKILL')
  await held
  await waitUntil('all being gone', () => !pids.some(isAlive))
})

test('starts that fail say why', async (t) => {
  const folder = await createTempFolder(t, {
    'missing.yaml': fileOf('  runtimeAttributes: { command: [no-such-program] }\n'),
    'dies.yaml': fileOf('  runtimeAttributes: { command: [sh, -c, "echo no database >&2; exit 3"] }\n'),
    'late.yaml': fileOf('  runtimeAttributes: { command: [sleep, "1000"], startTimeout: 200ms }\n'),
    'text.yaml': fileOf('  runtimeAttributes: { command: perl host.pl }\n'),
    'none.yaml': fileOf(''),
  })
  for (const [file, message] of [
    ['missing.yaml', /no-such-program is neither a file in .* nor a command on the PATH/],
    ['dies.yaml', /exited with code 3 before it was ready.*no database/s],
    ['late.yaml', /sleep 1000 did not say that it is ready within 200 ms/],
    ['text.yaml', /text\.yaml:\d+ spec\.runtimeAttributes\.command: expected a list/],
    ['none.yaml', /nothing says which program hosts the function/],
  ] as const) {
    const { code, stderr } = await runPelton(['run', path.join(folder, file)], { cwd: folder })
    assert.equal(code, 1, stderr)
    assert.match(stderr, message)
  }
})

/** The rest of `spec` for a host that writes what the test reads into a folder. */
function noted(folder: string): string {
  return `${command}  env: [{ name: NOTES, value: ${folder} }]\n`
}

/** The process ids that the host writes to its file `pid`. */
async function startedIn(folder: string): Promise<number[]> {
  const file = path.join(folder, 'pid')
  const line = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const text = await waitUntil('its start', () => (line().endsWith('\n') ? line() : ''))
  return text.trim().split(' ').map(Number)
}
