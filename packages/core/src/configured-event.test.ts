import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ConfiguredEvent,
  checkConfiguredEvent,
  configuredEvent,
  createConfiguredEvent,
} from './configured-event.ts'
import type { EventData } from './event.ts'
import type { Compat } from './runtime.ts'
import { decode } from './schema/decode.ts'
import { formatPath } from './schema/path.ts'

const timestamp = new Date(1_700_000_000_000)

function read(written: unknown): ConfiguredEvent {
  const { value, faults } = decode(configuredEvent, written)
  assert.deepEqual(faults, [])
  assert.ok(value)
  return value
}

function eventOf(written: unknown, compat: Compat = 'none'): EventData {
  return createConfiguredEvent(read(written), { kind: 'job', name: 'once', compat, timestamp })
}

const textOf = (event: EventData): string => Buffer.from(event.body).toString()

test('an event that says nothing is empty, with an id and the time', () => {
  const { id, ...event } = eventOf(undefined)
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.deepEqual(event, {
    attempt: 1,
    trigger: { kind: 'job', name: 'once' },
    timestamp,
    method: '',
    path: '',
    url: '',
    contentType: '',
    headers: {},
    fields: {},
    body: Buffer.alloc(0),
    shardId: -1,
    offset: 0,
    topic: '',
  })
  assert.notEqual(eventOf(undefined).id, id)
})

test('id and attempt are those of the delivery', () => {
  const facts = { kind: 'job', name: 'once', compat: 'none', timestamp, id: 'same', attempt: 3 } as const
  const { id, attempt } = createConfiguredEvent(read({}), facts)
  assert.deepEqual([id, attempt], ['same', 3])
})

test('a text is the body as it stands, without a content type', () => {
  const event = eventOf({ body: '{"text": "Test text. Job is done."}' })
  assert.deepEqual([textOf(event), event.contentType], ['{"text": "Test text. Job is done."}', ''])
})

test('a map or list is JSON with its content type, unless a header names another', () => {
  assert.deepEqual([textOf(eventOf({ body: { a: [1, true, null] } }))], ['{"a":[1,true,null]}'])
  assert.equal(eventOf({ body: [1] }).contentType, 'application/json')
  assert.equal(eventOf({ body: {}, headers: { 'CONTENT-TYPE': 'text/x' } }).contentType, 'text/x')
})

test('a Content-Type header sets the content type of a text', () => {
  const event = eventOf({ body: '{}', headers: { 'Content-Type': 'application/json' } })
  assert.deepEqual([event.contentType, event.headers], ['application/json', { 'content-type': 'application/json' }])
})

test('bytes of the command line stay bytes', () => {
  const bytes = Buffer.from([0, 255, 128])
  const event = createConfiguredEvent(
    { ...read({}), body: bytes },
    { kind: 'job', name: 'once', compat: 'none', timestamp },
  )
  assert.deepEqual([event.body, event.contentType], [bytes, ''])
})

test('header values are texts, in nuclio files as they are written', () => {
  const headers = { numeric: 123, boolean: true, String: 'value' }
  assert.deepEqual(eventOf({ headers }).headers, { numeric: '123', boolean: 'true', string: 'value' })
  assert.deepEqual(eventOf({ headers }, 'nuclio').headers, { numeric: 123, boolean: true, string: 'value' })
})

test('fields keep their types, path and method are as written', () => {
  const event = eventOf({ fields: { a: 1, b: true, c: 'x' }, path: '/p', method: 'PUT' })
  assert.deepEqual([event.fields, event.path, event.url, event.method], [{ a: 1, b: true, c: 'x' }, '/p', '/p', 'PUT'])
})

test('keys that are names of an object’s own members are keys like any other', () => {
  const written = JSON.parse('{"headers": {"__proto__": "x"}, "fields": {"__proto__": 1}}') as unknown
  const { headers, fields } = eventOf(written)
  assert.deepEqual([Object.keys(headers), Object.keys(fields)], [['__proto__'], ['__proto__']])
})

test('an event that is no map is named', () => {
  const { faults } = decode(configuredEvent, 123, ['event'])
  assert.deepEqual(
    faults.map(({ path, message }) => [formatPath(path), message]),
    [['event', 'expected keys with values, got 123']],
  )
})

test('what no schema tells is named with its path', () => {
  const notes = (written: unknown): string[] =>
    checkConfiguredEvent(read(written)).map(({ level, path, message }) => `${level} ${formatPath(path)}: ${message}`)
  assert.deepEqual(notes({ body: 'x', headers: { a: 1 }, fields: { b: false } }), [])
  assert.deepEqual(notes({ body: 12 }), ['error event.body: expected text, a map or a list, got 12; put it in quotes'])
  assert.deepEqual(notes({ body: null }), [
    'error event.body: expected text, a map or a list, got null; put it in quotes',
  ])
  assert.deepEqual(notes({ headers: { a: [1] }, fields: { b: {}, c: null } }), [
    'error event.headers.a: expected text, a number, true or false',
    'error event.fields.b: expected text, a number, true or false',
    'error event.fields.c: expected text, a number, true or false',
  ])
})
