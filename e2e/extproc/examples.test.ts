import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { waitUntil, within } from '@pelton/testkit'
import { envoy } from '../../scripts/tools/envoy.ts'
import { runNode } from '../run-program.ts'
import { type ExamplesSite, exampleFile, jwtSecret, startExamples } from './examples-site.ts'
import { type ClientAnswer, type ClientRequest, connectClient } from './exchange.ts'
import { valuesOf } from './header-lines.ts'

const { binary = '', skip } = await envoy()
const cleanups: (() => Promise<void> | void)[] = []
const cleanup = { after: (action: () => Promise<void> | void) => void cleanups.unshift(action) }
let site: ExamplesSite
let ask: (request: ClientRequest) => Promise<ClientAnswer>

before(async () => {
  if (skip !== false) return
  site = await startExamples(cleanup, binary)
  ask = connectClient(cleanup, site.envoy.port(), '1.1').ask
})
after(async () => {
  for (const action of cleanups) await action()
})

/** What the upstream was sent, which it tells. */
interface Seen {
  url: string
  headers: Record<string, string>
  body: string
}

async function seenBy(request: ClientRequest): Promise<Seen> {
  const answer = await ask(request)
  assert.equal(answer.status, 200)
  return JSON.parse(answer.body.toString()) as Seen
}

const nowSeconds = Math.floor(Date.now() / 1000)

function token(claims: object, header: object = { alg: 'HS256' }, key = jwtSecret): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part(header)}.${part(claims)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

test('enrich names the tenant of a known key, keeps the key, and lets nobody else name one', { skip }, async () => {
  const known = await seenBy({ path: '/enrich/a?b=c', headers: { 'x-api-key': 'key-of-acme', 'x-tenant': 'globex' } })
  const { 'x-tenant': tenant, 'x-plan': plan, 'x-api-key': key } = known.headers
  assert.deepEqual([known.url, tenant, plan, key], ['/enrich/a?b=c', 'acme', 'gold', undefined])
  const unknown = await seenBy({ path: '/enrich/a', headers: { 'x-api-key': 'none', 'x-tenant': 'acme' } })
  assert.equal(unknown.headers['x-tenant'], undefined)
})

test('redact masks secrets in JSON both ways, and passes everything else byte by byte', { skip }, async () => {
  const json = { 'content-type': 'application/json' }
  const send = (body: string): ClientRequest => ({ path: '/redact/a', headers: json, body: [body] })
  const sent = await seenBy(send('{"name":"Ada","cards":[{"card":"4111 1111"}]}'))
  assert.deepEqual(JSON.parse(sent.body), { name: 'Ada', cards: [{ card: '***' }] })
  assert.equal(sent.headers['content-length'], String(sent.body.length))
  for (const body of ['{"name":  "Ada"}', '{"card": no JSON']) assert.equal((await seenBy(send(body))).body, body)
  const plain = { path: '/redact/a', headers: { 'content-type': 'text/plain' }, body: ['{"card":"4111"}'] }
  assert.equal((await seenBy(plain)).body, '{"card":"4111"}')
  const account = await ask({ path: '/redact/account' })
  assert.deepEqual(JSON.parse(account.body.toString()), {
    name: 'Ada',
    password: '***',
    accounts: [{ iban: '***' }],
  })
})

test('jwt lets a valid token pass, with whose it is, and the tenant of the next filter', { skip }, async () => {
  const { code, output } = await runNode([exampleFile('jwt/token.ts'), 'Ada L.', '60'], '.', { JWT_SECRET: jwtSecret })
  assert.equal(code, 0)
  const authorization = `Bearer ${output.trim()}`
  const headers = { authorization, 'x-user': 'root', 'x-api-key': 'key-of-globex' }
  const seen = await seenBy({ path: '/jwt/a', headers })
  assert.deepEqual([seen.headers['x-user'], seen.headers['x-tenant']], ['Ada%20L.', 'globex'])
})

test('jwt answers 401 to what is no valid token, and says why', { skip }, async () => {
  const claims = { sub: 'Ada', exp: nowSeconds + 60 }
  const [head, body] = token(claims).split('.')
  const refused: [token: string, why: string][] = [
    [token({ ...claims, exp: nowSeconds - 1 }), 'the token has expired'],
    [token({ ...claims, nbf: nowSeconds + 30 }), 'the token is not valid yet'],
    [token({ sub: 'Ada' }), 'sub or exp is missing'],
    [token(claims, { alg: 'none' }), 'the algorithm is not HS256'],
    [token(claims, {}, 'another secret'), 'the signature is wrong'],
    [`${head}.${body}.`, 'this is no token'],
    [`${head}.${body}.AAAA`, 'the signature is wrong'],
  ]
  for (const [given, why] of refused) {
    const answer = await ask({ path: '/jwt/a', headers: { authorization: `Bearer ${given}` } })
    assert.deepEqual([answer.status, JSON.parse(answer.body.toString())], [401, { error: why }])
    const [challenge] = valuesOf(answer.headers, 'www-authenticate')
    assert.equal(challenge, `Bearer error="invalid_token", error_description="${why}"`)
  }
  const without = await ask({ path: '/jwt/a' })
  assert.deepEqual([without.status, valuesOf(without.headers, 'www-authenticate')], [401, ['Bearer']])
})

test('rewrite shows public links, in the coding of the upstream', { skip }, async () => {
  const wanted = `http://127.0.0.1:${site.envoy.port()}/rewrite/terms`
  const headers = { 'accept-encoding': 'gzip' }
  const zipped = await ask({ path: '/rewrite/page', headers })
  assert.deepEqual(valuesOf(zipped.headers, 'content-encoding'), ['gzip'])
  assert.ok(gunzipSync(zipped.body).toString().includes(`"${wanted}"`))
  assert.deepEqual(valuesOf(zipped.headers, 'x-powered-by'), [])
  assert.deepEqual(valuesOf(zipped.headers, 'x-content-type-options'), ['nosniff'])
  const plain = await ask({ path: '/rewrite/page' })
  assert.ok(plain.body.toString().includes(`"${wanted}"`))
  const moved = await ask({ path: '/rewrite/moved' })
  assert.deepEqual([moved.status, valuesOf(moved.headers, 'location')], [302, [wanted.replace('terms', 'page')]])
})

test('rewrite tells of a failure in its own words', { skip }, async () => {
  const { status, headers, body } = await ask({ path: '/rewrite/fail' })
  assert.deepEqual([status, valuesOf(headers, 'content-type')], [502, ['application/problem+json']])
  const { title, instance } = JSON.parse(body.toString()) as Record<string, string>
  assert.equal(title, 'The shop is out of order')
  assert.match(instance ?? '', /^[\da-f-]{36}$/)
})

test('log writes a line about each transaction', { skip }, async () => {
  await ask({ path: '/log/a?b=c', body: ['abc'] })
  const line = await within('its line', site.pelton('log').line('transaction'))
  const { method, path, status, client, request_id: id } = line
  assert.deepEqual([method, path, status], ['POST', '/log/a', 200])
  assert.match(String(client), /^127\.0\.0\.1:\d+$/)
  assert.match(String(id), /^[\da-f-]{36}$/)
})

test('routes without a filter are nobody’s business', { skip }, async () => {
  assert.equal(
    (await seenBy({ path: '/other', headers: { 'x-api-key': 'key-of-acme' } })).headers['x-tenant'],
    undefined,
  )
})

// The last one: it ends two of the functions.
test('a check that is gone lets nobody in, an addition that is gone is left out', { skip }, async () => {
  const valid = { authorization: `Bearer ${token({ sub: 'Ada', exp: nowSeconds + 60 })}` }
  for (const name of ['enrich', 'jwt']) assert.deepEqual(await site.pelton(name).stop(), { code: 0, signal: null })
  await waitUntil('envoy seeing it', async () => (await ask({ path: '/jwt/a', headers: valid })).status === 500)
  const seen = await seenBy({ path: '/enrich/a', headers: { 'x-api-key': 'key-of-acme' } })
  assert.equal(seen.headers['x-tenant'], undefined)
})
