import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EventData, type Outcome, PeltonError } from '@pelton/core'
import { connectClient, handled, waitUntil } from '@pelton/testkit'
import { bodiesOf, echo, serveMessages } from './fixtures/serve-messages.ts'

const failure = new PeltonError('handler_failed', 'the handler failed', { blame: 'user', retryable: false, help: '' })

test('an event has the message, and what the handshake said', async (t) => {
  const { context, url } = await serveMessages(t)
  const before = Date.now()
  const client = await connectClient(t, `${url}?room=red&user=ada`, { headers: { 'x-token': 'secret' } })
  client.send('hello')
  client.send(Buffer.from([0, 255]))
  await client.until(2)
  const [text, bytes] = context.events
  assert.ok(text && bytes)
  assert.deepEqual([text.method, text.path, text.url], ['websocket', '/ws', '/ws?room=red&user=ada'])
  assert.deepEqual([text.contentType, Buffer.from(text.body).toString()], ['text/plain; charset=utf-8', 'hello'])
  assert.deepEqual([bytes.contentType, [...bytes.body]], ['application/octet-stream', [0, 255]])
  assert.deepEqual(text.fields, { room: 'red', user: 'ada' })
  assert.equal(text.headers['x-token'], 'secret')
  assert.deepEqual(text.trigger, { kind: 'websocket', name: 'test' })
  assert.ok(text.timestamp.getTime() >= before && text.timestamp.getTime() <= Date.now())
  const { connection, type } = text.extra as { connection: Record<string, string>; type?: string }
  assert.equal(type, undefined)
  assert.match(connection['id'] ?? '', /^[\w-]{22}$/)
  assert.match(connection['address'] ?? '', /127\.0\.0\.1$/)
  assert.ok(Date.parse(connection['opened'] ?? '') >= before - 1)
  assert.equal(bytes.extra?.['connection'], connection)
  assert.deepEqual(
    context.options.map(({ key, sequence }) => [key, sequence]),
    [
      [connection['id'], 1],
      [connection['id'], 2],
    ],
  )
})

test('text goes back as text and bytes as bytes', async (t) => {
  const { url } = await serveMessages(t)
  const client = await connectClient(t, url)
  client.send('grüße')
  client.send(Buffer.from('grüße'))
  await client.until(2)
  assert.deepEqual(
    client.messages.map(({ text, isText }) => [text, isText]),
    [
      ['grüße', true],
      ['grüße', false],
    ],
  )
})

test('where nobody says what a reply is, its content type does, if it is UTF-8', async (t) => {
  const replies = [
    { contentType: 'application/json', body: '{}' },
    { contentType: 'text/plain', body: 'a' },
    { contentType: 'application/vnd.x+json; charset=utf-8', body: '1' },
    { contentType: 'text/plain', body: Buffer.from([0xff, 0xfe]) },
    { contentType: 'application/octet-stream', body: 'a' },
    { contentType: '', body: 'a' },
  ]
  let next = 0
  const { url } = await serveMessages(t, {}, { dispatch: () => handled(replies[next++]) })
  const client = await connectClient(t, url)
  for (const _ of replies) client.send('x')
  await client.until(replies.length)
  assert.deepEqual(
    client.messages.map(({ isText }) => isText),
    [true, true, true, false, false, false],
  )
})

test('an answer without a body sends nothing, an empty text is an empty message', async (t) => {
  const replies: Outcome[] = [
    handled(),
    handled({ body: '', bodyType: 'bytes' }),
    handled({ body: '', bodyType: 'text' }),
    handled({ body: 'end' }),
  ]
  const { url } = await serveMessages(t, {}, { dispatch: () => replies.shift() ?? handled() })
  const client = await connectClient(t, url)
  for (let count = 0; count < 4; count += 1) client.send('x')
  assert.deepEqual(await client.until(2), ['', 'end'])
})

test('case 93: each of two clients gets its own replies, in the order of its messages', async (t) => {
  const dispatch = async (event: EventData): Promise<Outcome> => {
    // The later, the sooner.
    await new Promise((resolve) => setTimeout(resolve, 20 - Number(Buffer.from(event.body).toString().slice(1))))
    return echo(event, {})
  }
  const { url, context } = await serveMessages(t, {}, { dispatch })
  const clients = [await connectClient(t, url), await connectClient(t, url)]
  const sent = clients.map((_, index) => Array.from({ length: 20 }, (_none, count) => `${'ab'[index]}${count}`))
  for (let count = 0; count < 20; count += 1) clients.forEach((client, index) => client.send(sent[index]![count]!))
  for (const [index, client] of clients.entries()) assert.deepEqual(await client.until(20), sent[index])
  assert.ok(context.mostPending > 2, 'they were handled at the same time')
})

test('each chunk of a streamed reply is a message, and the next reply waits for its end', async (t) => {
  const last = Promise.withResolvers<void>()
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one')
    yield Buffer.from('two')
    await last.promise
    yield Buffer.from('three')
  }
  const slow = Promise.withResolvers<Outcome>()
  const replies = [handled({ body: chunks(), contentType: 'text/plain' }), handled({ body: 'next' }), slow.promise]
  const { url } = await serveMessages(t, {}, { dispatch: () => replies.shift() ?? handled() })
  const client = await connectClient(t, url)
  for (const text of ['a', 'b', 'c']) client.send(text)
  await client.until(2)
  last.resolve()
  await client.until(4)
  slow.resolve(handled({ body: 'last' }))
  assert.deepEqual(await client.until(5), ['one', 'two', 'three', 'next', 'last'])
  assert.equal(client.messages[0]?.isText, true)
})

test('a stream is left when its client has gone', async (t) => {
  let isLeft = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield Buffer.alloc(1000)
        await new Promise((resolve) => setImmediate(resolve))
      }
    } finally {
      isLeft = true
    }
  }
  const { url } = await serveMessages(t, {}, { dispatch: () => handled({ body: endless() }) })
  const client = await connectClient(t, url)
  client.send('a')
  await client.until(1)
  client.socket.close()
  await waitUntil('the end of the stream', () => isLeft)
})

test('what failed sends nothing of itself, unless report_errors names the event', async (t) => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('begun')
    throw new Error('secret details')
  }
  const outcomes = (): Outcome[] => [
    { status: 'failed', error: failure },
    handled({ status: 404, body: 'secret page' }),
    handled({ body: broken() }),
    handled({ body: 'end' }),
  ]
  for (const report_errors of [false, true]) {
    const left = outcomes()
    const { url, context } = await serveMessages(
      t,
      { attributes: { report_errors } },
      { dispatch: () => left.shift() ?? handled() },
    )
    const client = await connectClient(t, url)
    for (const text of ['a', 'b', 'c', 'd']) client.send(text)
    const texts = await client.until(report_errors ? 5 : 2)
    const [first, second, third] = context.events.map(({ id }) => id)
    const reports = [
      JSON.stringify({ error: 'the handler failed', event_id: first }),
      JSON.stringify({ error: 'the handler answered 404', event_id: second }),
      'begun',
      JSON.stringify({ error: 'the reply broke off', event_id: third }),
      'end',
    ]
    assert.deepEqual(texts, report_errors ? reports : ['begun', 'end'])
    const broke = context.logs.filter(({ message }) => message === 'websocket_reply_broken')
    assert.deepEqual(
      broke.map(({ facts }) => facts?.['reason']),
      ['secret details'],
    )
  }
})

test('case 28: without a free worker a message has no reply, and the connection goes on', async (t) => {
  const full = new PeltonError('no_worker', 'no worker', { blame: 'user', retryable: true, help: '', status: 503 })
  const outcomes: Outcome[] = [{ status: 'failed', error: full }, handled({ body: 'back' })]
  const { url } = await serveMessages(t, {}, { dispatch: () => outcomes.shift() ?? handled() })
  const client = await connectClient(t, url)
  client.send('a')
  client.send('b')
  assert.deepEqual(await client.until(1), ['back'])
})

test('the signal of an event aborts when its client has gone', async (t) => {
  const { url, context } = await serveMessages(t, {}, { dispatch: () => new Promise(() => undefined) })
  const client = await connectClient(t, url)
  client.send('a')
  await waitUntil('the event', () => context.events.length === 1)
  const signal = context.options[0]?.signal
  assert.equal(signal?.aborted, false)
  client.socket.terminate()
  await waitUntil('the signal', () => signal?.aborted)
})

test('what a client sent before it left is handled, although its wait for a worker ended with it', async (t) => {
  const left = new PeltonError('caller_left', 'the caller left', { blame: 'user', retryable: false, help: '' })
  const dispatch = (_event: unknown, { signal }: { signal?: AbortSignal }): Promise<Outcome> | Outcome =>
    signal
      ? new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ status: 'failed', error: left }), { once: true })
        })
      : handled()
  const { url, context } = await serveMessages(t, {}, { dispatch })
  const client = await connectClient(t, url)
  for (const text of ['a', 'b', 'c']) client.send(text)
  client.socket.close()
  await waitUntil('all events again', () => context.events.length === 6)
  assert.deepEqual(bodiesOf(context), ['a', 'b', 'c', 'a', 'b', 'c'])
})

test('with shared state replies go to the newest client', async (t) => {
  const { url } = await serveMessages(t, { attributes: { shared: true } })
  const [older, newer] = [await connectClient(t, url), await connectClient(t, url)]
  older.send('from the older')
  assert.deepEqual(await newer.until(1), ['from the older'])
  newer.socket.close()
  await newer.closed
  older.send('again')
  assert.deepEqual(await older.until(1), ['again'])
})

test('with shared state what waits for a client that does not read goes to the next one that comes', async (t) => {
  const { url, context } = await serveMessages(
    t,
    { attributes: { shared: true, max_backlog_bytes: '64KiB' } },
    { dispatch: (event) => handled({ body: Buffer.alloc(1 << 20, event.body[0]) }) },
  )
  const deaf = await connectClient(t, url)
  deaf.socket.pause()
  const handedOut = async (): Promise<number> => {
    const before = context.events.length
    deaf.send('x')
    await new Promise((resolve) => setTimeout(resolve, 20))
    return context.events.length - before
  }
  await waitUntil('an event that waits', async () => (await handedOut()) === 0)
  const before = context.events.length
  const next = await connectClient(t, url)
  await waitUntil('the event that waited', () => context.events.length > before)
  await next.until(1)
})
