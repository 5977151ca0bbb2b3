import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PeltonError } from '@pelton/core'
import { type FakeDispatch, handled, waitUntil } from '@pelton/testkit'
import { callsOf, extproc, get, oversized, post, sendBody, serveTransactions } from './fixtures/serve-transactions.ts'

const forever: FakeDispatch = () => new Promise(() => undefined)
const facts = { blame: 'user', retryable: false, help: '' } as const
const error = new PeltonError('handler_failed', 'the handler failed', facts)

describe('an observeprocessor', () => {
  test('answers at once, whatever the handler takes, returns or throws', async (t) => {
    let calls = 0
    const dispatch: FakeDispatch = (event, options) => {
      calls += 1
      if (calls === 1) return forever(event, options)
      return calls === 2 ? { status: 'failed', error } : handled({ status: 403, body: 'never seen' })
    }
    const { open, context } = await serveTransactions(t, { type: 'observeprocessor' }, { dispatch })
    for (let count = 0; count < 2; count += 1) {
      const stream = open()
      stream.send('requestHeaders', post, { modes: ['BUFFERED', 'STREAMED'] })
      stream.send('requestBody', 'request', { end: true })
      stream.send('responseHeaders', { ':status': '200' })
      stream.send('responseBody', 'resp')
      stream.send('responseBody', 'onse', { end: true })
      const parts = ['requestHeaders', 'requestBody', 'responseHeaders', 'responseBody', 'responseBody'] as const
      assert.deepEqual(
        await stream.take(5),
        parts.map((part) => ({ part })),
      )
      assert.equal((await stream.ended).code, 0)
    }
    assert.deepEqual(callsOf(context), [
      [2, 'request'],
      [5, 'response'],
      [2, 'request'],
      [5, 'response'],
    ])
  })

  test('is told nothing of a body that is over the limit, or cannot be decompressed, which goes on all the same', async (t) => {
    const processingOptions = { perRequestBodyBufferBytes: 10 }
    const { open, context } = await serveTransactions(t, { type: 'observeprocessor', processingOptions })
    const large = open()
    sendBody(large, 'eleven bytes')
    const huge = open()
    sendBody(huge, oversized)
    const garbage = open()
    sendBody(garbage, 'garbage', 'BUFFERED', { 'content-encoding': 'gzip' })
    for (const stream of [large, huge, garbage]) {
      assert.deepEqual(await stream.take(2), [{ part: 'requestHeaders' }, { part: 'requestBody' }])
    }
    assert.equal(context.events.length, 0)
  })

  test('hears of a request whose body never came, when the proxy is done', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'observeprocessor' })
    const stream = open()
    stream.send('requestHeaders', post)
    await stream.reply()
    stream.end()
    await stream.ended
    await waitUntil('the event', () => context.events.length === 1)
    assert.deepEqual(callsOf(context), [[1, '']])
  })
})

describe('observability mode', () => {
  for (const type of ['preprocessor', 'postprocessor', 'wrapprocessor', 'observeprocessor']) {
    test(`is never answered by a ${type}, whose handler is called all the same`, async (t) => {
      const handler = (): unknown => extproc.respond({ status: 403 })
      const { open, context } = await serveTransactions(t, { type }, { handler })
      const stream = open()
      stream.send('requestHeaders', post, { isObserved: true, modes: ['STREAMED', 'STREAMED'] })
      stream.send('requestBody', 'requ', { isObserved: true })
      stream.send('requestBody', 'est', { isObserved: true, end: true })
      stream.send('responseHeaders', { ':status': '200' }, { isObserved: true })
      stream.send('responseBody', 'response', { isObserved: true, end: true })
      stream.end()
      assert.equal((await stream.ended).code, 0)
      const all: [number, string][] = [
        [2, 'request'],
        [5, 'response'],
      ]
      const expected = { preprocessor: all.slice(0, 1), postprocessor: all.slice(1) }[type] ?? all
      await waitUntil('the events', () => context.events.length === expected.length)
      assert.deepEqual(callsOf(context), expected)
      assert.deepEqual(stream.replies, [])
    })
  }

  test('tells of a request without a body as soon as its response is there: the proxy does not say that none comes', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.send('requestHeaders', post, { isObserved: true })
    stream.send('responseHeaders', { ':status': '200' }, { isObserved: true })
    await waitUntil('the event', () => context.events.length === 1)
    assert.deepEqual(callsOf(context), [[1, '']])
  })

  test('does not wait for a handler, nor for its time to be over', async (t) => {
    const { open, context } = await serveTransactions(t, { phaseTimeoutMs: 10 }, { dispatch: forever })
    const stream = open()
    stream.send('requestHeaders', get, { isObserved: true, end: true })
    stream.end()
    assert.equal((await stream.ended).code, 0)
    assert.deepEqual([stream.replies.length, context.events.length], [0, 1])
    assert.equal(
      context.logs.some(({ message }) => message === 'extproc_phase_timed_out'),
      false,
    )
  })
})
