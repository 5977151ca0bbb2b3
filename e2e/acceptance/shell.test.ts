import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { createTempFolder, waitUntil } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'
import { isAlive } from './is-alive.ts'
import { serve, serveSuite } from './serve-function.ts'

const outputter = `
case $(cat) in
  return_body) echo return_body ;;
  return_env) echo "$ENV1-$ENV2" ;;
  return_error) exit 1 ;;
  return_arguments) echo "$1-$2" ;;
  return_error_with_message) echo return_error_with_message; echo some_error >&2; exit 1 ;;
  environment) env ;;
  count) echo "$#" ;;
esac
`

type Form = 'pelton' | 'nuclio'

/** A function file; `spec` is indented by two. */
function fileOf(form: Form, spec: string): string {
  const head = form === 'pelton' ? 'apiVersion: pelton/v1\nkind: Function\n' : ''
  return `${head}spec:\n  runtime: shell\n${spec}  triggers: { http: { kind: http, url: "127.0.0.1:0", numWorkers: 2 } }\n`
}

const outputterSpec = `  handler: outputter.sh:main
  env: [{ name: ENV1, value: value1 }, { name: ENV2, value: value2 }]
  runtimeAttributes: { arguments: first second, responseHeaders: { header1: value1 } }
`

const served = {
  pelton: serveSuite({ 'function.yaml': fileOf('pelton', outputterSpec), 'outputter.sh': outputter }),
  nuclio: serveSuite({ 'function.yaml': fileOf('nuclio', outputterSpec), 'outputter.sh': outputter }),
}

const failure = 'Failed to run shell command.\nError: exit status 1\nOutput:return_error_with_message\nsome_error\n'

for (const form of ['pelton', 'nuclio'] as const) {
  describe(`shell, in a ${form} file`, () => {
    test('8.11 rows 69, 70, 72: what a script prints is the answer', async () => {
      const body = await served[form]().ask('return_body')
      assert.deepEqual([body.status, body.text], [200, 'return_body\n'])
      assert.equal(body.headers.get('content-type'), 'text/plain; charset=utf-8')
      assert.equal(body.headers.get('header1'), 'value1')
      assert.equal((await served[form]().ask('return_env')).text, 'value1-value2\n')
      assert.equal((await served[form]().ask('return_arguments')).text, 'first-second\n')
    })

    test('8.11 row 73: the header with arguments replaces the configured ones', async () => {
      const headers = { 'X-Nuclio-Arguments': 'overridefirst overridesecond' }
      assert.equal((await served[form]().ask('return_arguments', { headers })).text, 'overridefirst-overridesecond\n')
    })

    test('the environment is the function’s own', async () => {
      const { text } = await served[form]().ask('environment', { path: '/a?b=c', method: 'PUT' })
      const env = new Map(text.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]))
      for (const [name, value] of Object.entries({
        ENV1: 'value1',
        NUCLIO_EVENT_PATH: '/a',
        NUCLIO_EVENT_METHOD: 'PUT',
        NUCLIO_EVENT_SHARD_ID: '-1',
        NUCLIO_EVENT_NUM_SHARDS: '0',
        NUCLIO_TRIGGER_KIND: 'http',
        NUCLIO_TRIGGER_CLASS: 'sync',
        NUCLIO_HANDLER: 'outputter.sh:main',
      })) {
        assert.equal(env.get(name), value, name)
      }
      assert.match(env.get('NUCLIO_EVENT_TIMESTAMP') ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      for (const own of ['HOME', 'NODE_OPTIONS', 'USER']) assert.equal(env.has(own), false, own)
    })
  })
}

test('8.11 row 71 and 74: the answer to a command that failed', async () => {
  const [pelton, nuclio] = [served.pelton(), served.nuclio()]
  assert.deepEqual([(await pelton.ask('return_error')).status, (await nuclio.ask('return_error')).status], [500, 500])
  const own = await pelton.ask('return_error_with_message')
  assert.deepEqual([own.status, own.text], [500, 'the handler failed\n'])
  const line = await pelton.logged({ message: 'handler_failed', output: 'return_error_with_message\nsome_error' })
  assert.equal(line['event_id'], own.headers.get('x-pelton-event-id'))
  assert.equal(line['reason'], 'the command exited with code 1')
  const { status, text, headers } = await nuclio.ask('return_error_with_message')
  assert.deepEqual([status, text, headers.get('header1')], [500, failure, 'value1'])
})

test('the arguments of a script', async () => {
  const headers = { 'X-Nuclio-Arguments': 'a  b' }
  assert.equal((await served.pelton().ask('count', { headers })).text, '2\n')
  assert.equal((await served.nuclio().ask('count', { headers })).text, '3\n')
})

test('8.11 row 75: a command of the PATH, with arguments of the configuration and of the event', async (t) => {
  const rev = await serve(t, { 'function.yaml': fileOf('nuclio', '  handler: rev\n') })
  assert.equal((await rev.ask('abcdef')).text, 'fedcba')
  const spec = '  handler: echo\n  runtimeAttributes: { arguments: first second }\n'
  const echo = await serve(t, { 'function.yaml': fileOf('nuclio', spec) })
  assert.equal((await echo.ask('')).text, 'first second\n')
  const attack = `$(touch ${process.cwd()}/injected) ; touch injected`
  assert.equal((await echo.ask('', { headers: { 'X-Nuclio-Arguments': attack } })).text, `${attack}\n`)
  assert.equal(existsSync('injected'), false)
})

test('8.11 row 76: starts that fail say why', async (t) => {
  const folder = await createTempFolder(t, {
    'headers.yaml': fileOf('nuclio', '  handler: echo\n  runtimeAttributes: { responseHeaders: not a map }\n'),
    'invalid.yaml': fileOf('nuclio', '  handler: echo\n  runtimeAttributes: { responseHeaders: { "a b": x } }\n'),
    'missing.yaml': fileOf('nuclio', '  handler: missing.sh:main\n'),
  })
  for (const [file, message] of [
    ['headers.yaml', /headers\.yaml:\d+ spec\.runtimeAttributes\.responseHeaders: expected keys with values/],
    ['invalid.yaml', /responseHeaders cannot be sent: invalid header name ..a b/],
    ['missing.yaml', /missing\.sh is neither a file in .* nor a command on the PATH/],
  ] as const) {
    const { code, stderr } = await runPelton(['run', path.join(folder, file)], { cwd: folder })
    assert.equal(code, 1, stderr)
    assert.match(stderr, message)
  }
})

test('8.8 row 52: a command that takes too long is a 408, is ended, and its worker stays', async (t) => {
  const folder = await createTempFolder(t)
  const files = {
    'function.yaml': fileOf('nuclio', `  handler: pause.sh\n  eventTimeout: 1s\n${notesIn(folder)}`),
    'pause.sh': 'echo $$ > "$NOTES/pid"; command=$(cat); ${command:-sleep 1000}; echo done',
  }
  const served = await serve(t, files)
  const begun = performance.now()
  const late = await served.ask('')
  assert.ok(performance.now() - begun < 3000)
  assert.deepEqual([late.status, late.text], [408, '{"error": "handler timed out"}'])
  const [pid = 0] = await startedIn(folder)
  await waitUntil('the command being gone', () => !isAlive(pid))
  const soon = await served.ask('sleep 0.5')
  assert.deepEqual([soon.status, soon.text], [200, 'done\n'])
  assert.equal(await served.metric('pelton_worker_restarts_total'), 0)
})

test('a command whose caller leaves', async (t) => {
  const script = 'echo $$ > "$NOTES/pid"; sleep 0.5; echo done > "$NOTES/end"'
  for (const form of ['pelton', 'nuclio'] as const) {
    const folder = await createTempFolder(t)
    const spec = `  handler: leave.sh\n${notesIn(folder)}`
    const served = await serve(t, { 'function.yaml': fileOf(form, spec), 'leave.sh': script })
    const leaving = new AbortController()
    const left = fetch(served.url, { signal: leaving.signal })
    const [pid = 0] = await startedIn(folder)
    leaving.abort()
    await assert.rejects(left)
    await waitUntil('its end', () => !isAlive(pid))
    assert.equal(existsSync(path.join(folder, 'end')), form === 'nuclio')
  }
})

test('no command, and nothing that it has started, outlives a kill -9 of the function', async (t) => {
  const folder = await createTempFolder(t)
  const script = `trap '' TERM HUP INT; sleep 1000 & echo "$$ $!" > "$NOTES/pid"; wait; sleep 1000`
  const spec = `  handler: deaf.sh\n${notesIn(folder)}`
  const served = await serve(t, { 'function.yaml': fileOf('nuclio', spec), 'deaf.sh': script })
  const held = served.ask('').catch(() => undefined)
  const pids = await startedIn(folder)
  t.after(() => pids.filter(isAlive).forEach((pid) => process.kill(pid, 'SIGKILL')))
  assert.ok(pids.length === 2 && pids.every(isAlive))
  // A command runs a moment before Pelton knows its group: an answer to anything else tells that this is over.
  await fetch(`${served.health}/live`)
  served.pelton.child.kill('SIGKILL')
  await held
  await waitUntil('all being gone', () => !pids.some(isAlive))
})

/** A line of `spec` that tells a script where to write what the test reads. */
function notesIn(folder: string): string {
  return `  env: [{ name: NOTES, value: ${folder} }]\n`
}

/** The process ids that a script writes to its file `pid`. */
async function startedIn(folder: string): Promise<number[]> {
  const file = path.join(folder, 'pid')
  const line = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const text = await waitUntil('its start', () => (line().endsWith('\n') ? line() : ''))
  return text.trim().split(' ').map(Number)
}
