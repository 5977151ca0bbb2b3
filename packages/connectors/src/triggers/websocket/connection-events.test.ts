import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { type EventData, type Outcome, PeltonError } from '@pelton/core'
import { FakeClock, type WebSocketClient, connectClient, handled, waitUntil } from '@pelton/testkit'
import { bodiesOf, echo, serveMessages } from './fixtures/serve-messages.ts'

const failure = new PeltonError('handler_failed', 'the handler failed', { blame: 'user', retryable: false, help: '' })
const given = { attributes: { connection_events: true } }
const typesOf = (events: readonly EventData[]): unknown[] => events.map(({ extra }) => extra?.['type'] ?? 'message')

test('connecting and disconnecting are events around the messages', async (t) => {
  const { url, context } = await serveMessages(t, given)
  const client = await connectClient(t, `${url}?user=ada`)
  client.send('hello')
  await client.until(1)
  client.socket.close(4000, 'bye')
  await waitUntil('all events', () => context.events.length === 3)
  assert.deepEqual(typesOf(context.events), ['connect', 'message', 'disconnect'])
  const [connect, , disconnect] = context.events
  assert.deepEqual(connect?.fields, { user: 'ada' })
  assert.deepEqual(disconnect?.fields, { user: 'ada', code: 4000, reason: 'bye' })
  assert.equal(disconnect?.body.byteLength, 0)
  assert.equal(context.options[2]?.signal, undefined)
})

test('messages wait until the connect event is handled, and the disconnect event for the messages', async (t) => {
  const open: { event: EventData; answer: (outcome: Outcome) => void }[] = []
  const { url, context } = await serveMessages(t, given, {
    dispatch: (event) => new Promise((answer) => open.push({ event, answer })),
  })
  const client = await connectClient(t, url)
  client.send('a')
  client.send('b')
  client.socket.close()
  await waitUntil('the end', () => context.logs.some(({ message }) => message === 'websocket_closed'))
  assert.deepEqual(typesOf(context.events), ['connect'])
  open.shift()?.answer(handled({ body: 'welcome' }))
  await waitUntil('the messages', () => open.length === 2)
  assert.deepEqual(typesOf(context.events), ['connect', 'message', 'message'])
  for (const { event, answer } of open.splice(0)) answer(echo(event, {}) as Outcome)
  await waitUntil('the end', () => open.length === 1)
  assert.deepEqual(typesOf(context.events).at(-1), 'disconnect')
  open[0]?.answer(handled())
})

test('what the handler answers to a connect event is the first message', async (t) => {
  const dispatch = (event: EventData): Outcome =>
    event.extra?.['type'] === 'connect' ? handled({ body: 'welcome', bodyType: 'text' }) : (echo(event, {}) as Outcome)
  const { url } = await serveMessages(t, given, { dispatch })
  const client = await connectClient(t, url)
  client.send('hello')
  assert.deepEqual(await client.until(2), ['welcome', 'hello'])
})

test('a handler that refuses or fails a connect event closes the connection before anything it sent is handled', async (t) => {
  const refusals: [Outcome, number][] = [
    [handled({ status: 403, body: 'secret' }), 1008],
    [{ status: 'failed', error: failure }, 1011],
  ]
  for (const [outcome, code] of refusals) {
    const refuse = Promise.withResolvers<Outcome>()
    const { url, context } = await serveMessages(t, given, { dispatch: () => refuse.promise })
    const client = await connectClient(t, url)
    client.send('let me in')
    client.socket.ping()
    await once(client.socket, 'pong')
    refuse.resolve(outcome)
    assert.equal((await client.closed).code, code)
    assert.deepEqual(client.texts, [])
    await waitUntil('the end', () => context.logs.some(({ message }) => message === 'websocket_closed'))
    assert.deepEqual(typesOf(context.events), ['connect'])
  }
})

test('who is not admitted yet gets no broadcast', async (t) => {
  const admit = Promise.withResolvers<Outcome>()
  const { url, context } = await serveMessages(t, given, { dispatch: () => admit.promise })
  await connectClient(t, url)
  await waitUntil('the connect event', () => context.events.length === 1)
  assert.equal(await context.call('websocket.broadcast', { text: true }, Buffer.from('x')), 0)
  admit.resolve(handled())
  await waitUntil('the broadcast', async () => (await context.call('websocket.broadcast', {}, Buffer.from('x'))) === 1)
})

/** A handler that refuses whoever says so in its query, once it is told to, and echoes the rest. */
function doorkeeper(): { dispatch: (event: EventData) => Promise<Outcome>; decide: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    dispatch: async (event) => {
      if (event.extra?.['type'] !== 'connect') return echo(event, {})
      if (event.fields['wait']) await promise
      return handled({ status: event.fields['refuse'] ? 403 : 200 })
    },
    decide: resolve,
  }
}

async function ping({ socket }: WebSocketClient): Promise<void> {
  socket.ping()
  await once(socket, 'pong')
}

for (const mode of ['discrete', 'stream']) {
  const attributes = { connection_events: true, mode, chunk_bytes: 1, processing_interval: 10 }

  test(`in mode ${mode} nothing is handled that a client sent which is refused before the tick`, async (t) => {
    const clock = new FakeClock()
    const { dispatch, decide } = doorkeeper()
    const { url, context } = await serveMessages(t, { attributes }, { dispatch, clock })
    const client = await connectClient(t, `${url}?wait=1&refuse=1`)
    client.send('let me in')
    await ping(client)
    decide()
    assert.equal((await client.closed).code, 1008)
    await clock.advance(30)
    await waitUntil('the end', () => context.logs.some(({ message }) => message === 'websocket_closed'))
    await clock.advance(30)
    assert.deepEqual(typesOf(context.events), ['connect'])
  })

  test(`in mode ${mode} the disconnect event comes behind what has come since the last tick`, async (t) => {
    const clock = new FakeClock()
    const { url, context } = await serveMessages(t, { attributes }, { clock })
    const client = await connectClient(t, url)
    client.send('last words')
    await ping(client)
    client.socket.close()
    await waitUntil('the end', () => context.logs.some(({ message }) => message === 'websocket_closed'))
    await clock.advance(30)
    await waitUntil('all events', () => context.events.length === 3)
    assert.deepEqual(typesOf(context.events), ['connect', 'message', 'disconnect'])
  })

  test(`in mode ${mode} with shared state what a client sends waits until it is admitted`, async (t) => {
    const clock = new FakeClock()
    const { dispatch, decide } = doorkeeper()
    const { url, context } = await serveMessages(
      t,
      { attributes: { ...attributes, shared: true } },
      { dispatch, clock },
    )
    const inside = await connectClient(t, url)
    inside.send('a')
    await ping(inside)
    const [refused, admitted] = [
      await connectClient(t, `${url}?wait=1&refuse=1`),
      await connectClient(t, `${url}?wait=1`),
    ]
    refused.send('x')
    admitted.send('b')
    await clock.advance(10)
    decide()
    await refused.closed
    await ping(admitted)
    await clock.advance(20)
    const bodies = (): string => bodiesOf(context).join('')
    await waitUntil('what was sent', () => bodies().endsWith('b'))
    assert.ok(!bodies().includes('x'), bodies())
  })
}

test('with shared state replies go to the newest client that was admitted', async (t) => {
  const { dispatch, decide } = doorkeeper()
  const held = Promise.withResolvers<void>()
  const { url, context } = await serveMessages(
    t,
    { attributes: { connection_events: true, shared: true } },
    {
      dispatch: async (event) => {
        if (event.extra?.['type'] === undefined) await held.promise
        return dispatch(event)
      },
    },
  )
  const inside = await connectClient(t, url)
  inside.send('for those who may')
  await waitUntil('the message', () => context.events.length === 2)
  const outside = await connectClient(t, `${url}?wait=1&refuse=1`)
  held.resolve()
  await inside.until(1)
  decide()
  assert.equal((await outside.closed).code, 1008)
  assert.deepEqual(outside.texts, [])
})
