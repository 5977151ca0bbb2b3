import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join } from 'node:path'
import { connectRaw, createTempFolder, startHttpServer, testCertificate, waitUntil, within } from '@pelton/testkit'
import type { HttpResponse } from './http-message.ts'

const ok = (body: Uint8Array = Buffer.from('ok')): HttpResponse => ({ status: 200, headers: [], contentType: '', body })
const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

test('idle connections are closed at once, and nothing is accepted any more', async (t) => {
  const server = await startHttpServer(t, () => ok())
  const client = await connectRaw(server.port)
  await client.send(get()).until('ok')
  await within('close', server.close())
  await client.untilClosed()
  await assert.rejects(connectRaw(server.port), { code: 'ECONNREFUSED' })
})

test('an idle connection may send one request more where nobody is in a hurry', async (t) => {
  const server = await startHttpServer(t, () => ok())
  const [busy, idle] = [await connectRaw(server.port), await connectRaw(server.port)]
  for (const client of [busy, idle]) await client.send(get()).until('ok')
  const closing = server.close(undefined, 200)
  busy.send(get())
  assert.match(await busy.untilClosed(), /ok.*Connection: close.*ok$/s)
  await idle.untilClosed()
  await within('close', closing)
})

test('what is in flight is answered, told to close, and then closed', async (t) => {
  const answer = Promise.withResolvers<HttpResponse>()
  let seen = 0
  const server = await startHttpServer(t, () => {
    seen += 1
    return answer.promise
  })
  const client = await connectRaw(server.port)
  client.send(get())
  await waitUntil('the request', () => seen === 1)
  let isClosed = false
  const closing = server.close().then(() => (isClosed = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isClosed, false)
  answer.resolve(ok())
  assert.match(await client.untilClosed(), /Connection: close\r\n(?:.+\r\n)*\r\nok$/)
  await within('close', closing)
})

test('of pipelined requests all are answered, and only the last answer says close', async (t) => {
  const answers = [Promise.withResolvers<HttpResponse>(), Promise.withResolvers<HttpResponse>()]
  let seen = 0
  const server = await startHttpServer(t, () => answers[seen++]!.promise)
  const client = await connectRaw(server.port)
  client.send(get('/1'), get('/2'))
  await waitUntil('both requests', () => seen === 2)
  const closing = server.close()
  answers[1]!.resolve(ok(Buffer.from('two')))
  await new Promise((resolve) => setImmediate(resolve))
  answers[0]!.resolve(ok(Buffer.from('one')))
  assert.match(await client.untilClosed(), /keep-alive.*one.*Connection: close.*two$/s)
  await within('close', closing)
})

test('a request whose body is still coming is answered', async (t) => {
  const server = await startHttpServer(t, (request) => ok(Buffer.from(request.body)))
  const client = await connectRaw(server.port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab')
  const other = await connectRaw(server.port)
  await other.send(get()).until('200')
  const closing = server.close()
  client.send('cd')
  assert.match(await client.untilClosed(), /Connection: close\r\n(?:.+\r\n)*\r\nabcd$/)
  await within('close', closing)
})

test('an answer that is still being sent is not cut', async (t) => {
  const size = 10_000_000
  let seen = 0
  const server = await startHttpServer(t, () => {
    seen += 1
    return ok(Buffer.alloc(size, 'x'))
  })
  const client = await connectRaw(server.port)
  client.socket.pause()
  client.send(get())
  await waitUntil('the request', () => seen === 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const closing = server.close()
  client.socket.resume()
  const text = await client.untilClosed()
  assert.equal(text.length - text.indexOf('\r\n\r\n') - 4, size)
  await within('close', closing)
})

test('a stream that began before goes on to its end', async (t) => {
  const last = Promise.withResolvers<void>()
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first')
    await last.promise
    yield Buffer.from('last')
  }
  const server = await startHttpServer(t, () => ({ status: 200, headers: [], contentType: '', body: body() }))
  const client = await connectRaw(server.port)
  await client.send(get()).until('first')
  const closing = server.close()
  last.resolve()
  assert.match(await client.untilClosed(), /last\r\n0\r\n\r\n$/)
  await within('close', closing)
})

test('at the abort everything is cut', async (t) => {
  let seen = 0
  const server = await startHttpServer(t, () => {
    seen += 1
    return new Promise(() => undefined)
  })
  const client = await connectRaw(server.port)
  client.send(get())
  await waitUntil('the request', () => seen === 1)
  const abort = new AbortController()
  const closing = server.close(abort.signal)
  abort.abort()
  await within('close', closing)
  assert.equal(await client.untilClosed(), '')
})

test('a client that never ends its TLS handshake does not hold the close up', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const server = await startHttpServer(t, () => ok(), { tls })
  const client = await connectRaw(server.port)
  await within('close', server.close())
  await client.untilClosed()
})
