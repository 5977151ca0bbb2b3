import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ExtProc, type HandlerResponse, createInvoker } from '@pelton/sdk'
import { type Directions, readDirections } from './directions.ts'
import { type ExpectedResult, type OptionCase, optionCases } from './fixtures/option-cases.ts'
import { createHandlerSide } from './handler-side.ts'

const extproc = createHandlerSide(() => Promise.reject(new Error('it calls nothing'))) as ExtProc

function directionsOf(result: HandlerResponse): Directions {
  const { extproc: directions } = result.extra as { extproc: Directions }
  assert.deepEqual(readDirections(directions), directions)
  return directions
}

/** What a case gives, or the error's message. */
function told(call: () => HandlerResponse): object {
  try {
    const result = call()
    const { statusCode: status, headers, contentType, body } = result
    return { status, headers, contentType, ...(body === undefined ? {} : { body }), extproc: directionsOf(result) }
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error))
    return { error: error.message }
  }
}

function check(given: object, [call, options, expected]: OptionCase): void {
  const about = `${call} ${JSON.stringify(options)}`
  if (expected instanceof RegExp)
    return assert.match((given as { error?: string }).error ?? 'no error', expected, about)
  const { status = 200, headers = {}, contentType = '', body, extproc: directions }: ExpectedResult = expected
  const whole = { status, headers, contentType, ...(body === undefined ? {} : { body }) }
  assert.deepEqual(given, { ...whole, extproc: { action: call, ...directions } }, about)
}

test('proceed and respond make a result of good options, and name the bad one', () => {
  for (const each of optionCases) {
    const [call, options] = each
    check(
      told(() => extproc[call](options)),
      each,
    )
  }
})

const camelNames = ['setHeaders', 'addHeaders', 'removeHeaders', 'contentType', 'modeOverride', 'requestBody']
const modeNames = ['responseBody', 'requestHeaders', 'responseHeaders', 'requestTrailers', 'responseTrailers']
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (char) => `_${char.toLowerCase()}`)
const camelOf = new Map([...camelNames, ...modeNames].map((name) => [snakeCase(name), name]))

function inPython([call, { ...options }]: OptionCase): [string, object] {
  const named = Object.entries(options).map(([name, value]: [string, unknown]) =>
    name === 'modeOverride' && typeof value === 'object' && value !== null
      ? [snakeCase(name), Object.fromEntries(Object.entries(value).map(([mode, how]) => [snakeCase(mode), how]))]
      : [camelOf.get(snakeCase(name)) === name ? snakeCase(name) : name, value],
  )
  return [call, Object.fromEntries(named) as object]
}

test('they are the same in Python, by names in snake_case', async () => {
  const answers = await callInPython(optionCases.map(inPython))
  for (const [at, each] of optionCases.entries()) {
    const { error, ...result } = answers[at] as { error?: string }
    const message = error?.replace(/[a-z]+_[a-z_]+/g, (name) => camelOf.get(name) ?? name)
    check(message === undefined ? result : { error: message }, each)
  }
})

test('in Python None says nothing, modes have both names, and JSON has no NaN', async () => {
  const answers = await callInPython([
    ['proceed', { set_headers: null, body: null, path: null, status: null, mode_override: { request_body: null } }],
    ['respond', { status: null, headers: null, content_type: null, body: null }],
    ['proceed', { mode_override: { requestBody: 'NONE', response_body: 'STREAMED' } }],
    ['proceed', { body: { a: [NaN, 'NaN'] }, metadata: { ns: { b: null } } }],
    ['proceed', { mode_override: { request_body: [] } }],
  ])
  const plain = { status: 200, headers: {}, contentType: '' }
  assert.deepEqual(answers, [
    { ...plain, extproc: { action: 'proceed', modeOverride: {} } },
    { ...plain, extproc: { action: 'respond' } },
    { ...plain, extproc: { action: 'proceed', modeOverride: { requestBody: 'NONE', responseBody: 'STREAMED' } } },
    {
      ...plain,
      contentType: 'application/json',
      body: '{"a": [null, "NaN"]}',
      extproc: { action: 'proceed', metadata: { ns: { b: null } }, replacesBody: true },
    },
    {
      error:
        'proceed: mode_override.request_body must be NONE, STREAMED, BUFFERED, BUFFERED_PARTIAL or FULL_DUPLEX_STREAMED, not a list',
    },
  ])
})

async function callInPython(cases: readonly [string, object][]): Promise<object[]> {
  const script = path.join(import.meta.dirname, 'fixtures', 'call_handler_side.py')
  const child = spawn('python3', ['-W', 'error', script], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 30_000 })
  // Python's JSON has NaN, which ours writes as null.
  child.stdin.end(
    JSON.stringify(cases, (_, value: unknown) => (Number.isNaN(value) ? '<NaN>' : value)).replaceAll('"<NaN>"', 'NaN'),
  )
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  assert.equal(code, 0)
  return JSON.parse(output) as object[]
}

test('what is no object of options is refused', () => {
  for (const options of [null, 'text', 5, [], Buffer.from('x')] as never[]) {
    assert.throws(() => extproc.proceed(options), {
      name: 'TypeError',
      message: /^proceed takes an object of options, not/,
    })
    assert.throws(() => extproc.respond(options), { name: 'TypeError', message: /^respond takes an object of options/ })
  }
})

test('an undefined option says nothing, but an undefined header is refused, as the old one would stay', () => {
  const nothing = { setHeaders: undefined, body: undefined, modeOverride: undefined, status: undefined } as object
  assert.deepEqual(directionsOf(extproc.proceed(nothing)), { action: 'proceed' })
  assert.equal(extproc.respond({ status: undefined, contentType: undefined } as object).statusCode, 200)
  const message = 'proceed: setHeaders["x-user"] must be text, a number or a boolean, not undefined'
  assert.throws(() => extproc.proceed({ setHeaders: { 'x-user': undefined } } as never), { message })
})

test('what was given may be changed afterwards', () => {
  const bytes = Buffer.from('old')
  const list = ['old']
  const setHeaders: Record<string, string | string[]> = { a: list }
  const metadata = { ns: { deep: ['old'] } }
  const modeOverride: { requestBody: 'NONE' | 'STREAMED' } = { requestBody: 'NONE' }
  const result = extproc.proceed({ setHeaders, removeHeaders: list, body: bytes, metadata, modeOverride })
  const answer = extproc.respond({ headers: setHeaders, body: bytes })
  const object = { text: 'old' }
  const asJson = extproc.proceed({ body: object })
  bytes.write('new')
  list[0] = 'new'
  setHeaders['b'] = 'new'
  metadata.ns.deep[0] = 'new'
  modeOverride.requestBody = 'STREAMED'
  object.text = 'new'
  assert.doesNotMatch(JSON.stringify([directionsOf(result), answer.headers, asJson.body]), /new|STREAMED/)
  assert.deepEqual([String(result.body), String(answer.body)], ['old', 'old'])
})

test('bytes of every kind are bodies, and null is JSON', () => {
  const { buffer } = new TextEncoder().encode('ohio')
  const shared = new SharedArrayBuffer(2)
  for (const [body, expected] of [
    [Buffer.from('hi'), 'hi'],
    [new DataView(buffer, 1, 2), 'hi'],
    [buffer, 'ohio'],
    [shared, '\0\0'],
    [null, 'null'],
  ] as const) {
    const result = extproc.proceed({ body })
    assert.equal(String(result.body), expected)
    assert.equal(result.contentType, body === null ? 'application/json' : '')
    assert.equal(directionsOf(result).replacesBody, true)
  }
})

test('a body that cannot be sent as a whole is refused with what to do', async () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const rejected = Promise.reject(new Error('unread'))
  for (const [body, message] of [
    [rejected, 'proceed: body is a promise: await it'],
    [new Response('x'), 'proceed: body is a response or blob: await its arrayBuffer()'],
    [new Blob(['x']), 'proceed: body is a response or blob: await its arrayBuffer()'],
    [ReadableStream.from(['x']), 'proceed: body is a stream: gather it first, as the proxy takes whole bodies'],
    [[1].values(), 'proceed: body is a stream: gather it first, as the proxy takes whole bodies'],
    [() => 1, 'proceed: body cannot be written as JSON: it is of type function'],
    [5n, 'proceed: body cannot be written as JSON: Do not know how to serialize a BigInt'],
    [cyclic, 'proceed: body cannot be written as JSON: Converting circular structure to JSON'],
  ] as const) {
    assert.throws(() => extproc.proceed({ body }), { name: 'TypeError', message })
  }
  await assert.rejects(rejected)
  assert.throws(
    () => extproc.proceed({ metadata: { cyclic } }),
    /^TypeError: proceed: metadata cannot be written as JSON/,
  )
  assert.throws(() => extproc.proceed({ metadata: { ns: new Date(0) as never } }), /metadata\["ns"\] must be an object/)
})

test('a name that objects have by themselves is a header like any other', () => {
  const headers = JSON.parse('{"__proto__": "a", "constructor": ["b", "c"]}') as Record<string, string>
  const lines = [
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['constructor', 'c'],
  ]
  assert.deepEqual(directionsOf(extproc.proceed({ setHeaders: headers })).set, lines)
  assert.deepEqual(Object.entries(extproc.respond({ headers }).headers), [
    ['__proto__', ['a']],
    ['constructor', ['b', 'c']],
  ])
})

test('whatever is given, there is a result that the trigger reads back from the wire, or a TypeError', () => {
  const value = fc.oneof(
    fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
    fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.oneof(fc.integer(), fc.boolean())))),
    fc.string({ unit: 'grapheme' }).map((text) => `/${text}`),
    fc.constantFrom('GET', 204, { ns: { a: 1 } }, { requestBody: 'NONE' }),
  )
  const names = ['setHeaders', 'addHeaders', 'removeHeaders', 'body', 'path', 'method', 'status', 'trailers']
  const name = fc.constantFrom(...names, 'metadata', 'modeOverride')
  let results = 0
  fc.assert(
    fc.property(name, value, (option, given) => {
      try {
        const directions = directionsOf(extproc.proceed({ [option]: given }))
        assert.deepEqual(readDirections(JSON.parse(JSON.stringify(directions))), directions)
        results += 1
      } catch (error) {
        assert.ok(error instanceof TypeError && error.message.startsWith('proceed'), String(error))
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(results > 50, `${results} results`)
})

test('a handler that is invoked in memory shows what it wants of its trigger, in every kind of file', async () => {
  for (const compat of ['none', 'nuclio'] as const) {
    const options = { compat, context: { extproc } }
    const going = await createInvoker(() => extproc.proceed({ path: '/b', body: { a: 1 } }), options)()
    assert.deepEqual(going.extra, { extproc: { action: 'proceed', path: '/b', replacesBody: true } })
    assert.deepEqual([going.status, going.headers, going.text()], [200, {}, '{"a":1}'])
    const headers = { 'X-A': ['1', '2'] }
    const problem = { status: 403, headers, contentType: 'application/problem+json', body: { title: 'no' } }
    const answered = await createInvoker(() => extproc.respond(problem), options)()
    assert.deepEqual(answered.extra, { extproc: { action: 'respond' } })
    assert.deepEqual([answered.status, answered.headers], [403, { 'x-a': ['1', '2'] }])
    assert.deepEqual([answered.contentType, answered.text()], ['application/problem+json', '{"title":"no"}'])
  }
})
