import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import type { EventData, Outcome } from '@pelton/core'
import { FakeClock, type WebSocketClient, connectClient, handled, waitUntil } from '@pelton/testkit'
import { type ServedMessages, type ServedOptions, bodiesOf, serveMessages } from './fixtures/serve-messages.ts'

const everyMs = 10
const stream = { mode: 'stream', chunk_bytes: 4, max_bytes: 32, trim_bytes: 4 }
const discrete = { mode: 'discrete' }

interface Windows extends ServedMessages {
  clock: FakeClock
  client: WebSocketClient
  /** Sends, and waits until it has arrived. */
  push(...data: (string | Buffer)[]): Promise<void>
}

async function start(
  t: TestContext,
  attributes: Record<string, unknown>,
  options: ServedOptions = {},
): Promise<Windows> {
  const clock = new FakeClock()
  const given = { attributes: { processing_interval: everyMs, ...attributes } }
  const served = await serveMessages(t, given, { clock, ...options })
  const client = await connectClient(t, served.url)
  return { ...served, clock, client, push: (...data) => push(client, ...data) }
}

/** A pong comes after everything that was sent before its ping. */
async function push(client: WebSocketClient, ...data: (string | Buffer)[]): Promise<void> {
  for (const one of data) client.send(one)
  client.socket.ping()
  await once(client.socket, 'pong')
}

test('cases 16 and 30: a message is an event at the next tick, of bytes', async (t) => {
  const { context, clock, push } = await start(t, discrete)
  await push('hello')
  assert.equal(context.events.length, 0)
  await clock.advance(everyMs)
  assert.deepEqual(bodiesOf(context), ['hello'])
  const event = context.events.at(-1)
  assert.deepEqual([event?.contentType, event?.method], ['application/octet-stream', 'websocket'])
})

test('case 17: one message is one event', async (t) => {
  const { context, clock, push } = await start(t, discrete)
  await push('hello')
  await clock.advance(6 * everyMs)
  assert.deepEqual(bodiesOf(context), ['hello'])
})

test('case 18: of the messages of an interval the last one is the event', async (t) => {
  const { context, clock, push } = await start(t, discrete)
  await push('old', 'new')
  await clock.advance(everyMs)
  await push('kept', '')
  await clock.advance(everyMs)
  assert.deepEqual(bodiesOf(context), ['new'])
})

test('cases 19 to 22: windows are as the sizes say', async (t) => {
  const { context, clock, push } = await start(t, { ...stream, max_bytes: 8 })
  await push('ab')
  await clock.advance(5 * everyMs)
  assert.deepEqual(bodiesOf(context), [])
  await push('cd', Buffer.from('efgh'))
  await clock.advance(everyMs)
  await push('ijkl')
  await clock.advance(5 * everyMs)
  assert.deepEqual(bodiesOf(context), ['abcdefgh', 'efghijkl'])
})

test('case 24: two frames of a chunk each are one window', async (t) => {
  const { context, clock, push } = await start(t, { mode: 'stream', chunk_bytes: 10, max_bytes: 100, trim_bytes: 50 })
  await push(Buffer.alloc(10, 'a'), Buffer.alloc(10, 'b'))
  await clock.advance(50)
  assert.deepEqual(bodiesOf(context), ['aaaaaaaaaabbbbbbbbbb'])
})

test('case 31: the reply to the last message of an interval goes back', async (t) => {
  const dispatch = (event: EventData): Outcome =>
    handled({ body: `ACK: ${Buffer.from(event.body).toString()}`, contentType: 'text/plain', bodyType: 'text' })
  const { client, clock, push } = await start(t, discrete, { dispatch })
  await push('state = A', 'state = B')
  await clock.advance(everyMs)
  await push('state = C')
  await clock.advance(everyMs)
  assert.deepEqual(await client.until(2), ['ACK: state = B', 'ACK: state = C'])
  assert.equal(client.messages[0]?.isText, true)
})

test('each client has a window of its own, which goes with it', async (t) => {
  const { context, clock, client, url, push: pushFirst } = await start(t, stream)
  const second = await connectClient(t, url)
  await pushFirst('aaaa', 'aa')
  await push(second, 'bbbb')
  await clock.advance(everyMs)
  assert.deepEqual(bodiesOf(context).toSorted(), ['aaaa', 'bbbb'])
  client.socket.close()
  await client.closed
  const third = await connectClient(t, url)
  await push(third, 'cc')
  await clock.advance(everyMs)
  await push(third, 'cc')
  await clock.advance(everyMs)
  assert.deepEqual(bodiesOf(context).slice(2), ['cccc'])
})

test('with shared state all clients fill one window', async (t) => {
  const { context, clock, url, push: pushFirst } = await start(t, { ...stream, shared: true })
  const second = await connectClient(t, url)
  await pushFirst('aa')
  await push(second, 'bb')
  await clock.advance(everyMs)
  assert.deepEqual(bodiesOf(context), ['aabb'])
})

test('what has come when a client leaves is an event all the same', async (t) => {
  const { context, clock, client, push } = await start(t, discrete)
  await push('last words')
  client.socket.close()
  await client.closed
  await clock.advance(everyMs)
  assert.deepEqual(bodiesOf(context), ['last words'])
})

test('with eight events waiting ticks are left out, counted and logged once', async (t) => {
  const open: ((outcome: Outcome) => void)[] = []
  const { context, clock, client, push } = await start(t, discrete, {
    dispatch: () => new Promise((resolve) => open.push(resolve)),
  })
  for (let count = 1; count <= 12; count += 1) {
    await push(`message ${count}`)
    await clock.advance(everyMs)
  }
  assert.equal(context.events.length, 8)
  const warnings = (): number => context.logs.filter(({ message }) => message === 'websocket_ticks_skipped').length
  assert.equal(warnings(), 1)
  open.shift()?.(handled())
  await clock.advance(everyMs)
  assert.equal(bodiesOf(context).at(-1), 'message 12')
  assert.equal(warnings(), 1)
  client.socket.terminate()
  const end = await waitUntil('the end', () => context.logs.find(({ message }) => message === 'websocket_closed'))
  assert.equal(end?.facts?.['skipped_ticks'], 4)
  for (const resolve of open) resolve(handled())
})
