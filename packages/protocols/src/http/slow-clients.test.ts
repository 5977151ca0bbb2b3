import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw, startHttpServer, waitUntil } from '@pelton/testkit'
import type { HttpRequest, HttpResponse } from './http-message.ts'

const ok = (body: Uint8Array = Buffer.from('ok')): HttpResponse => ({ status: 200, headers: [], contentType: '', body })
const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

test('a client that stalls in its headers is answered 408', async (t) => {
  const { port } = await startHttpServer(t, () => ok(), { limits: { headerTimeoutMs: 50 } })
  const client = await connectRaw(port)
  await client.send('GET / HTTP/1.1\r\nHost: x\r\n').untilClosed()
  assert.deepEqual(client.statuses, [408])
})

test('a client that drips its headers is answered 408', async (t) => {
  const { port } = await startHttpServer(t, () => ok(), { limits: { headerTimeoutMs: 80 } })
  const client = await connectRaw(port)
  client.send('GET / HTTP/1.1\r\nHost: x\r\n')
  const drip = setInterval(() => client.socket.destroyed || client.send('X-A: b\r\n'), 10)
  t.after(() => clearInterval(drip))
  await client.untilClosed()
  assert.deepEqual(client.statuses, [408])
})

test('a client that connects and says nothing is closed', async (t) => {
  const { port } = await startHttpServer(t, () => ok(), { limits: { headerTimeoutMs: 50 } })
  const client = await connectRaw(port)
  await client.untilClosed()
})

test('a client that stalls in its body is answered 408, and no handler sees it', async (t) => {
  let handled = 0
  const onRequest = (): HttpResponse => {
    handled += 1
    return ok()
  }
  const { port } = await startHttpServer(t, onRequest, { limits: { headerTimeoutMs: 50, requestTimeoutMs: 60 } })
  const client = await connectRaw(port)
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf').untilClosed()
  assert.deepEqual(client.statuses, [408])
  assert.equal(handled, 0)
})

test('a slow handler is not a slow client', async (t) => {
  const answer = Promise.withResolvers<HttpResponse>()
  const limits = { headerTimeoutMs: 20, requestTimeoutMs: 20, idleTimeoutMs: 20 }
  const { port } = await startHttpServer(t, () => answer.promise, { limits })
  const client = await connectRaw(port)
  client.send(get)
  await new Promise((resolve) => setTimeout(resolve, 150))
  answer.resolve(ok())
  await client.until('\r\n\r\nok')
})

test('a connection that is idle for too long is closed, one that is used stays', async (t) => {
  const { port } = await startHttpServer(t, () => ok(), { limits: { idleTimeoutMs: 200 } })
  const idle = await connectRaw(port)
  const used = await connectRaw(port)
  await idle.send(get).until('ok')
  let turns = 0
  while (!idle.closed) {
    turns += 1
    used.send(get)
    await waitUntil('an answer', () => used.statuses.length >= turns)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.equal(used.closed, false)
  used.close()
})

test('an idle connection on which a request waits when the process wakes up is answered, then closed as ever', async (t) => {
  const { port } = await startHttpServer(t, () => ok(), { limits: { idleTimeoutMs: 200 } })
  const client = await connectRaw(port)
  await client.send(get).until('ok')
  // The sweep is to have seen the first one.
  await new Promise((resolve) => setTimeout(resolve, 110))
  await new Promise((resolve) => setImmediate(resolve))
  client.send(get)
  // As asleep: time goes on, and nothing of this process runs.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300)
  await client.untilClosed()
  assert.deepEqual(client.statuses, [200, 200])
})

test('a client that takes nothing of a large answer is cut off', async (t) => {
  const { port } = await startHttpServer(t, () => ok(Buffer.alloc(20_000_000)), { limits: { idleTimeoutMs: 80 } })
  const client = await connectRaw(port)
  client.socket.pause()
  client.send(get)
  await waitUntil('bytes on their way', () => client.socket.bytesWritten > 0)
  await new Promise((resolve) => setTimeout(resolve, 400))
  client.socket.resume()
  const text = await client.untilClosed()
  assert.ok(text.length < 20_000_000)
})

test('a client that takes a large answer slowly gets all of it', async (t) => {
  const { port } = await startHttpServer(t, () => ok(Buffer.alloc(8_000_000, 'x')), { limits: { idleTimeoutMs: 100 } })
  const client = await connectRaw(port)
  client.send(get)
  const beat = setInterval(() => (client.socket.isPaused() ? client.socket.resume() : client.socket.pause()), 3)
  t.after(() => clearInterval(beat))
  await waitUntil('all of it', () => client.received.length > 8_000_000, { deadlineMs: 20_000 })
  client.close()
})

test('the signal aborts when the client leaves, and not when it is answered', async (t) => {
  const requests: HttpRequest[] = []
  const answer = Promise.withResolvers<HttpResponse>()
  const { port } = await startHttpServer(t, (request) => {
    requests.push(request)
    return requests.length === 1 ? ok() : answer.promise
  })
  const client = await connectRaw(port)
  await client.send(get).until('ok')
  client.send(get)
  await waitUntil('the second request', () => requests.length === 2)
  assert.equal(requests[0]!.signal.aborted, false)
  client.reset()
  await waitUntil('the abort', () => requests[1]!.signal.aborted)
  answer.resolve(ok())
})

test('a client that closes its half aborts the signal and still gets the answer', async (t) => {
  const answer = Promise.withResolvers<HttpResponse>()
  let signal: AbortSignal | undefined
  const { port } = await startHttpServer(t, (request) => {
    signal = request.signal
    return answer.promise
  })
  const client = await connectRaw(port)
  client.send(get)
  client.socket.end()
  await waitUntil('the abort', () => signal?.aborted)
  answer.resolve(ok())
  assert.match(await client.untilClosed(), /\r\n\r\nok$/)
})

test('a client that leaves in the middle of its body is forgotten', async (t) => {
  let handled = 0
  const { port } = await startHttpServer(t, () => {
    handled += 1
    return ok()
  })
  const client = await connectRaw(port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
  client.reset()
  const next = await connectRaw(port)
  await next.send(get).until('ok')
  assert.equal(handled, 1)
  next.close()
})

test('connections beyond the bound are refused', async (t) => {
  const { port } = await startHttpServer(t, () => ok(), { limits: { maxConnections: 1 } })
  const first = await connectRaw(port)
  await first.send(get).until('ok')
  const second = await connectRaw(port)
  await second.send(get).untilClosed()
  assert.equal(second.received, '')
  await first.send(get).until(/ok.*ok/s)
  first.close()
})
