import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderMap } from '@pelton/core'
import fc from 'fast-check'
import type { CloudEvent, CloudEventReading } from './cloudevent.ts'
import { mayBeCloudEvent, readCloudEvent } from './cloudevents.ts'

function read(headers: Record<string, string>, body: string | Uint8Array = ''): CloudEventReading {
  const lower: HeaderMap = {}
  for (const [name, value] of Object.entries(headers)) lower[name.toLowerCase()] = value
  const header = (name: string): string | undefined => lower[name] as string | undefined
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (!mayBeCloudEvent({ header })) return undefined
  return readCloudEvent({ contentType: header('content-type') ?? '', header, headers: lower, body: bytes })
}

function structured(envelope: unknown, contentType = 'application/cloudevents+json'): CloudEventReading {
  return read({ 'Content-Type': contentType }, JSON.stringify(envelope))
}

function eventOf(reading: CloudEventReading): CloudEvent {
  assert.ok(reading && 'event' in reading, JSON.stringify(reading))
  return reading.event
}

function reasonOf(reading: CloudEventReading): string {
  assert.ok(reading && 'reason' in reading, JSON.stringify(reading))
  return `${reading.status} ${reading.reason}`
}

const textOf = (event: CloudEvent): string => Buffer.from(event.body ?? []).toString()

const envelope01 = {
  cloudEventsVersion: '0.1',
  eventType: 'com.example.someevent',
  eventTypeVersion: '1.0',
  source: '/mycontext',
  eventID: 'A234-1234-1234',
  eventTime: '2030-04-05T17:31:00Z',
  extensions: { comExampleExtension: 'value' },
  contentType: 'text/xml',
  data: 'valid xml',
}

test('0.1 structured: everything comes from the envelope, headers are its extensions', () => {
  const event = eventOf(structured(envelope01))
  assert.equal(textOf(event), 'valid xml')
  assert.deepEqual(event, {
    id: 'A234-1234-1234',
    timestamp: new Date('2030-04-05T17:31:00Z'),
    contentType: 'text/xml',
    trigger: { kind: '/mycontext', name: '/mycontext' },
    headers: { comExampleExtension: 'value' },
    body: Buffer.from('valid xml'),
    extra: {
      type: 'com.example.someevent',
      type_version: '1.0',
      version: '0.1',
      source: '/mycontext',
      extensions: { comExampleExtension: 'value' },
    },
  })
})

test('0.1 structured with an object as data: the body is its JSON', () => {
  const { contentType: _, ...envelope } = envelope01
  const event = eventOf(structured({ ...envelope, data: { a: 'b', c: 1 } }))
  assert.deepEqual(JSON.parse(textOf(event)), { a: 'b', c: 1 })
  assert.equal(event.contentType, 'application/json')
  assert.equal(eventOf(structured({ ...envelope01, data: { a: 'b', c: 1 } })).contentType, 'text/xml')
})

test('0.1 structured: members that are absent are empty, never those of an earlier event', () => {
  eventOf(structured(envelope01))
  const event = eventOf(structured({ cloudEventsVersion: '0.1' }))
  assert.equal(event.id, undefined)
  assert.equal(event.timestamp, undefined)
  assert.deepEqual(event.headers, {})
  assert.equal(textOf(event), '')
  assert.deepEqual(event.extra, { type: '', type_version: '', version: '0.1', source: '', extensions: {} })
})

test('0.1 binary: attributes are headers; body, headers and content type stay the request’s', () => {
  const event = eventOf(
    read(
      {
        'Content-Type': 'text/xml',
        'CE-EventID': 'A234-1234-1234',
        'CE-Source': '/mycontext',
        'CE-Name': 'somebody',
        'CE-EventTime': '2030-04-05T17:31:00Z',
        'CE-EventType': 'com.example.someevent',
        'CE-EventTypeVersion': '1.0',
        'CE-CloudEventsVersion': '0.1',
        'CE-X-Own': 'yes',
      },
      'valid xml',
    ),
  )
  assert.deepEqual(event, {
    id: 'A234-1234-1234',
    timestamp: new Date('2030-04-05T17:31:00Z'),
    trigger: { kind: '/mycontext', name: 'somebody' },
    extra: {
      type: 'com.example.someevent',
      type_version: '1.0',
      version: '0.1',
      source: '/mycontext',
      extensions: { own: 'yes' },
    },
  })
})

const envelope10 = { specversion: '1.0', id: 'a1', source: '/s', type: 'com.example.t' }

test('1.0 structured: attributes, payload and extensions', () => {
  const event = eventOf(
    structured({
      ...envelope10,
      subject: 'sub',
      time: '2030-04-05T17:31:00.5+02:00',
      dataschema: 'http://schema',
      datacontenttype: 'text/plain',
      data: 'hello',
      traceparent: '00-1',
      number: 7,
    }),
  )
  assert.equal(textOf(event), 'hello')
  assert.equal(event.contentType, 'text/plain')
  assert.equal(event.id, 'a1')
  assert.deepEqual(event.timestamp, new Date('2030-04-05T15:31:00.500Z'))
  assert.equal(event.trigger, undefined)
  assert.equal(event.headers, undefined)
  assert.deepEqual(event.extra, {
    type: 'com.example.t',
    version: '1.0',
    source: '/s',
    subject: 'sub',
    dataschema: 'http://schema',
    extensions: { traceparent: '00-1', number: 7 },
  })
})

const payloads: [what: string, given: Record<string, unknown>, body: string, contentType: string][] = [
  ['an object', { data: { a: 1 } }, '{"a":1}', 'application/json'],
  ['a text that is JSON', { data: 'hi' }, '"hi"', 'application/json'],
  ['a text of another type', { data: 'hi', datacontenttype: 'text/html' }, 'hi', 'text/html'],
  [
    'a text of a JSON-like type',
    { data: 'hi', datacontenttype: 'application/x+json; v=1' },
    '"hi"',
    'application/x+json; v=1',
  ],
  ['null', { data: null }, 'null', 'application/json'],
  ['nothing', {}, '', 'application/json'],
  ['base64', { data_base64: 'aGk=', datacontenttype: 'image/png' }, 'hi', 'image/png'],
]
for (const [what, given, body, contentType] of payloads) {
  test(`1.0 structured: ${what} as payload`, () => {
    const event = eventOf(structured({ ...envelope10, ...given }))
    assert.deepEqual([textOf(event), event.contentType], [body, contentType])
  })
}

test('1.0 binary: values are percent-decoded, what is no attribute is an extension', () => {
  const event = eventOf(
    read({
      'ce-specversion': '1.0',
      'ce-id': 'id%201',
      'ce-source': '/s',
      'ce-type': 't',
      'ce-subject': 'Euro%20%E2%82%AC',
      'ce-time': '2030-04-05T17:31:00Z',
      'ce-own': '100%',
      'content-type': 'application/json',
    }),
  )
  assert.equal(event.id, 'id 1')
  assert.equal(event.contentType, undefined)
  assert.deepEqual(event.extra, {
    type: 't',
    version: '1.0',
    source: '/s',
    subject: 'Euro €',
    extensions: { own: '100%' },
  })
})

const refused: [what: string, envelope: unknown, reason: RegExp][] = [
  ['no object', [1], /400 .*no JSON object/],
  ['no version', { id: 'a' }, /400 .*no specversion/],
  ['a version of its own', { ...envelope10, specversion: '2.0' }, /specversion "2.0" is not supported/],
  ['an old version', { ...envelope10, specversion: '0.3' }, /specversion "0.3" is not supported/],
  ['no id and type', { ...envelope10, id: '', type: undefined }, /id, type must be a text/],
  ['an id that is a number', { ...envelope10, id: 5 }, /id must be a text/],
  ['a wrong time', { ...envelope10, time: 'yesterday' }, /time is no RFC 3339 time/],
  ['a day that is not there', { ...envelope10, time: '2030-13-45T00:00:00Z' }, /time is no RFC 3339 time/],
  ['wrong base64', { ...envelope10, data_base64: 'a' }, /no base64/],
  ['both kinds of data', { ...envelope10, data: 1, data_base64: '' }, /exclude each other/],
  ['a wrong time of 0.1', { ...envelope01, eventTime: '12' }, /eventTime is no RFC 3339 time/],
]
for (const [what, envelope, reason] of refused) {
  test(`an envelope with ${what} is refused with the reason`, () => {
    assert.match(reasonOf(structured(envelope)), reason)
  })
}

test('a body that is no JSON, binary events that miss attributes, and formats that are not read are refused', () => {
  assert.match(reasonOf(read({ 'content-type': 'application/cloudevents+json' }, '{')), /^400 .*no JSON object/)
  assert.match(reasonOf(read({ 'ce-specversion': '1.0' })), /^400 .*id, source, type must be a text/)
  assert.match(reasonOf(read({ 'ce-cloudeventsversion': '0.1', 'ce-eventtime': 'x' })), /^400 .*CE-EventTime/)
  assert.match(reasonOf(structured([], 'application/cloudevents-batch+json')), /^415 .*one by one/)
  assert.match(reasonOf(structured([], 'application/cloudevents+avro')), /^415 .*cloudevents\+avro/)
})

test('every other request is no CloudEvent', () => {
  assert.equal(read({ 'content-type': 'application/json' }), undefined)
  assert.equal(read({ 'ce-id': '1' }), undefined)
  assert.equal(read({ 'ce-cloudeventsversion': '' }), undefined)
})

test('the media type counts in any letter case and with parameters', () => {
  assert.equal(eventOf(structured(envelope10, 'Application/CloudEvents+JSON; charset=utf-8')).id, 'a1')
})

test('no envelope and no header throws', () => {
  const contentType = 'application/cloudevents+json'
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      structured(value)
      structured({ ...envelope10, extension: value, data: value })
      structured({ ...envelope01, extensions: value, data: value })
      read({ 'content-type': contentType }, JSON.stringify(value).slice(1))
    }),
  )
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), (value, body) => {
      read({ 'ce-specversion': '1.0', 'ce-id': value, 'ce-source': value, 'ce-type': value, 'ce-a': value })
      read({ 'content-type': contentType }, body)
    }),
  )
})
