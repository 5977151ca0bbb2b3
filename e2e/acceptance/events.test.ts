import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder, waitUntil } from '@pelton/testkit'
import { type AskOptions, serveSuite } from './serve-function.ts'

const served = serveSuite('events')

async function seen(body: string, request: AskOptions): Promise<Record<string, unknown>> {
  const answer = await served().ask(body, request)
  assert.equal(answer.status, 200, answer.text)
  return JSON.parse(answer.text) as Record<string, unknown>
}

function pick(event: Record<string, unknown>, names: string[]): unknown[] {
  return names.map((name) => event[name])
}

test('8.6 row 43: the handler sees body, path, method, kind, canonical headers and an id that is a UUID', async () => {
  const event = await seen('testBody', {
    path: '/testPath',
    headers: { Testheaderkey1: 'testHeaderValue1', Testheaderkey2: 'testHeaderValue2' },
  })
  assert.deepEqual(pick(event, ['body', 'path', 'method', 'kind']), ['testBody', '/testPath', 'POST', 'http'])
  const headers = event['headers'] as Record<string, string>
  assert.equal(headers['Testheaderkey1'], 'testHeaderValue1')
  assert.equal(headers['Testheaderkey2'], 'testHeaderValue2')
  assert.match(String(event['id']), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

const eventTime = new Date().toISOString()
const structured = { path: '/testPath', headers: { 'content-type': 'application/cloudevents+json' } }
const envelope = {
  cloudEventsVersion: '0.1',
  eventType: 'com.example.someevent',
  eventTypeVersion: '1.0',
  source: '/mycontext',
  eventID: 'A234-1234-1234',
  eventTime,
  extensions: { comExampleExtension: 'value' },
  contentType: 'text/xml',
  data: 'valid xml',
}
const common = {
  id: 'A234-1234-1234',
  body: 'valid xml',
  path: '/testPath',
  method: 'POST',
  kind: '/mycontext',
  content_type: 'text/xml',
  timestamp: eventTime,
  type: 'com.example.someevent',
  type_version: '1.0',
  version: '0.1',
}

test('8.7 rows 44 and 47: a structured CloudEvent 0.1 is read from its envelope', async () => {
  const event = await seen(JSON.stringify(envelope), structured)
  assert.deepEqual(pick(event, Object.keys(common)), Object.values(common))
  assert.deepEqual(event['headers'], { comExampleExtension: 'value' })
})

test('8.7 row 45: a binary CloudEvent 0.1 is read from its headers', async () => {
  const event = await seen('valid xml', {
    path: '/testPath',
    headers: {
      'content-type': 'text/xml',
      'CE-EventID': envelope.eventID,
      'CE-Source': envelope.source,
      'CE-EventTime': eventTime,
      'CE-EventType': envelope.eventType,
      'CE-EventTypeVersion': '1.0',
      'CE-CloudEventsVersion': '0.1',
    },
  })
  assert.deepEqual(pick(event, Object.keys(common)), Object.values(common))
})

test('8.7 row 46: an object as data is the body as JSON', async () => {
  const event = await seen(JSON.stringify({ ...envelope, data: { a: 'b', c: 1 } }), structured)
  assert.deepEqual(JSON.parse(String(event['body'])), { a: 'b', c: 1 })
})

test('what an envelope leaves out is never that of the event before', async () => {
  await seen(JSON.stringify(envelope), structured)
  const event = await seen(
    JSON.stringify({ cloudEventsVersion: '0.1', eventType: 't', source: '/s', eventID: '2' }),
    structured,
  )
  assert.deepEqual(pick(event, ['body', 'content_type', 'type_version']), ['', '', ''])
  assert.deepEqual(event['headers'], {})
})

test('a malformed envelope is a 500 in a nuclio file, and the next request works', async () => {
  assert.equal((await served().ask('{"cloudEventsVersion":', structured)).status, 500)
  assert.equal((await served().ask('x', {})).status, 200)
})

const attributes = { specversion: '1.0', id: '1', source: '/shop', type: 'com.example.order', subject: 'order 12' }

test('CloudEvents 1.0: structured and binary are read alike', async () => {
  const inOne = await seen(
    JSON.stringify({
      ...attributes,
      time: eventTime,
      datacontenttype: 'application/json',
      tenant: 'blue',
      data: { total: 12 },
    }),
    { headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } },
  )
  const headers = Object.entries({ ...attributes, time: eventTime, tenant: 'blue' })
  const apart = await seen('{"total":12}', {
    headers: {
      'content-type': 'application/json',
      ...Object.fromEntries(headers.map(([name, value]) => [`ce-${name}`, value])),
    },
  })
  for (const event of [inOne, apart]) {
    assert.deepEqual(pick(event, ['id', 'version', 'type', 'source', 'subject', 'timestamp', 'content_type']), [
      '1',
      '1.0',
      'com.example.order',
      '/shop',
      'order 12',
      eventTime,
      'application/json',
    ])
    assert.deepEqual(JSON.parse(String(event['body'])), { total: 12 })
    assert.equal((event['extensions'] as Record<string, unknown>)['tenant'], 'blue')
  }
})

test('8.5 row 42: a file of 4 KiB is sent 21 times and stays, with requests of 256 characters between', async (t) => {
  const folder = await createTempFolder(t)
  const file = path.join(folder, 'small')
  const content = randomBytes(4096)
  await writeFile(file, content)
  for (let time = 0; time < 21; time += 1) {
    const answer = await served().ask(JSON.stringify({ path: file }), { path: '/file' })
    assert.deepEqual(
      [answer.status, answer.type, answer.bytes.equals(content)],
      [200, 'application/octet-stream', true],
    )
    assert.equal((await seen('y'.repeat(256), {}))['body'], 'y'.repeat(256))
  }
  assert.ok(existsSync(file))
})

test('8.5 row 42: a file of 10 MiB with the delete flag arrives whole and is gone; a second time it is a 404', async (t) => {
  const folder = await createTempFolder(t)
  const file = path.join(folder, 'large')
  const content = randomBytes(10 * 1024 * 1024)
  await writeFile(file, content)
  const body = JSON.stringify({ path: file, deletes: true })
  const answer = await served().ask(body, { path: '/file' })
  assert.equal(answer.status, 200)
  assert.ok(answer.bytes.equals(content))
  assert.equal(answer.headers.get('x-nuclio-filestream-path'), null)
  await waitUntil('the file being deleted', () => !existsSync(file))
  assert.equal((await served().ask(body, { path: '/file' })).status, 404)
})
