import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HeaderList, decode } from '@pelton/core'
import fc from 'fast-check'
import { type CorsConfig, cors } from './config.ts'
import { type CorsFacts, createCors } from './cors.ts'

const config = (given: Record<string, unknown> = {}): CorsConfig =>
  decode(cors, { enabled: true, ...given }).value as CorsConfig

const preflight = (facts: Partial<CorsFacts> = {}): CorsFacts => ({
  method: 'OPTIONS',
  origin: 'foo.bar',
  requestedMethod: 'GET',
  requestedHeaders: undefined,
  ...facts,
})

const plain = (origin: string | undefined): CorsFacts => ({
  method: 'POST',
  origin,
  requestedMethod: undefined,
  requestedHeaders: undefined,
})

const named = (headers: HeaderList): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))

const acceptanceA = config({
  allowOrigins: ['foo.bar'],
  allowHeaders: ['Accept', 'Content-Length', 'Content-Type', 'X-nuclio-log-level'],
  allowMethods: ['OPTIONS', 'GET', 'POST', 'HEAD', 'PUT'],
  exposeHeaders: ['x-nuclio-something', 'x-nuclio-somethingelse'],
  preflightMaxAgeSeconds: 10,
})

for (const strict of [false, true]) {
  const mode = strict ? 'in nuclio files' : 'in Pelton files'

  test(`a preflight that is allowed is answered with what is configured, ${mode}`, () => {
    const decision = createCors(
      acceptanceA,
      strict,
    )(preflight({ requestedMethod: 'POST', requestedHeaders: 'X-Nuclio-Log-Level' }))
    assert.equal(decision.kind === 'answer' && decision.status, 200)
    assert.deepEqual(named(decision.headers), {
      'access-control-allow-origin': 'foo.bar',
      'access-control-allow-methods': 'OPTIONS, GET, POST, HEAD, PUT',
      'access-control-allow-headers': 'Accept, Content-Length, Content-Type, X-nuclio-log-level',
      'access-control-max-age': '10',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    })
  })

  test(`a preflight with a foreign origin, method or header is a 400 with Vary, ${mode}`, () => {
    const decide = createCors(acceptanceA, strict)
    const refused: Partial<CorsFacts>[] = [
      { requestedMethod: 'ABC' },
      { requestedMethod: '' },
      { origin: 'dummy-origin' },
      { origin: undefined },
      { origin: '' },
      { requestedHeaders: 'Accept, Not-supported-header' },
    ]
    for (const facts of refused) {
      const decision = decide(preflight(facts))
      assert.equal(decision.kind === 'answer' && decision.status, 400, JSON.stringify(facts))
      assert.deepEqual(Object.keys(named(decision.headers)), ['vary'])
    }
  })

  test(`an allowed request runs and its answer names origin and exposed headers, ${mode}`, () => {
    const decision = createCors(acceptanceA, strict)(plain('foo.bar'))
    assert.equal(decision.kind, 'proceed')
    assert.deepEqual(named(decision.headers), {
      vary: 'Origin',
      'access-control-allow-origin': 'foo.bar',
      'access-control-expose-headers': 'x-nuclio-something, x-nuclio-somethingelse',
    })
  })

  test(`an OPTIONS request that is no preflight runs, ${mode}`, () => {
    const decide = createCors(acceptanceA, strict)
    assert.equal(decide({ ...plain('foo.bar'), method: 'OPTIONS' }).kind, 'proceed')
  })
}

test('requests without an allowed origin run in Pelton files, and are an empty 200 in nuclio files', () => {
  for (const origin of [undefined, '', 'elsewhere']) {
    const own = createCors(acceptanceA, false)(plain(origin))
    assert.equal(own.kind, 'proceed')
    assert.deepEqual(own.headers, [['Vary', 'Origin']])
    const nuclio = createCors(acceptanceA, true)(plain(origin))
    assert.equal(nuclio.kind === 'answer' && nuclio.status, 200)
    assert.deepEqual(nuclio.headers, [['Vary', 'Origin']])
  }
})

test('the defaults are nuclio’s', () => {
  const decide = createCors(config({ allowOrigins: ['foo.bar'] }), true)
  const { headers } = decide(preflight({ requestedHeaders: 'X-Nuclio-Log-Level' }))
  assert.deepEqual(
    [
      named(headers)['access-control-allow-methods'],
      named(headers)['access-control-max-age'],
      named(headers)['access-control-allow-headers'],
    ],
    [
      'HEAD, GET, POST, PUT, DELETE, OPTIONS, PATCH',
      '5',
      'Accept, Content-Length, Content-Type, Authorization, X-Nuclio-Log-Level',
    ],
  )
  const refused: Partial<CorsFacts>[] = [
    { origin: 'baz.bar' },
    { requestedHeaders: 'Not-supported-header' },
    { requestedMethod: 'ABC' },
    { requestedMethod: 'TRACE' },
  ]
  for (const facts of refused) assert.equal((decide(preflight(facts)) as { status: number }).status, 400)
})

const origins: [allowed: string[], origin: string, passes: boolean][] = [
  [['*'], 'a', true],
  [['*'], 'b', true],
  [['*'], '', false],
  [['a'], 'a', true],
  [['a'], 'A', true],
  [['a'], 'b', false],
  [['a', 'b'], 'b', true],
  [['a', 'b'], 'c', false],
  [['aa'], 'a', false],
  [['a'], 'aa', false],
  [['nuclio.io', 'http://nuclio.io', 'http://nuclio.io:80'], 'http://nuclio.io:80', true],
  [['nuclio.io', 'http://nuclio.io', 'http://nuclio.io:80'], 'https://Nuclio.io', false],
]
for (const [allowOrigins, origin, passes] of origins) {
  test(`origins ${allowOrigins.join(' ')} ${passes ? 'allow' : 'deny'} "${origin}"`, () => {
    const { headers } = createCors(config({ allowOrigins }), false)(plain(origin))
    assert.equal(named(headers)['access-control-allow-origin'], passes ? origin : undefined)
  })
}

test('each default method is allowed, OPTIONS even where it is not configured', () => {
  for (const requestedMethod of config().allowMethods) {
    assert.equal((createCors(config(), true)(preflight({ requestedMethod })) as { status: number }).status, 200)
  }
  const decide = createCors(config({ allowMethods: ['GET'] }), true)
  assert.equal((decide(preflight({ requestedMethod: 'OPTIONS' })) as { status: number }).status, 200)
})

test('headers are allowed together, and one that is added is allowed too', () => {
  const requestedHeaders = `${config().allowHeaders.join(', ')}, Dummy-Header`
  const status = (given: Record<string, unknown>): number =>
    (createCors(config(given), true)(preflight({ requestedHeaders })) as { status: number }).status
  assert.equal(status({}), 400)
  assert.equal(status({ allowHeaders: [...config().allowHeaders, 'dummy-header'] }), 200)
})

test('credentials and a max age of 0 are sent when configured', () => {
  const { headers } = createCors(config({ allowCredentials: true, preflightMaxAgeSeconds: 0 }), true)(preflight())
  assert.equal(named(headers)['access-control-allow-credentials'], 'true')
  assert.equal(named(headers)['access-control-max-age'], '0')
  const without = createCors(config(), true)(preflight())
  assert.equal(named(without.headers)['access-control-allow-credentials'], undefined)
})

test('whatever a client sends, an origin is only named when it is allowed', () => {
  const text = fc.option(fc.string(), { nil: undefined })
  const facts = fc.record({
    method: fc.constantFrom('GET', 'OPTIONS', 'POST'),
    origin: fc.option(fc.oneof(fc.string(), fc.constant('a')), { nil: undefined }),
    requestedMethod: text,
    requestedHeaders: text,
  })
  fc.assert(
    fc.property(facts, fc.boolean(), (given, strict) => {
      const { headers } = createCors(config({ allowOrigins: ['a'] }), strict)(given)
      const origin = named(headers)['access-control-allow-origin']
      assert.ok(origin === undefined || origin.toLowerCase() === 'a')
      assert.ok(named(headers)['vary']?.startsWith('Origin'))
    }),
  )
})

test('* among methods and headers allows what a preflight asks for, and says so by name', () => {
  const decide = createCors(config({ allowMethods: ['*'], allowHeaders: ['*'] }), false)
  const decision = decide(preflight({ requestedMethod: 'PROPFIND', requestedHeaders: 'X-Any, Depth' }))
  assert.equal(decision.kind === 'answer' && decision.status, 200)
  const { 'access-control-allow-methods': methods, 'access-control-allow-headers': headers } = named(decision.headers)
  assert.deepEqual([methods, headers], ['PROPFIND', 'X-Any, Depth'])
  const unnamed = decide(preflight())
  assert.equal(named(unnamed.headers)['access-control-allow-headers'], '*')
  const empty = decide(preflight({ requestedMethod: '' }))
  assert.equal(empty.kind === 'answer' && empty.status, 400)
})
