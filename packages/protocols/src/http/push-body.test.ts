import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw, startHttpServer, waitUntil } from '@pelton/testkit'
import type { BodyWriter, HttpResponse } from './http-message.ts'

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

/** Pushed bodies whose writers the test has. */
class Pushed {
  readonly writers: BodyWriter[] = []
  taken = 0
  closed = 0

  answer = (): HttpResponse => ({
    status: 200,
    headers: [['X-A', '1']],
    contentType: 'text/plain',
    body: undefined,
    push: (writer) => {
      this.writers.push(writer)
      return { taken: () => void this.taken++, closed: () => void this.closed++ }
    },
  })

  async writer(): Promise<BodyWriter> {
    await waitUntil('a request', () => this.writers.length > 0)
    return this.writers[0] ?? assert.fail()
  }
}

const pieces = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text))

test('a pushed body has neither length nor chunks, and ends with its connection', async (t) => {
  const pushed = new Pushed()
  const { port } = await startHttpServer(t, pushed.answer)
  const client = await connectRaw(port)
  const head = await client.send(get).until('\r\n\r\n')
  assert.match(
    head,
    /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nX-A: 1\r\nDate: .*\r\nConnection: close\r\n\r\n$/,
  )
  const writer = await pushed.writer()
  writer.send(pieces('ab', 'cd'))
  await waitUntil('the pieces being taken', () => pushed.taken === 1)
  writer.send(pieces('ef'))
  writer.end()
  assert.match(await client.untilClosed(), /\r\n\r\nabcdef$/)
  await waitUntil('the end', () => pushed.closed === 1)
})

test('while the client does not read, nothing is taken', async (t) => {
  const pushed = new Pushed()
  const { port } = await startHttpServer(t, pushed.answer)
  const client = await connectRaw(port)
  client.socket.pause()
  client.send(get)
  const writer = await pushed.writer()
  let sent = 0
  const fill = async (): Promise<boolean> => {
    for (; sent === pushed.taken; sent += 1) writer.send([Buffer.alloc(1 << 20)])
    await new Promise((resolve) => setTimeout(resolve, 100))
    return sent > pushed.taken
  }
  await waitUntil('a piece that is not taken', fill)
  client.socket.resume()
  await waitUntil('all being taken', () => pushed.taken === sent)
  client.close()
})

test('a client that leaves closes it once, and what is sent afterwards is harmless', async (t) => {
  const pushed = new Pushed()
  const { port } = await startHttpServer(t, pushed.answer)
  const client = await connectRaw(port)
  await client.send(get).until('\r\n\r\n')
  client.reset()
  await waitUntil('the end', () => pushed.closed === 1)
  const writer = await pushed.writer()
  writer.send(pieces('late'))
  writer.end()
  writer.cut()
  assert.deepEqual([pushed.taken, pushed.closed], [0, 1])
})

test('a client that closes its half has left, although nothing is sent to it', async (t) => {
  const pushed = new Pushed()
  const { port } = await startHttpServer(t, pushed.answer)
  const client = await connectRaw(port)
  await client.send(get).until('\r\n\r\n')
  client.socket.end()
  await waitUntil('the end', () => pushed.closed === 1)
})

test('a request behind a pushed body ends the connection, since it would never be answered', async (t) => {
  const pushed = new Pushed()
  const { port } = await startHttpServer(t, pushed.answer)
  for (const apart of [true, false]) {
    const client = await connectRaw(port)
    client.send(get)
    if (apart) await client.until('\r\n\r\n')
    client.send(get)
    await client.untilClosed()
  }
  await waitUntil('both ends', () => pushed.closed === 2)
  assert.equal(pushed.writers.length, 2)
})

test('a pushed body that waits for its turn on the connection is closed when the client leaves before', async (t) => {
  const pushed = new Pushed()
  const never: Promise<HttpResponse> = new Promise(() => undefined)
  const { port } = await startHttpServer(t, ({ target }) => (target === '/' ? pushed.answer() : never))
  const client = await connectRaw(port)
  client.send(get.replace('/', '/never'), get)
  const writer = await pushed.writer()
  writer.send(pieces('waits'))
  assert.equal(client.received, '')
  client.reset()
  await waitUntil('the end', () => pushed.closed === 1)
})

test('a cut loses what was not taken', async (t) => {
  const pushed = new Pushed()
  const { port } = await startHttpServer(t, pushed.answer)
  const client = await connectRaw(port)
  await client.send(get).until('\r\n\r\n')
  const writer = await pushed.writer()
  writer.cut()
  writer.send(pieces('late'))
  assert.match(await client.untilClosed(), /\r\n\r\n$/)
  await waitUntil('the end', () => pushed.closed === 1)
})

test('HEAD is answered by the head alone', async (t) => {
  const pushed = new Pushed()
  const { port } = await startHttpServer(t, pushed.answer)
  const client = await connectRaw(port)
  const text = await client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n').untilClosed()
  assert.match(text, /Connection: close\r\n\r\n$/)
  assert.doesNotMatch(text, /length|chunked/i)
  assert.equal(pushed.writers.length, 0)
})

test('a listener that closes waits for a pushed body, until it is told to cut', async (t) => {
  const pushed = new Pushed()
  const server = await startHttpServer(t, pushed.answer)
  const client = await connectRaw(server.port)
  await client.send(get).until('\r\n\r\n')
  const abort = new AbortController()
  const closing = server.close(abort.signal)
  const writer = await pushed.writer()
  writer.send(pieces('still'))
  await client.until('still')
  abort.abort()
  await closing
  await client.untilClosed()
})

test('a body that cannot be begun to be pushed cuts the connection and is reported', async (t) => {
  const faults: unknown[] = []
  const { port } = await startHttpServer(
    t,
    () => ({
      status: 200,
      headers: [],
      contentType: '',
      body: undefined,
      push: () => {
        throw new Error('no camera')
      },
    }),
    { onFault: (error) => void faults.push(error) },
  )
  const client = await connectRaw(port)
  assert.doesNotMatch(await client.send(get).untilClosed(), /500/)
  assert.deepEqual(faults.map(String), ['Error: no camera'])
})
