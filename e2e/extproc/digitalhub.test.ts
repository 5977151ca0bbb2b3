import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envoy } from '../../scripts/tools/envoy.ts'
import { siteSuite } from './extproc-site.ts'
import { valuesOf } from './header-lines.ts'

const { binary = '', skip } = await envoy()

const handler = `import nuclio_sdk


def handler(context, event):
    phase = event.headers['processing-phase']
    context.logger.info_with('called', phase=phase, content_type=event.content_type, method=event.method, path=event.path)
    body = event.body.decode('utf-8')
    if phase == '1':
        return nuclio_sdk.Response(body='Hello, from Nuclio :]', content_type='text/plain', status_code=200)
    if phase == '2':
        return nuclio_sdk.Response(body=body + ' - preprocessed', content_type='text/plain', status_code=200)
    return nuclio_sdk.Response(body=body + ' - postprocessed', content_type='text/plain', status_code=200)
`

/** The example of DigitalHub's repository. */
const functionFile = (port: number): string => `
spec: {runtime: "python:3.10", handler: "main:handler", triggers: {extproc: {kind: extproc, maxWorkers: 4, attributes: {type: wrapprocessor, port: ${port}, gracefulShutdownTimeout: 5,
       maxConcurrentStreams: 100, processingOptions: {logStream: false, logPhases: false, updateExtprocHeader: false,
       updateDurationHeader: false, requestIdHeaderName: x-request-id, bufferStreamedBodies: true,
       perRequestBodyBufferBytes: 102400, decompressBodies: true}}}}}
`

const mode = { request_body_mode: 'STREAMED', response_body_mode: 'STREAMED' } as const

const site = siteSuite({
  skip,
  binary,
  triggers: ['extproc'],
  files: (portOf) => ({ 'function.yaml': functionFile(portOf('extproc')), 'main.py': handler }),
  listeners: [
    {
      extProc: { processor: 'extproc', mode },
      routes: [
        { prefix: '/no-extproc', upstream: 'upstream-1.1', extProc: false },
        {
          prefix: '/buffered',
          upstream: 'upstream-1.1',
          extProc: { mode: { request_body_mode: 'BUFFERED', response_body_mode: 'BUFFERED' } },
        },
        { prefix: '/', upstream: 'upstream-1.1' },
      ],
    },
  ],
})

const echo = (text: string): { headers: Record<string, string>; body: string[] } => ({
  headers: { 'content-type': 'application/json' },
  body: [JSON.stringify({ request: { body: text } })],
})

/** The phases of the calls for a path. */
function phasesOf(path: string): unknown[] {
  const lines = site().served.pelton.lines()
  return lines.filter((line) => line.message === 'called' && line['path'] === path).map(({ phase }) => phase)
}

for (const path of ['/resource', '/buffered'])
  test(`the bodies of a POST are processed both ways: DigitalHub case 51 (${path})`, { skip }, async () => {
    const { upstream } = site()
    upstream.answer(path, echo('hello - preprocessed'))
    const headers = { 'content-type': 'text/plain', 'x-case': path }
    const answer = await site()
      .client()
      .ask({ path, headers, body: ['hello'] })
    assert.equal(upstream.seen(path)[0]?.body.toString(), 'hello - preprocessed')
    assert.equal(answer.status, 200)
    assert.equal(answer.body.toString(), '{"request":{"body":"hello - preprocessed"}} - postprocessed')
    const { content_type: type } = await site().served.logged({ message: 'called', phase: '2' })
    assert.equal(type, 'text/plain', 'DigitalHub case 86')
  })

test('a route without the filter does not involve the handler: DigitalHub case 52', { skip }, async () => {
  site().upstream.answer('52', echo('hello'))
  const answer = await site()
    .client()
    .ask({ path: '/no-extproc/a', headers: { 'x-case': '52' }, body: ['hello'] })
  assert.equal(answer.body.toString(), '{"request":{"body":"hello"}}')
  await site().served.logged({ message: 'called', path: '/buffered', phase: '5' })
  assert.deepEqual(phasesOf('/no-extproc/a'), [])
})

test('a GET calls the handler in phase 1, whose body is ignored: DigitalHub case 53', { skip }, async () => {
  site().upstream.answer('53', echo(''))
  const answer = await site()
    .client()
    .ask({ path: '/resource', headers: { 'x-case': '53' } })
  assert.equal(answer.body.toString(), '{"request":{"body":""}} - postprocessed')
  assert.equal(site().upstream.seen('53')[0]?.body.length, 0)
  await site().served.logged({ message: 'called', phase: '1', method: 'GET' })
})

test('a chunked request without a length calls the handler once: DigitalHub case 87', { skip }, async () => {
  site().upstream.answer('87', { status: 204 })
  const request = { path: '/87', headers: { 'x-case': '87' }, body: ['one ', 'two'] }
  const answer = await site().client().ask(request)
  assert.deepEqual([answer.status, valuesOf(answer.headers, 'content-length')], [204, []])
  assert.equal(site().upstream.seen('87')[0]?.body.toString(), 'one two - preprocessed')
  await site().served.logged({ message: 'called', path: '/87', phase: '4' })
  assert.deepEqual(phasesOf('/87'), ['2', '4'])
})
