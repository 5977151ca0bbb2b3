import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import http2 from 'node:http2'
import { type TestContext, describe, test } from 'node:test'
import { type ExtProcPart, FakeClock, waitUntil, within } from '@pelton/testkit'
import { type ServedTransactions, callsOf, get, post, serveTransactions } from './fixtures/serve-transactions.ts'

const invalidArgument = 3
const deadlineExceeded = 4

/** Nothing has gone wrong in the trigger itself, and it goes on serving. */
async function isWell({ client, context }: ServedTransactions): Promise<void> {
  assert.deepEqual(await client.ask('requestHeaders', get, { end: true }), { part: 'requestHeaders' })
  assert.deepEqual(
    context.logs.filter(({ level }) => level === 'error'),
    [],
  )
}

describe('messages at the wrong time', () => {
  type Sent = [part: ExtProcPart, end?: boolean]
  const orders: Sent[][] = [
    [['requestHeaders'], ['requestHeaders']],
    [['requestHeaders'], ['requestBody'], ['requestHeaders']],
    [['requestBody'], ['requestHeaders']],
    [['requestHeaders', true], ['requestBody']],
    [['requestHeaders'], ['requestBody', true], ['requestBody']],
    [['requestHeaders'], ['requestBody', true], ['requestTrailers']],
    [['requestTrailers'], ['requestBody']],
    [['requestTrailers'], ['requestTrailers']],
    [['responseHeaders'], ['responseHeaders']],
    [['responseHeaders'], ['responseBody'], ['responseHeaders']],
    [['responseBody', true], ['responseTrailers']],
    [['requestHeaders'], ['responseTrailers'], ['responseHeaders']],
  ]
  for (const order of orders) {
    const name = order.map(([part, end]) => (end ? `the last ${part}` : part)).join(', ')
    test(`end the stream with INVALID_ARGUMENT: ${name}`, async (t) => {
      for (const type of ['wrapprocessor', 'observeprocessor', 'preprocessor', 'postprocessor']) {
        const served = await serveTransactions(t, { type })
        const stream = served.open()
        for (const [part, end = false] of order) stream.send(part, part.endsWith('Body') ? 'body' : {}, { end })
        const last = order.at(-1)?.[0]
        assert.deepEqual(await stream.ended, { code: invalidArgument, details: `${last} at the wrong time` })
      }
    })
  }

  test('are not those of a proxy that leaves headers out', async (t) => {
    const { open, context } = await serveTransactions(t, { type: 'wrapprocessor' })
    const stream = open()
    stream.send('requestBody', 'request', { end: true, modes: ['BUFFERED', 'BUFFERED'] })
    stream.send('responseBody', 'response', { end: true })
    assert.deepEqual(await stream.take(2), [{ part: 'requestBody' }, { part: 'responseBody' }])
    assert.deepEqual(await stream.ended, { code: 0, details: '' })
    assert.deepEqual(callsOf(context), [
      [2, 'request'],
      [5, 'response'],
    ])
  })

  test('abort what the handler is doing', async (t) => {
    const { open, context } = await serveTransactions(
      t,
      { phaseTimeoutMs: '1m' },
      { dispatch: () => new Promise(() => undefined) },
    )
    const stream = open()
    stream.send('requestHeaders', get, { end: true })
    await waitUntil('the event', () => context.events.length === 1)
    stream.send('requestHeaders', get)
    assert.equal((await stream.ended).code, invalidArgument)
    await waitUntil('the signal', () => context.options[0]?.signal?.aborted === true)
  })
})

describe('messages that are none', () => {
  const deep = (levels: number): Buffer => {
    let value: Buffer = Buffer.from([0x1a, 0x00])
    for (let level = 0; level < levels; level += 1) value = field(5, field(1, field(2, value)))
    return value
  }
  for (const [name, bytes] of [
    ['nothing at all', Buffer.alloc(0)],
    ['only fields that nobody knows', field(99, Buffer.from('x'))],
    ['no part, but metadata', field(8, Buffer.alloc(0))],
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a length beyond its end', Buffer.from([0x12, 0x7f, 0x01])],
    ['a part of the wrong type', Buffer.from([0x10, 0x01])],
    ['a number that never ends', Buffer.alloc(64, 0xff)],
    [
      'structs of any depth',
      Buffer.concat([field(2, Buffer.alloc(0)), field(9, field(2, field(1, field(2, deep(5_000)))))]),
    ],
  ] as const) {
    test(`end the stream with INVALID_ARGUMENT: ${name}`, async (t) => {
      const served = await serveTransactions(t)
      for (const isFirst of [true, false]) {
        const stream = served.open()
        if (!isFirst) stream.send('requestHeaders', post)
        stream.sendBytes(bytes)
        const { code, details } = await stream.ended
        assert.deepEqual([code, details.startsWith('no ProcessingRequest: ')], [invalidArgument, true])
      }
      await isWell(served)
    })
  }

  test('are told in the log, by what is wrong with them and where they come from', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.sendBytes(Buffer.from('garbage'))
    await stream.ended
    const line = context.logs.find(({ message }) => message === 'extproc_stream_refused')
    assert.equal(line?.level, 'warn')
    assert.match(JSON.stringify(line), /127\.0\.0\.1/)
  })

  test('of names that are no UTF-8 are read all the same', async (t) => {
    const served = await serveTransactions(t)
    const stream = served.open()
    const header = Buffer.concat([field(1, Buffer.from([0x78, 0xff, 0xfe])), field(3, Buffer.from([0xff, 0x00]))])
    stream.sendBytes(Buffer.concat([field(2, Buffer.concat([field(1, field(1, header)), Buffer.from([0x18, 0x01])]))]))
    assert.deepEqual(await stream.reply(), { part: 'requestHeaders' })
    assert.equal(Object.values(served.context.events[0]!.headers)[0], 'ÿ\0')
    await isWell(served)
  })
})

describe('names that every object has', () => {
  test('are headers, queries, attributes and metadata like any other', async (t) => {
    const served = await serveTransactions(t)
    const names = { __proto__x: 'a', constructor: ['b', 'c'], toString: 'd' }
    const odd = JSON.parse('{"__proto__":{"x":1},"constructor":{"y":2}}') as Record<string, Record<string, unknown>>
    const stream = served.open()
    stream.send(
      'requestHeaders',
      { ...get, ':path': '/?__proto__=1&constructor=2', ...names },
      {
        end: true,
        attributes: odd,
        metadata: odd,
      },
    )
    await stream.reply()
    const event = served.context.events[0]!
    assert.deepEqual(event.headers['constructor'], ['b', 'c'])
    assert.equal(event.headers['tostring'], 'd')
    assert.equal(({} as Record<string, unknown>)['x'], undefined)
    await isWell(served)
  })
})

describe('streams that are left open', () => {
  const count = 10_000

  test('without a word end when the time for a first message is over, 10,000 of them', async (t) => {
    const clock = new FakeClock()
    const served = await serveTransactions(t, { maxConcurrentStreams: 2500 }, { clock })
    const before = process.memoryUsage().rss
    const left = await openMany(t, served.port, { count })
    await isWell(served)
    // What both ends of a stream take here is a multiple of what it takes in the trigger.
    assert.ok(process.memoryUsage().rss - before < 600 * 1024 * 1024)
    await clock.advance(10_000)
    await waitUntil('their ends', () => left.statuses.length === count, { deadlineMs: 30_000 })
    assert.deepEqual(new Set(left.statuses), new Set([String(deadlineExceeded)]))
    await isWell(served)
  })

  test('behind their first message cost the handler nothing, and are gone when the proxy is', async (t) => {
    const served = await serveTransactions(t, { maxConcurrentStreams: 2500 })
    const message = served.client.bytesOf('requestHeaders', { ...post, 'x-filler': 'x'.repeat(500) })
    const left = await openMany(t, served.port, { count, message })
    await waitUntil('replies', () => left.replied() === count, { deadlineMs: 30_000 })
    assert.equal(served.context.events.length, 0)
    await isWell(served)
    left.cut()
    served.context.stopNow()
    await within('the end of the trigger', served.returned)
  })
})

describe('random bytes', () => {
  test('as messages, whole or spoiled, in any order, never harm anybody', { timeout: 60_000 }, async (t) => {
    const until = performance.now() + 5_000
    const served = await Promise.all(
      ['preprocessor', 'wrapprocessor', 'observeprocessor'].map((type) =>
        serveTransactions(t, { type, processingOptions: { perRequestBodyBufferBytes: 2000 } }),
      ),
    )
    const messages = messagesOf(served[0]!)
    while (performance.now() < until) {
      const streams = Array.from({ length: 20 }, () => served[randomInt(served.length)]!.open())
      for (const stream of streams) {
        const length = randomInt(1, 8)
        for (let index = 0; index < length; index += 1) stream.sendBytes(anyMessage(messages))
        if (randomInt(4) === 0) stream.cancel()
        else stream.end()
      }
      const ends = await Promise.all(streams.map(({ ended }) => ended))
      for (const { code } of ends) assert.ok([0, 1, invalidArgument, 8].includes(code), `ended with ${code}`)
    }
    for (const each of served) await isWell(each)
  })
})

/** A field of protobuf with a length. */
function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

function messagesOf({ client }: ServedTransactions): Buffer[] {
  const modes = [
    ['BUFFERED', 'STREAMED'] as const,
    ['FULL_DUPLEX_STREAMED', 'FULL_DUPLEX_STREAMED'] as const,
    undefined,
  ]
  const facts = modes.flatMap((each) => [true, false].map((end) => ({ end, ...(each ? { modes: each } : {}) })))
  return facts.flatMap((each) => [
    client.bytesOf('requestHeaders', { ...post, 'content-encoding': 'gzip' }, each),
    client.bytesOf('requestHeaders', post, { ...each, attributes: { a: { b: [1, { c: 'd' }] } } }),
    client.bytesOf('requestBody', randomBytes(randomInt(3000)), each),
    client.bytesOf('requestTrailers', { a: 'b' }, each),
    client.bytesOf('responseHeaders', { ':status': '200' }, each),
    client.bytesOf('responseBody', 'body', each),
    client.bytesOf('responseTrailers', {}, each),
  ])
}

function anyMessage(messages: readonly Buffer[]): Buffer {
  const whole = messages[randomInt(messages.length)]!
  switch (randomInt(4)) {
    case 0:
      return randomBytes(randomInt(200))
    case 1: {
      const spoiled = Buffer.from(whole)
      for (let count = randomInt(1, 5); count > 0; count -= 1) spoiled[randomInt(spoiled.length)] = randomInt(256)
      return spoiled
    }
    case 2:
      return whole.subarray(0, randomInt(whole.length + 1))
    default:
      return whole
  }
}

const processPath = '/envoy.service.ext_proc.v3.ExternalProcessor/Process'
const callHeaders = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }

interface ManyStreams {
  replied(): number
  /** `grpc-status` of those that have ended. */
  readonly statuses: string[]
  cut(): void
}

/** Opens many streams on a few connections, and says one thing in each or nothing; resolves when the server knows of them. */
async function openMany(
  t: TestContext,
  port: number,
  { count, message }: { count: number; message?: Buffer },
): Promise<ManyStreams> {
  const sessions = Array.from({ length: 5 }, () => http2.connect(`http://127.0.0.1:${port}`))
  const cut = (): void => sessions.forEach((session) => session.destroy())
  t.after(cut)
  await Promise.all(sessions.map((session) => once(session, 'remoteSettings')))
  const statuses: string[] = []
  let replied = 0
  for (let index = 0; index < count; index += 1) {
    const stream = sessions[index % sessions.length]!.request({ ...callHeaders, ':path': processPath })
    const note = (headers: http2.IncomingHttpHeaders): void => {
      const status = headers['grpc-status']
      if (status !== undefined) statuses.push(String(status))
    }
    stream.on('response', note).on('trailers', note)
    stream.once('data', () => (replied += 1))
    // Cut with its connection.
    stream.on('error', () => undefined)
    if (message) {
      const prefix = Buffer.alloc(5)
      prefix.writeUInt32BE(message.length, 1)
      stream.write(Buffer.concat([prefix, message]))
    }
  }
  // Calls arrive in their order: the answers to these tell that the others have come.
  await Promise.all(
    sessions.map((session) => once(session.request({ ...callHeaders, ':path': '/none/None' }), 'response')),
  )
  return { replied: () => replied, statuses, cut }
}
