import assert from 'node:assert/strict'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { createTempFolder, describeRuntime, eventData, waitUntil } from '@pelton/testkit'
import { responseOf, specOf, spawnShell } from './fixtures/spawn-shell.ts'
import manifest from './index.ts'
import { shellRuntime } from './shell-runtime.ts'

const commands = `
body=$(cat; printf x)
body=\${body%x}
case $body in
  'echo '*) printf %s "\${body#echo }" ;;
  'large '*) head -c "\${body#large }" /dev/zero | tr '\\0' x ;;
  'pause '*) sleep "$(printf %03d "\${body#pause }" | sed 's/...$/.&/')" ;;
  throw) exit 1 ;;
  block) sleep 1000 ;;
esac
`

describeRuntime('shell', {
  load: () => manifest.load(),
  isolation: 'thread',
  runtime: 'shell',
  files: { 'handler.sh': commands },
  faultyFiles: { 'other.sh': '' },
  concurrency: 4,
  lacks: ['stream', 'abort', 'fault', 'headers', 'log', 'host'],
})

test('the body is the input, to its last byte, and what is printed is the answer, in its order', async (t) => {
  const { ask } = await spawnShell(t, 'echo one; echo two >&2; cat; echo three > /dev/stderr; echo four > /dev/stdout')
  assert.equal(await ask('body\n'), 'one\ntwo\nbody\nthree\nfour\n')
})

test('a body of any bytes and size comes through, and a script may leave it unread or read it twice', async (t) => {
  const { worker, outcome, ask } = await spawnShell(t, 'cat', { handler: 'cat' })
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 7) % 256))
  assert.ok(bytes.equals((await responseOf(outcome(bytes))).body as Uint8Array))
  assert.equal(await ask(''), '')
  await worker.stop(1000)
  const unread = await spawnShell(t, 'echo done')
  assert.equal(await unread.ask(Buffer.alloc(5_000_000)), 'done\n')
  const twice = await spawnShell(t, 'cat /dev/stdin; cat /dev/stdin')
  assert.equal(await twice.ask('ab'), 'abab')
})

test('a response has the configured headers, and its content type is text unless they say otherwise', async (t) => {
  const plain = await spawnShell(t, 'echo', { attributes: { responseHeaders: { header1: 'value1', count: 2 } } })
  const { status, headers, contentType } = await responseOf(plain.outcome())
  assert.deepEqual([status, contentType], [200, 'text/plain; charset=utf-8'])
  assert.deepEqual(headers, [
    ['header1', 'value1'],
    ['count', '2'],
  ])
  const json = await spawnShell(t, 'echo', { attributes: { responseHeaders: { 'Content-Type': 'application/json' } } })
  const response = await responseOf(json.outcome())
  assert.deepEqual([response.contentType, response.headers], ['application/json', []])
})

test('headers that cannot be sent stop the start', async (t) => {
  for (const responseHeaders of [{ 'a b': 'x' }, { a: 'x\ny' }]) {
    await assert.rejects(spawnShell(t, 'echo', { attributes: { responseHeaders } }), {
      code: 'response_headers_invalid',
      retryable: false,
    })
  }
})

test('arguments come from the attributes, or from the header when it is not empty', async (t) => {
  const script = 'echo "$#"; for each; do echo "[$each]"; done'
  const { ask } = await spawnShell(t, script, { attributes: { arguments: 'first  second ' } })
  assert.equal(await ask(), '2\n[first]\n[second]\n')
  assert.equal(await ask('', { headers: { 'x-nuclio-arguments': '' } }), '2\n[first]\n[second]\n')
  assert.equal(await ask('', { headers: { 'X-Nuclio-Arguments': 'over' } }), '1\n[over]\n')
  const none = await spawnShell(t, script)
  assert.equal(await none.ask(), '0\n')
})

test('in a nuclio file a script gets what lies between single spaces, empty arguments too; a command never does', async (t) => {
  const files = { 'args.sh': 'echo "$#"; for each; do echo "[$each]"; done' }
  const given = { compat: 'nuclio', files, handler: 'args.sh:main' } as const
  const none = await spawnShell(t, '', given)
  assert.equal(await none.ask(), '1\n[]\n')
  const some = await spawnShell(t, '', { ...given, attributes: { arguments: 'a  b' } })
  assert.equal(await some.ask(), '3\n[a]\n[]\n[b]\n')
  const command = await spawnShell(t, '', { compat: 'nuclio', handler: 'rev' })
  assert.equal(await command.ask('abcdef'), 'fedcba')
  const echo = await spawnShell(t, '', { compat: 'nuclio', handler: 'echo', attributes: { arguments: 'a  b' } })
  assert.equal(await echo.ask(), 'a b\n')
})

test('neither header nor attributes nor body ever reach a shell', async (t) => {
  const mark = `${tmpdir()}/pelton-injected-${process.pid}`
  const attacks = [
    `; touch ${mark}`,
    `$(touch ${mark})`,
    `\`touch ${mark}\``,
    `| touch ${mark}`,
    `&& touch ${mark}`,
    '* ~ $HOME "a',
  ]
  const script = 'for each; do printf "%s " "$each"; done; cat'
  const handlers = [
    { handler: 'echo', script: '' },
    { handler: '', script },
    { handler: 'cat', script: '' },
  ]
  for (const { handler, script: text } of handlers) {
    for (const attack of attacks) {
      const { outcome } = await spawnShell(t, text, { handler, attributes: { arguments: attack } })
      const headers = { 'x-nuclio-arguments': attack }
      const outcomes = await Promise.all([outcome(attack), outcome(attack, { headers, path: attack, method: attack })])
      assert.ok(!existsSync(mark), `${handler} ${attack}`)
      if (handler === 'cat') continue
      for (const one of outcomes) {
        assert.equal(one.status, 'handled')
        assert.ok(String(one.response.body).startsWith(attack), `${String(one.response.body)} is not ${attack}`)
      }
    }
  }
})

test('the environment is that of the function, its event and a PATH, and nothing of the processor’s', async (t) => {
  process.env['PELTON_TEST_SECRET'] = 'secret'
  t.after(() => delete process.env['PELTON_TEST_SECRET'])
  const { outcome } = await spawnShell(t, '', { handler: 'env', env: { OWN: 'a b', NUCLIO_FUNCTION_NAME: 'hello' } })
  const event = {
    id: 'the-id',
    contentType: 'text/x',
    timestamp: new Date('2024-05-06T07:08:09.123Z'),
    path: '/a',
    url: '/a?b=c\0d',
    method: 'PUT',
    shardId: 3,
    extra: { type: 't', type_version: 'tv', version: '1.0', num_shards: 8 },
    trigger: { kind: 'cron', name: 'each' },
  }
  const lines = String((await responseOf(outcome('', event))).body)
    .trim()
    .split('\n')
  assert.deepEqual(lines.toSorted(), [
    'NUCLIO_EVENT_CONTENT_TYPE=text/x',
    'NUCLIO_EVENT_ID=the-id',
    'NUCLIO_EVENT_METHOD=PUT',
    'NUCLIO_EVENT_NUM_SHARDS=8',
    'NUCLIO_EVENT_PATH=/a',
    'NUCLIO_EVENT_SHARD_ID=3',
    'NUCLIO_EVENT_TIMESTAMP=2024-05-06T07:08:09Z',
    'NUCLIO_EVENT_TYPE=t',
    'NUCLIO_EVENT_TYPE_VERSION=tv',
    'NUCLIO_EVENT_URL=/a?b=cd',
    'NUCLIO_EVENT_VERSION=1.0',
    'NUCLIO_FUNCTION_NAME=hello',
    'NUCLIO_TRIGGER_CLASS=sync',
    'NUCLIO_TRIGGER_KIND=cron',
    'OWN=a b',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ])
})

test('it runs in the folder of the function', async (t) => {
  const { ask, folder } = await spawnShell(t, 'pwd; cat beside.txt', { files: { 'beside.txt': 'beside' } })
  assert.equal(await ask(), `${folder}\nbeside`)
})

/** Temporary files lie in `folder` until the test ends. */
function keepTemporaryFiles(t: TestContext, folder: string): void {
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = folder
  t.after(() => {
    delete process.env['TMPDIR']
    if (TMPDIR !== undefined) process.env['TMPDIR'] = TMPDIR
  })
}

test('a worker leaves nothing in the folder of temporary files, nor descriptors after its stop', async (t) => {
  const temporary = await createTempFolder(t)
  const folder = await createTempFolder(t, { 'handler.sh': 'cat' })
  keepTemporaryFiles(t, temporary)
  const worker = await shellRuntime.spawn(specOf(folder, ''))
  await Promise.all(['a', 'b', 'c'].map((body) => worker.handle(eventData(body)).outcome))
  assert.deepEqual(readdirSync(temporary), [])
  // A pipe for each that ran at once; one that ended before the next began has left its own to it.
  await waitUntil('one to three pipes', () => [1, 2, 3].includes(descriptorsIn(temporary)))
  await worker.stop(1000)
  await waitUntil('no descriptor', () => descriptorsIn(temporary) === 0)
})

/** Descriptors of this process that lead, or led, to files of a folder. */
function descriptorsIn(folder: string): number {
  const leadsThere = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      // The descriptor by which the list was read.
      return false
    }
  }
  return readdirSync('/proc/self/fd').filter(leadsThere).length
}

test('a folder of temporary files that cannot be written to stops the start', async (t) => {
  keepTemporaryFiles(t, '/nowhere')
  await assert.rejects(shellRuntime.spawn(specOf('/', 'cat')), { code: 'output_pipe_missing', blame: 'user' })
})
