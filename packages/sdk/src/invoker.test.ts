import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BatchHandler, Context, HandlerResponse } from './context.ts'
import type { Event } from './event.ts'
import { createInvoker } from './invoker.ts'
import { respond } from './respond.ts'

test('a handler is invoked with an event and answers', async () => {
  const invoke = createInvoker((context: Context, event: Event) => {
    context.logger.info('got it', { bytes: event.body.length })
    return { status: 201, headers: { 'X-A': '1' }, body: { hello: event.json(), way: event.header('x-way') } }
  })
  const answer = await invoke({ body: { a: 1 }, headers: { 'X-Way': 'north' } })
  assert.equal(answer.status, 201)
  assert.deepEqual(answer.headers, { 'x-a': '1' })
  assert.equal(answer.contentType, 'application/json')
  assert.deepEqual(answer.json(), { hello: { a: 1 }, way: 'north' })
  assert.deepEqual(answer.logs, [{ level: 'info', message: 'got it', facts: { bytes: 7 } }])
})

test('initContext runs once, before the first event', async () => {
  let runs = 0
  const invoke = createInvoker({
    initContext: async (context) => {
      runs += 1
      await Promise.resolve()
      context.userData.factor = 2
    },
    handler: (context, event) => String(Number(event.text()) * (context.userData.factor as number)),
  })
  const answers = await Promise.all([invoke('10'), invoke('4')])
  assert.deepEqual(
    answers.map((answer) => answer.text()),
    ['20', '8'],
  )
  assert.equal(runs, 1)
})

test('members that kinds give the context and its events can be stood in for', async () => {
  const sent: unknown[] = []
  const websocket = { send: (id: string, data: unknown) => sent.push([id, data]) }
  for (const compat of ['none', 'nuclio'] as const) {
    const invoke = createInvoker(
      {
        initContext: (context) => sent.push('websocket' in context),
        handler: (context, event) => {
          const { connection } = event as unknown as { connection: { id: string } }
          ;(context as unknown as { websocket: typeof websocket }).websocket.send(connection.id, event.text())
          return `to ${connection.id}`
        },
      },
      { compat, context: { websocket } },
    )
    assert.equal((await invoke({ body: 'hi', extra: { connection: { id: 'c1' } } })).text(), 'to c1')
  }
  assert.deepEqual(sent, [true, ['c1', 'hi'], true, ['c1', 'hi']])
})

test('a response tells whether the handler gave text or bytes', async () => {
  const invoke = createInvoker((_, event) => {
    const body = event.text()
    return body === 'text' ? body : body === 'bytes' ? event.body : new Response(body)
  })
  const answers = await Promise.all(['text', 'bytes', 'unknown'].map((body) => invoke(body)))
  assert.deepEqual(
    answers.map((answer) => answer.bodyType),
    ['text', 'bytes', undefined],
  )
})

test('what a handler gives for its trigger alone is shown, one by one in batches', async () => {
  const go = (id: string): HandlerResponse => respond(id, { eventId: id, extra: { go: id } })
  assert.deepEqual((await createInvoker((_context, event) => go(event.id))({ id: 'a' })).extra, { go: 'a' })
  assert.equal('extra' in (await createInvoker(() => 'x')()), false)
  const handler: BatchHandler = (_context, events) => events.map(({ id }) => go(id)).toReversed()
  const answers = await createInvoker({ handler }).batch([{ id: 'a' }, { id: 'b' }])
  assert.deepEqual(
    answers.map(({ extra }) => extra),
    [{ go: 'a' }, { go: 'b' }],
  )
})

test('in nuclio files callback answers, one event at a time', async () => {
  const invoke = createInvoker(
    (context, event) => {
      setTimeout(() => context.callback([201, event.text()]), 5)
    },
    { compat: 'nuclio' },
  )
  const answers = await Promise.all(['a', 'b', 'c'].map((body) => invoke(body)))
  assert.deepEqual(
    answers.map((answer) => [answer.status, answer.contentType, answer.text()]),
    [
      [201, 'text/plain', 'a'],
      [201, 'text/plain', 'b'],
      [201, 'text/plain', 'c'],
    ],
  )
})

test('a handler that throws gives 500, the generic body and the error', async () => {
  const answer = await createInvoker(() => {
    throw new RangeError('secret')
  })()
  assert.equal(answer.status, 500)
  assert.equal(answer.text(), 'the handler failed')
  assert.ok(answer.error instanceof RangeError)
})

test('a result that cannot be sent gives 500 and the reason', async () => {
  const answer = await createInvoker(() => ({ status: 42 }))()
  assert.match(String(answer.error), /status 42/)
})

test('a stream is collected, chunk by chunk', async () => {
  const answer = await createInvoker(async function* () {
    yield 'a'
    yield 'b'
  })()
  assert.equal(answer.text(), 'ab')
  assert.equal(answer.chunks.length, 2)
})

test('callFunction reaches the stand-ins', async () => {
  const invoke = createInvoker(async (context) => (await context.callFunction('other', 'hi')).body, {
    functions: { other: (call) => ({ body: `${String(call.body)} there` }) },
  })
  assert.equal((await invoke()).text(), 'hi there')
})

test('a handler that never answers rejects when its time is over', async () => {
  const invoke = createInvoker(() => undefined, { compat: 'nuclio', timeoutMs: 10 })
  await assert.rejects(invoke(), /has not answered within 10 ms/)
})

test('env is there before the handler', async () => {
  const invoke = createInvoker(() => process.env.PELTON_INVOKER_TEST, { env: { PELTON_INVOKER_TEST: 'set' } })
  assert.equal((await invoke()).text(), 'set')
})

test('a handler of batches is invoked with all its events and answers each', async () => {
  const handler: BatchHandler = (context, events) => {
    context.logger.info('a batch', { events: events.length })
    return events.map((event) => ({ status: 201, body: event.text().toUpperCase() }))
  }
  const answers = await createInvoker({ handler }).batch(['a', { body: 'b', id: 'mine' }])
  assert.deepEqual(
    answers.map((answer) => [answer.status, answer.text()]),
    [
      [201, 'A'],
      [201, 'B'],
    ],
  )
  assert.deepEqual(answers[1]?.logs, [{ level: 'info', message: 'a batch', facts: { events: 2 } }])
})

test('an event of a batch without a result is a 500, in nuclio files an empty 200', async () => {
  const handler = (_: Context, events: Event[]): unknown => [
    { eventId: events[1]?.id, body: 'second' },
    { eventId: 'x', body: '' },
  ]
  for (const [compat, status] of [
    ['none', 500],
    ['nuclio', 200],
  ] as const) {
    const [first, second] = await createInvoker(handler, { compat }).batch(['a', 'b'])
    assert.deepEqual([first?.status, second?.status, second?.text()], [status, 200, 'second'])
    assert.equal(first?.logs[0]?.message, 'results_dropped')
  }
})

test('a batch whose handler throws is a 500 for each, one promise that rejects for its own event', async () => {
  const handler = (_: Context, events: Event[]): unknown => {
    if (events.length > 2) throw new RangeError('too many')
    return events.map(async (event) => (event.text() === 'bad' ? Promise.reject(new Error('bad')) : 'good'))
  }
  const invoker = createInvoker(handler)
  const statuses = async (...bodies: string[]): Promise<number[]> =>
    (await invoker.batch(bodies)).map((answer) => answer.status)
  assert.deepEqual(await statuses('a', 'b', 'c'), [500, 500, 500])
  assert.deepEqual(await statuses('bad', 'fine'), [500, 200])
})

test('a batch answered with something that is no list is a 500 for each, with the reason', async () => {
  const [answer] = await createInvoker((_: Context, events: Event[]) => ({ events: events.length })).batch(['a'])
  assert.match(String(answer?.error), /list of results/)
})
