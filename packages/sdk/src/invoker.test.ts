import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Context } from './context.ts'
import type { Event } from './event.ts'
import { createInvoker } from './invoker.ts'

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
