import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { connectExtProc, createTempFolder, findFreePort, waitUntil } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'
import { at, connect, get, types, typescript, yaml } from './extproc-function.ts'
import { serve } from './serve-function.ts'

test('14 case 46 and 47: in a file of DigitalHub with compat: digitalhub a handler error goes on as well', async (t) => {
  const served = await serve(t, {
    'function.yaml': `spec:
  runtime: "python:3.10"
  handler: "main:handler"
  compat: digitalhub
  triggers: { extproc: { kind: extproc, maxWorkers: 1, attributes: { type: postprocessor, port: 0 } } }
`,
    'main.py': 'def handler(context, event):\n    raise ValueError("secret")\n',
  })
  const stream = (await connect(t, served, 'extproc')).open()
  stream.send('requestHeaders', get, { end: true, modes: ['NONE', 'BUFFERED'] })
  stream.send('responseHeaders', { ':status': '200' })
  stream.send('responseBody', 'original', { end: true })
  assert.deepEqual((await stream.take(3)).at(-1), { part: 'responseBody' })
})

test('13.5: the file of DigitalHub serves its wrapprocessor in Python as it stands', async (t) => {
  const port = await findFreePort()
  const served = await serve(t, {
    // Only its port is another one.
    'function.yaml': `spec:
  runtime: "python:3.10"
  handler: "main:handler"
  triggers: {extproc: {kind: extproc, maxWorkers: 4, attributes: {type: wrapprocessor, port: ${port}, gracefulShutdownTimeout: 5,
       maxConcurrentStreams: 100, processingOptions: {logStream: false, logPhases: false, updateExtprocHeader: false,
       updateDurationHeader: false, requestIdHeaderName: x-request-id, bufferStreamedBodies: true,
       perRequestBodyBufferBytes: 102400, decompressBodies: true}}}}
`,
    'main.py': `def handler(context, event):
    phase = event.get_header('processing-phase')
    if isinstance(phase, bytes):
        phase = phase.decode()
    if phase == '1':
        return 'Hello, from Nuclio :]'
    if phase == '2':
        kind = event.headers['content-type']
        return event.body.decode() + f' - preprocessed ({kind})'
    return context.Response(body=event.body.decode() + ' - postprocessed', headers={'x-by': 'nuclio'},
                            content_type='text/plain', status_code=200)
`,
  })
  const client = await connectExtProc(t, port)
  const stream = client.open()
  stream.send('requestHeaders', { ...at('/resource'), 'content-type': 'text/x', 'content-length': '5' })
  stream.send('requestBody', 'hello', { end: true })
  const request = await stream.take(2)
  stream.send('responseHeaders', { ':status': '200', 'content-length': '4' })
  stream.send('responseBody', 'echo', { end: true })
  assert.deepEqual(
    [...request, ...(await stream.take(2))],
    [
      { part: 'requestHeaders' },
      { part: 'requestBody', set: ['content-length: 29 (if exists)'], body: 'hello - preprocessed (text/x)' },
      { part: 'responseHeaders' },
      { part: 'responseBody', set: ['x-by: nuclio', 'content-length: 20 (if exists)'], body: 'echo - postprocessed' },
    ],
  )
  assert.deepEqual(await client.ask('requestHeaders', get, { end: true }), { part: 'requestHeaders' })
  assert.equal(
    served.pelton.lines().some(({ level }) => level === 'error'),
    false,
  )
})

test('14 case 33 and 34: each option has its default, also where others are given', async (t) => {
  const served = await serve(t, {
    'function.yaml': yaml({ attributes: 'processingOptions: { logStream: true }' }),
    'handler.ts': typescript,
  })
  const client = await connect(t, served, 'preprocessor')
  const stream = client.open()
  const zipped = gzipSync('put together, and plain')
  const headers = { ...at('/show'), 'x-request-id': 'by default', 'content-encoding': 'gzip' }
  stream.send('requestHeaders', headers, { modes: ['STREAMED', 'NONE'] })
  stream.send('requestBody', zipped.subarray(0, 10))
  stream.send('requestBody', zipped.subarray(10), { end: true })
  const shown = JSON.parse((await stream.take(3)).at(-1)?.body ?? '') as Record<string, unknown>
  assert.deepEqual([shown['body'], shown['requestId']], ['put together, and plain', 'by default'])
  await served.logged({ message: 'extproc_stream_opened' })
})

for (const [what, attributes, pattern] of [
  ['14 case 35: no type', 'port: 5051', /type/],
  ['14 case 35: no port', 'type: preprocessor', /port/],
  [
    '14 case 37: an unknown type, before anything starts',
    'type: processor, port: 0',
    /expected preprocessor.*got .*processor/,
  ],
  [
    '14 case 37: a size that is none',
    'type: preprocessor, port: 0, processingOptions: { perRequestBodyBufferBytes: many }',
    /perRequestBodyBufferBytes.*many/,
  ],
  [
    'an unknown option',
    'type: preprocessor, port: 0, processingOptions: { decompresBodies: true }',
    /did you mean decompressBodies/,
  ],
] as const) {
  test(`${what} stops the start, and the message names it with its line`, async (t) => {
    const cwd = await createTempFolder(t, {
      'function.yaml': `apiVersion: pelton/v1
kind: Function
metadata: { name: bad }
spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    bad:
      kind: extproc
      attributes: { ${attributes} }
`,
      'handler.mjs': 'export const handler = () => undefined\n',
    })
    const { code, stdout, stderr } = await runPelton(['run', '.'], { cwd })
    assert.equal(code, 1)
    assert.match(stdout + stderr, pattern)
    assert.match(stdout + stderr, /function\.yaml:\d+/)
    assert.doesNotMatch(stdout + stderr, /\n\s+at /)
  })
}

test('14 case 36: all four types serve beside each other, each at its own port, and health tells of the function', async (t) => {
  const served = await serve(t, {
    'function.yaml': yaml({ attributes: 'gracefulShutdownTimeout: 30, maxConcurrentStreams: 100' }),
    'handler.ts': typescript,
  })
  assert.equal(new Set(types.map((type) => served.urlOf(type))).size, 4)
  for (const type of types) {
    const client = await connect(t, served, type)
    assert.equal(await client.health('envoy.service.ext_proc.v3.ExternalProcessor'), 'SERVING')
  }
})

test('at SIGTERM an open transaction is served to its end, who watches is told, and the process exits with 0', async (t) => {
  const served = await serve(t, { 'function.yaml': yaml(), 'handler.ts': typescript })
  const client = await connect(t, served, 'wrapprocessor')
  const watched = client.watchHealth()
  const stream = client.open()
  stream.send('requestHeaders', at('/text'), { modes: ['BUFFERED', 'BUFFERED'] })
  await stream.reply()
  await waitUntil('the first status', () => watched.statuses.length === 1)
  served.pelton.child.kill('SIGTERM')
  await waitUntil('the last status', () => watched.statuses.at(-1) === 'NOT_SERVING')
  stream.send('requestBody', 'request', { end: true })
  stream.send('responseHeaders', { ':status': '200' })
  stream.send('responseBody', 'response', { end: true })
  const replies = await stream.take(3)
  assert.deepEqual(
    replies.map(({ body }) => body),
    ['processed', undefined, 'processed'],
  )
  assert.deepEqual(await served.pelton.ended, { code: 0, signal: null })
})
