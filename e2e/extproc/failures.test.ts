import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { waitUntil } from '@pelton/testkit'
import { envoy } from '../../scripts/tools/envoy.ts'
import type { Route } from './envoy-bootstrap.ts'
import type { ClientAnswer } from './exchange.ts'
import { valuesOf } from './header-lines.ts'
import { plannedSuite } from './planned-site.ts'

const { binary = '', skip } = await envoy()

/** `/TRIGGER/MODE/`. */
function routes(triggers: readonly string[]): Route[] {
  return triggers.flatMap((processor) =>
    (['NONE', 'BUFFERED', 'STREAMED', 'FULL_DUPLEX_STREAMED'] as const).map((mode) => ({
      prefix: `/${processor}/${mode}/`,
      upstream: 'upstream-1.1',
      extProc: {
        processor,
        mode: {
          request_body_mode: mode,
          response_body_mode: mode,
          ...(mode === 'FULL_DUPLEX_STREAMED' ? { request_trailer_mode: 'SEND', response_trailer_mode: 'SEND' } : {}),
        },
      },
    })),
  )
}

const small = 'processingOptions: { perRequestBodyBufferBytes: 1000 }'
const triggers = {
  strict: 'type: wrapprocessor',
  lenient: 'type: wrapprocessor, onError: passthrough',
  hasty: 'type: wrapprocessor, phaseTimeoutMs: 60',
  'strict-small': `type: wrapprocessor, ${small}`,
  'lenient-small': `type: wrapprocessor, onError: passthrough, ${small}`,
}

const { site, planned, seen } = plannedSuite(triggers, {
  skip,
  binary,
  listeners: [
    // As Envoy has it when nobody says otherwise.
    {
      extProc: { processor: 'strict', more: { message_timeout: '0.2s' } },
      routes: routes(['lenient']),
      name: 'default',
    },
    { extProc: { processor: 'strict' }, routes: routes(Object.keys(triggers)), name: 'patient' },
  ],
})

const modes = ['NONE', 'BUFFERED', 'STREAMED', 'FULL_DUPLEX_STREAMED']
const post = { headers: { 'content-type': 'text/plain' }, body: ['hello'] }

function isGeneric(answer: ClientAnswer, status: number): void {
  assert.equal(answer.status, status)
  const [id = ''] = valuesOf(answer.headers, 'x-pelton-event-id')
  assert.match(id, /^[\da-f-]{36}$/)
  const text = answer.body.toString()
  assert.ok(text.length < 200 && text.includes(id) && !/secret|Traceback|\.ts/.test(text), text)
  assert.match(valuesOf(answer.headers, 'content-type').join(), /^text\/plain/)
}

for (const mode of ['NONE', 'BUFFERED', 'FULL_DUPLEX_STREAMED'])
  for (const side of ['request', 'response'] as const)
    test(
      `an exception for the ${side} is a short 500 without its text: DigitalHub case 89 (${mode})`,
      { skip },
      async () => {
        const request = planned({ path: `/strict/${mode}/`, ...post }, { [side]: { throws: 'a secret' } })
        site().upstream.answer(request.id, { body: ['world'] })
        isGeneric(await site().client('2', 'patient').ask(request), 500)
        assert.equal(site().upstream.seen(request.id).length, side === 'request' ? 0 : 1)
      },
    )

for (const mode of modes)
  test(`with passthrough an exception changes nothing: DigitalHub cases 46 and 47 (${mode})`, { skip }, async () => {
    const step = { throws: 'a secret' }
    const large = Buffer.alloc(100_000, 'x')
    const body = [large]
    const request = planned(
      { path: `/lenient/${mode}/`, headers: post.headers, body },
      { request: step, response: step },
    )
    site().upstream.answer(request.id, { status: 201, headers: { 'x-a': '1' }, body })
    const answer = await site().client('2', 'patient').ask(request)
    assert.deepEqual([answer.status, valuesOf(answer.headers, 'x-a')], [201, ['1']])
    assert.ok(answer.body.equals(large))
    assert.ok(site().upstream.seen(request.id)[0]?.body.equals(large))
    assert.equal((await seen(request.id, 2)).length, 2)
  })

test('a handler that hangs is passed by before the proxy loses its patience, and told so', { skip }, async () => {
  for (const mode of modes) {
    const plan = { request: { hangs: true }, response: { hangs: true } }
    // 150 of the proxy's 200 ms: on a machine that is busy it may lose it.
    const { request, answer } = await waitUntil(`an answer in mode ${mode}`, async () => {
      const one = planned({ path: `/lenient/${mode}/`, ...post }, plan)
      site().upstream.answer(one.id, { status: 201, body: ['world'] })
      const got = await site().client('1.1', 'default').ask(one)
      return got.status === 504 ? undefined : { request: one, answer: got }
    }).then((found) => found as NonNullable<typeof found>)
    assert.deepEqual([answer.status, answer.body.toString()], [201, 'world'], mode)
    const events = await seen(request.id, 4)
    assert.equal(events.filter(({ aborted }) => aborted).length, 2)
  }
})

test('a handler that hangs is a 504 with the default policy', { skip }, async () => {
  for (const side of ['request', 'response']) {
    const request = planned({ path: '/hasty/BUFFERED/', ...post }, { [side]: { hangs: true } })
    site().upstream.answer(request.id, { body: ['world'] })
    isGeneric(await site().client('1.1', 'patient').ask(request), 504)
  }
})

for (const mode of ['BUFFERED', 'STREAMED', 'FULL_DUPLEX_STREAMED']) {
  test(`a body over perRequestBodyBufferBytes is a 413: DigitalHub case 90 (${mode})`, { skip }, async () => {
    const body = [Buffer.alloc(600, 'x'), Buffer.alloc(600, 'y')]
    const request = planned({ path: `/strict-small/${mode}/`, headers: post.headers, body })
    isGeneric(await site().client('2', 'patient').ask(request), 413)
    assert.deepEqual(await seen(request.id, 0), [])
  })

  test(`a body over perRequestBodyBufferBytes passes with passthrough (${mode})`, { skip }, async () => {
    const body = Array.from({ length: 20 }, (_, at) => Buffer.alloc(7_000, String(at % 10)))
    const change = { value: 'changed' }
    const request = planned(
      { path: `/lenient-small/${mode}/`, headers: post.headers, body },
      { request: change, response: change },
    )
    site().upstream.answer(request.id, { body })
    const answer = await site().client('2', 'patient').ask(request)
    assert.equal(answer.status, 200)
    assert.ok(answer.body.equals(Buffer.concat(body)))
    assert.ok(site().upstream.seen(request.id)[0]?.body.equals(Buffer.concat(body)))
    assert.deepEqual(await seen(request.id, 0), [])
  })

  test(
    `a body that cannot be decompressed, or becomes too large, is refused or passes (${mode})`,
    { skip },
    async () => {
      const bomb = zlib.gzipSync(Buffer.alloc(500_000))
      const half = zlib.gzipSync('hello').subarray(0, 10)
      for (const [packed, status, strict] of [
        [half, 400, 'strict'],
        [Buffer.from('no gzip'), 400, 'strict'],
        [bomb, 413, 'strict-small'],
      ] as const) {
        const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' }
        const refused = planned({ path: `/${strict}/${mode}/`, headers, body: [packed] })
        isGeneric(await site().client('1.1', 'patient').ask(refused), status)
        const path = `/${strict.replace('strict', 'lenient')}/${mode}/`
        const passed = planned({ path, headers, body: [packed] }, { request: { value: 'changed' } })
        assert.equal((await site().client('1.1', 'patient').ask(passed)).status, 200)
        assert.ok(site().upstream.seen(passed.id)[0]?.body.equals(packed))
      }
    },
  )
}

test('a client that leaves aborts the signal of its handler', { skip }, async () => {
  const request = planned({ path: '/strict/NONE/' }, { request: { hangs: true } })
  const client = site().client('2', 'patient')
  const asked = client.ask(request).catch(() => 'gone')
  await seen(request.id, 1)
  client.close()
  assert.equal(await asked, 'gone')
  assert.deepEqual((await seen(request.id, 2)).at(-1), { aborted: true })
})

test('a handler that returns nonsense is a 500, and the next request is served', { skip }, async () => {
  for (const proceed of [{ path: 'no slash' }, { status: 99 }, { setHeaders: { 'bad name': 'x' } }, { nonsense: 1 }]) {
    const request = planned({ path: '/strict/NONE/' }, { request: { proceed } })
    isGeneric(await site().client('1.1', 'patient').ask(request), 500)
  }
  assert.equal(
    (
      await site()
        .client('1.1', 'patient')
        .ask(planned({ path: '/strict/NONE/' }))
    ).status,
    200,
  )
})
