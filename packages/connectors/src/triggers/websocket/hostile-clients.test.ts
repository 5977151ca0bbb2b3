import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Outcome } from '@pelton/core'
import { type RawClient, connectClient, connectRaw, handled, waitUntil, within } from '@pelton/testkit'
import { bodiesOf, serveMessages } from './fixtures/serve-messages.ts'

/** A client that writes its own frames, once it is connected. */
async function connectFrames(t: TestContext, port: number): Promise<RawClient> {
  const client = await connectRaw(port)
  t.after(() => client.close())
  client.send(
    'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await client.until('\r\n\r\n')
  return client
}

/** A frame's head for a payload masked by zeros, which stays as it is. */
function frameHead(first: number, length: number): Buffer {
  const size =
    length < 126
      ? [0x80 | length]
      : [0x80 | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => Math.floor(length / 2 ** shift) & 0xff)]
  return Buffer.from([first, ...size, 0, 0, 0, 0])
}

/** A close frame with this code, whatever its reason. */
function closeFrame(code: number): RegExp {
  return new RegExp(`\\x88[^]\\x0${code >> 8}\\x${(code & 0xff).toString(16)}`)
}

test('a message over the limit closes with 1009, in fragments too', async (t) => {
  const { url, context } = await serveMessages(t, { attributes: { max_message_bytes: 1000 } })
  const whole = await connectClient(t, url)
  whole.send(Buffer.alloc(1001))
  assert.equal((await whole.closed).code, 1009)
  const parts = await connectClient(t, url)
  for (let count = 0; count < 4; count += 1) parts.socket.send(Buffer.alloc(300), { fin: count === 3 })
  assert.equal((await parts.closed).code, 1009)
  const right = await connectClient(t, url)
  right.send(Buffer.alloc(1000))
  await right.until(1)
  assert.equal(context.events.length, 1)
})

test('a frame that announces a gigabyte closes with 1009 before it has come', async (t) => {
  const { port } = await serveMessages(t)
  const client = await connectFrames(t, port)
  client.send(frameHead(0x82, 2 ** 30))
  await client.until(closeFrame(1009))
  await client.untilClosed()
})

test('a text that is no UTF-8 closes with 1007, a frame against the protocol with 1002', async (t) => {
  const { port, context } = await serveMessages(t)
  const text = await connectFrames(t, port)
  await text.send(frameHead(0x81, 2), Buffer.from([0xc3, 0x28])).until(closeFrame(1007))
  const reserved = await connectFrames(t, port)
  await reserved.send(frameHead(0x83, 0)).until(closeFrame(1002))
  assert.deepEqual(context.events, [])
})

test('a client that sends a byte at a time is served like any other', async (t) => {
  const { port, context } = await serveMessages(t)
  const client = await connectFrames(t, port)
  for (const byte of [...frameHead(0x81, 5), ...Buffer.from('hello')]) {
    client.send(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await client.until('hello')
  assert.deepEqual(bodiesOf(context), ['hello'])
})

test('a client that sends faster than is handled is not read, and nothing of it is lost', async (t) => {
  const open: ((outcome: Outcome) => void)[] = []
  const { url, context } = await serveMessages(
    t,
    { attributes: { max_backlog_bytes: '64KiB' } },
    {
      dispatch: () => new Promise((resolve) => open.push(resolve)),
    },
  )
  const client = await connectClient(t, url)
  const count = 3000
  for (let index = 0; index < count; index += 1) client.send(`${index} ${'x'.repeat(1000)}`)
  await waitUntil('the first events', () => context.events.length === 64)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(context.events.length, 64)
  let answered = 0
  while (answered < count) {
    await waitUntil('more events', () => open.length > 0)
    for (const resolve of open.splice(0)) {
      resolve(handled({ body: String(answered) }))
      answered += 1
    }
  }
  const texts = await client.until(count)
  assert.deepEqual([texts[0], texts.at(-1)], ['0', String(count - 1)])
  assert.ok(bodiesOf(context).every((body, index) => body.startsWith(`${index} `)))
})

test('a client that never reads costs no more than its backlog, and is cut off when it goes on so', async (t) => {
  const reply = handled({ body: Buffer.alloc(256 * 1024) })
  const { url, context } = await serveMessages(
    t,
    { attributes: { max_backlog_bytes: '1MiB' } },
    { dispatch: () => reply, stallMs: 1000 },
  )
  const client = await connectClient(t, url)
  client.socket.pause()
  for (let count = 0; count < 500; count += 1) client.send('more')
  await waitUntil('the first events', () => context.events.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 300))
  // Once it is cut off, what it sent is handled all the same.
  assert.ok(context.events.length < 500, `${context.events.length} events`)
  const cut = await waitUntil('the cut', () =>
    context.logs.find(({ message }) => message === 'websocket_client_stalled'),
  )
  const unsent = Number(cut?.facts?.['unsent_bytes'])
  assert.ok(unsent > 2 ** 20 && unsent < 2 ** 20 + 64 * 256 * 1024 + 1000, `${unsent} bytes`)
  const end = await waitUntil('its end', () => context.logs.find(({ message }) => message === 'websocket_closed'))
  assert.equal(end?.facts?.['code'], 1006)
})

test('others are served while one neither reads nor stops sending', async (t) => {
  const { url } = await serveMessages(t, { attributes: { max_backlog_bytes: '256KiB' } })
  const deaf = await connectClient(t, url)
  deaf.socket.pause()
  for (let count = 0; count < 500; count += 1) deaf.send(Buffer.alloc(64 * 1024))
  const other = await connectClient(t, url)
  for (let count = 0; count < 20; count += 1) {
    other.send(`${count}`)
    await within('a reply', other.until(count + 1))
  }
})
