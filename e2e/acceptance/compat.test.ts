import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder, findFreePort } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'
import { type Answer, type AskOptions, fixture, serve, serveSuite } from './serve-function.ts'

const served = {
  pelton: serveSuite('compat', { path: 'pelton.yaml' }),
  nuclio: serveSuite('compat', { path: 'nuclio.yaml' }),
}
type Form = keyof typeof served
const origin = { origin: 'foo.bar' }

const ask = (form: Form, at: string, options: AskOptions & { body?: string } = {}): Promise<Answer> =>
  served[form]().ask(options.body ?? '', { path: at, ...options, headers: { ...origin, ...options.headers } })

/** The same request to both forms of the file. */
async function askBoth(at: string, options: AskOptions & { body?: string } = {}): Promise<Record<Form, Answer>> {
  return { pelton: await ask('pelton', at, options), nuclio: await ask('nuclio', at, options) }
}

test('a body over maxRequestBodySize', async () => {
  const { pelton, nuclio } = await askBoth('/env', { body: 'x'.repeat(1025) })
  assert.deepEqual([pelton.status, nuclio.status], [413, 400])
})

test('a request without an allowed origin', async () => {
  const { pelton, nuclio } = await askBoth('/bytes', { headers: { origin: 'other' } })
  assert.deepEqual([pelton.status, pelton.text], [200, 'x'])
  assert.equal(pelton.headers.get('access-control-allow-origin'), null)
  assert.deepEqual([nuclio.status, nuclio.text], [200, ''])
})

test('a malformed CloudEvent', async () => {
  const headers = { 'content-type': 'application/cloudevents+json' }
  const { pelton, nuclio } = await askBoth('/env', { body: '{', headers })
  assert.deepEqual([pelton.status, nuclio.status], [400, 500])
})

test('the body of a 503', async () => {
  for (const form of ['pelton', 'nuclio'] as const) {
    const url = served[form]().urlOf('full')
    const running = ask(form, '/slow', { url })
    await served[form]().pelton.line('slow')
    const { status, text } = await ask(form, '/env', { url })
    assert.equal(status, 503)
    assert.match(text, form === 'pelton' ? /no worker is free/ : /^$/)
    assert.equal((await running).text, 'done')
  }
})

test('event.headers', async () => {
  const { pelton, nuclio } = await askBoth('/headers', { headers: { 'x-a-b': '1' } })
  const headersOf = ({ text }: Answer): Record<string, string> =>
    (JSON.parse(text) as { headers: Record<string, string> }).headers
  assert.equal(headersOf(pelton)['x-a-b'], '1')
  assert.equal(headersOf(nuclio)['X-A-B'], '1')
})

test('an object given to context.callback', async () => {
  const { pelton, nuclio } = await askBoth('/callback')
  assert.deepEqual([pelton.status, pelton.text], [201, 'x'])
  assert.deepEqual([nuclio.status, nuclio.text], [200, '{"status":201,"body":"x"}'])
})

test('the content type of bytes and streams', async () => {
  for (const at of ['/bytes', '/stream']) {
    const { pelton, nuclio } = await askBoth(at)
    assert.deepEqual([pelton.type, nuclio.type], ['application/octet-stream', 'text/plain'])
  }
})

test('the content type of a text and of nothing given to context.callback', async () => {
  const typeOf = ({ headers }: Answer): string | null => headers.get('content-type')
  const text = await askBoth('/callback-text')
  assert.deepEqual([typeOf(text.pelton), typeOf(text.nuclio)], ['text/plain; charset=utf-8', 'text/plain'])
  const nothing = await askBoth('/callback-nothing')
  assert.deepEqual([typeOf(nothing.pelton), typeOf(nothing.nuclio)], [null, 'application/json'])
})

test('the content type of a context.Response with an object as body', async () => {
  const { pelton, nuclio } = await askBoth('/built')
  assert.deepEqual([pelton.type, nuclio.type], ['text/html', 'application/json'])
})

test('the names of an event written as JSON', async () => {
  const { pelton, nuclio } = await askBoth('/event', { headers: { 'content-type': 'text/x' } })
  const namesOf = ({ text }: Answer): string[] => Object.keys(JSON.parse(text) as object)
  assert.ok(namesOf(pelton).includes('contentType') && !namesOf(pelton).includes('content_type'))
  assert.ok(namesOf(nuclio).includes('contentType') && namesOf(nuclio).includes('content_type'))
})

test('a handler that returns undefined', async () => {
  const { pelton, nuclio } = await askBoth('/undefined')
  assert.deepEqual([pelton.status, pelton.text], [200, ''])
  assert.deepEqual([nuclio.status, nuclio.text], [200, 'later'])
})

test('the context, and a callback made outside its event', async () => {
  await askBoth('/context')
  const context = await askBoth('/context')
  assert.deepEqual([context.pelton.text, context.nuclio.text], ['1', '2'])
  const outside = await askBoth('/outside')
  assert.deepEqual([outside.pelton.text, outside.nuclio.text], ['from the handler', 'from outside'])
})

test('events at a time in one worker', async () => {
  const most = async (form: Form): Promise<number> => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(form, '/overlap')))
    return Math.max(...answers.map(({ text }) => Number(text)))
  }
  assert.equal(await most('pelton'), 4)
  assert.equal(await most('nuclio'), 1)
})

test('unquoted words and bare numbers', async () => {
  const { pelton, nuclio } = await askBoth('/env')
  assert.deepEqual([pelton.text, nuclio.text], ['yes 17', 'true 17'])
})

test('what only warns in a nuclio file stops a Pelton file', async (t) => {
  const warnings = served.nuclio().pelton.stderr()
  const text = await readFile(path.join(fixture('compat'), 'nuclio.yaml'), 'utf8')
  const cwd = await createTempFolder(t, {
    'function.yaml': text.replace('nuclio.io/v1', 'pelton/v1').replace('  description: second\n', ''),
    'twice.yaml': text.replace('nuclio.io/v1', 'pelton/v1'),
    'handler.js': '',
  })
  const stopped = await runPelton(['run', '.'], { cwd })
  const twice = await runPelton(['run', 'twice.yaml'], { cwd })
  assert.deepEqual([stopped.code, twice.code], [1, 1])
  for (const word of [/Functions/, /unknownToPelton/]) {
    assert.match(warnings, word)
    assert.match(stopped.stderr, word)
  }
  for (const word of [/env\[1\]\.value/, /numWorkers/]) assert.match(stopped.stderr, word)
  assert.match(warnings, /nuclio\.yaml:11.*description/)
  assert.match(twice.stderr, /twice\.yaml:11.*description/)
})

test('a handler that is exported late', async (t) => {
  const late = { 'handler.js': 'setTimeout(() => { exports.handler = () => "late" }, 50)\n' }
  const cwd = await createTempFolder(t, late)
  const { code, stderr } = await runPelton(['run', 'handler.js', '--port', '0'], { cwd })
  assert.equal(code, 1)
  assert.match(stderr, /exports no function/)
  const args = ['--port', '0', '--set', 'spec.compat=nuclio']
  const nuclio = await serve(t, late, { path: 'handler.js', args })
  assert.equal((await nuclio.ask('')).text, 'late')
})

test('attributes.port on Kubernetes', async (t) => {
  const port = await findFreePort()
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const file = (apiVersion: string, url: string): Record<string, string> => ({
    'handler.js': 'exports.handler = () => "here"\n',
    'function.yaml': `apiVersion: ${apiVersion}
metadata: { name: ports }
spec:
  runtime: nodejs
  handler: handler:handler
  drainDelay: 0
  triggers: { web: { kind: http, ${url} attributes: { port: ${port} } } }
`,
  })
  const pelton = await serve(t, file('pelton/v1', ''), { env })
  assert.equal(pelton.port, port)
  assert.equal((await pelton.ask('')).text, 'here')
  await pelton.pelton.stop()
  const nuclio = await serve(t, file('nuclio.io/v1', 'url: "127.0.0.1:0",'), { env })
  assert.notEqual(nuclio.port, port)
  await nuclio.logged({ message: 'node_port_ignored' })
})
