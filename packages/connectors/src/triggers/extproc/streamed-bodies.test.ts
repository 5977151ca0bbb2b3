import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { waitUntil } from '@pelton/testkit'
import { callsOf, extproc, factsOf, get, post, serveTransactions } from './fixtures/serve-transactions.ts'

const streamed = { modes: ['STREAMED', 'STREAMED'] } as const
const duplex = { modes: ['FULL_DUPLEX_STREAMED', 'FULL_DUPLEX_STREAMED'] } as const
const inPieces = { processingOptions: { bufferStreamedBodies: false, decompressBodies: false } }

describe('a body of mode STREAMED that is put together', () => {
  test('is cleared piece by piece, and the last one brings all of it', async (t) => {
    const { open, context } = await serveTransactions(t, {}, { handler: () => 'new body' })
    const stream = open()
    stream.send('requestHeaders', post, streamed)
    for (const piece of ['one ', 'two ']) stream.send('requestBody', piece)
    assert.deepEqual(await stream.take(3), [
      { part: 'requestHeaders' },
      { part: 'requestBody', isCleared: true },
      { part: 'requestBody', isCleared: true },
    ])
    assert.equal(context.events.length, 0)
    stream.send('requestBody', 'three', { end: true })
    assert.deepEqual(await stream.reply(), { part: 'requestBody', body: 'new body' })
    assert.deepEqual(callsOf(context), [[2, 'one two three']])
  })

  test('comes back as it was when the handler changes nothing, also behind an empty last piece', async (t) => {
    const { open } = await serveTransactions(t, { type: 'wrapprocessor' })
    const stream = open()
    stream.send('requestHeaders', post, streamed)
    stream.send('requestBody', 'one ')
    stream.send('requestBody', 'two', { end: true })
    assert.equal((await stream.take(3)).at(-1)?.body, 'one two')
    stream.send('responseHeaders', { ':status': '200' })
    stream.send('responseBody', 'all')
    stream.send('responseBody', '', { end: true })
    assert.deepEqual((await stream.take(3)).slice(1), [
      { part: 'responseBody', isCleared: true },
      { part: 'responseBody', body: 'all' },
    ])
  })

  test('of one piece is not touched when nothing changes', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.send('requestHeaders', post, streamed)
    stream.send('requestBody', 'all', { end: true })
    assert.deepEqual(await stream.take(2), [{ part: 'requestHeaders' }, { part: 'requestBody' }])
    assert.deepEqual(callsOf(context), [[2, 'all']])
  })

  test('is emptied on the last piece', async (t) => {
    const { open } = await serveTransactions(t, {}, { handler: () => extproc.proceed({ body: '' }) })
    const stream = open()
    stream.send('requestHeaders', post, streamed)
    stream.send('requestBody', 'one ')
    stream.send('requestBody', 'two', { end: true })
    assert.deepEqual((await stream.take(3)).at(-1), { part: 'requestBody', isCleared: true })
  })

  test('is whole as soon as its content-length is there: the handler is called once, and trailers may follow', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'wrapprocessor' }, { handler: () => 'NEW' })
    const stream = open()
    stream.send('requestHeaders', { ...post, 'content-length': '6' }, streamed)
    stream.send('requestBody', 'one')
    stream.send('requestBody', 'two')
    stream.send('requestBody', '', { end: true })
    assert.deepEqual((await stream.take(4)).slice(1), [
      { part: 'requestBody', isCleared: true },
      { part: 'requestBody', body: 'NEW' },
      { part: 'requestBody' },
    ])
    stream.send('responseHeaders', { ':status': '200', 'content-length': '3' })
    stream.send('responseBody', 'abc')
    // Whatever follows goes on without the trigger.
    assert.deepEqual((await stream.take(2)).at(-1), { part: 'responseBody', body: 'NEW' })
    assert.equal((await stream.ended).code, 0)
    assert.deepEqual(callsOf(context), [
      [2, 'onetwo'],
      [5, 'abc'],
    ])
  })

  test('goes by piece by piece where trailers are announced, for then its last piece is not known', async (t) => {
    for (const headers of [{ trailer: 'x-sum' }, { 'content-type': 'application/grpc+proto' }]) {
      const { open, context } = await serveTransactions(t)
      const stream = open()
      stream.send('requestHeaders', { ...post, ...headers }, streamed)
      stream.send('requestBody', 'one')
      stream.send('requestBody', 'two')
      stream.send('requestTrailers', { 'x-sum': '2' })
      await stream.take(4)
      assert.deepEqual(callsOf(context), [
        [2, 'one'],
        [2, 'two'],
      ])
      assert.equal(factsOf(context.events[0])['endOfStream'], false)
    }
  })

  test('that ends with trailers which nobody announced is answered with an error instead of being lost', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.send('requestHeaders', post, streamed)
    stream.send('requestBody', 'one')
    stream.send('requestTrailers', { a: 'b' })
    const reply = (await stream.take(3)).at(-1)
    assert.deepEqual([reply?.part, reply?.status, reply?.details], ['immediate', 500, 'pelton_unannounced_trailers'])
    assert.equal(context.events.length, 0)
    assert.ok(context.logs.some(({ message }) => message === 'extproc_body_refused'))
  })

  test('and was compressed goes out compressed, for the headers have left', async (t) => {
    const { gunzipSync } = await import('node:zlib')
    const { open, context } = await serveTransactions(t, {}, { handler: () => extproc.proceed({ body: 'new' }) })
    const stream = open()
    const zipped = gzipSync('old body')
    stream.send('requestHeaders', { ...post, 'content-encoding': 'gzip' }, streamed)
    stream.send('requestBody', zipped.subarray(0, 10))
    stream.send('requestBody', zipped.subarray(10), { end: true })
    const body = (await stream.take(3)).at(-1)?.body ?? ''
    assert.equal(gunzipSync(Buffer.from(body, 'latin1')).toString(), 'new')
    assert.deepEqual(callsOf(context), [[2, 'old body']])
  })
})

describe('a body that goes by piece by piece', () => {
  test('has a call of the handler for each, which changes, empties or leaves it', async (t) => {
    const answers: Record<string, unknown> = { one: 'ONE', two: extproc.proceed({ body: '' }), three: undefined }
    const handler = (event: { body: Uint8Array }): unknown => answers[Buffer.from(event.body).toString()]
    const { open, context } = await serveTransactions(t, { ...inPieces }, { handler })
    const stream = open()
    stream.send('requestHeaders', post, streamed)
    stream.send('requestBody', 'one')
    stream.send('requestBody', 'two')
    stream.send('requestBody', 'three', { end: true })
    assert.deepEqual(await stream.take(4), [
      { part: 'requestHeaders' },
      { part: 'requestBody', body: 'ONE' },
      { part: 'requestBody', isCleared: true },
      { part: 'requestBody' },
    ])
    assert.deepEqual(
      context.events.map((event) => factsOf(event)['endOfStream']),
      [false, false, true],
    )
  })

  test('is given as it came, compressed or not', async (t) => {
    const { open, context } = await serveTransactions(t, { ...inPieces })
    const stream = open()
    const zipped = gzipSync('body')
    stream.send('requestHeaders', { ...post, 'content-encoding': 'gzip' }, streamed)
    stream.send('requestBody', zipped, { end: true })
    await stream.take(2)
    assert.deepEqual(Buffer.from(context.events[0]!.body), zipped)
  })

  test('is sent on in FULL_DUPLEX_STREAMED piece by piece, headers first', async (t) => {
    const handler = (event: { body: Uint8Array }): string => Buffer.from(event.body).toString().toUpperCase()
    const { open } = await serveTransactions(t, { type: 'postprocessor', ...inPieces }, { handler })
    const stream = open()
    stream.send('responseHeaders', { ':status': '200' }, duplex)
    assert.deepEqual(await stream.reply(), { part: 'responseHeaders' })
    stream.send('responseBody', 'one')
    assert.deepEqual(await stream.reply(), { part: 'responseBody', streamed: { body: 'ONE', end: false } })
    stream.send('responseBody', '')
    assert.deepEqual(await stream.reply(), { part: 'responseBody', streamed: { body: '', end: false } })
    stream.send('responseBody', 'two', { end: true })
    assert.deepEqual(await stream.reply(), { part: 'responseBody', streamed: { body: 'TWO', end: true } })
  })

  test('waits in order while the handler is busy, and the proxy is not read from when too much of it waits', async (t) => {
    const gate = Promise.withResolvers<undefined>()
    let calls = 0
    const handler = (): unknown => (++calls === 1 ? gate.promise : undefined)
    const { open, context, client } = await serveTransactions(t, { ...inPieces, phaseTimeoutMs: '1m' }, { handler })
    const stream = open()
    stream.send('requestHeaders', post, streamed)
    const pieces = Array.from({ length: 256 }, (_each, index) => Buffer.alloc(64 * 1024, index))
    for (const [index, piece] of pieces.entries()) stream.send('requestBody', piece, { end: index === 255 })
    await waitUntil('the first event', () => context.events.length === 1)
    await client.settled()
    // About 1 MiB waits in the trigger and 1 MiB in the window of its stream.
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.ok(stream.waiting > 100, `${stream.waiting} messages wait`)
    assert.deepEqual([stream.replies.length, context.events.length], [1, 1])
    gate.resolve(undefined)
    await stream.take(257)
    assert.deepEqual(
      context.events.map(({ body }) => body[0]),
      pieces.map((piece) => piece[0]),
    )
  })
})

describe('a body of mode FULL_DUPLEX_STREAMED that is put together', () => {
  test('holds everything up, headers too, until its end; then headers and body come in order', async (t) => {
    const handler = (): unknown => extproc.proceed({ setHeaders: { 'x-a': '1' }, body: 'NEW' })
    const { open, context, client } = await serveTransactions(t, {}, { handler })
    const stream = open()
    stream.send('requestHeaders', { ...post, 'content-length': '6' }, duplex)
    stream.send('requestBody', 'one')
    stream.send('requestBody', 'two')
    await client.settled()
    assert.deepEqual([stream.replies.length, context.events.length], [0, 0])
    stream.send('requestBody', '', { end: true })
    assert.deepEqual(await stream.take(2), [
      { part: 'requestHeaders', set: ['x-a: 1'] },
      { part: 'requestBody', streamed: { body: 'NEW', end: true } },
    ])
    assert.deepEqual(callsOf(context), [[2, 'onetwo']])
  })

  test('of the other direction keeps the stream open, for only what is sent back goes on', async (t) => {
    const { open } = await serveTransactions(t)
    const stream = open()
    stream.send('requestHeaders', get, { end: true, modes: ['NONE', 'FULL_DUPLEX_STREAMED'] })
    stream.send('responseHeaders', { ':status': '200' })
    stream.send('responseBody', 'all', { end: true })
    assert.deepEqual((await stream.take(3)).at(-1), {
      part: 'responseBody',
      streamed: { body: 'all', end: true },
    })
    assert.equal((await stream.ended).code, 0)
  })

  test('comes back in pieces of at most 64 KiB, changed or not', async (t) => {
    const body = randomBytes(150 * 1024)
    const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    for (const handler of [(): unknown => undefined, (): unknown => extproc.proceed({ body })]) {
      const { open } = await serveTransactions(t, {}, { handler })
      const stream = open()
      stream.send('requestHeaders', post, duplex)
      stream.send('requestBody', body, { end: true })
      const [headers, ...pieces] = await stream.take(4)
      assert.deepEqual(headers, { part: 'requestHeaders' })
      const sent = pieces.map(({ streamed: piece }) => ({ ...piece, body: Buffer.from(piece?.body ?? '', 'latin1') }))
      assert.deepEqual(
        sent.map((piece) => [piece.body.length, piece.end]),
        [
          [64 * 1024, false],
          [64 * 1024, false],
          [22 * 1024, true],
        ],
      )
      assert.equal(sum(Buffer.concat(sent.map((piece) => piece.body))), sum(body))
    }
  })

  test('that is emptied ends in one empty piece', async (t) => {
    const { open } = await serveTransactions(t, {}, { handler: () => extproc.proceed({ body: '' }) })
    const stream = open()
    stream.send('requestHeaders', post, duplex)
    stream.send('requestBody', 'one', { end: true })
    assert.deepEqual(await stream.take(2), [
      { part: 'requestHeaders' },
      { part: 'requestBody', streamed: { body: '', end: true } },
    ])
  })

  test('and ends with trailers comes back with them behind it, and the handler sets some', async (t) => {
    const handler = (): unknown => extproc.proceed({ trailers: { 'x-sum': ['7', '8'], 'x-more': 'y' } })
    const { open, context } = await serveTransactions(t, { type: 'postprocessor' }, { handler })
    const stream = open()
    stream.send('responseHeaders', { ':status': '200' }, duplex)
    stream.send('responseBody', 'one')
    stream.send('responseTrailers', { 'x-sum': '3' })
    assert.deepEqual(await stream.take(3), [
      { part: 'responseHeaders' },
      { part: 'responseBody', streamed: { body: 'one', end: false } },
      { part: 'responseTrailers', set: ['x-sum: 7', 'x-sum: 8 (append)', 'x-more: y'] },
    ])
    assert.deepEqual(callsOf(context), [[5, 'one']])
  })

  test('of a direction that nobody handles is sent back as it comes', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'postprocessor' })
    const stream = open()
    stream.send('requestHeaders', post, duplex)
    stream.send('requestBody', 'one')
    stream.send('requestBody', 'two', { end: true })
    assert.deepEqual(await stream.take(3), [
      { part: 'requestHeaders' },
      { part: 'requestBody', streamed: { body: 'one', end: false } },
      { part: 'requestBody', streamed: { body: 'two', end: true } },
    ])
    assert.equal(context.events.length, 0)
  })

  test('without any is decided by the headers', async (t) => {
    const { client, context } = await serveTransactions(t)
    assert.deepEqual(await client.ask('requestHeaders', get, { end: true, ...duplex }), { part: 'requestHeaders' })
    assert.deepEqual(callsOf(context), [[1, '']])
  })

  test('and was compressed goes out plain when the handler empties it or names another coding', async (t) => {
    const handler = (): unknown => extproc.proceed({ body: '' })
    const { open } = await serveTransactions(t, {}, { handler })
    const stream = open()
    stream.send('requestHeaders', { ...post, 'content-encoding': 'gzip' }, duplex)
    stream.send('requestBody', gzipSync('old'), { end: true })
    assert.deepEqual(await stream.take(2), [
      { part: 'requestHeaders', remove: ['content-encoding'] },
      { part: 'requestBody', streamed: { body: '', end: true } },
    ])
  })
})
