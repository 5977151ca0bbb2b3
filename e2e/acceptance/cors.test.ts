import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { serveSuite } from './serve-function.ts'

interface Reply {
  status: number
  header: (name: string) => string | undefined
  text: string
}

const served = serveSuite('cors')

/** `fetch` does not let a caller choose these headers freely. */
function send(trigger: string, method: string, headers: Record<string, string>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(served().urlOf(trigger), { method, headers, agent: false }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part))
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          header: (name) => incoming.headers[name.toLowerCase()]?.toString(),
          text,
        }),
      )
    })
    outgoing.on('error', reject).end()
  })
}

const preflight = (trigger: string, origin: string, method = 'POST', headers = ''): Promise<Reply> =>
  send(trigger, 'OPTIONS', {
    origin,
    'access-control-request-method': method,
    ...(headers === '' ? {} : { 'access-control-request-headers': headers }),
  })

/** What `action` added to the trigger's counters. */
async function added(trigger: string, action: () => Promise<unknown>): Promise<{ success: number; failure: number }> {
  const before = await served().counts(trigger)
  await action()
  const now = await served().counts(trigger)
  return { success: now.success - before.success, failure: now.failure - before.failure }
}

const counted = { success: { success: 1, failure: 0 }, failure: { success: 0, failure: 1 } }

describe('with everything configured', () => {
  test('8.1 row 1: a preflight is answered with what is configured', async () => {
    const reply = await preflight('full', 'foo.bar', 'POST', 'X-Nuclio-Log-Level')
    assert.deepEqual([reply.status, reply.text], [200, ''])
    assert.equal(reply.header('access-control-allow-methods'), 'OPTIONS, GET, POST, HEAD, PUT')
    assert.equal(
      reply.header('access-control-allow-headers'),
      'Accept, Content-Length, Content-Type, X-nuclio-log-level',
    )
    assert.equal(reply.header('access-control-allow-origin'), 'foo.bar')
    assert.equal(reply.header('access-control-max-age'), '10')
    assert.match(reply.header('vary') ?? '', /Origin.*Access-Control-Request-Method.*Access-Control-Request-Headers/)
  })

  test('8.1 row 2: a request of the origin runs and its answer exposes headers', async () => {
    const reply = await send('full', 'POST', { origin: 'foo.bar' })
    assert.deepEqual([reply.status, reply.text], [200, 'ran POST'])
    assert.equal(reply.header('access-control-expose-headers'), 'x-nuclio-something, x-nuclio-somethingelse')
    assert.equal(reply.header('access-control-allow-origin'), 'foo.bar')
  })

  test('8.1 rows 3 and 4: a preflight for another method or of another origin is a 400', async () => {
    assert.equal((await preflight('full', 'foo.bar', 'ABC')).status, 400)
    assert.equal((await preflight('full', 'dummy-origin')).status, 400)
  })

  test('an OPTIONS request that is no preflight reaches the handler', async () => {
    assert.equal((await send('full', 'OPTIONS', { origin: 'foo.bar' })).text, 'ran OPTIONS')
  })
})

describe('with the defaults', () => {
  test('8.1 row 5: a preflight is answered with the defaults and counts as a success', async () => {
    const counts = await added('defaults', async () => {
      const reply = await preflight('defaults', 'foo.bar', 'GET', 'X-Nuclio-Log-Level')
      assert.equal(reply.status, 200)
      assert.equal(reply.header('access-control-allow-methods'), 'HEAD, GET, POST, PUT, DELETE, OPTIONS, PATCH')
      assert.equal(reply.header('access-control-max-age'), '5')
      assert.equal(
        reply.header('access-control-allow-headers'),
        'Accept, Content-Length, Content-Type, Authorization, X-Nuclio-Log-Level',
      )
    })
    assert.deepEqual(counts, counted.success)
  })

  for (const [row, what, origin, method, headers] of [
    [6, 'origin', 'baz.bar', 'GET', ''],
    [7, 'header', 'foo.bar', 'GET', 'Not-supported-header'],
    [8, 'method', 'foo.bar', 'ABC', ''],
  ] as const) {
    test(`8.1 row ${row}: a preflight with a foreign ${what} is a 400 and counts as a failure`, async () => {
      const counts = await added('defaults', async () => {
        assert.equal((await preflight('defaults', origin, method, headers)).status, 400)
      })
      assert.deepEqual(counts, counted.failure)
    })
  }

  test('the counts are in the metrics by nuclio’s name', async () => {
    const series = 'nuclio_processor_handled_events_total'
    const { success, failure } = await served().counts('defaults')
    assert.equal(await served().metric(series, { trigger_id: 'defaults', result: 'success' }), success)
    assert.equal(await served().metric(series, { trigger_id: 'defaults', result: 'failure' }), failure)
  })
})

test('8.1 row 9: origins are matched whole and in any letter case, an empty one never', async () => {
  const table: [string, string[], string[]][] = [
    ['any', ['a', 'b', 'c'], ['']],
    ['one', ['a', 'A'], ['b', 'c', 'aa']],
    ['two', ['a', 'b'], ['c']],
    ['twice', ['aa'], ['a']],
    ['sites', ['http://nuclio.io:80', 'nuclio.io'], ['https://Nuclio.io']],
  ]
  for (const [trigger, allowed, denied] of table) {
    for (const origin of allowed) {
      const reply = await preflight(trigger, origin)
      assert.deepEqual(
        [reply.status, reply.header('access-control-allow-origin')],
        [200, origin],
        `${trigger} ${origin}`,
      )
    }
    for (const origin of denied) assert.equal((await preflight(trigger, origin)).status, 400, `${trigger} "${origin}"`)
  }
})

test('8.1 row 10: methods: each default one and OPTIONS are allowed, an empty one and TRACE are not', async () => {
  for (const method of ['HEAD', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    assert.equal((await preflight('defaults', 'foo.bar', method)).status, 200, method)
  for (const method of ['', 'TRACE']) assert.equal((await preflight('defaults', 'foo.bar', method)).status, 400, method)
})

test('8.1 row 11: all default headers are allowed together, another one when it is added', async () => {
  const defaults = 'Accept, Content-Length, Content-Type, Authorization, X-Nuclio-Log-Level'
  assert.equal((await preflight('defaults', 'foo.bar', 'GET', defaults)).status, 200)
  assert.equal((await preflight('defaults', 'foo.bar', 'GET', 'Dummy-Header')).status, 400)
  assert.equal((await preflight('one', 'a', 'GET', 'Dummy-Header')).status, 200)
})

test('8.1 row 12: nothing exposed is no header, credentials only when configured, a max age of 0 is sent', async () => {
  const plain = await send('defaults', 'POST', { origin: 'foo.bar' })
  assert.equal(plain.header('access-control-expose-headers') ?? '', '')
  assert.equal(plain.header('access-control-allow-credentials'), undefined)
  assert.equal((await send('any', 'POST', { origin: 'x' })).header('access-control-allow-credentials'), 'true')
  const reply = await preflight('any', 'x')
  assert.deepEqual(
    [reply.header('access-control-max-age'), reply.header('access-control-allow-credentials')],
    ['0', 'true'],
  )
})

test('a request without an allowed origin is an empty 200, no event and a failure, as in nuclio', async () => {
  for (const headers of [{}, { origin: 'baz.bar' }]) {
    const counts = await added('defaults', async () => {
      const reply = await send('defaults', 'POST', headers)
      assert.deepEqual([reply.status, reply.text, reply.header('vary')], [200, '', 'Origin'])
    })
    assert.deepEqual(counts, counted.failure)
  }
})
