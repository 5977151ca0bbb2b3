import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:https'
import { describe, test } from 'node:test'
import { connectRaw, testCertificate, waitUntil } from '@pelton/testkit'
import { type ServedFunction, serve } from './serve-function.ts'

const echo = {
  'handler.ts': `import type { Context, Event } from '@pelton/sdk'
export const handler = (context: Context, event: Event) => {
  context.logger.info('handled', { kind: event.trigger.kind, body: event.text(), path: event.path, method: event.method })
  return event.trigger.name
}
`,
}

function pelton(triggers: string, more = ''): Record<string, string> {
  return {
    ...echo,
    'function.yaml': `apiVersion: pelton/v1
kind: Function
metadata: { name: system }
spec:
  runtime: nodejs
  handler: handler.ts
${more}${triggers === '' ? '' : `  triggers:\n${triggers}`}`,
  }
}

const http = '    web: { kind: http, url: 127.0.0.1:0 }\n'
const started = (served: ServedFunction): unknown[] =>
  served.pelton
    .lines()
    .filter((line) => line.message === 'trigger_started')
    .map((line) => line['name'])

describe('triggers of one function', () => {
  test('kickstart gives its event once, beside http', async (t) => {
    const kick = '    kick: { kind: kickstart, attributes: { event: { body: first, path: /kick, method: PUT } } }\n'
    const served = await serve(t, pelton(kick + http))
    const line = await served.logged({ message: 'handled', kind: 'kickstart' })
    assert.deepEqual([line['body'], line['path'], line['method']], ['first', '/kick', 'PUT'])
    assert.equal((await served.ask('x')).text, 'web')
    await waitUntil('it being counted', async () => (await served.counts('kick')).success === 1)
    assert.equal((await fetch(`${served.health}/ready`)).status, 200)
  })

  test('a trigger that is disabled is left out', async (t) => {
    const served = await serve(t, pelton(`${http}    off: { kind: http, url: 127.0.0.1:0, disabled: true }\n`))
    assert.deepEqual(started(served), ['web'])
    assert.equal((await fetch(`${served.admin}/triggers/off`)).status, 404)
  })

  test('two http triggers on ports of their own answer each for itself', async (t) => {
    const served = await serve(t, pelton(`${http}    api: { kind: http, url: 127.0.0.1:0, numWorkers: 2 }\n`))
    for (const name of ['web', 'api']) assert.equal((await served.ask('x', { url: served.urlOf(name) })).text, name)
  })

  test('tls.cert and tls.key make it HTTPS, and a client without TLS disturbs nobody', async (t) => {
    const tls = '    web: { kind: http, url: 127.0.0.1:0, attributes: { tls: { cert: cert.pem, key: key.pem } } }\n'
    const files = { ...pelton(tls), 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key }
    const served = await serve(t, files)
    assert.match(served.url, /^https:/)
    const plain = await connectRaw(served.port)
    await plain.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').untilClosed()
    const call = request(served.url, { ca: testCertificate.cert, servername: 'localhost' }).end()
    const [response] = (await once(call, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }]
    const body: Buffer[] = []
    for await (const part of response) body.push(part)
    assert.deepEqual([response.statusCode, Buffer.concat(body).toString()], [200, 'web'])
  })
})

describe('the default trigger', () => {
  test('is added to a file without triggers', async (t) => {
    const served = await serve(t, pelton(''), { args: ['--port', '0', '--host', '127.0.0.1'] })
    assert.deepEqual(started(served), ['default-http'])
    assert.equal((await served.ask('x')).text, 'default-http')
  })

  test('is not added beside another trigger, nor when the file or the platform forbids it', async (t) => {
    const kick = '    kick: { kind: kickstart }\n'
    const beside = await serve(t, pelton(kick))
    assert.deepEqual(started(beside), ['kick'])
    const byFile = await serve(t, pelton('', '  disableDefaultHTTPTrigger: true\n'))
    assert.deepEqual(started(byFile), [])
    assert.equal((await fetch(`${byFile.health}/ready`)).status, 200)
    const byPlatform = await serve(t, pelton(''), { platform: 'disableDefaultHTTPTrigger: true\n' })
    assert.deepEqual(started(byPlatform), [])
    assert.deepEqual(await byPlatform.pelton.stop(), { code: 0, signal: null })
  })
})

test('on Kubernetes a nuclio file’s port is the node port, and a stop waits for load balancers', async (t) => {
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const files = {
    'handler.js': 'exports.handler = (context, event) => context.callback(event.trigger.name)\n',
    'function.yaml': `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: system }
spec:
  runtime: nodejs
  handler: handler:handler
  triggers: { web: { kind: http, url: "127.0.0.1:0", attributes: { port: 31234 } } }
`,
  }
  const served = await serve(t, files, { env })
  assert.equal((await served.logged({ message: 'node_port_ignored' }))['port'], 31_234)
  assert.notEqual(served.port, 31_234)
  served.pelton.child.kill('SIGTERM')
  await served.pelton.line('stopping')
  assert.equal((await fetch(`${served.health}/ready`)).status, 503)
  assert.equal((await served.ask('x')).text, 'web')
  assert.equal((await served.pelton.endNow('SIGTERM')).code, 143)
})

test('metrics of a prometheusPull sink are at its address, and on the admin listener too', async (t) => {
  const served = await serve(t, pelton(http), {
    platform: 'metrics: { sinks: { pull: { kind: prometheusPull, url: "127.0.0.1:0" } } }\n',
  })
  await served.ask('x')
  const { metrics } = (await served.logged({ message: 'function_started' })) as unknown as { metrics: string[] }
  assert.equal(metrics.length, 2)
  for (const address of metrics)
    assert.match(await (await fetch(address)).text(), /handled_events_total\{[^}]*result="success"\} 1\n/)
})

const store = {
  'handler.ts': `import type { Event } from '@pelton/sdk'
export const handler = (_context: unknown, event: Event) => ({
  status: 201,
  headers: { 'x-callee-received-header': event.header('caller-header') ?? '' },
  body: { body: event.text(), method: event.method, path: event.path, traceparent: event.header('traceparent') },
})
`,
}
const caller = {
  'handler.ts': `import type { Context, Event } from '@pelton/sdk'
export const handler = async (context: Context, event: Event) => {
  const { callee_name: name } = event.json<{ callee_name: string }>()
  const headers = { 'caller-header': 'from the caller' }
  const reply = await context.callFunction(name, { method: 'PUT', path: '/caller/path', headers, body: 'caller_body' })
  return { status: reply.status, body: { header: reply.headers['x-callee-received-header'], ...(reply.body as object) } }
}
`,
}

describe('callFunction', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const expected = { header: 'from the caller', body: 'caller_body', method: 'PUT', path: '/caller/path' }

  test('8.9 row 60 for Node.js: reaches a running function by --function, by its variable and by the platform file', async (t) => {
    const callee = await serve(t, store, { path: 'handler.ts', args: ['--port', '0'] })
    const ways = [
      { args: ['--port', '0', '--function', `my-store=${callee.url}`] },
      { args: ['--port', '0'], env: { PELTON_FUNCTION_MY_STORE_URL: callee.url } },
      { args: ['--port', '0'], platform: `functions: { my-store: "${callee.url}" }\n` },
    ]
    for (const way of ways) {
      const served = await serve(t, caller, { path: 'handler.ts', ...way })
      const answer = await served.ask('{"callee_name":"my-store"}', { headers: { traceparent } })
      assert.equal(answer.status, 201)
      assert.deepEqual(JSON.parse(answer.text), { ...expected, traceparent })
    }
  })

  test('a function that is not there fails the event alone, with its address in the log', async (t) => {
    const served = await serve(t, caller, {
      path: 'handler.ts',
      args: ['--port', '0', '--function', 'gone=http://127.0.0.1:1'],
    })
    assert.equal((await served.ask('{"callee_name":"gone"}')).status, 500)
    await served.pelton.says(/gone.*127\.0\.0\.1:1|127\.0\.0\.1:1.*gone/)
    assert.equal(await served.metric('pelton_worker_restarts_total'), 0)
  })
})
