import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '@pelton/core'
import { connectClient, connectRaw, handled, waitUntil, within } from '@pelton/testkit'
import { bodiesOf, serveMessages } from './fixtures/serve-messages.ts'

test('case 29: started and stopped without any client, it returns and has logged nothing bad', async (t) => {
  const { context, end } = await serveMessages(t)
  context.stopNow()
  await end()
  assert.deepEqual(
    context.logs.filter(({ level }) => level !== 'debug'),
    [],
  )
})

test('a client that waits for nothing is closed with 1001 at once', async (t) => {
  const { url, context } = await serveMessages(t)
  const client = await connectClient(t, url)
  context.stopNow()
  assert.deepEqual(await within('close', client.closed), { code: 1001, reason: 'going away' })
})

test('a client gets its pending replies before it is closed, and nobody is let in meanwhile', async (t) => {
  const answer = Promise.withResolvers<Outcome>()
  const { url, port, context } = await serveMessages(t, {}, { dispatch: () => answer.promise })
  const client = await connectClient(t, url)
  client.send('a')
  client.send('b')
  await waitUntil('both events', () => context.events.length === 2)
  context.stopNow()
  await assert.rejects(connectClient(t, url), /503/)
  client.send('too late')
  answer.resolve(handled({ body: 'reply' }))
  assert.deepEqual(await within('close', client.closed), { code: 1001, reason: 'going away' })
  assert.deepEqual(client.texts, ['reply', 'reply'])
  assert.deepEqual(bodiesOf(context), ['a', 'b'])
  await waitUntil('the end of the port', () =>
    connectRaw(port).then(
      (raw) => raw.close(),
      () => true,
    ),
  )
})

test('what has come since the last tick is handed out before the end', async (t) => {
  const { url, context } = await serveMessages(t, { attributes: { mode: 'discrete', processing_interval: '1h' } })
  const client = await connectClient(t, url)
  client.send('last words')
  client.socket.ping()
  await new Promise((resolve) => client.socket.once('pong', resolve))
  context.stopNow()
  await within('close', client.closed)
  assert.deepEqual(client.texts, ['last words'])
})

test('at the end of the grace time connections are cut', async (t) => {
  const { url, context, end } = await serveMessages(t, {}, { dispatch: () => new Promise(() => undefined) })
  const client = await connectClient(t, url)
  client.send('a')
  await waitUntil('the event', () => context.events.length === 1)
  context.stopNow()
  await end()
  assert.equal((await within('close', client.closed)).code, 1006)
})
