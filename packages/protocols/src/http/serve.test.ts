import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw, startHttpServer, waitUntil } from '@pelton/testkit'
import type { HttpRequest, HttpResponse } from './http-message.ts'

const answer = (body: HttpResponse['body'] | string, more: Partial<HttpResponse> = {}): HttpResponse => ({
  status: 200,
  headers: [],
  contentType: 'text/plain',
  body: typeof body === 'string' ? Buffer.from(body) : body,
  ...more,
})

const echo = (request: HttpRequest): HttpResponse => answer(request.body)

const get = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n')

const post = (body: string, ...headers: string[]): string =>
  [`POST / HTTP/1.1`, 'Host: x', `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n')

test('a body comes back, whether it has a length or is chunked', async (t) => {
  const { port } = await startHttpServer(t, echo)
  const client = await connectRaw(port)
  await client.send(post('hello')).until('\r\n\r\nhello')
  client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', '4\r\ndefg\r\n0\r\n\r\n')
  await client.until('\r\n\r\nabcdefg')
  assert.deepEqual(client.statuses, [200, 200])
  client.close()
})

test('a body larger than one read arrives whole', async (t) => {
  const { port } = await startHttpServer(t, echo)
  const body = Buffer.alloc(700_000, 'pelton ')
  const answered = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
  assert.deepEqual(Buffer.from(await answered.arrayBuffer()), body)
})

test('bytes above 127 go both ways unchanged', async (t) => {
  const { port } = await startHttpServer(t, echo)
  const body = Uint8Array.from({ length: 256 }, (_, index) => index)
  const answered = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
  assert.deepEqual(new Uint8Array(await answered.arrayBuffer()), body)
})

test('a connection serves one request after the other', async (t) => {
  const remote = new Set<string>()
  const { port } = await startHttpServer(t, (request) => {
    remote.add(request.remoteAddress)
    return answer(request.path)
  })
  const client = await connectRaw(port)
  await client.send(get('/a')).until('\r\n\r\n/a')
  await client.send(get('/b')).until('\r\n\r\n/b')
  assert.deepEqual([...remote], ['127.0.0.1'])
  client.close()
})

test('pipelined requests are answered in their order, although the first is slower', async (t) => {
  const slow = Promise.withResolvers<HttpResponse>()
  const { port } = await startHttpServer(t, (request) => (request.path === '/1' ? slow.promise : answer(request.path)))
  const client = await connectRaw(port)
  client.send(get('/1') + get('/2') + get('/3'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(client.received, '')
  slow.resolve(answer('/1'))
  const text = await client.until('/3')
  assert.deepEqual(text.match(/\/\d$|\/\d(?=HTTP)/g), ['/1', '/2', '/3'])
  client.close()
})

test('a client that pipelines without end is read no further until answers are out', async (t) => {
  const waiting: ((response: HttpResponse) => void)[] = []
  let seen = 0
  const { port } = await startHttpServer(t, () => {
    seen += 1
    return new Promise((resolve) => waiting.push(resolve))
  })
  const client = await connectRaw(port)
  const padding = `X-Padding: ${'p'.repeat(1_000)}`
  for (let count = 0; count < 2_000; count += 1) client.send(get('/', padding))
  await waitUntil('the first requests', () => seen >= 64)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok(seen < 300, `${seen} requests were taken in`)
  while (client.statuses.length < 2_000) {
    for (const resolve of waiting.splice(0)) resolve(answer('x'))
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(seen, 2_000)
  client.close()
})

test('HEAD is answered without the body but with its length', async (t) => {
  const { port } = await startHttpServer(t, () => answer('hello'))
  const client = await connectRaw(port)
  client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n', get('/next'))
  const text = await client.until('\r\n\r\nhello')
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Content-Length: 5\r\n(?:.+\r\n)*\r\nHTTP\/1\.1 200 OK/)
  client.close()
})

for (const status of [204, 304]) {
  test(`${status} carries no body and no length`, async (t) => {
    const { port } = await startHttpServer(t, (request) =>
      request.path === '/' ? answer('must not appear', { status }) : answer('next'),
    )
    const client = await connectRaw(port)
    const text = await client.send(get('/'), get('/2')).until('\r\n\r\nnext')
    const first = text.slice(0, text.indexOf('HTTP/1.1 200'))
    assert.doesNotMatch(first, /content-length|must not/i)
    client.close()
  })
}

test('no body at all is a length of 0', async (t) => {
  const { port } = await startHttpServer(t, () => answer(undefined, { contentType: '' }))
  const client = await connectRaw(port)
  const text = await client.send(get('/')).until('\r\n\r\n')
  assert.match(text, /Content-Length: 0\r\n/)
  assert.doesNotMatch(text, /content-type|server:/i)
  assert.match(text, /\r\nDate: /)
  client.close()
})

test('the head is read as it was sent: target, path, query, repeated headers', async (t) => {
  let seen: HttpRequest | undefined
  const { port } = await startHttpServer(t, (request) => {
    seen = request
    return answer('')
  })
  const client = await connectRaw(port)
  await client
    .send(get('/a%20b?x=1&y=2?z', 'X-One: 1', 'x-two: a', 'X-TWO: b', '__proto__: p', 'constructor: c'))
    .until('200')
  assert.ok(seen)
  assert.equal(seen.target, '/a%20b?x=1&y=2?z')
  assert.equal(seen.path, '/a%20b')
  assert.equal(seen.query, 'x=1&y=2?z')
  assert.deepEqual(seen.headers['x-two'], ['a', 'b'])
  assert.equal(seen.headers['x-one'], '1')
  assert.equal(Object.getOwnPropertyDescriptor(seen.headers, '__proto__')?.value, 'p')
  assert.equal(seen.headers['constructor'], 'c')
  assert.equal(seen.header('x-two'), 'b')
  assert.equal(seen.header('x-three'), undefined)
  assert.equal(seen.httpVersion, '1.1')
  assert.equal(seen.secure, false)
  assert.ok(Math.abs(seen.receivedAt.getTime() - Date.now()) < 5_000)
  client.close()
})

test('a target that is a whole URL gives its path', async (t) => {
  const { port } = await startHttpServer(t, (request) => answer(request.path))
  const client = await connectRaw(port)
  await client.send(get('http://elsewhere/a/b?c=d')).until('\r\n\r\n/a/b')
  await client.send(get('http://elsewhere')).until(/\r\n\r\n\/$/)
  await client.send('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n').until('\r\n\r\n*')
  client.close()
})

test('a client that expects 100 gets it before it sends the body', async (t) => {
  const { port } = await startHttpServer(t, echo, { maxBodyBytes: 5 })
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
  assert.equal(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
  await client.send('hello').until('\r\n\r\nhello')
  client.close()
})

test('an HTTP/1.0 client is answered and its connection closed', async (t) => {
  const { port } = await startHttpServer(t, echo)
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi')
  assert.match(await client.untilClosed(), /Connection: close\r\n(?:.+\r\n)*\r\nhi$/)
})

test('framing headers of a handler are left out, its `connection: close` is kept to', async (t) => {
  const headers: HttpResponse['headers'] = [
    ['content-length', '999'],
    ['Transfer-Encoding', 'chunked'],
    ['Trailer', 'x-y'],
    ['Connection', 'close'],
    ['X-Own', '1'],
    ['x-own', '2'],
  ]
  const { port } = await startHttpServer(t, () => answer('hello', { headers }))
  const client = await connectRaw(port)
  const text = await client.send(get('/')).untilClosed()
  assert.match(text, /Content-Length: 5\r\n/)
  assert.match(text, /X-Own: 1\r\nx-own: 2\r\n/)
  assert.doesNotMatch(text, /999|chunked|trailer/i)
  assert.match(text, /\r\n\r\nhello$/)
})

const broken: [string, () => HttpResponse | Promise<HttpResponse>][] = [
  ['throws', () => assert.fail('no')],
  ['rejects', () => Promise.reject(new Error('no'))],
  ['gives an invalid header value', () => answer('x', { headers: [['x-a', 'a\r\nx-b: injected']] })],
  ['gives an invalid header name', () => answer('x', { headers: [['x a', '1']] })],
  ['gives a header value outside latin1', () => answer('x', { headers: [['x-a', '日本']] })],
  ['gives an invalid status', () => answer('x', { status: 99 })],
  ['gives an interim status', () => answer('x', { status: 101 })],
  ['gives nothing', () => undefined as unknown as HttpResponse],
  ['promises nothing', () => Promise.resolve(undefined as unknown as HttpResponse)],
  ['gives no number as a status', () => answer('x', { status: Number.NaN })],
]
for (const [what, respond] of broken) {
  test(`a handler that ${what} is a 500, and the next request works`, async (t) => {
    const faults: unknown[] = []
    const { port } = await startHttpServer(t, (request) => (request.path === '/ok' ? answer('fine') : respond()), {
      onFault: (error) => faults.push(error),
    })
    const client = await connectRaw(port)
    const text = await client.send(get('/'), get('/ok')).until('\r\n\r\nfine')
    assert.deepEqual(client.statuses, [500, 200])
    assert.doesNotMatch(text, /injected/)
    assert.equal(faults.length, 1)
    client.close()
  })
}

test('a precheck answers by the head alone; one that throws is a 500', async (t) => {
  const { port } = await startHttpServer(t, echo, {
    precheck: ({ path }) => (path === '/health' ? answer('well') : path === '/bad' ? assert.fail('no') : undefined),
  })
  const client = await connectRaw(port)
  await client.send(get('/health')).until('\r\n\r\nwell')
  await client.send(get('/bad'), post('on')).until('\r\n\r\non')
  assert.deepEqual(client.statuses, [200, 500, 200])
  client.close()
})

test('a precheck that answers a request with a body does not wait for it', async (t) => {
  const { port } = await startHttpServer(t, echo, { precheck: () => answer('early') })
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n')
  assert.match(await client.until('early'), /Connection: close/)
  client.close()
})

test('an upgrade that nobody takes is an ordinary request, CONNECT is a 405', async (t) => {
  const { port } = await startHttpServer(t, echo)
  const client = await connectRaw(port)
  await client.send(get('/', 'Connection: Upgrade', 'Upgrade: websocket')).until('200 OK')
  client.close()
  const proxy = await connectRaw(port)
  assert.match(await proxy.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n').untilClosed(), /^HTTP\/1\.1 405 /)
})
