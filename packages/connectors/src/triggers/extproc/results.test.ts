import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { type ExtProcReply, waitUntil } from '@pelton/testkit'
import { callsOf, extproc, get, post, serveTransactions } from './fixtures/serve-transactions.ts'

interface Asked {
  type?: string
  mode?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  options?: Record<string, unknown>
}

/** The last reply of a transaction whose request, or for a postprocessor whose response, the handler answers with this. */
async function replyTo(
  t: Parameters<typeof serveTransactions>[0],
  result: unknown,
  asked: Asked = {},
): Promise<ExtProcReply> {
  const { type = 'preprocessor', mode = 'BUFFERED', headers = {}, body, options = {} } = asked
  const { open } = await serveTransactions(t, { type, ...options }, { handler: () => result })
  const stream = open()
  const [of, line] =
    type === 'postprocessor' ? (['response', { ':status': '200' }] as const) : (['request', post] as const)
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  stream.send(`${of}Headers`, { ...line, ...length, ...headers }, { end: body === undefined, modes: [mode, mode] })
  if (body === undefined) return stream.reply()
  stream.send(`${of}Body`, body, { end: true })
  const [, reply] = await stream.take(2)
  return reply as ExtProcReply
}

describe('what a handler returns plainly', () => {
  for (const [name, result] of [
    ['nothing', undefined],
    ['an empty text', ''],
    ['empty bytes', new Uint8Array(0)],
    ['an empty response', { status: 200 }],
  ] as const) {
    test(`${name} changes nothing`, async (t) => {
      assert.deepEqual(await replyTo(t, result, { body: 'old' }), { part: 'requestBody' })
    })
  }

  for (const [name, result] of [
    ['a text', 'new body'],
    ['bytes', Buffer.from('new body')],
    ['a response', { status: 200, body: 'new body' }],
    ['a stream', [Buffer.from('new '), Buffer.from('body')].values()],
  ] as const) {
    test(`${name} is the new body, and content-length is right where there is one`, async (t) => {
      const value =
        name === 'a stream'
          ? (async function* () {
              yield* result as Iterable<Buffer>
            })()
          : result
      assert.deepEqual(await replyTo(t, value, { body: 'old' }), {
        part: 'requestBody',
        set: ['content-length: 8 (if exists)'],
        body: 'new body',
      })
    })
  }

  test('of a proxy that does not tell its modes is changed with its headers, for they may have been held', async (t) => {
    const handler = (): unknown => extproc.proceed({ setHeaders: { 'x-a': '1' }, body: 'new body', path: '/b' })
    const { open } = await serveTransactions(t, {}, { handler })
    const stream = open()
    stream.send('requestHeaders', { ...post, 'content-length': '3' })
    stream.send('requestBody', 'old', { end: true })
    assert.deepEqual((await stream.take(2)).at(-1), {
      part: 'requestBody',
      set: ['x-a: 1', ':path: /b', 'content-length: 8 (if exists)'],
      body: 'new body',
      clearsRouteCache: true,
    })
  })

  test('no content-length is added to a message that has none', async (t) => {
    const { open } = await serveTransactions(t, {}, { handler: () => 'new body' })
    const stream = open()
    stream.send('requestHeaders', { ...post, 'transfer-encoding': 'chunked' }, { modes: ['BUFFERED', 'NONE'] })
    stream.send('requestBody', 'old', { end: true })
    assert.deepEqual((await stream.take(2)).at(-1), { part: 'requestBody', body: 'new body' })
  })

  test('a response of status 200 sets its headers, and its body replaces unless it is empty', async (t) => {
    const headers = { 'X-A': '1', 'Set-Cookie': ['a=1', 'b=2'] }
    const set = ['x-a: 1', 'set-cookie: a=1', 'set-cookie: b=2 (append)']
    assert.deepEqual(await replyTo(t, { status: 200, headers }, { type: 'postprocessor', body: 'old' }), {
      part: 'responseBody',
      set,
    })
    assert.deepEqual(await replyTo(t, { status: 200, headers, body: 'new' }, { type: 'postprocessor', body: 'old' }), {
      part: 'responseBody',
      set: [...set, 'content-length: 3 (if exists)'],
      body: 'new',
    })
  })

  test('an object is JSON and says so', async (t) => {
    assert.deepEqual(await replyTo(t, { any: 'thing' }, { body: 'old' }), {
      part: 'requestBody',
      set: ['content-type: application/json', 'content-length: 15 (if exists)'],
      body: '{"any":"thing"}',
    })
  })

  test('a body where there is none is ignored', async (t) => {
    assert.deepEqual(await replyTo(t, 'Hello, from a handler'), { part: 'requestHeaders' })
    assert.deepEqual(await replyTo(t, 'ignored', { mode: 'NONE', type: 'postprocessor' }), { part: 'responseHeaders' })
  })

  for (const status of [201, 204, 302, 401, 404, 503]) {
    test(`status ${status} answers at once, with headers, content type and body`, async (t) => {
      const result = { status, headers: { location: '/x' }, contentType: 'text/html', body: '<b>' }
      for (const asked of [{}, { body: 'old' }, { type: 'postprocessor', body: 'old' }]) {
        assert.deepEqual(await replyTo(t, result, asked), {
          part: 'immediate',
          status,
          set: ['location: /x', 'content-type: text/html'],
          body: '<b>',
          details: 'pelton_function',
        })
      }
    })
  }

  test('X-Processing-Status, in any letter case, is the status, and does not go out', async (t) => {
    const reply = await replyTo(t, { status: 200, headers: { 'X-PROCESSING-status': '403' }, body: 'no' })
    assert.deepEqual([reply.part, reply.status, reply.body], ['immediate', 403, 'no'])
    assert.equal(
      reply.set?.some((line) => line.startsWith('x-processing')),
      false,
    )
    assert.deepEqual(await replyTo(t, { status: 500, headers: { 'x-processing-status': '200' } }), {
      part: 'requestHeaders',
    })
  })
})

describe('proceed', () => {
  test('sets, adds and removes headers at the headers of a message without a body', async (t) => {
    const result = extproc.proceed({
      setHeaders: { 'X-A': 1, 'x-list': ['a', 'b'], 'x-empty': '' },
      addHeaders: { 'X-B': ['c', true] },
      removeHeaders: ['Cookie'],
    })
    assert.deepEqual(await replyTo(t, result), {
      part: 'requestHeaders',
      set: ['x-a: 1', 'x-list: a', 'x-list: b (append)', 'x-empty: ', 'x-b: c (append)', 'x-b: true (append)'],
      remove: ['cookie'],
    })
  })

  test('rewrites path and method, and the route is chosen anew', async (t) => {
    for (const body of [undefined, 'old']) {
      const asked = body === undefined ? {} : { body }
      assert.deepEqual(await replyTo(t, extproc.proceed({ path: '/new?a=b', method: 'PUT' }), asked), {
        part: body === undefined ? 'requestHeaders' : 'requestBody',
        set: [':path: /new?a=b', ':method: PUT'],
        clearsRouteCache: true,
      })
    }
  })

  test('has no say in the path of a response, and changes its status', async (t) => {
    const result = extproc.proceed({ path: '/x', method: 'PUT', status: 418 })
    assert.deepEqual(await replyTo(t, result, { type: 'postprocessor' }), {
      part: 'responseHeaders',
      set: [':status: 418'],
    })
    assert.deepEqual(await replyTo(t, extproc.proceed({ status: 500 })), { part: 'requestHeaders' })
  })

  test('empties a body', async (t) => {
    for (const body of ['', new Uint8Array(0)]) {
      assert.deepEqual(await replyTo(t, extproc.proceed({ body }), { body: 'old' }), {
        part: 'requestBody',
        set: ['content-length: 0 (if exists)'],
        isCleared: true,
      })
    }
  })

  test('sets dynamic metadata', async (t) => {
    const metadata = { 'my.space': { text: 'a', number: 1.5, yes: true, none: null, list: [1, 'b'], deep: { er: {} } } }
    assert.deepEqual(await replyTo(t, extproc.proceed({ metadata })), { part: 'requestHeaders', metadata })
  })

  test('overrides the modes of the rest, and the trigger goes by them', async (t) => {
    const modeOverride = { requestBody: 'BUFFERED', responseHeaders: 'SKIP' } as const
    const results = [extproc.proceed({ modeOverride }), 'new body']
    const { open, context } = await serveTransactions(t, {}, { handler: () => results.shift() })
    const stream = open()
    stream.send('requestHeaders', post, { modes: ['NONE', 'STREAMED'] })
    assert.deepEqual(await stream.reply(), {
      part: 'requestHeaders',
      // A mode that is not named would be NONE to the proxy.
      modeOverride: { response_header_mode: 'SKIP', request_body_mode: 'BUFFERED', response_body_mode: 'STREAMED' },
    })
    stream.send('requestBody', 'old', { end: true })
    const reply = await stream.reply()
    assert.deepEqual([reply.part, reply.body], ['requestBody', 'new body'])
    assert.deepEqual(callsOf(context), [
      [1, ''],
      [2, 'old'],
    ])
  })

  test('says so when a body that it asked for never comes', async (t) => {
    const handler = (): unknown => extproc.proceed({ modeOverride: { requestBody: 'BUFFERED' } })
    const { open, context } = await serveTransactions(t, {}, { handler })
    const refusals = (): unknown[] => context.logs.filter(({ message }) => message === 'extproc_body_refused')
    for (const [end, expected] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const stream = open()
      stream.send('requestHeaders', post, { end, modes: ['NONE', 'NONE'] })
      stream.send('responseHeaders', { ':status': '200' })
      await stream.take(2)
      stream.cancel()
      await stream.ended
      await waitUntil('the refusal', () => refusals().length === expected)
    }
    assert.deepEqual(context.counts, ['failure'])
  })

  test('sets trailers where the proxy sends them', async (t) => {
    const handler = (): unknown => extproc.proceed({ trailers: { 'X-Sum': '7' } })
    for (const mode of ['BUFFERED', 'NONE']) {
      const { open } = await serveTransactions(t, {}, { handler })
      const stream = open()
      stream.send('requestHeaders', post, { modes: [mode, 'NONE'] })
      if (mode === 'BUFFERED') stream.send('requestBody', 'body')
      stream.send('requestTrailers', { 'x-sum': '6' })
      const replies = await stream.take(mode === 'BUFFERED' ? 3 : 2)
      assert.deepEqual(replies.at(-1), { part: 'requestTrailers', set: ['x-sum: 7'] })
      assert.equal((await stream.ended).code, 0)
    }
  })
})

describe('respond', () => {
  for (const status of [200, 204, 429]) {
    test(`answers with status ${status} on either side`, async (t) => {
      const result = extproc.respond({ status, headers: { 'X-A': ['1', '2'] }, contentType: 'text/css', body: 'b {}' })
      for (const asked of [{}, { body: 'old' }, { type: 'postprocessor' }, { type: 'postprocessor', body: 'old' }]) {
        assert.deepEqual(await replyTo(t, result, asked), {
          part: 'immediate',
          status,
          set: ['x-a: 1', 'x-a: 2 (append)', 'content-type: text/css'],
          body: 'b {}',
          details: 'pelton_function',
        })
      }
    })
  }

  test('ends the stream, and nothing that comes behind is handled', async (t) => {
    const { open, context } = await serveTransactions(
      t,
      { type: 'wrapprocessor' },
      { handler: () => extproc.respond() },
    )
    const stream = open()
    stream.send('requestHeaders', get, { end: true })
    assert.equal((await stream.reply()).part, 'immediate')
    stream.send('responseHeaders', { ':status': '200' }, { end: true })
    assert.deepEqual(await stream.ended, { code: 0, details: '' })
    assert.deepEqual([context.events.length, stream.replies.length], [1, 1])
  })
})

describe('a compressed body', () => {
  const codings: [coding: string, zip: (text: string) => Buffer, unzip: (bytes: Buffer) => Buffer][] = [
    ['gzip', gzipSync, gunzipSync],
    ['x-gzip', gzipSync, gunzipSync],
    ['deflate', deflateSync, inflateSync],
    ['br', brotliCompressSync, brotliDecompressSync],
    ['zstd', zstdCompressSync, zstdDecompressSync],
    ['gzip, br', (text) => brotliCompressSync(gzipSync(text)), (bytes) => gunzipSync(brotliDecompressSync(bytes))],
  ]

  for (const [coding, zip, unzip] of codings) {
    test(`14 case 88: of ${coding} is plain to the handler, and compressed again with a right content-length`, async (t) => {
      const { open, context } = await serveTransactions(t, { type: 'postprocessor' }, { handler: () => 'the new body' })
      const stream = open()
      const headers = { ':status': '200', 'content-encoding': coding, 'content-length': '7' }
      stream.send('responseHeaders', headers, { modes: ['NONE', 'BUFFERED'] })
      stream.send('responseBody', zip('the old body'), { end: true })
      const [, reply] = await stream.take(2)
      const bytes = Buffer.from(reply?.body ?? '', 'latin1')
      assert.equal(unzip(bytes).toString(), 'the new body')
      assert.deepEqual(reply?.set, [`content-length: ${bytes.length} (if exists)`])
      assert.deepEqual(callsOf(context), [[5, 'the old body']])
    })
  }

  test('stays as it came when the handler changes nothing', async (t) => {
    const asked = { headers: { 'content-encoding': 'gzip' }, body: gzipSync('old') }
    assert.deepEqual(await replyTo(t, undefined, asked), { part: 'requestBody' })
  })

  test('loses its coding when the handler empties it, names another, or removes it', async (t) => {
    const asked = { headers: { 'content-encoding': 'gzip' }, body: gzipSync('old') }
    assert.deepEqual(await replyTo(t, extproc.proceed({ body: '' }), asked), {
      part: 'requestBody',
      set: ['content-length: 0 (if exists)'],
      remove: ['content-encoding'],
      isCleared: true,
    })
    assert.deepEqual(
      await replyTo(t, extproc.proceed({ body: 'x', setHeaders: { 'content-encoding': 'br' } }), asked),
      {
        part: 'requestBody',
        set: ['content-encoding: br', 'content-length: 1 (if exists)'],
        body: 'x',
      },
    )
    const reply = await replyTo(t, extproc.proceed({ body: 'x', removeHeaders: ['Content-Encoding'] }), asked)
    assert.deepEqual([reply.body, new Set(reply.remove)], ['x', new Set(['content-encoding'])])
  })

  test('of a coding that nobody knows, and every one without decompressBodies, is given as it came', async (t) => {
    for (const [coding, options] of [
      ['compress', {}],
      ['gzip', { processingOptions: { decompressBodies: false } }],
    ] as const) {
      const { open, context } = await serveTransactions(t, options, { handler: () => 'new' })
      const stream = open()
      stream.send('requestHeaders', { ...post, 'content-encoding': coding }, { modes: ['BUFFERED', 'NONE'] })
      const body = gzipSync('old')
      stream.send('requestBody', body, { end: true })
      assert.equal((await stream.take(2)).at(-1)?.body, 'new')
      assert.deepEqual(Buffer.from(context.events[0]!.body), body)
    }
  })
})

describe('the marks of the configuration', () => {
  const processingOptions = { updateExtProcHeader: true, updateDurationHeader: true }

  test('are appended to the headers of a response without a body, with the time of all handlers', async (t) => {
    for (const type of ['wrapprocessor', 'preprocessor', 'postprocessor']) {
      const { open } = await serveTransactions(t, { type, processingOptions })
      const stream = open()
      stream.send('requestHeaders', get, { end: true, modes: ['NONE', 'NONE'] })
      assert.deepEqual(await stream.reply(), { part: 'requestHeaders' })
      stream.send('responseHeaders', { ':status': '200' }, { end: true })
      const { set = [] } = await stream.reply()
      assert.equal(set[0], `x-extproc-names: ${type} (append)`)
      assert.match(set[1] ?? '', /^x-extproc-duration-ns: [1-9]\d{3,} \(append\)$/)
    }
  })

  test('come with a buffered body where they can be known no sooner', async (t) => {
    const { open } = await serveTransactions(t, { type: 'postprocessor', processingOptions })
    const stream = open()
    stream.send('responseHeaders', { ':status': '200' }, { modes: ['NONE', 'BUFFERED'] })
    stream.send('responseBody', 'body', { end: true })
    const [headers, body] = await stream.take(2)
    assert.deepEqual(headers, { part: 'responseHeaders', set: ['x-extproc-names: postprocessor (append)'] })
    assert.match(body?.set?.[0] ?? '', /^x-extproc-duration-ns: \d+ \(append\)$/)
    assert.equal(body?.set?.length, 1)
  })

  test('are on the responses that are only observed, too', async (t) => {
    const { client } = await serveTransactions(t, { type: 'observeprocessor', processingOptions })
    const { set } = await client.ask('responseHeaders', { ':status': '200' }, { end: true })
    assert.equal(set?.[0], 'x-extproc-names: observeprocessor (append)')
  })
})
