import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AnswerWay, readResult } from './read-result.ts'
import { Response as ContextResponse, respond } from './respond.ts'
import type { Response as Answered } from './response.ts'
import type { CompatMode } from './compat.ts'

const text = 'text/plain; charset=utf-8'
const octets = 'application/octet-stream'
const json = 'application/json'

interface Told {
  status: number
  headers: [string, string][]
  contentType: string
  /** The body's text, a stream's chunks joined by `|`, undefined for none. */
  body: string | undefined
}

async function told(value: unknown, compat: CompatMode = 'none', way: AnswerWay = 'return'): Promise<Told | string> {
  const reading = await readResult(value, compat, way)
  if ('failure' in reading) return reading.failure
  const { bodyType: _, ...response } = reading.response
  return { ...response, body: await bodyText(response.body) }
}

async function bodyText(body: Answered['body']): Promise<string | undefined> {
  if (body === undefined) return undefined
  if (ArrayBuffer.isView(body)) return Buffer.from(body).toString()
  const chunks: string[] = []
  for await (const chunk of body) chunks.push(Buffer.from(chunk).toString())
  return chunks.join('|')
}

const ok = (body: string | undefined, contentType: string, status = 200, headers: [string, string][] = []): Told => ({
  status,
  headers,
  contentType,
  body,
})

function* parts(): Generator<unknown> {
  yield 'a'
  yield Buffer.from('b')
}

async function* chunks(): AsyncGenerator<unknown> {
  yield 'a'
  await Promise.resolve()
  yield Buffer.from('b')
  yield new Uint8Array([99]).buffer
}

class Point {
  x = 1
  status = 201
}

const circular: Record<string, unknown> = {}
circular.self = circular

const everywhere: [name: string, value: () => unknown, expected: Told | RegExp][] = [
  ['undefined: an empty 200', () => undefined, ok(undefined, '')],
  ['a string', () => 'hi', ok('hi', text)],
  ['an empty string', () => '', ok('', text)],
  ['a number', () => 12, ok('12', json)],
  ['NaN', () => NaN, ok('null', json)],
  ['null', () => null, ok('null', json)],
  ['a boolean', () => false, ok('false', json)],
  ['a list', () => [1, 2, 3], ok('[1,2,3]', json)],
  ['a list of two that is no status and body', () => [1, 'a'], ok('[1,"a"]', json)],
  ['status and text', () => [201, 'made'], ok('made', text, 201)],
  ['status and object', () => [201, { a: 1 }], ok('{"a":1}', json, 201)],
  ['status and nothing', () => [204, undefined], ok('', '', 204)],
  ['a status that cannot be sent', () => [700, 'x'], /^status 700 is not an integer from 200 to 599$/],
  ['a status below 200', () => [100, 'x'], /^status 100 /],
  ['an object', () => ({ a: 1, status: 201 }), ok('{"a":1,"status":201}', json)],
  ['an empty object', () => ({}), ok('{}', json)],
  ['an object with headers only', () => ({ headers: { a: '1' } }), ok('{"headers":{"a":"1"}}', json)],
  ['a class of its own with a status', () => new Point(), ok('{"x":1,"status":201}', json)],
  [
    'a response by its shape',
    () => ({ status: 202, headers: { 'X-A': 1, 'x-b': ['1', '2'] }, body: 'hi' }),
    ok('hi', text, 202, [
      ['X-A', '1'],
      ['x-b', '1'],
      ['x-b', '2'],
    ]),
  ],
  ['a shape with a status alone', () => ({ status: 204 }), ok('', '', 204)],
  ['a shape with a body alone', () => ({ body: { a: 1 } }), ok('{"a":1}', json)],
  [
    'a shape whose status is no integer: JSON',
    () => ({ status: 'done', body: 1 }),
    ok('{"status":"done","body":1}', json),
  ],
  ['a shape with a bad status', () => ({ status: 42 }), /^status 42 /],
  ['a shape without prototype', () => Object.assign(Object.create(null) as object, { body: 'x' }), ok('x', text)],
  [
    'contentType wins over the header',
    () => ({ body: 'x', contentType: 'a/b', headers: { 'Content-Type': 'c/d' } }),
    ok('x', 'a/b'),
  ],
  [
    'the content-type header without contentType',
    () => ({ body: 'x', headers: { 'Content-Type': 'c/d' } }),
    ok('x', 'c/d'),
  ],
  ['headers as a Map', () => ({ body: 'x', headers: new Map([['a', '1']]) }), ok('x', text, 200, [['a', '1']])],
  ['headers as Headers', () => ({ body: 'x', headers: new Headers({ a: '1' }) }), ok('x', text, 200, [['a', '1']])],
  [
    'absent header values',
    () => ({ body: 'x', headers: { a: undefined, b: null, c: true } }),
    ok('x', text, 200, [['c', 'true']]),
  ],
  [
    'a header with a line break',
    () => ({ body: 'x', headers: { a: 'b\r\nc: d' } }),
    /^invalid characters in the value of header a$/,
  ],
  ['a header with letters beyond Latin-1', () => ({ body: 'x', headers: { a: '€' } }), /^invalid characters/],
  ['a header name with a space', () => ({ body: 'x', headers: { 'a b': '1' } }), /^invalid header name "a b"$/],
  [
    'a header value that is an object',
    () => ({ body: 'x', headers: { a: {} } }),
    /^the value of header a is neither text nor a number$/,
  ],
  ['headers that are text', () => ({ body: 'x', headers: 'a: b' }), /^headers must be an object/],
  ['headers that are a list of texts', () => ({ body: 'x', headers: ['a'] }), /pairs$/],
  [
    'a content type with a line break',
    () => ({ body: 'x', contentType: 'a\nb' }),
    /^invalid characters in contentType$/,
  ],
  ['a content type that is no text', () => ({ body: 'x', contentType: 7 }), /^contentType must be a string/],
  [
    'respond()',
    () => respond('x', { status: 201, headers: { a: 1 }, contentType: 'a/b' }),
    ok('x', 'a/b', 201, [['a', '1']]),
  ],
  ['respond() with an object', () => respond({ a: 1 }), ok('{"a":1}', json)],
  ['respond() with nothing', () => respond(undefined, { status: 204 }), ok('', '', 204)],
  ['a cycle', () => circular, /^the result cannot be written as JSON: Converting circular/],
  ['a BigInt', () => ({ a: 1n }), /^the result cannot be written as JSON: .*BigInt/],
  ['a function', () => () => 1, /^a value of type function cannot be written as JSON$/],
  ['a symbol', () => Symbol('x'), /^a value of type symbol/],
  [
    'a toJSON that throws',
    () => ({
      toJSON() {
        throw new Error('no')
      },
    }),
    /^the result cannot be written as JSON: no$/,
  ],
  [
    'a getter that throws',
    () => ({
      get body() {
        throw new Error('no')
      },
    }),
    /^reading the result failed: no$/,
  ],
  [
    'a proxy that throws anything',
    () =>
      new Proxy(
        {},
        {
          getPrototypeOf() {
            throw null
          },
        },
      ),
    /^reading the result failed: nothing was thrown: null$/,
  ],
  [
    'a WHATWG Response',
    () => new Response('hi', { status: 201, headers: { 'x-a': '1' } }),
    ok('hi', 'text/plain;charset=UTF-8', 201, [['x-a', '1']]),
  ],
  ['Response.json', () => Response.json({ a: 1 }), ok('{"a":1}', json)],
  ['a WHATWG Response without body', () => new Response(null, { status: 204 }), ok('', '', 204)],
  [
    'a WHATWG Response with cookies',
    () =>
      new Response('', {
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      }),
    ok('', 'text/plain;charset=UTF-8', 200, [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]),
  ],
  ['a WHATWG error response', () => Response.error(), /^status 0 /],
]

for (const [name, value, expected] of everywhere) {
  test(`in Pelton files reads ${name}`, async () => {
    const result = await told(value())
    if (expected instanceof RegExp) assert.match(String(result), expected)
    else assert.deepEqual(result, expected)
  })
}

const binary: [name: string, value: () => unknown, body: string][] = [
  ['a Buffer', () => Buffer.from('hi'), 'hi'],
  ['a Uint8Array', () => new TextEncoder().encode('hi'), 'hi'],
  ['a view into a part of a buffer', () => new DataView(new TextEncoder().encode('ohio').buffer, 1, 2), 'hi'],
  ['an ArrayBuffer', () => new TextEncoder().encode('hi').buffer, 'hi'],
  ['a generator', () => parts(), 'a|b'],
  ['an async generator', () => chunks(), 'a|b|c'],
  ['a Readable', () => Readable.from(['a', Buffer.from('b')]), 'a|b'],
  ['a ReadableStream', () => ReadableStream.from(['a', 'b']), 'a|b'],
]

for (const [name, value, body] of binary) {
  test(`reads ${name} as octets, in nuclio files as text`, async () => {
    assert.deepEqual(await told(value()), ok(body, octets))
    assert.deepEqual(await told([201, value()]), ok(body, octets, 201))
    assert.deepEqual(await told(value(), 'nuclio'), ok(body, 'text/plain'))
    assert.deepEqual(await told(value(), 'digitalhub'), ok(body, 'text/plain'))
  })
}

const built = (...given: ConstructorParameters<typeof ContextResponse>): unknown => new ContextResponse(...given)

// The table of nuclio's `callback`, and what it leaves open.
const callbacks: [name: string, value: unknown, expected: Told][] = [
  ['a string', 'hi', ok('hi', 'text/plain')],
  ['a Buffer', Buffer.from('hi'), ok('hi', 'text/plain')],
  ['number and string', [201, 'hi'], ok('hi', 'text/plain', 201)],
  ['number and Buffer', [201, Buffer.from('hi')], ok('hi', 'text/plain', 201)],
  ['number and object', [201, { a: 1 }], ok('{"a":1}', json, 201)],
  ['an object', { a: 1 }, ok('{"a":1}', json)],
  ['an object in the shape of a response', { status: 201, body: 'x' }, ok('{"status":201,"body":"x"}', json)],
  ['a list', [1, 2], ok('[1,2]', json)],
  ['a number', 5, ok('5', json)],
  ['null', null, ok('null', json)],
  ['undefined', undefined, ok(undefined, json)],
  ['a Response', built('hi', { a: '1' }, 'text/html', 201), ok('hi', 'text/html', 201, [['a', '1']])],
  ['a Response by default', built('hi'), ok('hi', 'text/plain')],
  ['a Response with an object', built({ a: 1 }, null, 'text/plain', 201), ok('{"a":1}', json, 201)],
  ['a Response with null', built(null, null, 'text/plain'), ok('null', json)],
]

for (const [name, value, expected] of callbacks) {
  test(`in nuclio files context.callback reads ${name}`, async () => {
    assert.deepEqual(await told(value, 'nuclio', 'callback'), expected)
  })
}

test('in nuclio files a returned object is read as everywhere', async () => {
  assert.deepEqual(await told({ status: 201, body: 'x' }, 'nuclio'), ok('x', text, 201))
  assert.deepEqual(
    await told(respond({ a: 1 }, { contentType: 'application/problem+json' }), 'nuclio'),
    ok('{"a":1}', 'application/problem+json'),
  )
})

test('in Pelton files context.callback reads like a return', async () => {
  assert.deepEqual(await told({ status: 201, body: 'x' }, 'none', 'callback'), ok('x', text, 201))
  assert.deepEqual(await told(built({ a: 1 }, {}, 'a/b', 201), 'none', 'callback'), ok('{"a":1}', 'a/b', 201))
})

test('a Response whose body takes its time is a stream', async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  void writer.write(Buffer.from('a'))
  const reading = await readResult(new Response(readable), 'none')
  assert.ok('response' in reading && reading.response.body !== undefined && !ArrayBuffer.isView(reading.response.body))
  void writer.write(Buffer.from('b')).then(() => writer.close())
  assert.equal(await bodyText(reading.response.body), 'a|b')
})

const bodyTypes: [name: string, value: () => unknown, expected: string | undefined][] = [
  ['a string', () => 'x', 'text'],
  ['an empty string', () => '', 'text'],
  ['an object', () => ({ a: 1 }), 'text'],
  ['a number', () => 5, 'text'],
  ['bytes', () => Buffer.from('x'), 'bytes'],
  ['an ArrayBuffer', () => new ArrayBuffer(1), 'bytes'],
  ['text that is called an image', () => respond('x', { contentType: 'image/png' }), 'text'],
  ['bytes that are called text', () => ({ contentType: 'text/plain', body: Buffer.from('x') }), 'bytes'],
  ['status and text', () => [201, 'x'], 'text'],
  ['status and bytes', () => [201, new Uint8Array(1)], 'bytes'],
  ['a Response of context with text', () => built('x'), 'text'],
  ['a Response of context with bytes', () => built(Buffer.from('x'), null, 'text/plain'), 'bytes'],
  ['a Response of context with an object', () => built({ a: 1 }), 'text'],
  ['a stream', () => chunks(), undefined],
  ['a WHATWG response', () => new Response('x'), undefined],
  ['nothing', () => undefined, undefined],
  ['a status alone', () => ({ status: 204 }), undefined],
]

for (const [name, value, expected] of bodyTypes) {
  test(`${name} has the body type ${expected ?? 'of nobody knows'}`, async () => {
    for (const compat of ['none', 'nuclio'] as const) {
      const reading = await readResult(value(), compat)
      assert.ok('response' in reading)
      assert.equal(reading.response.bodyType, expected)
    }
  })
}

test('what a built response has for its trigger alone is there as it was given, in every file and way', async () => {
  const extra = { kind: { action: 'go' } }
  const assigned = Object.assign(new ContextResponse('x'), { extra })
  for (const value of [respond('x', { extra }), respond(undefined, { extra }), assigned]) {
    for (const compat of ['none', 'nuclio'] as const) {
      for (const way of ['return', 'callback'] as const) {
        const reading = await readResult(value, compat, way)
        assert.ok('response' in reading)
        assert.equal(reading.response.extra, extra)
      }
    }
  }
  const without = await readResult(respond('x'), 'none')
  assert.ok('response' in without && !('extra' in without.response))
})

test('anything for the trigger but a plain object is a failure', async () => {
  for (const extra of [null, 'x', 5, [], new Map(), new Point()]) {
    const reading = await readResult(respond('x', { extra: extra as never }), 'none')
    assert.deepEqual(reading, { failure: 'extra must be a plain object' })
  }
  assert.match(String(await told(respond('x', { status: 99, extra: [] as never }))), /^status 99/)
})

test('a plain object with extra is JSON', async () => {
  assert.deepEqual(await told({ body: 'x', extra: {} }), ok('{"body":"x","extra":{}}', json))
})

test('a Response that has been read is a failure', async () => {
  const response = new Response('x')
  await response.text()
  assert.match(String(await told(response)), /read already/)
})

test('a chunk that is neither text nor bytes breaks the stream, and its producer is left', async () => {
  let left = false
  async function* wrong(): AsyncGenerator<unknown> {
    try {
      yield 'a'
      yield { b: 1 }
    } finally {
      left = true
    }
  }
  await assert.rejects(told(wrong()), /a stream may yield strings and bytes, not a value of type object/)
  assert.equal(left, true)
})

test('a response that a kind made is a chunk; one of the handler’s own is none, for its status would be lost', async () => {
  async function* made(): AsyncGenerator<unknown> {
    yield respond('a', { extra: { kind: 1 } })
    yield respond(Buffer.from('b'), { extra: { kind: 2 } })
  }
  async function* plain(): AsyncGenerator<unknown> {
    yield 'a'
    yield Buffer.from('b')
  }
  assert.deepEqual(await told(made()), await told(plain()))
  async function* own(): AsyncGenerator<unknown> {
    yield respond('a', { status: 201 })
  }
  await assert.rejects(told(own()), /a stream may yield strings and bytes/)
})

test('any value is either a response or a failure', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withTypedArray: true,
        withSparseArray: true,
      }),
      fc.constantFrom<CompatMode>('none', 'nuclio'),
      fc.constantFrom<AnswerWay>('return', 'callback'),
      async (value, compat, way) => {
        const reading = await readResult(value, compat, way)
        if ('failure' in reading) assert.equal(typeof reading.failure, 'string')
        else assert.ok(reading.response.status >= 200 && reading.response.status <= 599)
      },
    ),
  )
})
