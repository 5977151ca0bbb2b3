import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'
import type { CompatMode } from './compat.ts'
import type { Event, EventData } from './event.ts'
import { createEvent } from './handler-event.ts'
import { invokedEventData } from './invoked-event.ts'

function eventOf(data: Partial<EventData>, compat: CompatMode = 'none'): Event {
  const signal = (): AbortSignal => new AbortController().signal
  return createEvent({ ...invokedEventData({}, 1), ...data }, { compat, signal })
}

test('the body reads as bytes, text and JSON', () => {
  const event = eventOf({ body: new TextEncoder().encode('{"ä":1}') })
  assert.ok(Buffer.isBuffer(event.body))
  assert.equal(event.body.toString(), '{"ä":1}')
  assert.equal(event.text(), '{"ä":1}')
  assert.deepEqual(event.json(), { ä: 1 })
  assert.equal(event.size, 8)
})

test('an empty body is undefined as JSON, a wrong one throws', () => {
  assert.equal(eventOf({ body: Buffer.alloc(0) }).json(), undefined)
  assert.throws(() => eventOf({ body: Buffer.from('{') }).json(), SyntaxError)
})

test('headers are found in any letter case, the last of a repeated one', () => {
  const headers = { 'x-foo': ['1', '2'], testheaderkey1: 'a' }
  for (const compat of ['none', 'nuclio'] as const) {
    const event = eventOf({ headers }, compat)
    assert.equal(event.header('X-FOO'), '2')
    assert.equal(event.header('testHeaderKey1'), 'a')
    assert.equal(event.header('constructor'), undefined)
  }
})

test('headers are lower-case with lists, in nuclio files canonical with the last value', () => {
  const headers = { 'x-foo': ['1', '2'], testheaderkey1: 'a', comExample: 'b' }
  assert.equal(eventOf({ headers }).headers, headers)
  assert.deepEqual(eventOf({ headers }, 'nuclio').headers, { 'X-Foo': '2', Testheaderkey1: 'a', comExample: 'b' })
})

test('headers that a source keeps are as it spells them in nuclio files, too', () => {
  const headers = { 'x-foo': ['1', '2'] }
  assert.deepEqual(eventOf({ headers, keepsHeaders: true }, 'nuclio').headers, headers)
})

test('numbers and booleans of a nuclio file are headers as they are written, and text by name', () => {
  const headers = { 'x-count': 3, 'x-on': false, 'x-list': [1, 2] } as unknown as EventData['headers']
  const event = eventOf({ headers }, 'nuclio')
  assert.deepEqual(event.headers, { 'X-Count': 3, 'X-On': false, 'X-List': 2 })
  assert.deepEqual(['X-COUNT', 'x-on', 'x-list', 'x-none'].map(event.header.bind(event)), [
    '3',
    'false',
    '2',
    undefined,
  ])
  assert.deepEqual(JSON.parse(JSON.stringify(event)).headers, { 'X-Count': 3, 'X-On': false, 'X-List': 2 })
})

test("nuclio's names are there in every mode", () => {
  for (const compat of ['none', 'nuclio'] as const) {
    const event = eventOf({ contentType: 'a/b', shardId: 3, body: Buffer.from('abc') }, compat)
    assert.equal(event.content_type, 'a/b')
    assert.equal(event.shard_id, 3)
    assert.equal(event.num_shards, 0)
    assert.equal(event.size, 3)
    assert.deepEqual([event.type, event.type_version, event.version], ['', '', ''])
    assert.ok(event.timestamp instanceof Date)
    assert.deepEqual(event.trigger, { kind: 'http', name: 'test' })
  }
})

test('extra members are lifted, built-in ones stay', () => {
  const extra = {
    status: 'open',
    type: 't',
    version: '1.0',
    source: '/s',
    extensions: { a: 1 },
    id: 'no',
    text: 'no',
    __proto__: null,
  }
  const event = eventOf({ extra }) as Event & { status: string }
  assert.equal(event.status, 'open')
  assert.equal(event.type, 't')
  assert.equal(event.version, '1.0')
  assert.equal(event.source, '/s')
  assert.deepEqual(event.extensions, { a: 1 })
  assert.equal(event.id, 'event-1')
  assert.equal(typeof event.text, 'function')
})

test('fields are read by their own names only', () => {
  const event = eventOf({ fields: { x: '1' } })
  assert.equal(event.field('x'), '1')
  assert.equal(event.field('toString'), undefined)
})

test('a handler may assign to a member, as with a plain object', () => {
  const event = eventOf({ body: Buffer.from('{"a":1}') }) as { body: unknown }
  event.body = { a: 1 }
  assert.deepEqual(event.body, { a: 1 })
})

test('the signal is made when it is asked for, once', () => {
  let made = 0
  const signal = (): AbortSignal => {
    made += 1
    return new AbortController().signal
  }
  const event = createEvent(invokedEventData({}, 1), { compat: 'none', signal })
  assert.equal(made, 0)
  assert.equal(event.signal, event.signal)
  assert.equal(made, 1)
})

test('with the names of its members not even extra is read before one is asked for', () => {
  let reads = 0
  const data = {
    ...invokedEventData({}, 1),
    get extra() {
      reads++
      return { connection: { id: 'a' }, type: 'connect' }
    },
  }
  const members = ['connection', 'type']
  const signal = (): AbortSignal => new AbortController().signal
  const event = createEvent(data, { compat: 'none', signal, members }) as Event & { connection: unknown }
  assert.equal(event.text(), '')
  assert.equal(reads, 0)
  assert.deepEqual([event.connection, event.type], [{ id: 'a' }, 'connect'])
  event.connection = 'mine'
  assert.equal(event.connection, 'mine')
  const other = createEvent(invokedEventData({}, 2), { compat: 'none', signal, members }) as Event & {
    connection: unknown
  }
  assert.equal(other.connection, undefined)
})

test('headers that events share are the own ones of a handler that changes them', () => {
  const headers = Object.freeze({ 'x-a': '1' })
  const event = eventOf({ headers })
  event.headers['x-a'] = '2'
  assert.deepEqual([event.headers, eventOf({ headers }).headers], [{ 'x-a': '2' }, { 'x-a': '1' }])
})

test('nothing but extra is read before it is asked for', () => {
  const read: PropertyKey[] = []
  const data = new Proxy(invokedEventData({}, 1), {
    get(target, name) {
      read.push(name)
      return Reflect.get(target, name) as unknown
    },
  })
  createEvent(data, { compat: 'nuclio', signal: () => new AbortController().signal })
  assert.deepEqual(read, ['extra'])
})

test('an event shows as a plain object, its body as text or base64', () => {
  const shown = JSON.parse(JSON.stringify(eventOf({ body: Buffer.from('hi'), extra: { status: 1 } }))) as Record<
    string,
    unknown
  >
  assert.equal(shown.body, 'hi')
  assert.equal(shown.status, 1)
  assert.equal(shown.id, 'event-1')
  assert.match(inspect(eventOf({ body: Buffer.from([0xc0, 0xaf]) })), /base64: 'wK8='/)
  assert.equal(
    (JSON.parse(JSON.stringify(eventOf({ contentType: 'a/b' }, 'nuclio'))) as { content_type: string }).content_type,
    'a/b',
  )
})
