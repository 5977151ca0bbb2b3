import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  createTempFolder,
  eventData,
  findFreePort,
  waitUntil,
  watchForLeaks,
  within,
  writeFiles,
} from '@pelton/testkit'
import { errorOf, spawnWorker, specOf } from './fixtures/spawn-worker.ts'
import { spawnThread } from './thread-worker.ts'

test('process.exit in a handler ends that thread only, and the error names the code', async (t) => {
  const { worker, ask } = await spawnWorker(t, 'exports.handler = () => process.exit(3)')
  const error = await errorOf(ask())
  assert.deepEqual([error.code, error.message], ['worker_lost', 'Worker 0 of hello ended with exit code 3'])
  assert.equal((await worker.ended).error?.code, 'worker_lost')
})

test('process.exit while the handler is loaded rejects the start for good', async (t) => {
  const error = await errorOf(spawnWorker(t, 'process.exit(4)'))
  assert.deepEqual([error.code, error.retryable], ['worker_not_started', false])
  assert.match(error.message, /exit code 4/)
})

test('a stop while the handler is still loading is bounded', async (t) => {
  const folder = await createTempFolder(t)
  const marker = path.join(folder, 'loading')
  const code = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, ''); for (;;);`
  const controller = new AbortController()
  await writeFiles(folder, { 'handler.js': code })
  const start = spawnThread(specOf(folder), controller.signal)
  start.catch(() => undefined)
  await waitUntil('loading', () => existsSync(marker))
  controller.abort()
  assert.equal((await errorOf(within('start', start))).code, 'worker_start_cancelled')
})

test('deep recursion fails its event and leaves the thread as it was', async (t) => {
  const { ask } = await spawnWorker(t, 'const f = () => f() + 1; exports.handler = (_, e) => e.size ? "ok" : f()')
  assert.equal((await errorOf(ask())).status, 500)
  assert.equal(await ask('again'), 'ok')
})

test('an error whose members are no texts fails its event like any other', async (t) => {
  const handler = `exports.handler = (context, event) => {
    const odd = Object.assign(new Error('no'), { stack: { frames: [] }, message: { code: 5 } })
    context.logger.error(odd)
    if (event.text() === 'uncaught') return void setTimeout(() => { throw odd }), new Promise(() => {})
    throw odd
  }`
  const { ask } = await spawnWorker(t, handler)
  for (const how of ['thrown', 'uncaught']) assert.equal((await errorOf(ask(how))).code, 'handler_failed')
})

test('a thread has a copy of the environment with the function own variables', async (t) => {
  process.env.PELTON_TEST_OUTER = 'outer'
  t.after(() => delete process.env.PELTON_TEST_OUTER)
  const handler = `exports.handler = () => {
    const seen = [process.env.PELTON_TEST_OUTER, process.env.INNER]
    process.env.PELTON_TEST_OUTER = 'changed'
    return JSON.stringify(seen)
  }`
  const { ask } = await spawnWorker(t, handler, { env: { INNER: 'inner' } })
  assert.equal(await ask(), '["outer","inner"]')
  assert.equal(process.env.PELTON_TEST_OUTER, 'outer')
})

test('flags that a thread cannot take are an error that names them', async (t) => {
  const error = await errorOf(spawnWorker(t, '', { env: { NODE_OPTIONS: '--no-such-flag' } }))
  assert.equal(error.code, 'worker_not_startable')
  assert.match(error.message, /--no-such-flag/)
})

test('a thread that has loaded a native addon is asked to stop and abandoned, never ended by force', async (t) => {
  const leaks = watchForLeaks()
  const handler = `exports.handler = (_, event) => {
    try { process.dlopen({ exports: {} }, '/no/such/addon.node') } catch {}
    for (const end = Date.now() + 800; Date.now() < end; );
    return 'survived'
  }`
  const { worker } = await spawnWorker(t, handler)
  const task = worker.handle(eventData())
  await waitUntil('begun', () => task.begunAt() !== undefined)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await worker.stop(100)
  const outcome = await task.outcome
  assert.match(outcome.status === 'failed' ? outcome.error.message : '', /abandoned/)
  // It ends by itself as soon as it gives its loop back.
  await leaks(5000)
})

test('the inspector opens in the thread', async (t) => {
  const { ask } = await spawnWorker(t, 'exports.handler = () => require("node:inspector").url()', {
    inspect: '127.0.0.1:0',
  })
  assert.match(await ask(), /^ws:\/\/127\.0\.0\.1:\d+\//)
})

test('the inspector of a replacement opens when its predecessor has gone', async (t) => {
  const inspect = `127.0.0.1:${await findFreePort()}`
  const code = 'exports.handler = () => String(require("node:inspector").url())'
  const former = await spawnWorker(t, code, { inspect })
  const next = await spawnWorker(t, code, { inspect })
  assert.equal(await next.ask(), 'undefined')
  await former.worker.stop(1000)
  await waitUntil('the inspector', async () => (await next.ask()).startsWith(`ws://${inspect}/`))
})

test('a resident runs beside the handler, calls it, and exchanges messages', async (t) => {
  const folder = await createTempFolder(t, {
    'resident.mjs': `export async function startResident({ worker, post, onMessage, log, index }, data) {
      onMessage(async (message) => {
        const outcome = await worker.handle({ ...message, body: Buffer.from(message.text) }).outcome
        post({ index, data, text: String(outcome.response.body) })
      })
      log({ time: 1, level: 'info', message: 'resident_started' })
      post('started')
    }`,
  })
  const memory = new SharedArrayBuffer(8)
  const module = pathToFileURL(path.join(folder, 'resident.mjs')).href
  const { worker, logs } = await spawnWorker(t, 'exports.handler = (_, event) => "re: " + event.text()', {
    index: 2,
    resident: { module, data: { memory } },
  })
  const messages: unknown[] = []
  worker.resident?.onMessage((message) => messages.push(message))
  const { body: _, ...event } = eventData()
  worker.resident?.send({ ...event, text: 'hello' })
  await waitUntil('the reply', () => messages.length === 2)
  assert.deepEqual(messages, ['started', { index: 2, data: { memory }, text: 're: hello' }])
  await waitUntil('the record', () => logs.some((record) => record.message === 'resident_started'))
  await worker.stop(1000)
})

test('a resident that cannot be started rejects the start', async (t) => {
  const resident = { module: 'file:///no/such/module.mjs', data: undefined }
  const error = await errorOf(spawnWorker(t, 'exports.handler = () => 1', { resident }))
  assert.match(error.message, /no\/such\/module/)
})
