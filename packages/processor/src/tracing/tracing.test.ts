import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import { type EventData, type Outcome, createLogger } from '@pelton/core'
import { createEvent } from '../fixtures/fake-runtime.ts'
import { errors } from '../errors.ts'
import { traceDispatch } from './event-tracer.ts'
import { createOtlpTracer } from './otlp-tracer.ts'
import { parseTraceparent } from './traceparent.ts'

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('traceparent', () => {
  it('is read in the form of version 00 and of later ones', () => {
    assert.deepEqual(parseTraceparent(parent), {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    })
    assert.ok(parseTraceparent(`01${parent.slice(2)}-more`))
  })

  for (const bad of ['', 'x', `ff${parent.slice(2)}`, `${parent}-more`, parent.replace('0af7', '0AF7'), undefined]) {
    it(`is ignored when it is ${bad ?? 'absent'}`, () => assert.equal(parseTraceparent(bad), undefined))
  }

  it('is ignored when its ids are zero', () => {
    assert.equal(parseTraceparent(`00-${'0'.repeat(32)}-b7ad6b7169203331-01`), undefined)
    assert.equal(parseTraceparent(`00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`), undefined)
  })
})

interface SentSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  startTimeUnixNano: string
  name: string
}

describe('tracing', () => {
  it('sends a span per event to the collector, the child of the caller and the parent of the handler', async (t) => {
    const bodies: string[] = []
    const collector = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString())
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    }).listen(0, '127.0.0.1')
    await once(collector, 'listening')
    t.after(() => collector.close())
    const address = collector.address()
    const port = typeof address === 'object' ? address?.port : 0
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`
    t.after(() => delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'])

    const tracer = createOtlpTracer(
      { name: 'hello', namespace: 'default', version: 'latest' },
      createLogger(() => assert.fail()),
    )
    let seen: EventData | undefined
    const dispatch = traceDispatch(tracer, async (source): Promise<Outcome> => {
      seen = typeof source === 'function' ? source() : source
      const response = { status: 200, headers: [], contentType: '', body: undefined }
      return { status: 'handled', response, finished: Promise.resolve() }
    })
    await dispatch({ ...createEvent('body'), headers: { traceparent: parent, 'x-a': '1' } })
    await tracer.shutdown()

    const sent = JSON.parse(bodies[0] ?? '') as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] }
    const span = sent.resourceSpans[0]?.scopeSpans[0]?.spans[0]
    assert.equal(span?.traceId, '0af7651916cd43dd8448eb211c80319c')
    assert.equal(span.parentSpanId, 'b7ad6b7169203331')
    assert.equal(span.name, 'fake main')
    // Of the handling: an event may be of long ago, as its source says.
    assert.ok(Number(span.startTimeUnixNano) / 1e6 > Date.now() - 60_000)
    assert.equal(seen?.headers['traceparent'], `00-${span.traceId}-${span.spanId}-01`)
    assert.equal(seen.headers['x-a'], '1')
    assert.equal(String(seen.body), 'body')
  })

  it('costs no event when the collector is down', async (t) => {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:9'
    t.after(() => delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'])
    const tracer = createOtlpTracer(
      { name: 'hello', namespace: 'default', version: 'latest' },
      createLogger(() => undefined),
    )
    const span = tracer.begin(createEvent())
    const response = { status: 200, headers: [], contentType: '', body: undefined }
    span.end({ status: 'handled', response, finished: Promise.resolve() })
    const since = performance.now()
    await tracer.shutdown()
    assert.ok(performance.now() - since < 1500)
  })
})

describe('a traced dispatch', () => {
  it('hands on all that an event has, and makes no body that nobody asked for', async () => {
    const span = { traceparent: parent, end: () => undefined }
    const tracer = { begin: () => span, shutdown: () => Promise.resolve() }
    const given: EventData[] = []
    const dispatch = traceDispatch(tracer, (source) => {
      assert.ok(typeof source !== 'function')
      given.push(source)
      return Promise.resolve({ status: 'failed', error: errors.caller_left({ trigger: 'main' }) })
    })
    const pieces = [Buffer.from('a'), Buffer.from('b')]
    const event = { ...createEvent(), keepsHeaders: true, keepsBody: true, bodyPieces: pieces }
    Object.defineProperty(event, 'body', { get: () => assert.fail('the body was made') })
    await dispatch(event)
    const [traced] = given
    assert.equal(traced?.keepsHeaders, true)
    assert.equal(traced.keepsBody, true)
    assert.equal(traced.bodyPieces, pieces)
    assert.equal(traced.headers['traceparent'], parent)
  })
})
