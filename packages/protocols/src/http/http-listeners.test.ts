import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connectRaw, createTempFolder, holdPort, testCertificate, watchForLeaks } from '@pelton/testkit'
import { type HttpListeners, type ListenOptions, createHttpListeners } from './http-listeners.ts'

const text =
  (body: string): ListenOptions['onRequest'] =>
  () => ({
    status: 200,
    headers: [],
    contentType: '',
    body: Buffer.from(body),
  })

const site = (name: string, more: Partial<ListenOptions> = {}): ListenOptions => ({
  host: '127.0.0.1',
  port: 0,
  path: '*',
  owner: `trigger ${name}`,
  maxBodyBytes: 100,
  onRequest: text(name),
  ...more,
})

async function listen(
  t: TestContext,
  listeners: HttpListeners,
  options: ListenOptions,
): ReturnType<HttpListeners['listen']> {
  const listener = await listeners.listen(options)
  t.after(() => listener.close(AbortSignal.abort()))
  return listener
}

async function fetchText(url: string): Promise<string> {
  const answered = await fetch(url, { headers: { connection: 'close' } })
  return `${answered.status} ${(await answered.text()).trim()}`
}

test('a port is shared by path: exact ones first, the rest to the catch-all', async (t) => {
  const listeners = createHttpListeners()
  const all = await listen(t, listeners, site('all'))
  const ws = await listen(t, listeners, site('ws', { port: all.port, path: '/ws' }))
  assert.equal(ws.url, all.url)
  assert.equal(await fetchText(`${all.url}/ws?x=1`), '200 ws')
  assert.equal(await fetchText(`${all.url}/ws/x`), '200 all')
  assert.equal(await fetchText(all.url), '200 all')
  await ws.close()
  assert.equal(await fetchText(`${all.url}/ws`), '200 all')
})

test('a path beside is served by who came first, and then by who is left', async (t) => {
  const listeners = createHttpListeners()
  const one = await listen(t, listeners, site('one', { path: '/one', alsoAt: '/' }))
  await listen(t, listeners, site('two', { path: '/two', alsoAt: '/', port: one.port }))
  assert.equal(await fetchText(one.url), '200 one')
  await one.close()
  assert.equal(await fetchText(one.url), '200 two')
  await listen(t, listeners, site('root', { path: '/', port: one.port }))
  assert.equal(await fetchText(one.url), '200 root')
})

test('a prefix takes its path and all below it; exact paths and longer prefixes go first', async (t) => {
  const listeners = createHttpListeners()
  const all = await listen(t, listeners, site('all'))
  const share = (name: string, path: string): ReturnType<typeof listen> =>
    listen(t, listeners, site(name, { port: all.port, path }))
  const v2 = await share('v2', '/v2/*')
  await share('models', '/v2/models/*')
  await share('exact', '/v2/exact')
  assert.equal(await fetchText(`${all.url}/v2`), '200 v2')
  assert.equal(await fetchText(`${all.url}/v2/`), '200 v2')
  assert.equal(await fetchText(`${all.url}/v2/a/b?x=1`), '200 v2')
  assert.equal(await fetchText(`${all.url}/v2/models/a`), '200 models')
  assert.equal(await fetchText(`${all.url}/v2/modelsa`), '200 v2')
  assert.equal(await fetchText(`${all.url}/v2/exact`), '200 exact')
  assert.equal(await fetchText(`${all.url}/v2/exact/a`), '200 v2')
  assert.equal(await fetchText(`${all.url}/v20`), '200 all')
  await v2.close()
  assert.equal(await fetchText(`${all.url}/v2/a`), '200 all')
  assert.equal(await fetchText(`${all.url}/v2/models`), '200 models')
})

test('a prefix twice is path_taken, and where nobody takes the rest that is a 404', async (t) => {
  const listeners = createHttpListeners()
  const { port, url } = await listen(t, listeners, site('v2', { path: '/v2/*' }))
  await assert.rejects(listeners.listen(site('two', { port, path: '/v2/*' })), { code: 'path_taken' })
  assert.equal(await fetchText(`${url}/v2/a`), '200 v2')
  assert.equal(await fetchText(`${url}/v3`), '404 nothing is served at this path')
})

test('a site may answer a body that is too large in its own words', async (t) => {
  const tooLargeAnswer = { status: 413, headers: [], contentType: 'application/json', body: Buffer.from('{}') }
  const { url } = await listen(t, createHttpListeners(), site('x', { tooLargeAnswer }))
  const answered = await fetch(url, { method: 'POST', body: 'x'.repeat(101) })
  assert.deepEqual([answered.status, await answered.text()], [413, '{}'])
})

test('without a catch-all other paths are a 404', async (t) => {
  const listeners = createHttpListeners()
  const ws = await listen(t, listeners, site('ws', { path: '/ws' }))
  assert.equal(await fetchText(`${ws.url}/ws`), '200 ws')
  assert.equal(await fetchText(`${ws.url}/other`), '404 nothing is served at this path')
})

test('the same port and path twice is path_taken', async (t) => {
  const listeners = createHttpListeners()
  const { port } = await listen(t, listeners, site('one'))
  await assert.rejects(listeners.listen(site('two', { port })), {
    code: 'path_taken',
    retryable: false,
    message: `trigger one and trigger two both serve every path on 127.0.0.1:${port}`,
  })
  const { url } = await listen(t, listeners, site('ws', { port, path: '/ws' }))
  await assert.rejects(listeners.listen(site('again', { port, path: '/ws' })), {
    message: `trigger ws and trigger again both serve the path /ws on 127.0.0.1:${port}`,
  })
  assert.equal(await fetchText(url), '200 one')
})

test('a port that another process holds is port_taken, or a free one is taken when it may move', async (t) => {
  const { port, release } = await holdPort()
  t.after(release)
  const listeners = createHttpListeners()
  await assert.rejects(listeners.listen(site('one', { port })), (error: Error & { code: string; help: string }) => {
    assert.equal(error.code, 'port_taken')
    assert.match(error.message, new RegExp(`127.0.0.1:${port}`))
    return true
  })
  const moved = await listen(t, listeners, site('one', { port, portMayMove: true }))
  assert.equal(moved.movedFrom, port)
  assert.notEqual(moved.port, port)
  assert.equal(await fetchText(moved.url), '200 one')
})

test('a default that meets another catch-all moves as well', async (t) => {
  const listeners = createHttpListeners()
  const { port } = await listen(t, listeners, site('one'))
  const moved = await listen(t, listeners, site('two', { port, portMayMove: true }))
  assert.equal(moved.movedFrom, port)
})

test('an address that this machine has not is address_unusable', async () => {
  const listeners = createHttpListeners()
  await assert.rejects(listeners.listen(site('one', { host: '203.0.113.7' })), { code: 'address_unusable' })
})

test('what users of a port differ in is named', async (t) => {
  const listeners = createHttpListeners()
  const { port } = await listen(t, listeners, site('one'))
  const other = site('two', { port, path: '/two', limits: { maxHeaderBytes: 5_000 } })
  await assert.rejects(listeners.listen(other), (error: Error & { code: string }) => {
    assert.equal(error.code, 'listener_differs')
    assert.equal(error.message, `trigger one and trigger two share 127.0.0.1:${port} but differ in maxHeaderBytes`)
    return true
  })
  const secure = site('two', { port, path: '/two', tls: { cert: 'a', key: 'b' } })
  await assert.rejects(listeners.listen(secure), /differ in tls.cert/)
})

test('two that listen at the same time share the port', async (t) => {
  const listeners = createHttpListeners()
  const { port, release } = await holdPort()
  await release()
  const [one, two] = await Promise.all([
    listen(t, listeners, site('one', { port })),
    listen(t, listeners, site('two', { port, path: '/two' })),
  ])
  assert.equal(one.port, two.port)
  assert.equal(await fetchText(`${two.url}/two`), '200 two')
})

test('the last user takes the port along, and it can be bound again', async () => {
  const noLeaks = watchForLeaks()
  const listeners = createHttpListeners()
  const first = await listeners.listen(site('one'))
  await first.close()
  const again = await listeners.listen(site('two', { port: first.port }))
  assert.equal(await fetchText(again.url), '200 two')
  await again.close()
  await noLeaks()
})

test('closing a path waits for its requests, or for the abort', async (t) => {
  const listeners = createHttpListeners()
  const all = await listen(t, listeners, site('all'))
  const begun = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<Awaited<ReturnType<ListenOptions['onRequest']>>>()
  const onRequest: ListenOptions['onRequest'] = () => {
    begun.resolve()
    return answer.promise
  }
  const slow = await listen(t, listeners, site('slow', { port: all.port, path: '/slow', onRequest }))
  const fetched = fetchText(`${all.url}/slow`)
  await begun.promise
  let isClosed = false
  const closing = slow.close().then(() => (isClosed = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isClosed, false)
  answer.resolve({ status: 200, headers: [], contentType: '', body: Buffer.from('late') })
  await closing
  assert.equal(await fetched, '200 late')
})

test('copies may share an address', async (t) => {
  const one = await listen(t, createHttpListeners(), site('one', { reusePort: true }))
  const two = await listen(t, createHttpListeners(), site('two', { reusePort: true, port: one.port }))
  assert.equal(one.port, two.port)
  assert.match(await fetchText(two.url), /200 (one|two)/)
})

test('with a certificate it serves HTTPS', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  let isSecure = false
  const onRequest: ListenOptions['onRequest'] = (request) => {
    isSecure = request.secure
    return { status: 200, headers: [], contentType: '', body: request.body }
  }
  const { url } = await listen(t, createHttpListeners(), site('tls', { tls, onRequest }))
  assert.match(url, /^https:/)
  assert.equal(await postSecurely(url, 'secret'), 'secret')
  assert.equal(isSecure, true)
})

test('a client without TLS disturbs nobody', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const { url, port } = await listen(t, createHttpListeners(), site('tls', { tls }))
  const plain = await connectRaw(port)
  await plain.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').untilClosed()
  assert.deepEqual(plain.statuses, [])
  const leaving = await connectRaw(port)
  leaving.reset()
  assert.equal(await postSecurely(url, ''), 'tls')
})

test('certificate files that are missing or no certificate are named', async (t) => {
  const folder = await createTempFolder(t)
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const listeners = createHttpListeners()
  await writeFile(tls.cert, testCertificate.cert)
  await assert.rejects(listeners.listen(site('x', { tls })), (error: Error & { code: string }) => {
    assert.equal(error.code, 'tls_unreadable')
    assert.match(error.message, /^tls\.key .*key\.pem cannot be read/)
    return true
  })
  await writeFile(tls.key, 'no key')
  await assert.rejects(listeners.listen(site('x', { tls })), { code: 'tls_invalid' })
})

function postSecurely(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(url, { method: 'POST', rejectUnauthorized: false, agent: false }, (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
      response.on('end', () => resolve(received))
    })
    sent.on('error', reject).end(body)
  })
}
