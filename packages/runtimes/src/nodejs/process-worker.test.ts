import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder, eventData, waitUntil, within } from '@pelton/testkit'
import { errorOf, spawnWorker } from './fixtures/spawn-worker.ts'

const isolation = 'process' as const

/** Whether a process runs; one that waits for its parent to look at it does not. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'))
}

test('the handler runs in a process of its own', async (t) => {
  const { ask } = await spawnWorker(t, 'exports.handler = () => process.pid + " " + process.env.X', {
    isolation,
    env: { X: 'own' },
  })
  const [pid, own] = (await ask()).split(' ')
  assert.notEqual(Number(pid), process.pid)
  assert.equal(own, 'own')
})

test('a kill -9 fails what the process held and names the signal', async (t) => {
  const handler = 'exports.handler = (_, e) => e.size ? new Promise(() => {}) : String(process.pid)'
  const { worker, ask } = await spawnWorker(t, handler, { isolation })
  const pid = Number(await ask())
  const held = worker.handle(eventData('wait'))
  await waitUntil('begun', () => held.begunAt() !== undefined)
  process.kill(pid, 'SIGKILL')
  const outcome = await within('outcome', held.outcome)
  assert.equal(outcome.status === 'failed' && outcome.error.message, 'Worker 0 of hello was ended by SIGKILL')
  assert.notEqual(held.begunAt(), undefined)
})

test('native crashes and exhausted memory end the worker, not the processor', async (t) => {
  const handler = `exports.handler = (_, event) => {
    if (event.text() === 'abort') process.abort()
    if (event.text() === 'crash') process.kill(process.pid, 'SIGSEGV')
    const all = []
    for (;;) all.push(new Array(1000).fill({}))
  }`
  for (const how of ['abort', 'crash', 'memory']) {
    const { ask } = await spawnWorker(t, handler, { isolation, env: { NODE_OPTIONS: '--max-old-space-size=32' } })
    const error = await errorOf(ask(how))
    assert.match(error.message, how === 'crash' ? /ended by SIGSEGV/ : /ended by SIGABRT/)
  }
})

test('what the handler started ends with it', async (t) => {
  const handler = `exports.handler = () => String(require('node:child_process').spawn('sleep', ['1000']).pid)`
  const { worker, ask } = await spawnWorker(t, handler, { isolation })
  const pid = Number(await ask())
  assert.ok(isAlive(pid))
  await worker.stop(1000)
  await waitUntil('the end of the handler own child', () => !isAlive(pid))
})

test('a process that writes nonsense to the wire is ended, and its events fail with that', async (t) => {
  const handler = `const fs = require('node:fs')
  exports.handler = (_, event) => {
    fs.writeSync(3, Buffer.from(event.body))
    return new Promise(() => {})
  }`
  const zeros = '\0'.repeat(64)
  const claims = String.fromCharCode(34, 0, 200, 0, 1, 0, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f, 0, 0, 0, 0)
  for (const nonsense of ['HTTP/1.1 200 OK\r\n\r\n', zeros, claims, 'x'.repeat(100_000)]) {
    const { worker, ask } = await spawnWorker(t, handler, { isolation })
    assert.equal((await errorOf(ask(nonsense))).code, 'wire_broken')
    assert.equal((await worker.ended).error?.code, 'wire_broken')
  }
})

test('a process that closes its end of the wire is ended', async (t) => {
  const handler = `exports.handler = () => {
    for (let fd = 3; fd < 60; fd++) try { require('node:fs').closeSync(fd) } catch {}
    return new Promise(() => {})
  }`
  const { ask } = await spawnWorker(t, handler, { isolation })
  assert.equal((await errorOf(ask())).code, 'worker_lost')
})

test('a process that closes the table of begun events is ended with its next event', async (t) => {
  const handler = `exports.handler = () => (require('node:fs').closeSync(4), 'closed')`
  const { ask } = await spawnWorker(t, handler, { isolation })
  assert.equal(await ask(), 'closed')
  assert.equal((await errorOf(ask())).code, 'worker_lost')
})

test('what is written past the handler console becomes log records', async (t) => {
  const handler = `const fs = require('node:fs')
  exports.handler = () => {
    fs.writeSync(1, 'to stdout\\nand more\\n')
    fs.writeSync(2, 'to stderr\\n')
    return 'done'
  }`
  const { logs, ask } = await spawnWorker(t, handler, { isolation })
  await ask()
  await waitUntil('three records', () => logs.length === 3)
  assert.deepEqual(logs.map(({ level, message, worker }) => [level, message, worker]).sort(), [
    ['info', 'and more', 0],
    ['info', 'to stdout', 0],
    ['warn', 'to stderr', 0],
  ])
})

test('what a handler says before it ends its process is in the log', async (t) => {
  const handler = `exports.handler = (context) => {
    context.logger.error('in vain')
    console.error('last words')
    process.exit(3)
  }`
  const { logs, ask } = await spawnWorker(t, handler, { isolation })
  assert.match((await errorOf(ask())).message, /exited with code 3/)
  assert.deepEqual(
    logs.map(({ message }) => message),
    ['in vain', 'last words'],
  )
})

test('a process refuses to host a trigger', async (t) => {
  const resident = { module: 'file:///trigger.mjs', data: undefined }
  const error = await errorOf(spawnWorker(t, 'exports.handler = () => 1', { isolation, resident }))
  assert.equal(error.code, 'resident_not_hosted')
})

test('an environment that no process can have is an error of the start', async (t) => {
  const error = await errorOf(spawnWorker(t, '', { isolation, env: { BAD: 'a\0b' } }))
  assert.equal(error.code, 'host_not_startable')
})

for (const state of ['idle', 'busy'] as const) {
  test(`no ${state} process outlives a processor that was killed`, async (t) => {
    const folder = await createTempFolder(t, {
      'handler.js': 'exports.handler = (_, event) => { if (event.size) for (;;); return String(process.pid) }',
    })
    const fixtures = new URL('./fixtures/', import.meta.url)
    const code = `
      const { specOf } = await import(${JSON.stringify(new URL('spawn-worker.ts', fixtures).href)})
      const { nodejsRuntime } = await import(${JSON.stringify(new URL('../nodejs-runtime.ts', fixtures).href)})
      const { eventData } = await import('@pelton/testkit')
      const worker = await nodejsRuntime.spawn(specOf(${JSON.stringify(folder)}, { isolation: 'process' }))
      const { response } = await worker.handle(eventData()).outcome
      const busy = worker.handle(eventData(${JSON.stringify(state === 'busy' ? 'loop' : '')}))
      while (busy.begunAt() === undefined) await new Promise(setImmediate)
      console.log(String(response.body))
      setInterval(() => {}, 1000)`
    const flags = ['--conditions=pelton-source', '--input-type=module', '--eval', code]
    const processor = spawn(process.execPath, flags, {
      cwd: path.resolve(import.meta.dirname),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => processor.kill('SIGKILL'))
    let output = ''
    processor.stdout.on('data', (chunk) => (output += String(chunk)))
    const pid = Number(await waitUntil('the worker', () => /(\d+)\n/.exec(output)?.[1], { deadlineMs: 20_000 }))
    assert.ok(isAlive(pid))
    processor.kill('SIGKILL')
    await waitUntil('the end of the orphan', () => !isAlive(pid), { deadlineMs: 5000 })
  })
}
