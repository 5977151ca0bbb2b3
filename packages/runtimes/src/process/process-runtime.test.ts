import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describeRuntime, eventData, waitUntil, within } from '@pelton/testkit'
import { spawnProcess } from './fixtures/spawn-process.ts'
import manifest from './index.ts'

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const wireGuide = read('../../../../docs/worker-wire.md')

/** The program of `docs/worker-wire.md` in this language. */
function hostInGuide(language: string): string {
  const [, host] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(wireGuide) ?? []
  assert.ok(host, `docs/worker-wire.md has no host in ${language}`)
  return host
}

describeRuntime('process, with a host in Perl,', {
  load: () => manifest.load(),
  isolation: 'process',
  runtime: 'process',
  handler: 'host.pl',
  files: { 'host.pl': `#!/usr/bin/env perl\n${read('fixtures/commands.pl')}` },
  faultyFiles: { 'host.pl': '#!/usr/bin/env perl\ndie "cannot be loaded\n"' },
  concurrency: 1,
})

test('the host in Perl that the guide shows is the example', () => {
  assert.equal(hostInGuide('perl'), read('example/host.pl'))
  assert.ok(hostInGuide('perl').split('\n').length <= 41, 'it is to be short')
})

const hosts = [
  {
    language: 'perl',
    program: 'perl',
    first: /(?= {4}return \(200)/,
    fail: `    die "as told\\n" if $body eq 'fail';\n`,
  },
  {
    language: 'python',
    program: 'python3',
    first: /(?= {4}return 200)/,
    fail: `    if body == b'fail': raise ValueError('as told')\n`,
  },
]

for (const { language, program, first, fail } of hosts) {
  test(`the host in ${language} that the guide shows works`, async (t) => {
    const files = { host: hostInGuide(language).replace(first, fail) }
    const { worker, ask, logs } = await spawnProcess(t, { files, attributes: { command: [program, 'host'] } })
    assert.equal(await ask('!', { path: '/a' }), 'hello /a!')
    await assert.rejects(ask('fail'), { code: 'handler_failed', message: 'the handler failed' })
    const told = logs.find(({ message }) => message === 'handler_failed')
    assert.match(String(told?.facts?.['reason']), /^as told/)
    assert.ok(told?.eventId)
    assert.equal((await ask(Buffer.alloc(3_000_000, 'x'), { path: '' })).length, 3_000_006)
    assert.equal(await worker.ping(2000), true)
    await within('stop', worker.stop(5000))
    assert.deepEqual(await worker.ended, {})
  })
}

test('with exposeErrors callers get what the program says of a failed event', async (t) => {
  const host = hostInGuide('perl').replace(/(?= {4}return \(200)/, `    die "as told\n";\n`)
  const { ask } = await spawnProcess(t, { files: { 'host.pl': host }, handler: 'perl host.pl', exposeErrors: true })
  await assert.rejects(ask(), { code: 'handler_failed', message: /^as told/ })
})

test('a host may tell text from bytes, and need not', async (t) => {
  for (const [status, bodyType] of [
    ['$status', undefined],
    ['0x8000 | $status', 'text'],
    ['0x4000 | $status', 'bytes'],
  ]) {
    const host = hostInGuide('perl').replace('8, $status)', `8, ${status})`)
    const { worker } = await spawnProcess(t, { files: { 'host.pl': host }, handler: 'perl host.pl' })
    const outcome = await worker.handle(eventData()).outcome
    assert.ok(outcome.status === 'handled')
    assert.deepEqual([outcome.response.status, outcome.response.bodyType], [200, bodyType])
  }
})

test('of a host that keeps no marks an event is known to have begun when it is the first in line', async (t) => {
  const host = hostInGuide('perl').replace(/(?= {4}return \(200)/, `    sleep 1000 if $body eq 'hold';\n`)
  const { worker, ask } = await spawnProcess(t, { files: { 'host.pl': host }, handler: 'perl host.pl' })
  await ask()
  const held = worker.handle(eventData('hold'))
  const behind = worker.handle(eventData('behind'))
  await waitUntil('the first being begun', () => held.begunAt() !== undefined)
  assert.equal(behind.begunAt(), undefined)
  assert.equal(worker.atDeadline, 'kill')
  await worker.stop(0)
  await held.outcome
  const lost = await behind.outcome
  assert.equal(lost.status === 'failed' && lost.error.code, 'worker_lost')
  assert.deepEqual([held.begunAt() !== undefined, behind.begunAt()], [true, undefined])
})

test('a batch is answered event by event by a host that knows no batches', async (t) => {
  const files = { 'host.pl': hostInGuide('perl') }
  const { worker } = await spawnProcess(t, { files, handler: 'perl host.pl', batchSize: 3 })
  const events = ['a', 'b', 'c'].map((body) => eventData(body))
  const outcomes = await Promise.all((worker.handleBatch?.(events, []) ?? []).map(({ outcome }) => outcome))
  const texts = outcomes.map((outcome) => (outcome.status === 'handled' ? String(outcome.response.body) : 'failed'))
  assert.deepEqual(texts, ['hello /a', 'hello /b', 'hello /c'])
})

test('a program has the environment of Pelton and the function, its folder, and its output in the log', async (t) => {
  const host = `print STDERR "$ENV{OWN} ", -e 'beside.txt' ? 'beside' : 'elsewhere', " ", $ENV{PATH} ? 'path' : '', "\n";\n`
  const files = { 'host.pl': host + hostInGuide('perl'), 'beside.txt': '' }
  const { logs } = await spawnProcess(t, { files, handler: 'perl host.pl', env: { OWN: 'own' } })
  await waitUntil('the line', () =>
    logs.some(({ level, message }) => level === 'warn' && message === 'own beside path'),
  )
})

test('a program that ends before it is ready is named with its last lines', async (t) => {
  const files = { 'host.pl': 'print STDERR "line $_\n" for 1 .. 30; die "no database\n"' }
  await assert.rejects(spawnProcess(t, { files, attributes: { command: ['perl', 'host.pl', '-x'] } }), (error) => {
    const { code, message, retryable } = error as Error & { code: string; retryable: boolean }
    assert.deepEqual([code, retryable], ['host_not_started', false])
    const lines = message.split('\n')
    assert.match(lines[0] ?? '', /\/perl host\.pl -x: Worker 0 of hello exited with code \d+ before it was ready$/)
    assert.deepEqual([lines.length, lines[1], lines.at(-1)], [11, '  line 22', '  no database'])
    return true
  })
})

test('a program that is not ready in time is ended and named with its last lines', async (t) => {
  const files = { 'host.pl': '$| = 1; print "waiting\n"; sleep 1000' }
  const attributes = { command: ['perl', 'host.pl'], startTimeout: 300 }
  await assert.rejects(spawnProcess(t, { files, attributes }), {
    code: 'host_not_ready',
    message: /\/perl host\.pl did not say that it is ready within 300 ms\n {2}waiting$/,
  })
})

test('a start that is given up is no late one', async (t) => {
  const attributes = { command: ['sleep', '1000'] }
  await assert.rejects(spawnProcess(t, { attributes, signal: AbortSignal.timeout(50) }), {
    code: 'worker_start_cancelled',
  })
})

test('what a host refuses is its own error', async (t) => {
  const refusal = `give(33, 0, encode_json({ code => 'no_model', message => 'no model', help => 'fetch it' }), '', 0, 0);`
  const files = { 'host.pl': hostInGuide('perl').replace(/give\(32.*;/, refusal) }
  await assert.rejects(spawnProcess(t, { files, attributes: { command: ['perl', 'host.pl'] } }), {
    code: 'no_model',
    message: 'no model',
    help: 'fetch it',
  })
})
