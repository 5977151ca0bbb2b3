import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  callsOf,
  get,
  oversized,
  post,
  readFailure,
  sendBody,
  serveTransactions,
} from './fixtures/serve-transactions.ts'

describe('14 case 90: a body over perRequestBodyBufferBytes', () => {
  const limited = { processingOptions: { perRequestBodyBufferBytes: 10 } }

  for (const mode of ['BUFFERED', 'BUFFERED_PARTIAL', 'STREAMED', 'FULL_DUPLEX_STREAMED']) {
    test(`in mode ${mode} is answered with 413, and the handler never sees it`, async (t) => {
      const { open, context } = await serveTransactions(t, limited)
      const stream = open()
      sendBody(stream, 'eleven byte', mode)
      await stream.ended
      assert.deepEqual(readFailure(stream.replies.at(-1)!).facts, ['immediate', 413, 'pelton_body_too_large'])
      assert.deepEqual([context.events.length, context.counts], [0, ['failure']])
      const fits = open()
      sendBody(fits, 'ten bytes!', mode)
      await fits.take(2)
      assert.deepEqual(callsOf(context), [[2, 'ten bytes!']])
    })

    test(`in mode ${mode} goes on untouched with passthrough`, async (t) => {
      const { open, context } = await serveTransactions(t, { ...limited, onError: 'passthrough' })
      const stream = open()
      const isPieces = mode.endsWith('STREAMED')
      stream.send('requestHeaders', post, { modes: [mode, mode] })
      for (const piece of isPieces ? ['eleven ', 'byte', 's and more'] : ['eleven bytes and more']) {
        stream.send('requestBody', piece)
      }
      if (isPieces) stream.send('requestBody', '', { end: true })
      const wanted: Record<string, unknown[]> = {
        BUFFERED: [{ part: 'requestBody' }],
        BUFFERED_PARTIAL: [{ part: 'requestBody' }],
        STREAMED: [
          { part: 'requestBody', isCleared: true },
          { part: 'requestBody', body: 'eleven byte' },
          { part: 'requestBody' },
          { part: 'requestBody' },
        ],
        FULL_DUPLEX_STREAMED: ['eleven byte', 's and more', ''].map((body, index) => ({
          part: 'requestBody',
          streamed: { body, end: index === 2 },
        })),
      }
      const replies = await stream.take(1 + wanted[mode]!.length)
      assert.deepEqual(replies, [{ part: 'requestHeaders' }, ...wanted[mode]!])
      assert.equal(context.events.length, 0)
    })
  }

  test('that comes in one message too large to be kept is answered all the same', async (t) => {
    for (const [onError, part] of [
      ['immediate', 'immediate'],
      ['passthrough', 'requestBody'],
    ] as const) {
      const { open, context } = await serveTransactions(t, { ...limited, onError })
      const stream = open()
      sendBody(stream, oversized)
      const reply = (await stream.take(2)).at(-1)
      assert.deepEqual([reply?.part, reply?.status], [part, part === 'immediate' ? 413 : undefined])
      assert.equal(context.events.length, 0)
    }
  })

  test('that comes so in FULL_DUPLEX_STREAMED is answered with 413; with passthrough it is lost, which ends the stream', async (t) => {
    const refusing = (await serveTransactions(t, limited)).open()
    sendBody(refusing, oversized, 'FULL_DUPLEX_STREAMED')
    assert.equal((await refusing.reply()).status, 413)
    const passing = (await serveTransactions(t, { ...limited, onError: 'passthrough' })).open()
    sendBody(passing, oversized, 'FULL_DUPLEX_STREAMED')
    assert.equal((await passing.ended).code, 3)
  })

  test('that comes so behind pieces that were cleared ends the stream instead of being lost', async (t) => {
    const { open } = await serveTransactions(t, { ...limited, onError: 'passthrough' })
    const stream = open()
    stream.send('requestHeaders', post, { modes: ['STREAMED', 'NONE'] })
    stream.send('requestBody', 'one')
    stream.send('requestBody', oversized, { end: true })
    assert.equal((await stream.ended).code, 3)
  })

  test('of a direction that nobody handles is none of it', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'postprocessor', ...limited })
    const stream = open()
    sendBody(stream, 'eleven bytes')
    const large = open()
    sendBody(large, oversized)
    assert.deepEqual((await stream.take(2)).at(-1), { part: 'requestBody' })
    assert.deepEqual((await large.take(2)).at(-1), { part: 'requestBody' })
    assert.deepEqual(context.counts, [])
  })

  test('of which headers are so large ends the stream, for they cannot be read', async (t) => {
    const stream = (await serveTransactions(t, limited)).open()
    stream.send('requestHeaders', { ...get, 'x-large': 'x'.repeat(5 * 1024 * 1024) }, { end: true })
    assert.equal((await stream.ended).code, 8)
  })
})

describe('a compressed body', () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
  const zipped = gzipSync('a body that is longer than its first half')
  const cases: [name: string, body: Buffer, status: number][] = [
    ['that inflates beyond the limit', bomb, 413],
    ['that is garbage', Buffer.from('no gzip at all'), 400],
    ['that is not complete', zipped.subarray(0, -9), 400],
    ['with something behind its end', Buffer.concat([zipped, Buffer.from('more')]), 400],
  ]
  for (const [name, body, status] of cases) {
    test(`${name} is answered with ${status}, or goes on untouched with passthrough`, async (t) => {
      const headers = { 'content-encoding': 'gzip' }
      const first = await serveTransactions(t)
      const refused = first.open()
      sendBody(refused, body, 'BUFFERED', headers)
      assert.equal(readFailure((await refused.take(2)).at(-1)!).facts[1], status)
      const passing = await serveTransactions(t, { onError: 'passthrough' })
      const stream = passing.open()
      sendBody(stream, body, 'BUFFERED', headers)
      assert.deepEqual((await stream.take(2)).at(-1), { part: 'requestBody' })
      for (const { context } of [first, passing]) {
        assert.deepEqual([context.events.length, context.counts], [0, ['failure']])
        assert.ok(context.logs.some(({ message }) => message === 'extproc_body_refused'))
      }
    })
  }

  test('of which BUFFERED_PARTIAL gives the beginning is given as it came', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.send('requestHeaders', { ...post, 'content-encoding': 'gzip' }, { modes: ['BUFFERED_PARTIAL', 'NONE'] })
    stream.send('requestBody', zipped.subarray(0, 20))
    assert.deepEqual((await stream.take(2)).at(-1), { part: 'requestBody' })
    assert.deepEqual(Buffer.from(context.events[0]!.body), zipped.subarray(0, 20))
  })
})
