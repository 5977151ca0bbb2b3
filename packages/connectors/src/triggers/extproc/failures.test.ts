import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Outcome, PeltonError } from '@pelton/core'
import { FakeClock, type FakeDispatch, handled, waitUntil } from '@pelton/testkit'
import { get, post, readFailure, sendBody, serveTransactions } from './fixtures/serve-transactions.ts'

const failure = (code: string, status: number, message = 'generic'): Outcome => {
  const error = new PeltonError(code, message, { blame: 'user', retryable: false, help: '', status })
  return { status: 'failed', error }
}
const broken = (): Outcome => failure('handler_failed', 500, 'the handler failed')
const forever: FakeDispatch = () => new Promise(() => undefined)

describe('an event that fails, with onError immediate', () => {
  for (const [name, outcome, facts, text] of [
    ['the handler failed', broken(), ['immediate', 500, 'pelton_handler_failed'], 'the handler failed'],
    ['no worker is free', failure('no_worker', 503), ['immediate', 503, 'pelton_no_worker'], 'no worker is free'],
    [
      'its time is over',
      failure('event_timeout', 408),
      ['immediate', 504, 'pelton_phase_timeout'],
      'the event took too long',
    ],
    [
      'its worker died',
      failure('worker_lost', 500),
      ['immediate', 500, 'pelton_event_failed'],
      'the event could not be handled',
    ],
  ] as const) {
    test(`since ${name} answers ${facts[1]} with the event's id at each phase, and ends the stream`, async (t) => {
      for (const type of ['preprocessor', 'postprocessor', 'wrapprocessor']) {
        for (const hasBody of [false, true]) {
          const { open, context } = await serveTransactions(t, { type }, { dispatch: () => outcome })
          const stream = open()
          const side = type === 'postprocessor' ? 'response' : 'request'
          stream.send(
            `${side}Headers`,
            { ...get, ':status': '200' },
            { end: !hasBody, modes: ['BUFFERED', 'BUFFERED'] },
          )
          if (hasBody) stream.send(`${side}Body`, 'body', { end: true })
          const reply = readFailure((await stream.take(hasBody ? 2 : 1)).at(-1)!)
          assert.deepEqual(reply.facts, facts)
          assert.equal(reply.id, context.events[0]?.id)
          assert.equal(reply.body, `${text}\nevent ${reply.id}\n`)
          assert.equal((await stream.ended).code, 0)
        }
      }
    })
  }

  test('14 case 89: in the response of a wrapprocessor answers without a word of the error', async (t) => {
    const dispatch: FakeDispatch = (event) =>
      event.extra?.['status'] === undefined
        ? handled()
        : failure('event_failed', 500, 'Traceback (most recent call last)')
    const { open } = await serveTransactions(t, { type: 'wrapprocessor' }, { dispatch })
    const stream = open()
    stream.send('requestHeaders', get, { end: true, modes: ['BUFFERED', 'BUFFERED'] })
    stream.send('responseHeaders', { ':status': '200' })
    stream.send('responseBody', 'body', { end: true })
    const reply = (await stream.take(3)).at(-1)!
    assert.deepEqual([reply.part, reply.status], ['immediate', 500])
    assert.equal(JSON.stringify(reply).includes('Traceback'), false)
  })

  test('answers for a body in FULL_DUPLEX_STREAMED and STREAMED as well', async (t) => {
    for (const mode of ['STREAMED', 'FULL_DUPLEX_STREAMED']) {
      const { open } = await serveTransactions(t, {}, { dispatch: broken })
      const stream = open()
      stream.send('requestHeaders', post, { modes: [mode, mode] })
      stream.send('requestBody', 'one')
      stream.send('requestBody', 'two', { end: true })
      await stream.ended
      const reply = readFailure(stream.replies.at(-1)!)
      assert.equal(reply.facts[1], 500)
    }
  })

  test('is a new body that breaks off, or grows beyond the limit', async (t) => {
    const tooMuch = async function* () {
      for (let count = 0; count < 100; count += 1) yield Buffer.alloc(100)
    }
    const breaks = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('some')
      throw new Error('secret')
    }
    for (const [stream, text] of [
      [tooMuch, 'the new body is too large'],
      [breaks, 'the event could not be handled'],
    ] as const) {
      const { open } = await serveTransactions(
        t,
        { processingOptions: { perRequestBodyBufferBytes: 1000 } },
        { handler: () => stream() },
      )
      const transaction = open()
      sendBody(transaction, 'old')
      const reply = readFailure((await transaction.take(2)).at(-1)!)
      assert.deepEqual([reply.facts[1], reply.body.split('\n')[0]], [500, text])
    }
  })
})

describe('an event that fails, with onError passthrough', () => {
  for (const [name, outcome] of [
    ['the handler failed', broken()],
    ['no worker is free', failure('no_worker', 503)],
  ] as const) {
    test(`since ${name} leaves everything as it came`, async (t) => {
      const { open } = await serveTransactions(
        t,
        { type: 'wrapprocessor', onError: 'passthrough' },
        { dispatch: () => outcome },
      )
      const buffered = open()
      buffered.send('requestHeaders', post, { modes: ['BUFFERED', 'STREAMED'] })
      buffered.send('requestBody', 'body', { end: true })
      const first = await buffered.take(2)
      buffered.send('responseHeaders', { ':status': '200' })
      buffered.send('responseBody', 'one ')
      buffered.send('responseBody', 'two', { end: true })
      assert.deepEqual(
        [...first, ...(await buffered.take(3))],
        [
          { part: 'requestHeaders' },
          { part: 'requestBody' },
          { part: 'responseHeaders' },
          { part: 'responseBody', isCleared: true },
          { part: 'responseBody', body: 'one two' },
        ],
      )
      assert.equal((await buffered.ended).code, 0)
    })
  }

  test('sends a body of FULL_DUPLEX_STREAMED back as it was', async (t) => {
    const { open } = await serveTransactions(t, { onError: 'passthrough' }, { dispatch: broken })
    const stream = open()
    sendBody(stream, 'body', 'FULL_DUPLEX_STREAMED')
    assert.deepEqual(await stream.take(2), [
      { part: 'requestHeaders' },
      { part: 'requestBody', streamed: { body: 'body', end: true } },
    ])
  })

  test('is the rule of compat: digitalhub', async (t) => {
    const { client } = await serveTransactions(t, {}, { dispatch: broken, compat: 'digitalhub' })
    assert.deepEqual(await client.ask('requestHeaders', get, { end: true }), { part: 'requestHeaders' })
  })
})

describe('a handler that takes too long', () => {
  for (const [name, attributes, ms] of [
    ['a second by default', {}, 1000],
    ['150 ms with passthrough', { onError: 'passthrough' }, 150],
    ['as long as phaseTimeoutMs says', { phaseTimeoutMs: 42 }, 42],
  ] as const) {
    test(`has ${name}, then onError decides, its signal aborts, and its late result is ignored`, async (t) => {
      const clock = new FakeClock()
      const answer = Promise.withResolvers<Outcome>()
      const { open, context, client } = await serveTransactions(t, attributes, {
        clock,
        dispatch: () => answer.promise,
      })
      const stream = open()
      sendBody(stream, 'body')
      await waitUntil('the event', () => context.events.length === 1)
      await clock.advance(ms - 1)
      await client.settled()
      assert.equal(stream.replies.length, 1)
      assert.equal(context.options[0]?.signal?.aborted, false)
      await clock.advance(1)
      const [, reply] = await stream.take(2)
      if ('onError' in attributes) assert.deepEqual(reply, { part: 'requestBody' })
      else {
        const { facts, id } = readFailure(reply!)
        assert.deepEqual(facts, ['immediate', 504, 'pelton_phase_timeout'])
        assert.equal(id, context.events[0]?.id)
      }
      assert.equal(context.options[0]?.signal?.aborted, true)
      answer.resolve(handled({ body: 'late' }))
      assert.equal((await stream.ended).code, 0)
      assert.equal(stream.replies.length, 2)
      assert.ok(context.logs.some(({ message }) => message === 'extproc_phase_timed_out'))
    })
  }

  test('has that time for each phase anew, counted from the arrival of its message', async (t) => {
    const clock = new FakeClock()
    const answers: ((outcome: Outcome) => void)[] = []
    const dispatch: FakeDispatch = () => new Promise((resolve) => answers.push(resolve))
    const { open } = await serveTransactions(t, { type: 'wrapprocessor', phaseTimeoutMs: 100 }, { clock, dispatch })
    const stream = open()
    stream.send('requestHeaders', get, { end: true, modes: ['NONE', 'NONE'] })
    await waitUntil('the first event', () => answers.length === 1)
    await clock.advance(90)
    answers[0]?.(handled())
    await stream.reply()
    await clock.advance(5000)
    stream.send('responseHeaders', { ':status': '200' }, { end: true })
    await waitUntil('the second event', () => answers.length === 2)
    await clock.advance(90)
    answers[1]?.(handled())
    assert.deepEqual(await stream.reply(), { part: 'responseHeaders' })
  })

  test('holds up nothing of another transaction', async (t) => {
    const dispatch: FakeDispatch = (event, options) => (event.path === '/slow' ? forever(event, options) : handled())
    const { open, client } = await serveTransactions(t, { phaseTimeoutMs: '1m' }, { dispatch })
    open().send('requestHeaders', { ...get, ':path': '/slow' }, { end: true })
    assert.deepEqual(await client.ask('requestHeaders', get, { end: true }), { part: 'requestHeaders' })
  })
})

describe('a stream that the proxy leaves', () => {
  test('aborts the signal of its handler, and nothing of it is handled any more', async (t) => {
    const { open, context } = await serveTransactions(
      t,
      { type: 'wrapprocessor', phaseTimeoutMs: '1m', processingOptions: { bufferStreamedBodies: false } },
      { dispatch: forever },
    )
    const stream = open()
    stream.send('requestHeaders', post, { modes: ['STREAMED', 'NONE'] })
    stream.send('requestBody', 'one')
    stream.send('requestBody', 'two')
    stream.send('responseHeaders', { ':status': '200' })
    await waitUntil('the events', () => context.events.length === 2)
    stream.cancel()
    await waitUntil('the signals', () => context.options.every(({ signal }) => signal?.aborted === true))
    assert.equal(context.events.length, 2)
  })
})
