import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { waitUntil } from '@pelton/testkit'
import { at, connect, functions } from './extproc-function.ts'
import { type ServedFunction, serve, serveSuite } from './serve-function.ts'

/** What the handler was called with so far, by its own log. */
function calls(served: ServedFunction, path: string): [phase: unknown, body: unknown][] {
  const lines = served.pelton.lines().filter((line) => line.message === 'called' && line['path'] === path)
  return lines.map((line) => [line['phase'], line['body']])
}

for (const [language, files] of functions) {
  describe(`a function in ${language} behind Envoy`, () => {
    const suite = serveSuite(files())

    test('14 case 41 and 50: the event has line, query, request id, headers of any letter case and all the rest', async (t) => {
      const client = await connect(t, suite(), 'preprocessor')
      const stream = client.open()
      const path = '/show?key1=value1&key2=value2'
      stream.send(
        'requestHeaders',
        {
          ...at(path),
          'x-request-id': 'test-request-id',
          'content-type': 'text/plain',
          'x-odd': Buffer.from([0x66, 0xfc, 0x72]),
          cookie: ['a=1', 'b=2'],
        },
        { modes: ['BUFFERED', 'NONE'], attributes: { a: { b: 'c' } }, metadata: { m: { n: [1, true, null] } } },
      )
      stream.send('requestBody', 'the body', { end: true })
      const { status, body = '', set } = (await stream.take(2)).at(-1)!
      assert.deepEqual([status, set], [200, ['content-type: application/json']])
      const shown = JSON.parse(body) as Record<string, unknown>
      assert.deepEqual(shown, {
        method: 'POST',
        path: '/show',
        url: path,
        fields: { key1: 'value1', key2: 'value2' },
        headers: {
          'x-request-id': 'test-request-id',
          'content-type': 'text/plain',
          'x-odd': 'für',
          cookie: ['a=1', 'b=2'],
          'processing-phase': '2',
        },
        authority: 'example.com',
        scheme: 'https',
        phase: 2,
        endOfStream: true,
        requestId: 'test-request-id',
        contentType: 'text/plain',
        attributes: { a: { b: 'c' } },
        metadata: { m: { n: [1, true, null] } },
        trailers: {},
        odd: 'für',
        body: 'the body',
        // What is undefined in one language is null in the other.
        ...(language === 'Python' ? { status: null, request: null } : {}),
      })
    })

    test('15.4 #41: the response has its status, and the request with its body beside it', async (t) => {
      const client = await connect(t, suite(), 'postprocessor')
      const stream = client.open()
      stream.send('requestHeaders', { ...at('/show'), 'x-a': '1' }, { modes: ['BUFFERED', 'FULL_DUPLEX_STREAMED'] })
      stream.send('requestBody', 'asked', { end: true })
      await stream.take(2)
      stream.send('responseHeaders', { ':status': '404', 'set-cookie': ['a=1', 'b=2'] })
      stream.send('responseBody', 'answered')
      stream.send('responseTrailers', { 'x-sum': '1' })
      const shown = JSON.parse((await stream.reply()).body ?? '') as Record<string, unknown>
      assert.deepEqual([shown['status'], shown['phase'], shown['body']], [404, 5, 'answered'])
      assert.deepEqual(shown['trailers'], { 'x-sum': '1' })
      assert.deepEqual(shown['headers'], { 'set-cookie': ['a=1', 'b=2'], 'processing-phase': '5' })
      const { method, headers } = shown['request'] as Record<string, unknown>
      assert.deepEqual([method, headers], ['POST', { 'x-a': '1' }])
    })

    test('15.4 #40: proceed changes headers, path, method, body, trailers, metadata and modes', async (t) => {
      const client = await connect(t, suite(), 'preprocessor')
      const stream = client.open()
      stream.send('requestHeaders', { ...at('/proceed'), 'content-length': '3' }, { modes: ['BUFFERED', 'STREAMED'] })
      stream.send('requestBody', 'old')
      stream.send('requestTrailers', { 'x-sum': '6' })
      const [, body, trailers] = await stream.take(3)
      assert.deepEqual(
        { ...body, set: new Set(body?.set), modeOverride: undefined },
        {
          part: 'requestBody',
          set: new Set([
            'x-set: 1',
            'x-set: two (append)',
            'x-added: true (append)',
            ':path: /new',
            ':method: PUT',
            'content-length: 3 (if exists)',
          ]),
          remove: ['x-gone'],
          body: 'new',
          clearsRouteCache: true,
          metadata: { space: { n: 1 } },
          modeOverride: undefined,
        },
      )
      assert.deepEqual(trailers, { part: 'requestTrailers', set: ['x-sum: 7'] })
      const headers = await client.ask('requestHeaders', at('/proceed'), { end: true, modes: ['NONE', 'STREAMED'] })
      assert.deepEqual(headers.modeOverride, {})
    })

    test('14 case 45: an answer of the handler is immediate, with its status, headers, type and body', async (t) => {
      const client = await connect(t, suite(), 'wrapprocessor')
      for (const path of ['/403', '/respond']) {
        const expected = {
          '/403': { status: 403, set: ['x-why: no', 'content-type: text/plain'], body: 'denied' },
          '/respond': { status: 429, set: ['retry-after: 5', 'content-type: text/x'], body: 'slow' },
        }[path]
        const answer = { part: 'immediate', details: 'pelton_function', ...expected }
        assert.deepEqual(await client.ask('requestHeaders', at(path), { end: true }), answer)
        const stream = client.open()
        stream.send('requestHeaders', at(path), { modes: ['BUFFERED', 'NONE'] })
        stream.send('requestBody', 'body', { end: true })
        assert.deepEqual((await stream.take(2)).at(-1), answer)
      }
    })

    test('14 case 45: a message of an unknown phase ends the stream with an error', async (t) => {
      const stream = (await connect(t, suite(), 'wrapprocessor')).open()
      stream.sendBytes(Buffer.from([0xba, 0x3e, 0x00]))
      assert.equal((await stream.ended).code, 3)
    })

    test('14 case 46: a preprocessor calls the handler once, at the headers when there is no body, else with it', async (t) => {
      const served = suite()
      const client = await connect(t, served, 'preprocessor')
      const before = calls(served, '/text').length
      assert.deepEqual(await client.ask('requestHeaders', at('/text'), { end: true }), { part: 'requestHeaders' })
      const stream = client.open()
      stream.send('requestHeaders', { ...at('/text'), 'content-length': '8' }, { modes: ['BUFFERED', 'NONE'] })
      stream.send('requestBody', 'original', { end: true })
      assert.deepEqual(await stream.take(2), [
        { part: 'requestHeaders' },
        { part: 'requestBody', set: ['content-length: 9 (if exists)'], body: 'processed' },
      ])
      await waitUntil('both calls', () => calls(served, '/text').length === before + 2)
      assert.deepEqual(calls(served, '/text').slice(before), [
        [1, ''],
        [2, 'original'],
      ])
    })

    test('14 case 47: a postprocessor replaces the body, and leaves it when the handler returns nothing', async (t) => {
      const client = await connect(t, suite(), 'postprocessor')
      for (const [path, change] of [
        ['/text', { body: 'processed' }],
        ['/bytes', { body: 'processed' }],
        ['/empty', {}],
        ['/nothing', {}],
        ['/200', { set: ['x-seen: yes'] }],
        ['/empty-body', { isCleared: true }],
      ] as const) {
        const stream = client.open()
        stream.send('requestHeaders', at(path), { end: true, modes: ['NONE', 'BUFFERED'] })
        stream.send('responseHeaders', { ':status': '200' })
        stream.send('responseBody', 'original', { end: true })
        assert.deepEqual((await stream.take(3)).at(-1), { part: 'responseBody', ...change }, path)
      }
    })

    test('14 case 48: one stream with all six kinds of messages, empty ones, is answered six times and ends cleanly', async (t) => {
      const stream = (await connect(t, suite(), 'wrapprocessor')).open()
      const parts = [
        'requestHeaders',
        'requestBody',
        'requestTrailers',
        'responseHeaders',
        'responseBody',
        'responseTrailers',
      ]
      for (const part of parts as 'requestHeaders'[]) {
        stream.send(part, part.endsWith('Body') ? '' : {})
        assert.equal((await stream.reply()).part, part)
      }
      stream.end()
      assert.deepEqual(await stream.ended, { code: 0, details: '' })
    })

    test('14 case 89: an exception of the handler is an answer of 500, with the event id and without a word of it', async (t) => {
      const served = suite()
      for (const [trigger, messages] of [
        ['preprocessor', 1],
        ['wrapprocessor', 1],
        ['postprocessor', 2],
      ] as const) {
        for (const path of ['/throw', '/nonsense', '/option']) {
          const stream = (await connect(t, served, trigger)).open()
          stream.send('requestHeaders', at(path), { end: true, modes: ['NONE', 'BUFFERED'] })
          if (messages === 2) {
            stream.send('responseHeaders', { ':status': '200' })
            stream.send('responseBody', 'original', { end: true })
          }
          await stream.ended
          const reply = stream.replies.at(-1)!
          assert.deepEqual([reply.part, reply.status], ['immediate', 500])
          assert.doesNotMatch(JSON.stringify(reply), /secret|Traceback|set_?header|File|Symbol|many/i)
          const id = reply.set?.find((line) => line.startsWith('x-pelton-event-id: '))?.split(': ')[1] ?? ''
          assert.ok(reply.body?.includes(id))
          await served.logged({ event_id: id })
        }
      }
    })

    test('15.4 #44: an observeprocessor is answered before the handler has done anything', async (t) => {
      const client = await connect(t, suite(), 'observeprocessor')
      for (const path of ['/throw', '/403', '/text']) {
        const stream = client.open()
        stream.send('requestHeaders', at(path), { modes: ['BUFFERED', 'NONE'] })
        stream.send('requestBody', 'body', { end: true })
        stream.send('responseHeaders', { ':status': '200' }, { end: true })
        const parts = ['requestHeaders', 'requestBody', 'responseHeaders']
        assert.deepEqual(
          await stream.take(3),
          parts.map((part) => ({ part })),
        )
        assert.equal((await stream.ended).code, 0)
      }
    })

    test('14 case 87: a chunked request without a content-length has one call, with the body', async (t) => {
      const served = suite()
      const client = await connect(t, served, 'wrapprocessor')
      const before = calls(served, '/200').length
      const stream = client.open()
      stream.send('requestHeaders', { ...at('/200'), 'transfer-encoding': 'chunked' }, { modes: ['STREAMED', 'NONE'] })
      for (const piece of ['one ', 'two ', 'three']) stream.send('requestBody', piece, { end: piece === 'three' })
      assert.equal((await stream.take(4)).at(-1)?.body, 'one two three')
      await waitUntil('the call', () => calls(served, '/200').length > before)
      assert.deepEqual(calls(served, '/200').slice(before), [[2, 'one two three']])
    })

    test('14 case 88: a gzip response that the handler changes can be read by the client', async (t) => {
      const served = suite()
      const client = await connect(t, served, 'postprocessor')
      const stream = client.open()
      stream.send('requestHeaders', at('/bytes'), { end: true, modes: ['NONE', 'BUFFERED'] })
      const zipped = gzipSync('plain')
      stream.send('responseHeaders', {
        ':status': '200',
        'content-encoding': 'gzip',
        'content-length': String(zipped.length),
      })
      stream.send('responseBody', zipped, { end: true })
      const reply = (await stream.take(3)).at(-1)!
      const body = Buffer.from(reply.body ?? '', 'latin1')
      assert.equal(gunzipSync(body).toString(), 'processed')
      assert.deepEqual(reply.set, [`content-length: ${body.length} (if exists)`])
      await waitUntil('the call', () => calls(served, '/bytes').some(([, called]) => called === 'plain'))
    })

    test('14 case 90: a body over the default of 1 MiB is answered with 413, plain or inflated', async (t) => {
      const client = await connect(t, suite(), 'preprocessor')
      for (const [body, headers] of [
        [Buffer.alloc((1 << 20) + 1), {}],
        [Buffer.alloc(10 << 20), {}],
        [gzipSync(Buffer.alloc(64 << 20)), { 'content-encoding': 'gzip' }],
      ] as const) {
        const stream = client.open()
        stream.send('requestHeaders', { ...at('/text'), ...headers }, { modes: ['BUFFERED', 'NONE'] })
        stream.send('requestBody', body, { end: true })
        const reply = (await stream.take(2)).at(-1)!
        assert.deepEqual([reply.part, reply.status, reply.details], ['immediate', 413, 'pelton_body_too_large'])
      }
    })

    test('15.4 #33: a worker that dies fails its event alone, and others are served', async (t) => {
      const served = await serve(t, files({ attributes: 'phaseTimeoutMs: 20s' }))
      const client = await connect(t, served, 'preprocessor')
      if (language === 'Python') {
        const reply = await client.ask('requestHeaders', at('/die'), { end: true })
        assert.deepEqual([reply.part, reply.status], ['immediate', 500])
      } else {
        // In the thread of its only worker the trigger ends with it; then the proxy sees the connection lost.
        const stream = client.open()
        stream.send('requestHeaders', at('/die'), { end: true })
        await stream.ended
      }
      await waitUntil('an answer', () =>
        client.ask('requestHeaders', at('/respond'), { end: true }).then(
          ({ status }) => status === 429,
          () => false,
        ),
      )
    })

    test('46 and 47 with onError: passthrough: what the handler fails at goes on as it came, in time', async (t) => {
      const served = await serve(t, files({ attributes: 'onError: passthrough' }))
      const client = await connect(t, served, 'wrapprocessor')
      for (const path of ['/throw', '/hang']) {
        const stream = client.open()
        stream.send('requestHeaders', at(path), { modes: ['BUFFERED', 'NONE'] })
        await stream.reply()
        const since = performance.now()
        stream.send('requestBody', 'original', { end: true })
        assert.deepEqual(await stream.reply(), { part: 'requestBody' })
        // Envoy's message_timeout is 200 ms unless configured; machines that run tests are given more.
        assert.ok(performance.now() - since < 1000)
        stream.cancel()
      }
      if (language === 'TypeScript') await served.logged({ message: 'aborted' })
    })
  })
}
