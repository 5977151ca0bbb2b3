import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { callsOf, factsOf, get, post, serveTransactions } from './fixtures/serve-transactions.ts'

const latin1 = Buffer.from([0x66, 0xfc, 0x72])

describe('the event of a request', () => {
  test('has what its line says, and all of the query behind the first question mark', async (t) => {
    const { client, context } = await serveTransactions(t)
    const path = '/api/data?key1=value1&key2=value%202&key1=last&odd=a?b'
    await client.ask('requestHeaders', { ...post, ':path': path }, { end: true })
    const event = context.events[0]!
    assert.deepEqual(
      [event.method, event.path, event.url, event.topic, event.attempt],
      ['POST', '/api/data', path, '', 1],
    )
    assert.deepEqual({ ...event.fields }, { key1: 'last', key2: 'value 2', odd: 'a?b' })
    const { authority, scheme, phase, endOfStream, status, request } = factsOf(event)
    assert.deepEqual(
      [authority, scheme, phase, endOfStream, status, request],
      ['a.test', 'https', 1, true, undefined, undefined],
    )
  })

  test('has headers in lower case with the phase beside them, repeated ones as lists, and no pseudo headers', async (t) => {
    const { client, context } = await serveTransactions(t)
    const headers = {
      ...get,
      'X-One': 'a',
      cookie: ['x=1', 'y=2', 'z=3'],
      'x-odd': latin1,
      'x-utf': 'žluť',
      'x-empty': '',
    }
    await client.ask('requestHeaders', headers, { end: true })
    assert.deepEqual(context.events[0]?.headers, {
      'x-one': 'a',
      cookie: ['x=1', 'y=2', 'z=3'],
      'x-odd': 'für',
      'x-utf': 'žluť',
      'x-empty': '',
      'processing-phase': '1',
    })
  })

  test('14 case 86: has the content type of headers as Envoy sends them', async (t) => {
    const { client, context } = await serveTransactions(t)
    const stream = client.open()
    stream.send('requestHeaders', { ...post, 'content-type': 'application/json' }, { modes: ['BUFFERED', 'NONE'] })
    stream.send('requestBody', '{"a":1}', { end: true })
    await stream.take(2)
    assert.equal(context.events[0]?.contentType, 'application/json')
    assert.deepEqual(context.events[0]?.headers['processing-phase'], '2')
    assert.deepEqual(callsOf(context), [[2, '{"a":1}']])
  })

  for (const [name, options, headers, expected] of [
    ['the header x-request-id', {}, { 'x-request-id': 'r-1' }, 'r-1'],
    ['a configured header in any letter case', { requestIdHeaderName: 'X-Trace' }, { 'x-trace': 't-1' }, 't-1'],
    ['the fallback where there is no header', { requestIdFallback: 'none' }, {}, 'none'],
    ['nothing where neither is there', {}, {}, ''],
    [
      'the fallback where the name is empty',
      { requestIdHeaderName: '', requestIdFallback: 'f' },
      { 'x-request-id': 'r' },
      'f',
    ],
  ] as const) {
    test(`has as its request id ${name}`, async (t) => {
      const { client, context } = await serveTransactions(t, { processingOptions: options })
      await client.ask('requestHeaders', { ...get, ...headers }, { end: true })
      assert.equal(factsOf(context.events[0])['requestId'], expected)
    })
  }

  test('has the attributes and the metadata that the proxy sends, of all messages so far', async (t) => {
    const { client, context } = await serveTransactions(t)
    const stream = client.open()
    stream.send('requestHeaders', post, {
      modes: ['BUFFERED', 'NONE'],
      attributes: { 'envoy.filters.http.ext_proc': { 'source.address': '10.0.0.1:1', 'connection.mtls': true } },
      metadata: { 'jwt.claims': { sub: 'anna', roles: ['a', 'b'], age: 40, nested: { x: null } } },
    })
    stream.send('requestBody', 'x', { end: true, attributes: { other: { n: 1.5 } } })
    await stream.take(2)
    const { attributes, metadata } = factsOf(context.events[0])
    assert.deepEqual(attributes, {
      'envoy.filters.http.ext_proc': { 'source.address': '10.0.0.1:1', 'connection.mtls': true },
      other: { n: 1.5 },
    })
    assert.deepEqual(metadata, { 'jwt.claims': { sub: 'anna', roles: ['a', 'b'], age: 40, nested: { x: null } } })
  })

  test('has nothing of a line that the proxy did not send, and the handler is called all the same', async (t) => {
    const { client, context } = await serveTransactions(t)
    assert.deepEqual(await client.ask('requestBody', 'alone', { end: true, modes: ['BUFFERED', 'NONE'] }), {
      part: 'requestBody',
    })
    const event = context.events[0]!
    assert.deepEqual([event.method, event.path, Buffer.from(event.body).toString()], ['', '/', 'alone'])
  })

  test('of a transaction goes to the worker of the one before; with one worker there is no key', async (t) => {
    const several = await serveTransactions(t, { type: 'wrapprocessor' }, { numWorkers: 3 })
    for (let count = 0; count < 2; count += 1) {
      const stream = several.open()
      stream.send('requestHeaders', get, { end: true, modes: ['NONE', 'NONE'] })
      stream.send('responseHeaders', { ':status': '200' }, { end: true })
      await stream.take(2)
    }
    const [first, second, third, fourth] = several.context.options.map(({ key }) => key)
    assert.equal(first, second)
    assert.equal(third, fourth)
    assert.notEqual(first, third)
    const single = await serveTransactions(t)
    await single.client.ask('requestHeaders', get, { end: true })
    assert.equal(single.context.options[0]?.key, undefined)
  })
})

describe('the event of a response', () => {
  test('has the status, its own headers, and the line of the request with all of the request beside it', async (t) => {
    const { client, context } = await serveTransactions(t, { type: 'wrapprocessor' })
    const stream = client.open()
    const request = {
      ...post,
      ':path': '/a?b=c',
      'content-type': 'text/plain',
      'x-request-id': 'r-1',
      'x-a': ['1', '2'],
    }
    stream.send('requestHeaders', request, { modes: ['BUFFERED', 'BUFFERED'], attributes: { a: { b: 'c' } } })
    stream.send('requestBody', 'the request', { end: true })
    stream.send('responseHeaders', { ':status': '404', 'content-type': 'text/html', 'set-cookie': ['a=1', 'b=2'] })
    stream.send('responseBody', 'the response', { end: true })
    await stream.take(4)
    const event = context.events[1]!
    assert.deepEqual([event.method, event.path, event.url, event.contentType], ['POST', '/a', '/a?b=c', 'text/html'])
    assert.deepEqual({ ...event.fields }, { b: 'c' })
    assert.deepEqual(event.headers, {
      'content-type': 'text/html',
      'set-cookie': ['a=1', 'b=2'],
      'processing-phase': '5',
    })
    assert.equal(Buffer.from(event.body).toString(), 'the response')
    const { status, requestId, authority, request: shown } = factsOf(event)
    assert.deepEqual([status, requestId, authority], [404, 'r-1', 'a.test'])
    const { headers, body, fields, ...rest } = shown as Record<string, object>
    assert.deepEqual(
      { ...rest },
      {
        method: 'POST',
        path: '/a',
        url: '/a?b=c',
        authority: 'a.test',
        scheme: 'https',
        contentType: 'text/plain',
        trailers: {},
        attributes: { a: { b: 'c' } },
      },
    )
    assert.deepEqual(headers, { 'content-type': 'text/plain', 'x-request-id': 'r-1', 'x-a': ['1', '2'] })
    assert.deepEqual({ ...fields }, { b: 'c' })
    assert.equal(String(body), 'the request')
  })

  for (const [coding, body] of [
    ['', Buffer.from('the request')],
    ['gzip', gzipSync('the request')],
  ] as const) {
    test(`has a request's ${coding} body that the proxy sent, although requests are not handled`, async (t) => {
      const { open, context } = await serveTransactions(t, { type: 'postprocessor' })
      const stream = open()
      stream.send('requestHeaders', { ...post, 'content-encoding': coding }, { modes: ['BUFFERED', 'NONE'] })
      stream.send('requestBody', body, { end: true })
      stream.send('responseHeaders', { ':status': '200' })
      assert.deepEqual(await stream.take(2), [{ part: 'requestHeaders' }, { part: 'requestBody' }])
      await stream.reply()
      const { request } = factsOf(context.events[0])
      assert.equal(String((request as { body: Buffer }).body), 'the request')
    })
  }

  test('does not have a body of the request that came in pieces, or is large', async (t) => {
    const { client, context } = await serveTransactions(t, {
      type: 'wrapprocessor',
      processingOptions: { bufferStreamedBodies: false },
    })
    const stream = client.open()
    stream.send('requestHeaders', post, { modes: ['STREAMED', 'NONE'] })
    stream.send('requestBody', 'a piece')
    stream.send('requestBody', 'the last piece', { end: true })
    stream.send('responseHeaders', { ':status': '200' })
    await stream.take(4)
    const large = client.open()
    large.send('requestHeaders', post, { modes: ['BUFFERED', 'NONE'] })
    large.send('requestBody', Buffer.alloc(256 * 1024 + 1), { end: true })
    large.send('responseHeaders', { ':status': '200' })
    await large.take(3)
    const requests = context.events.map((event) => factsOf(event)['request']).filter((request) => request !== undefined)
    assert.equal(requests.length, 2)
    for (const request of requests) assert.equal('body' in (request as object), false)
  })

  test('is of phase 4 without a body, whatever the status', async (t) => {
    const { client, context } = await serveTransactions(t, { type: 'postprocessor' })
    for (const status of ['204', '304', '200']) {
      const stream = client.open()
      stream.send('requestHeaders', get, { end: true, modes: ['BUFFERED', 'BUFFERED'] })
      stream.send('responseHeaders', { ':status': status }, { end: true })
      await stream.take(2)
    }
    assert.deepEqual(
      context.events.map((event) => [
        event.headers['processing-phase'],
        factsOf(event)['status'],
        event.body.byteLength,
      ]),
      [
        ['4', 204, 0],
        ['4', 304, 0],
        ['4', 200, 0],
      ],
    )
  })

  test('has the trailers that came before the handler was called', async (t) => {
    const { client, context } = await serveTransactions(t, { type: 'postprocessor' })
    const stream = client.open()
    stream.send('requestHeaders', get, { end: true, modes: ['NONE', 'FULL_DUPLEX_STREAMED'] })
    stream.send('responseHeaders', { ':status': '200', trailer: 'x-sum' })
    stream.send('responseBody', 'whole')
    stream.send('responseTrailers', { 'x-sum': ['1', '2'] })
    await stream.take(4)
    const { trailers, phase, endOfStream } = factsOf(context.events[0])
    assert.deepEqual([trailers, phase, endOfStream], [{ 'x-sum': ['1', '2'] }, 5, true])
  })

  test('has a status of 0 where none can be read, and the default line without request headers', async (t) => {
    const { client, context } = await serveTransactions(t, { type: 'postprocessor' })
    await client.ask('responseHeaders', { ':status': 'odd' }, { end: true, modes: ['NONE', 'NONE'] })
    const event = context.events[0]!
    assert.deepEqual([factsOf(event)['status'], event.method, event.path], [0, '', '/'])
    await client.ask('responseHeaders', { ':status': '0404' }, { end: true, modes: ['NONE', 'NONE'] })
    assert.equal(factsOf(context.events[1])['status'], 404)
  })
})
