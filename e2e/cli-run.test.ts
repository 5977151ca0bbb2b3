import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTempFolder, holdPort } from '@pelton/testkit'
import { type PeltonProcess, type StartOptions, runPelton, startPelton } from './pelton-process.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const hello = join(root, 'examples/hello')

/** A running function that is stopped after the test. */
function running(
  t: { after: (action: () => Promise<unknown>) => void },
  args: string[],
  options: StartOptions = {},
): PeltonProcess {
  const pelton = startPelton(['run', ...args], options)
  t.after(() => pelton.stop())
  return pelton
}

const envHandler = {
  'handler.mjs': "export const handler = (context, event) => process.env[event.text()] ?? '(unset)'\n",
}

async function ask(url: string, body: string): Promise<string> {
  return (await fetch(url, { method: 'POST', body })).text()
}

test('run serves a function and drains on SIGTERM with exit 0, logging JSON lines to stderr only', async (t) => {
  const pelton = running(t, [hello, '--port', '0'])
  const url = await pelton.url()
  assert.equal(await ask(url, 'Ada'), '{"hello":"Ada"}')
  const line = await pelton.line('greeting')
  assert.deepEqual([line.level, line.trigger, line.worker, line.name], ['info', 'http', 0, 'Ada'])
  assert.ok(typeof line.event_id === 'string' && !Number.isNaN(Date.parse(line.time)))
  assert.deepEqual(await pelton.stop(), { code: 0, signal: null })
  assert.equal(pelton.stdout().length, 0)
  for (const text of pelton.stderr().trimEnd().split('\n')) JSON.parse(text)
})

test('the start screen names the function, its address, the admin addresses and how to call it', async (t) => {
  const pelton = running(t, [hello, '--port', '0', '--log-format', 'pretty'])
  await pelton.says(/Ctrl\+C stops/)
  const screen = pelton.stderr()
  assert.match(screen, /^hello {2}nodejs, pelton \d+\.\d+\.\d+, ready in \d+ ms$/m)
  assert.match(screen, /^ {2}http +http:\/\/\S+:\d+ +1 worker, 1,024 events at a time +in the worker/m)
  assert.match(screen, /^ {2}admin +http:\/\/127\.0\.0\.1:\d+ +\/triggers \/metrics$/m)
  assert.match(screen, /^ {2}health +http:\/\/127\.0\.0\.1:\d+ +\/live \/ready$/m)
  assert.match(screen, /^ {2}curl http:\/\/127\.0\.0\.1:\d+ -d hello$/m)
  assert.ok(!screen.includes('\u001b'), 'a pipe gets no colours')
  assert.equal((await pelton.stop()).code, 0)
})

test('a handler file alone is served on the loopback', async (t) => {
  const cwd = await createTempFolder(t, envHandler)
  const pelton = running(t, ['handler.mjs', '--port', '0'], { cwd })
  assert.match(await pelton.url(), /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(await ask(await pelton.url(), 'NO_SUCH_VARIABLE'), '(unset)')
})

test('the default port moves when it is taken and the screen says so', async (t) => {
  const cwd = await createTempFolder(t, envHandler)
  const taken = createServer()
  taken.on('error', () => undefined)
  taken.listen(8080, '127.0.0.1')
  // When another program has it, it is taken all the same.
  await Promise.race([
    once(taken, 'listening'),
    once(taken, 'close'),
    new Promise((resolve) => taken.once('error', resolve)),
  ])
  t.after(() => new Promise<void>((resolve) => taken.close(() => resolve())))
  const pelton = running(t, ['handler.mjs'], { cwd })
  const url = await pelton.url()
  assert.notEqual(new URL(url).port, '8080')
  assert.equal(await ask(url, 'NO_SUCH_VARIABLE'), '(unset)')
  assert.ok(
    pelton.lines().some(({ message, note }) => message === 'start_note' && /8080/.test(String(note))),
    pelton.stderr(),
  )
})

test('a configured port that is taken stops the start with exit 1 and names the port', async (t) => {
  const { port, release } = await holdPort()
  t.after(release)
  for (const format of ['pretty', 'json']) {
    const { code, stdout, stderr } = await runPelton([
      'run',
      hello,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--log-format',
      format,
    ])
    assert.deepEqual([code, stdout], [1, ''], stderr)
    assert.match(stderr, new RegExp(`${port}`))
    assert.doesNotMatch(stderr, /\n\s+at /)
    if (format === 'json') assert.equal(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '').level, 'error')
  }
})

test('the shell wins over .env, and spec.env over both; --env-file replaces .env', async (t) => {
  const cwd = await createTempFolder(t, {
    ...envHandler,
    '.env': 'FROM_FILE=file\nFROM_SHELL=file\nFROM_SPEC=file\n',
    'other.env': 'FROM_FILE=other\n',
    'function.yaml': `apiVersion: pelton/v1
kind: Function
metadata: { name: env }
spec:
  runtime: nodejs
  handler: handler.mjs
  env: [{ name: FROM_SPEC, value: spec }]
  triggers: { http: { kind: http } }
`,
  })
  const env = { FROM_SHELL: 'shell', FROM_SPEC: 'shell' }
  const pelton = running(t, ['--port', '0'], { cwd, env })
  const url = await pelton.url()
  assert.equal(await ask(url, 'FROM_FILE'), 'file')
  assert.equal(await ask(url, 'FROM_SHELL'), 'shell')
  assert.equal(await ask(url, 'FROM_SPEC'), 'spec')
  const other = running(t, ['--port', '0', '--env-file', 'other.env'], { cwd, env })
  assert.equal(await ask(await other.url(), 'FROM_FILE'), 'other')
  // Node.js looks at this option of a script too, and is the first to say that the file is missing.
  const missing = await runPelton(['run', '--env-file', 'no.env'], { cwd })
  assert.notEqual(missing.code, 0)
  assert.match(missing.stderr, /no\.env.*(?:not found|cannot be read)/)
})

const slowHandler = {
  'handler.mjs': `export async function handler(context) {
  context.logger.info('begun')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
}
`,
}

test('a second signal ends at once with 128 plus its number', async (t) => {
  const cwd = await createTempFolder(t, slowHandler)
  const pelton = running(t, ['handler.mjs', '--port', '0'], { cwd })
  const call = fetch(await pelton.url()).catch((error: unknown) => error)
  await pelton.line('begun')
  pelton.child.kill('SIGTERM')
  await pelton.line('stopping')
  assert.deepEqual(await pelton.endNow('SIGINT'), { code: 130, signal: null })
  await call
})

test('--grace bounds the drain, and cutting something off exits with 1', async (t) => {
  const cwd = await createTempFolder(t, slowHandler)
  const pelton = running(t, ['handler.mjs', '--port', '0', '--grace', '1s'], { cwd })
  const call = fetch(await pelton.url()).catch((error: unknown) => error)
  await pelton.line('begun')
  const begun = performance.now()
  assert.equal((await pelton.stop()).code, 1)
  assert.ok(performance.now() - begun < 5000)
  assert.equal((await pelton.line('stopped').catch(() => pelton.lines().at(-1)))?.clean, false)
  await call
})

test('--set changes the file, and a wrong one is named as such', async (t) => {
  const pelton = running(t, [
    hello,
    '--port',
    '0',
    '--set',
    'spec.triggers.http.numWorkers=2',
    '--set',
    'metadata.name=other',
  ])
  await pelton.url()
  assert.equal((await pelton.line('trigger_started')).num_workers, 2)
  assert.equal((await pelton.line('function_started')).function, 'other')
  const wrong = await runPelton(['run', hello, '--set', 'spec.triggers.http.numWorkrs=2'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /--set spec\.triggers\.http\.numWorkrs: unknown.*did you mean numWorkers/)
})

test('--function tells callFunction where another function is', async (t) => {
  const server = createHttpServer((_request, response) => void response.end('from the store')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const cwd = await createTempFolder(t, {
    'handler.mjs': "export const handler = async (context) => (await context.callFunction('store', 'x')).body\n",
  })
  const pelton = running(t, ['handler.mjs', '--port', '0', '--function', `store=http://127.0.0.1:${port}`], { cwd })
  assert.equal(await ask(await pelton.url(), ''), 'from the store')
})

test('--config reads a processor.yaml as nuclio’s processor does', async (t) => {
  const cwd = await createTempFolder(t, {
    'etc/processor.yaml': 'metadata: { name: old }\nspec: { handler: main:handler, runtime: nodejs }\n',
    'src/main.js': 'exports.handler = (context, event) => context.callback(event.body.toString().toUpperCase())\n',
  })
  const pelton = running(t, ['--config', 'etc/processor.yaml', '--port', '0'], {
    cwd,
    env: { NUCLIO_HANDLER_DIR: join(cwd, 'src') },
  })
  assert.equal(await ask(await pelton.url(), 'abc'), 'ABC')
})

test('what stops a start is one message with file, line and the way out, without a stack', async (t) => {
  const cwd = await createTempFolder(t, {
    'yaml/function.yaml': 'apiVersion: pelton/v1\nkind: Function\nspec: { runtime: nodejs\n',
    'key/function.yaml':
      'apiVersion: pelton/v1\nkind: Function\nmetadata: { name: x }\nspec:\n  runtime: nodejs\n  handlr: x\n',
    'missing/function.yaml':
      'apiVersion: pelton/v1\nkind: Function\nmetadata: { name: x }\nspec: { runtime: nodejs, handler: gone.mjs }\n',
    'import/handler.mjs': "import './nowhere.mjs'\nexport const handler = () => 1\n",
    'throws/handler.mjs': "export const handler = () => 1\n\nthrow new Error('at import')\n",
    'export/handler.mjs': 'export const other = 1\n',
    'empty/readme.txt': '',
  })
  const cases: [string, RegExp][] = [
    ['yaml', /function\.yaml:\d/],
    ['key', /function\.yaml:6 spec\.handlr: unknown.*did you mean handler\?/],
    ['missing', /gone\.mjs/],
    ['import', /nowhere\.mjs/],
    ['throws', /handler\.mjs:3.*at import|at import.*handler\.mjs:3/s],
    ['export', /handler/],
    ['empty', /function\.yaml/],
    ['nowhere', /nowhere/],
  ]
  for (const [path, message] of cases) {
    const { code, stdout, stderr } = await runPelton(['run', path, '--port', '0', '--log-format', 'pretty'], { cwd })
    assert.deepEqual([code, stdout], [1, ''], `${path}: ${stderr}`)
    assert.match(stderr, message)
    // The handler's own stack is in the log above it.
    const report = stderr.slice(stderr.search(/^error /m))
    assert.match(report, /^error .*\n {2}\S/s, path)
    assert.doesNotMatch(report, /\n\s+at /, `${path} shows no stack: ${report}`)
  }
})

test('--inspect opens the debugger of the one worker and switches time limits off', async (t) => {
  const { port, release } = await holdPort()
  await release()
  const pelton = running(t, [hello, '--port', '0', `--inspect=${port}`])
  await pelton.url()
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as unknown[]
  assert.equal(targets.length, 1)
})

test('a log that nobody reads holds nothing up', async (t) => {
  const cwd = await createTempFolder(t, {
    'handler.mjs':
      "export const handler = (context) => { for (let i = 0; i < 50; i += 1) context.logger.info('x'.repeat(2000)); return 'ok' }\n",
  })
  const pelton = running(t, ['handler.mjs', '--port', '0'], { cwd })
  const url = await pelton.url()
  pelton.child.stderr.pause()
  for (let call = 0; call < 60; call += 1) assert.equal(await ask(url, ''), 'ok')
  pelton.child.stderr.resume()
  assert.ok(Number((await pelton.line('log_lines_dropped')).count) > 0)
  assert.equal((await pelton.stop()).code, 0)
})

test('a signal during a start that takes long ends it at once', async (t) => {
  const cwd = await createTempFolder(t, {
    'handler.mjs': `console.log('loading')
await new Promise((resolve) => setTimeout(resolve, 60_000))
export const handler = () => 1
`,
  })
  const pelton = running(t, ['handler.mjs', '--port', '0'], { cwd })
  await pelton.line('loading')
  const begun = performance.now()
  assert.equal((await pelton.stop()).code, 0)
  assert.ok(performance.now() - begun < 5000)
})
