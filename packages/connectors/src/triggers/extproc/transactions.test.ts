import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ExtProcFacts, type ExtProcHeaders, type ExtProcPart, waitUntil } from '@pelton/testkit'
import { callsOf, get, post, serveTransactions } from './fixtures/serve-transactions.ts'

type Message = [part: ExtProcPart, content: ExtProcHeaders | string, facts?: ExtProcFacts]

const response = { ':status': '200' }

/** A whole transaction with bodies, as in mode BUFFERED. */
const withBodies: Message[] = [
  ['requestHeaders', post, { modes: ['BUFFERED', 'BUFFERED'] }],
  ['requestBody', 'request', { end: true }],
  ['responseHeaders', response],
  ['responseBody', 'response', { end: true }],
]
const withoutBodies: Message[] = [
  ['requestHeaders', get, { end: true, modes: ['BUFFERED', 'BUFFERED'] }],
  ['responseHeaders', response, { end: true }],
]
const headersOnly: Message[] = [
  ['requestHeaders', post, { modes: ['NONE', 'NONE'] }],
  ['responseHeaders', response],
]

/** Whose phases are handled, by type: in bodies, without them, and where the mode is NONE although there are bodies. */
const phases: [type: string, bodies: number[], noBodies: number[]][] = [
  ['preprocessor', [2], [1]],
  ['postprocessor', [5], [4]],
  ['wrapprocessor', [2, 5], [1, 4]],
  ['observeprocessor', [2, 5], [1, 4]],
]

for (const [type, bodies, noBodies] of phases) {
  describe(`a ${type}`, () => {
    for (const [name, messages, expected] of [
      ['with bodies', withBodies, bodies],
      ['without bodies', withoutBodies, noBodies],
      ['whose bodies the proxy keeps', headersOnly, noBodies],
    ] as const) {
      test(`calls the handler once a direction that it is for, ${name}, and answers each message with its part`, async (t) => {
        const { open, context } = await serveTransactions(t, { type })
        const stream = open()
        const parts: string[] = []
        for (const [part, content, facts] of messages) {
          // A preprocessor ends the stream when it is done.
          if (type === 'preprocessor' && part.startsWith('response')) break
          stream.send(part, content, facts)
          const reply = await stream.reply()
          assert.deepEqual(reply, { part })
          parts.push(part)
        }
        stream.end()
        assert.deepEqual(await stream.ended, { code: 0, details: '' })
        assert.equal(stream.replies.length, parts.length)
        await waitUntil('the events', () => context.events.length === expected.length)
        const bodyOf: Record<number, string> = { 1: '', 2: 'request', 4: '', 5: 'response' }
        assert.deepEqual(
          callsOf(context),
          expected.map((phase) => [phase, bodyOf[phase]]),
        )
      })
    }
  })
}

describe('the messages of a transaction', () => {
  test('14 case 48: all six kinds on one stream are answered, each with its own', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'wrapprocessor' })
    const stream = open()
    const all: Message[] = [
      ['requestHeaders', {}],
      ['requestBody', ''],
      ['requestTrailers', {}],
      ['responseHeaders', {}],
      ['responseBody', ''],
      ['responseTrailers', {}],
    ]
    for (const [part, content] of all) {
      stream.send(part, content)
      assert.equal((await stream.reply()).part, part)
    }
    stream.end()
    assert.deepEqual(callsOf(context), [
      [2, ''],
      [5, ''],
    ])
    assert.equal((await stream.ended).code, 0)
  })

  test('14 case 87: a body without a content-length is given to the handler once', async (t) => {
    for (const modes of [
      undefined,
      ['BUFFERED', 'NONE'],
      ['STREAMED', 'NONE'],
      ['BUFFERED_PARTIAL', 'NONE'],
    ] as const) {
      const { open, context } = await serveTransactions(t)
      const stream = open()
      stream.send('requestHeaders', { ...post, 'transfer-encoding': 'chunked' }, modes ? { modes } : {})
      stream.send('requestBody', 'whole body', { end: true })
      await stream.take(2)
      assert.deepEqual(callsOf(context), [[2, 'whole body']])
    }
  })

  test('a content-length without a body says nothing: the end of the headers does', async (t) => {
    const { client, context } = await serveTransactions(t)
    await client.ask('requestHeaders', { ...post, 'content-length': '10' }, { end: true })
    assert.deepEqual(callsOf(context), [[1, '']])
  })

  test('trailers that follow a body in mode BUFFERED find the handler called, and are answered by it', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'wrapprocessor' })
    const stream = open()
    stream.send('requestHeaders', post, { modes: ['BUFFERED', 'BUFFERED'] })
    stream.send('requestBody', 'whole')
    assert.deepEqual(await stream.take(2), [{ part: 'requestHeaders' }, { part: 'requestBody' }])
    assert.deepEqual(callsOf(context), [[2, 'whole']])
    stream.send('requestTrailers', { 'x-a': '1' })
    assert.deepEqual(await stream.reply(), { part: 'requestTrailers' })
    assert.equal(context.events.length, 1)
  })

  test('responses may be spoken of before the request has ended', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'wrapprocessor' })
    const stream = open()
    stream.send('requestHeaders', post, { modes: ['STREAMED', 'NONE'] })
    stream.send('requestBody', 'half')
    stream.send('responseHeaders', response)
    stream.send('requestBody', ' and half', { end: true })
    assert.deepEqual(
      (await stream.take(4)).map(({ part }) => part),
      ['requestHeaders', 'requestBody', 'responseHeaders', 'requestBody'],
    )
    assert.deepEqual(callsOf(context), [
      [4, ''],
      [2, 'half and half'],
    ])
  })

  test('of one direction are handled one after the other, those of the other meanwhile', async (t) => {
    const first = Promise.withResolvers<undefined>()
    let calls = 0
    const handler = (): unknown => (++calls === 1 ? first.promise : undefined)
    const { open, context } = await serveTransactions(
      t,
      { type: 'wrapprocessor', processingOptions: { bufferStreamedBodies: false } },
      { handler },
    )
    const stream = open()
    stream.send('requestHeaders', post, { modes: ['STREAMED', 'NONE'] })
    stream.send('requestBody', 'one')
    stream.send('requestBody', 'two', { end: true })
    stream.send('responseHeaders', response)
    await waitUntil('the reply to the response', () => stream.replies.length === 2)
    assert.deepEqual(callsOf(context), [
      [2, 'one'],
      [4, ''],
    ])
    first.resolve(undefined)
    await waitUntil('all replies', () => stream.replies.length === 4)
    assert.deepEqual(
      stream.replies.map(({ part }) => part),
      ['requestHeaders', 'responseHeaders', 'requestBody', 'requestBody'],
    )
    assert.deepEqual(callsOf(context).at(-1), [2, 'two'])
  })
})

describe('the end of a transaction', () => {
  test('comes from the trigger when nothing is left to do, and the proxy has said what it is going to send', async (t) => {
    for (const [type, message] of [
      ['preprocessor', ['requestHeaders', get]],
      ['postprocessor', ['responseHeaders', response]],
    ] as [string, Message][]) {
      const { open } = await serveTransactions(t, { type })
      const stream = open()
      stream.send(message[0], message[1], { end: true, modes: ['NONE', 'NONE'] })
      await stream.reply()
      assert.deepEqual(await stream.ended, { code: 0, details: '' })
    }
  })

  test('is left to a proxy that has not', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.send('requestHeaders', get, { end: true })
    await stream.reply()
    stream.send('responseHeaders', response, { end: true })
    assert.deepEqual(await stream.reply(), { part: 'responseHeaders' })
    stream.end()
    assert.equal((await stream.ended).code, 0)
    assert.equal(context.events.length, 1)
  })

  test('waits for the headers of the response where they get marks', async (t) => {
    const { open } = await serveTransactions(t, { processingOptions: { updateExtProcHeader: true } })
    const stream = open()
    stream.send('requestHeaders', get, { end: true, modes: ['NONE', 'NONE'] })
    await stream.reply()
    stream.send('responseHeaders', response, { end: true })
    assert.deepEqual(await stream.reply(), {
      part: 'responseHeaders',
      set: ['x-extproc-names: preprocessor (append)'],
    })
    assert.equal((await stream.ended).code, 0)
  })

  test('is clean when the proxy ends a stream that has told nothing', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.end()
    assert.deepEqual(await stream.ended, { code: 0, details: '' })
    assert.equal(context.events.length, 0)
  })

  test('waits for the handler when the proxy has sent all that it had', async (t) => {
    const answer = Promise.withResolvers<string>()
    const { open, context } = await serveTransactions(t, {}, { handler: () => answer.promise })
    const stream = open()
    stream.send('requestHeaders', post)
    stream.send('requestBody', 'body', { end: true })
    stream.end()
    await waitUntil('the event', () => context.events.length === 1)
    answer.resolve('new')
    assert.equal((await stream.ended).code, 0)
    assert.equal(stream.replies.at(-1)?.body, 'new')
  })
})

describe('what the trigger tells of its transactions', () => {
  test('is the beginning and the end of each with logStream, and each message, never its body, with logPhases', async (t) => {
    const { client, context, open } = await serveTransactions(t, {
      processingOptions: { logStream: true, logPhases: true },
    })
    const stream = open()
    stream.send('requestHeaders', { ...post, authorization: 'secret' }, { modes: ['BUFFERED', 'NONE'] })
    stream.send('requestBody', 'secret', { end: true })
    await stream.ended
    await client.settled()
    await waitUntil('the last line', () => context.logs.some(({ message }) => message === 'extproc_stream_closed'))
    const lines = context.logs.filter(({ message }) => message.startsWith('extproc_'))
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['extproc_stream_opened', 'extproc_message', 'extproc_message', 'extproc_stream_closed'],
    )
    assert.equal(JSON.stringify(lines).includes('secret'), false)
  })

  test('is nothing by default', async (t) => {
    const { client, context } = await serveTransactions(t)
    await client.ask('requestHeaders', get, { end: true })
    assert.deepEqual(
      context.logs.filter(({ level }) => level !== 'debug'),
      [],
    )
  })
})
