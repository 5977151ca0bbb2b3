import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw, startHttpServer, waitUntil } from '@pelton/testkit'
import type { HttpResponse } from './http-message.ts'

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const streamed = (body: AsyncIterable<Uint8Array>): HttpResponse => ({
  status: 200,
  headers: [],
  contentType: '',
  body,
})

/** A stream whose chunks are handed in by the test. */
class Feed implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  taken = 0
  left = false
  readonly #next: () => Promise<Uint8Array | undefined>

  constructor(next: () => Promise<Uint8Array | undefined>) {
    this.#next = next
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = await this.#next()
    if (value === undefined) return { done: true, value }
    this.taken += 1
    return { done: false, value }
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.left = true
    return Promise.resolve({ done: true, value: undefined })
  }
}

function feedOf(...chunks: string[]): Feed {
  return new Feed(() => Promise.resolve(chunks.length > 0 ? Buffer.from(chunks.shift() as string) : undefined))
}

test('each value is one chunk, empty ones are passed over, and the connection goes on', async (t) => {
  const { port } = await startHttpServer(t, () => streamed(feedOf('abc', '', 'de')))
  const client = await connectRaw(port)
  const text = await client.send(get).until('0\r\n\r\n')
  assert.match(text, /Transfer-Encoding: chunked\r\n/)
  assert.match(text, /\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n$/)
  await client.send(get).until(/(?:0\r\n\r\n.*){2}/s)
  client.close()
})

test('the head goes out before the first chunk is there', async (t) => {
  const feed = new Feed(() => new Promise(() => undefined))
  const { port } = await startHttpServer(t, () => streamed(feed))
  const client = await connectRaw(port)
  await client.send(get).until('\r\n\r\n')
  client.close()
})

test('a producer waits while the client does not read', async (t) => {
  const feed = new Feed(() => Promise.resolve(Buffer.alloc(100_000)))
  const { port } = await startHttpServer(t, () => streamed(feed))
  const client = await connectRaw(port)
  client.socket.pause()
  client.send(get)
  await waitUntil('the first chunk', () => feed.taken > 0)
  let before = -1
  await waitUntil('the producer standing still', () => before === (before = feed.taken), { everyMs: 50 })
  assert.ok(feed.taken < 200, `${feed.taken} chunks`)
  client.socket.resume()
  await waitUntil('the producer going on', () => feed.taken > before + 10)
  client.reset()
  await waitUntil('the stream being left', () => feed.left)
})

test('a stream is left when the client leaves, although its next value never comes', async (t) => {
  const feed = new Feed(() => new Promise(() => undefined))
  const { port } = await startHttpServer(t, () => streamed(feed))
  const client = await connectRaw(port)
  await client.send(get).until('\r\n\r\n')
  client.reset()
  await waitUntil('the stream being left', () => feed.left)
})

test('a stream that fails midway cuts the connection without an end', async (t) => {
  let turn = 0
  const feed = new Feed(() => {
    turn += 1
    return turn < 3 ? Promise.resolve(Buffer.from('part')) : Promise.reject(new Error('lost'))
  })
  const { port } = await startHttpServer(t, () => streamed(feed))
  const client = await connectRaw(port)
  const text = await client.send(get).untilClosed()
  assert.match(text, /4\r\npart\r\n$/)
})

test('a stream that fails is a reset for HTTP/1.0, where a close would pass for its end', async (t) => {
  const feed = new Feed(() =>
    feed.taken < 1 ? Promise.resolve(Buffer.from('part')) : Promise.reject(new Error('lost')),
  )
  const { port } = await startHttpServer(t, () => streamed(feed))
  const client = await connectRaw(port)
  let code: string | undefined
  client.socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code))
  await client.send('GET / HTTP/1.0\r\n\r\n').untilClosed()
  assert.equal(code, 'ECONNRESET')
})

for (const [what, request, status] of [
  ['HEAD', 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n', 200],
  ['204', get, 204],
] as const) {
  test(`a stream that answers ${what} is left without being read`, async (t) => {
    const feed = feedOf('abc')
    const { port } = await startHttpServer(t, () => ({ ...streamed(feed), status }))
    const client = await connectRaw(port)
    const text = await client.send(request).until('\r\n\r\n')
    assert.doesNotMatch(text, /chunked|content-length/i)
    assert.deepEqual([feed.taken, feed.left], [0, true])
    await client.send(request).until(/HTTP.*HTTP/s)
    client.close()
  })
}

test('for HTTP/1.0 the end of the connection is the end of the stream', async (t) => {
  const { port } = await startHttpServer(t, () => streamed(feedOf('abc', 'de')))
  const client = await connectRaw(port)
  const text = await client.send('GET / HTTP/1.0\r\n\r\n').untilClosed()
  assert.match(text, /\r\n\r\nabcde$/)
})

test('a stream with an invalid head is a 500, and left', async (t) => {
  const feed = feedOf('abc')
  const { port } = await startHttpServer(t, () => ({ ...streamed(feed), headers: [['x y', '1']] }))
  const client = await connectRaw(port)
  await client.send(get).until('500')
  assert.equal(feed.left, true)
  client.close()
})

test('a pipelined stream waits for its turn and comes whole', async (t) => {
  const first = Promise.withResolvers<HttpResponse>()
  let count = 0
  const { port } = await startHttpServer(t, () => {
    count += 1
    return count === 1 ? first.promise : streamed(feedOf('a'.repeat(50_000), 'b'.repeat(50_000), 'c'))
  })
  const client = await connectRaw(port)
  client.send(get, get)
  await waitUntil('both requests', () => count === 2)
  assert.equal(client.received, '')
  first.resolve({ status: 200, headers: [], contentType: '', body: Buffer.from('first') })
  const text = await client.until('\r\nc\r\n0\r\n\r\n')
  const places = ['first', 'a'.repeat(50_000), 'b'.repeat(50_000)].map((part) => text.indexOf(part))
  assert.ok(places.every((place, index) => place > (places[index - 1] ?? 0)))
  client.close()
})

test('a stream that waits for its turn is left when the client goes', async (t) => {
  const feed = new Feed(() => Promise.resolve(Buffer.alloc(65_536)))
  let seen = 0
  const { port } = await startHttpServer(t, () => {
    seen += 1
    return seen === 1 ? new Promise<HttpResponse>(() => undefined) : streamed(feed)
  })
  const client = await connectRaw(port)
  client.send(get + get)
  await waitUntil('both requests', () => seen === 2 && feed.taken > 0)
  client.reset()
  await waitUntil('the stream being left', () => feed.left)
})
