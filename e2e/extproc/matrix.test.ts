import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { waitUntil } from '@pelton/testkit'
import { envoy } from '../../scripts/tools/envoy.ts'
import type { Route } from './envoy-bootstrap.ts'
import type { ClientRequest } from './exchange.ts'
import { siteSuite } from './extproc-site.ts'
import { type HeaderLines, valuesOf } from './header-lines.ts'
import {
  type MatrixCase,
  type Message,
  type Side,
  expectedBody,
  expectedCalls,
  isGzip,
  matrixCases,
  messagesOf,
  modeOf,
  nameOf,
  prefixOf,
  setsHeaders,
  setsTrailers,
  triggerOf,
} from './matrix-cases.ts'

const { binary = '', skip } = await envoy()
const cases = matrixCases({ isFull: process.env['PELTON_MATRIX'] === 'full' })
const triggers = [...new Set(cases.map(triggerOf))]
const logLevels = process.env['PELTON_ENVOY_LOG']
const handler = fs.readFileSync(path.join(import.meta.dirname, 'fixtures/matrix-handler.ts'), 'utf8')

const site = siteSuite({
  skip,
  binary,
  triggers,
  files: (portOf) => ({ 'function.yaml': functionFile(portOf), 'handler.ts': handler }),
  listeners: [{ extProc: { processor: triggers[0] ?? '' }, routes: routesOf(cases) }],
  ...(logLevels === undefined ? {} : { logLevels }),
})

for (const [index, one] of cases.entries()) {
  test(nameOf(one), { skip }, async () => {
    const id = String(index)
    const { request, response, status, method } = messagesOf(one.shape)
    const { envoy: proxy, upstream } = site()
    const { headers, parts: body, trailers = {} } = response
    upstream.answer(id, { status, headers, body, ...(response.trailers ? { trailers } : {}) })
    const client = site().client(one.downstream)
    try {
      const answer = await client.ask(requestOf(one, id))
      assert.equal(answer.status, status)
      const [seen, ...more] = upstream.seen(id)
      assert.ok(seen)
      assert.deepEqual([seen.method, seen.path, more.length], [method, `${prefixOf(one)}a?b=c`, 0])
      checkMessage(one, 'request', request, seen)
      checkMessage(one, 'response', response, answer)
      await untilCalled(one, id)
    } catch (error) {
      console.error(`${nameOf(one)}\n${proxy.log().slice(-8000)}`)
      throw error
    } finally {
      client.close()
    }
  })
}

test('no handler was called more often than its case says', { skip }, async () => {
  for (const [index, one] of cases.entries()) checkCalls(one, await callsOf(String(index)))
})

/** One pool of one worker, so that the trigger `seen` can tell what the handler saw. */
function functionFile(portOf: (trigger: string) => number): string {
  const lines = triggers.map((name) => {
    const [type, bodies] = name.split('-')
    const options = `{ bufferStreamedBodies: ${bodies === 'whole'}, perRequestBodyBufferBytes: 33554432 }`
    const attributes = `type: ${type}, port: ${portOf(name)}, phaseTimeoutMs: 9000, processingOptions: ${options}`
    return `    ${name}: { kind: extproc, workerAllocatorName: all, attributes: { ${attributes} } }`
  })
  return `apiVersion: pelton/v1
spec:
  runtime: nodejs
  handler: handler.ts
  triggers:
    seen: { kind: http, url: 127.0.0.1:0, workerAllocatorName: all }
${lines.join('\n')}
`
}

function routesOf(all: readonly MatrixCase[]): Route[] {
  const routes = all.map((one): [string, Route] => {
    const extProc = { processor: triggerOf(one), mode: modeOf(one) }
    return [prefixOf(one), { prefix: prefixOf(one), upstream: `upstream-${one.upstream}`, extProc }]
  })
  return [...new Map(routes).values()]
}

function requestOf(one: MatrixCase, id: string): ClientRequest {
  const { method, request } = messagesOf(one.shape)
  const { parts: body, trailers } = request
  const headers = { ...request.headers, 'x-case': id }
  return { method, path: `${prefixOf(one)}a?b=c`, headers, body, ...(trailers ? { trailers } : {}) }
}

/** What came out of one side, at its other end. */
function checkMessage(
  one: MatrixCase,
  side: Side,
  sent: Message,
  got: { headers: HeaderLines; trailers: HeaderLines; body: Buffer },
): void {
  const values = (name: string): string[] => valuesOf(got.headers, name)
  const isPacked = isGzip(sent)
  assert.deepEqual(values('content-encoding'), isPacked ? ['gzip'] : [], `content-encoding of the ${side}`)
  const body = isPacked ? zlib.gunzipSync(got.body) : got.body
  assertSame(body, expectedBody(one, side, sent), `body of the ${side}`)
  for (const length of one.shape === 'HEAD' ? [] : values('content-length'))
    assert.equal(length, String(got.body.length), `content-length of the ${side}`)
  for (const name of ['x-many', 'set-cookie', 'etag'])
    assert.deepEqual(values(name), [sent.headers[name] ?? []].flat(), `${name} of the ${side}`)
  const mark = setsHeaders(one, side, sent) ? [triggerOf(one)] : []
  assert.deepEqual(values(`x-pelton-${side}`), mark, `the handler's header of the ${side}`)
  assert.deepEqual(
    Object.fromEntries(got.trailers),
    { ...sent.trailers, ...(setsTrailers(one, side, sent) ? { 'x-pelton-trailer': side } : {}) },
    `trailers of the ${side}`,
  )
}

/** A difference between megabytes is not printed. */
function assertSame(found: Buffer, expected: Buffer, what: string): void {
  if (found.equals(expected)) return
  const show = (bytes: Buffer): string => `${bytes.length} bytes: ${bytes.toString('latin1', 0, 200)}`
  assert.fail(`${what}\nexpected ${show(expected)}\nfound ${show(found)}`)
}

/** What the handler saw of one side. */
interface Call {
  side: Side
  phase: number
  calls: number
  bytes: number
  sha: string
  facts: { method: string; path: string; status?: number; repeated?: string[]; asked?: string }
}

async function callsOf(id: string): Promise<Call[]> {
  const { served } = site()
  const { text } = await served.ask(undefined, { url: served.urlOf('seen'), path: `/${id}` })
  return JSON.parse(text) as Call[]
}

/** What an observing handler sees comes behind the answer. */
async function untilCalled(one: MatrixCase, id: string): Promise<void> {
  let fault: unknown
  const look = async (): Promise<boolean> => {
    try {
      checkCalls(one, await callsOf(id))
      return true
    } catch (error) {
      fault = error
      return false
    }
  }
  await waitUntil('the calls of the handler', look, { deadlineMs: 2000 }).catch(() => Promise.reject(fault as Error))
}

function checkCalls(one: MatrixCase, calls: readonly Call[]): void {
  const expected = expectedCalls(one)
  const brief = expected.map(({ side, phase, body }) => [side, phase, body.length, shaOf(body)])
  assert.deepEqual(
    calls.map(({ side, phase, bytes, sha }) => [side, phase, bytes, sha]),
    brief,
  )
  for (const [index, call] of calls.entries()) {
    const { method, status, request, response } = messagesOf(one.shape)
    const { headers } = call.side === 'request' ? request : response
    const { repeated = [], asked } = call.facts
    assert.deepEqual([call.facts.method, call.facts.path], [method, `${prefixOf(one)}a`])
    assert.equal(call.facts.status, call.side === 'request' ? undefined : status)
    assert.deepEqual(repeated, headers['x-many'] ?? [], 'repeated headers')
    assert.equal(asked === undefined, call.side === 'request')
    const times = expected[index]?.calls
    if (times !== undefined) assert.equal(call.calls, times, `calls at phase ${call.phase}`)
  }
}

function shaOf(body: Buffer): string {
  return createHash('sha1').update(body).digest('hex')
}
