import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type RawClient, connectRaw, startHttpServer, waitUntil } from '@pelton/testkit'
import type { HttpResponse } from './http-message.ts'

const ok = (text: string): HttpResponse => ({ status: 200, headers: [], contentType: '', body: Buffer.from(text) })

/** A server that still answers at the end, so that each test shows that nothing else was disturbed. */
async function start(t: TestContext, maxBodyBytes = 64): Promise<{ port: number; handled: string[] }> {
  const handled: string[] = []
  const options = { maxBodyBytes, limits: { maxHeaderBytes: 2_048 } }
  let port = 0
  t.after(async () => {
    const answered = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    assert.equal(answered.status, 200)
  })
  const server = await startHttpServer(
    t,
    (request) => {
      handled.push(request.path)
      return ok(`${request.body.length} bytes`)
    },
    options,
  )
  port = server.port
  return { port, handled }
}

async function exchange(port: number, ...bytes: (string | Uint8Array)[]): Promise<RawClient> {
  const client = await connectRaw(port)
  await client.send(...bytes).untilClosed()
  return client
}

const malformed: Record<string, string> = {
  'two Content-Lengths that differ': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
  'two equal Content-Lengths': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
  'Content-Length with Transfer-Encoding':
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding with Content-Length':
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
  'a Transfer-Encoding that is not chunked at the end':
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  'a Content-Length that is no number': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3x\r\n\r\nabc',
  'a negative Content-Length': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc',
  'a Content-Length beyond all numbers': `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${'9'.repeat(40)}\r\n\r\nabc`,
  'a chunk size that is none':
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n',
  'no HTTP at all': 'hello there\r\n\r\n',
  'a TLS greeting': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'a space before the colon': 'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
  'a NUL in a header': 'GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n',
  'a folded header': 'GET / HTTP/1.1\r\nHost: x\r\nX-A: a\r\n\tfolded: b\0\r\n\r\n',
  'an unknown version': 'GET / HTTP/4.2\r\nHost: x\r\n\r\n',
  'an unknown method': 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n',
  'no Host': 'GET / HTTP/1.1\r\n\r\n',
}
for (const [what, bytes] of Object.entries(malformed)) {
  test(`${what} is a 400 and the end of the connection`, async (t) => {
    const { port, handled } = await start(t)
    const client = await exchange(port, bytes)
    assert.deepEqual(client.statuses, [400])
    assert.match(client.received, /Connection: close/i)
    assert.deepEqual(handled, [])
  })
}

test('nonsense after a good request is a 400 after the answer to the good one', async (t) => {
  const answer = Promise.withResolvers<HttpResponse>()
  const { port } = await startHttpServer(t, () => answer.promise)
  const client = await connectRaw(port)
  client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(client.received, '')
  answer.resolve(ok('good'))
  assert.match(await client.untilClosed(), /good.*HTTP\/1\.1 400 /s)
})

test('a body of the limit passes, one byte more is refused', async (t) => {
  const { port, handled } = await start(t)
  for (const [length, status] of [
    [63, 200],
    [64, 200],
    [65, 413],
  ] as const) {
    const answered = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(length) })
    assert.equal(answered.status, status, `${length} bytes`)
    if (status === 413) assert.match(await answered.text(), /larger than 64 bytes/)
  }
  assert.equal(handled.length, 2)
})

test('a Content-Length over the limit is refused before the body, and the client reads the answer although it goes on sending', async (t) => {
  const { port, handled } = await start(t)
  const client = await connectRaw(port, { stubborn: true })
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n')
  await client.until('HTTP/1.1 413')
  client.send(Buffer.alloc(5_000_000))
  await waitUntil('everything sent', () => client.socket.writableLength === 0)
  assert.equal(client.closed, false)
  client.socket.end()
  await client.untilClosed()
  assert.deepEqual(client.statuses, [413])
  assert.deepEqual(handled, [])
})

test('a client that never stops sending a refused body is cut off', async (t) => {
  const { port } = await start(t)
  const client = await connectRaw(port, { stubborn: true })
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n')
  const sender = setInterval(() => client.socket.destroyed || client.send(Buffer.alloc(1_000)), 5)
  t.after(() => clearInterval(sender))
  await client.untilClosed()
  assert.deepEqual(client.statuses, [413])
})

test('a chunked body that passes the limit is refused as soon as it does', async (t) => {
  const { port, handled } = await start(t)
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n', 'a'.repeat(40), '\r\n')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(client.received, '')
  await client.send('28\r\n', 'a'.repeat(40), '\r\n').until('HTTP/1.1 413')
  client.close()
  assert.deepEqual(handled, [])
})

test('a client that expects 100 is told 413 at once when its body is too large', async (t) => {
  const { port } = await start(t)
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65\r\nExpect: 100-continue\r\n\r\n')
  await client.until('\r\n\r\n')
  assert.deepEqual(client.statuses, [413])
  client.close()
})

test('an expectation that is unknown is a 417', async (t) => {
  const { port, handled } = await start(t)
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: a-pony\r\n\r\nhi')
  await client.until('HTTP/1.1 417')
  client.close()
  assert.deepEqual(handled, [])
})

test('the status for a body over the limit can be another one', async (t) => {
  const options = { maxBodyBytes: 1, tooLargeStatus: 400 }
  const { port } = await startHttpServer(t, () => ok(''), options)
  const answered = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'xx' })
  assert.equal(answered.status, 400)
})

const large: Record<string, string> = {
  'a header': `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(4_000)}\r\n\r\n`,
  'a target': `GET /${'a'.repeat(4_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a header without an end': `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(4_000)}`,
  'many headers without an end': `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: a\r\n'.repeat(600)}`,
}
for (const [what, bytes] of Object.entries(large)) {
  test(`${what} beyond the limit is a 431`, async (t) => {
    const { port, handled } = await start(t)
    const client = await exchange(port, bytes)
    assert.deepEqual(client.statuses, [431])
    assert.deepEqual(handled, [])
  })
}

test('endless headers are cut off while they still come', async (t) => {
  const { port } = await start(t)
  const client = await connectRaw(port)
  client.send('GET / HTTP/1.1\r\nHost: x\r\n')
  const sender = setInterval(() => client.socket.destroyed || client.send(`X-${'a'.repeat(100)}: b\r\n`), 1)
  t.after(() => clearInterval(sender))
  await client.untilClosed()
  assert.deepEqual(client.statuses, [431])
})

test('chunk extensions without an end are refused', async (t) => {
  const { port } = await start(t)
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;', 'a'.repeat(20_000))
  await client.untilClosed()
  assert.deepEqual(client.statuses, [413])
})

test('trailers are read over and bounded', async (t) => {
  const { port } = await start(t)
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n'
  const client = await connectRaw(port)
  await client.send(head, 'X-Trailer: 1\r\n\r\n').until('1 bytes')
  client.close()
  const greedy = await exchange(port, head, `X-Trailer: ${'a'.repeat(4_000)}\r\n\r\n`)
  assert.deepEqual(greedy.statuses, [431])
})
