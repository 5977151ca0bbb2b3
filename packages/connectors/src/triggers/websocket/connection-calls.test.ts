import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type FakeTriggerContext, type WebSocketClient, connectClient, waitUntil } from '@pelton/testkit'
import { connectionOf, serveMessages } from './fixtures/serve-messages.ts'
import { createHandlerSide } from './handler-side.ts'
import type { WebSocketSender } from '@pelton/sdk'

interface Room {
  context: FakeTriggerContext
  clients: WebSocketClient[]
  ids: string[]
  /** What a handler has as `context.websocket`. */
  sender: WebSocketSender
}

/** So many clients, with what a handler knows of them. */
async function start(t: TestContext, count: number, attributes: Record<string, unknown> = {}): Promise<Room> {
  const { url, context } = await serveMessages(t, { attributes })
  const clients: WebSocketClient[] = []
  for (let index = 0; index < count; index += 1) {
    const client = await connectClient(t, url)
    client.send('who am I')
    await client.until(1)
    clients.push(client)
  }
  const ids = context.events.map((event) => String(connectionOf(event)['id']))
  const sender = createHandlerSide((operation, payload, body) => context.call(operation, payload, body))
  return { context, clients, ids, sender: sender as WebSocketSender }
}

test('send reaches one connection: text as text, bytes as bytes, the rest as JSON text', async (t) => {
  const { clients, ids, sender } = await start(t, 2)
  const [first, second] = clients
  for (const data of ['text', Buffer.from('bytes'), new Uint8Array([65]).buffer, { a: 1 }, null]) {
    assert.equal(await sender.send(ids[0]!, data), true)
  }
  assert.deepEqual(await first!.until(6), ['who am I', 'text', 'bytes', 'A', '{"a":1}', 'null'])
  assert.deepEqual(
    first!.messages.slice(1).map(({ isText }) => isText),
    [true, false, false, true, true],
  )
  assert.equal(second!.messages.length, 1)
  assert.equal(await sender.send('nobody', 'x'), false)
  await assert.rejects(sender.send(ids[0]!, undefined), TypeError)
})

test('a buffer may be filled anew once it was given to send', async (t) => {
  const { clients, ids, sender } = await start(t, 1)
  const buffer = Buffer.from('one')
  const sent = sender.send(ids[0]!, buffer)
  buffer.write('two')
  await sent
  assert.equal((await clients[0]!.until(2))[1], 'one')
})

test('broadcast reaches all', async (t) => {
  const { clients, sender } = await start(t, 3)
  assert.equal(await sender.broadcast('news'), 3)
  for (const client of clients) assert.deepEqual((await client.until(2))[1], 'news')
})

test('a room is what has joined it, until it leaves or goes', async (t) => {
  const { context, clients, ids, sender } = await start(t, 3)
  for (const id of ids) assert.equal(await sender.join(id, 'red'), true)
  assert.equal(await sender.join('nobody', 'red'), false)
  assert.equal(await sender.to('red', '1'), 3)
  assert.equal(await sender.leave(ids[1]!, 'red'), true)
  assert.equal(await sender.to('red', '2'), 2)
  clients[0]!.socket.close()
  await waitUntil('its end', () => context.logs.some(({ message }) => message === 'websocket_closed'))
  assert.equal(await sender.to('red', '3'), 1)
  assert.equal(await sender.to('blue', '4'), 0)
  assert.deepEqual(await clients[2]!.until(4), ['who am I', '1', '2', '3'])
  assert.deepEqual(await clients[1]!.until(2), ['who am I', '1'])
})

test('close closes with its code and reason, after what was sent before', async (t) => {
  const { clients, ids, sender } = await start(t, 1)
  await sender.send(ids[0]!, 'last')
  assert.equal(await sender.close(ids[0]!, 4001, 'enough'), true)
  assert.deepEqual(await clients[0]!.closed, { code: 4001, reason: 'enough' })
  assert.deepEqual(clients[0]!.texts.at(-1), 'last')
  assert.equal(await sender.close('nobody'), false)
})

test('what a connection cannot do is refused with the reason', async (t) => {
  const { ids, sender } = await start(t, 1)
  const [id = ''] = ids
  for (const room of ['', 'x'.repeat(257)]) {
    await assert.rejects(sender.join(id, room), { code: 'room_refused', message: /1 to 256 characters/ })
  }
  for (let count = 0; count < 256; count += 1) await sender.join(id, `room ${count}`)
  await assert.rejects(sender.join(id, 'one more'), { code: 'room_refused', message: /256 rooms already/ })
  assert.equal(await sender.join(id, 'room 0'), true)
  for (const code of [0, 1005, 1006, 1015, 2999, 5000, 1000.5]) {
    await assert.rejects(sender.close(id, code), { code: 'close_refused', message: /code/ })
  }
  await assert.rejects(sender.close(id, 1000, 'ä'.repeat(62)), { code: 'close_refused', message: /123 bytes/ })
})

test('a client that does not read gets no more than its backlog; what it loses is counted and logged once', async (t) => {
  const { context, clients, ids, sender } = await start(t, 2, { max_backlog_bytes: '1MiB' })
  const [slow, other] = clients
  slow!.socket.pause()
  const data = Buffer.alloc(64 * 1024)
  let refused = 0
  for (let count = 0; count < 400; count += 1) if (!(await sender.send(ids[0]!, data))) refused += 1
  assert.ok(refused > 100, `${refused} of 400 refused`)
  assert.equal(await sender.send(ids[1]!, 'still served'), true)
  await other!.until(2)
  const warnings = context.logs.filter(({ message }) => message === 'websocket_push_refused')
  assert.equal(warnings.length, 1)
  slow!.socket.resume()
  await slow!.until(1 + 400 - refused)
  assert.equal(await sender.send(ids[0]!, 'caught up'), true)
  slow!.socket.close()
  const end = await waitUntil('its end', () => context.logs.find(({ message }) => message === 'websocket_closed'))
  assert.equal(end?.facts?.['refused_pushes'], refused)
})

test('a message larger than the backlog goes to a client that is caught up', async (t) => {
  const { clients, ids, sender } = await start(t, 1, { max_backlog_bytes: 1000 })
  assert.equal(await sender.send(ids[0]!, Buffer.alloc(5000)), true)
  await clients[0]!.until(2)
})
