import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventData } from '@pelton/testkit'
import { WireEvent, writeEventMeta } from './event-meta.ts'
import { InFrame, frameType } from './frame.ts'

const trigger = { kind: 'chat', name: 'main' }

function sent(event: Parameters<typeof writeEventMeta>[0]): WireEvent {
  const { text, flags } = writeEventMeta(event, trigger)
  const head = { type: frameType.event, flags, code: 0, id: 1, metaLength: 0, bodyLength: 0 }
  return new WireEvent(new InFrame(head, Buffer.alloc(0), text), trigger)
}

test('headers and extra that many events share arrive as those that are an event’s own', () => {
  const headers = { host: 'a', cookie: ['b', 'c'] }
  const extra = { connection: { id: 'x', key: Buffer.from([1, 2]) } }
  const own = eventData('', { headers, extra })
  const shared = eventData('', { headers: Object.freeze({ ...headers }), extra: Object.freeze({ ...extra }) })
  for (const event of [own, shared, shared]) {
    assert.deepEqual(sent(event).headers, headers)
    assert.deepEqual(sent(event).extra, extra)
  }
})

test('that headers and body are kept as they came arrives, and is not said of others', () => {
  const kept = sent(eventData('', { keepsHeaders: true, keepsBody: true }))
  assert.deepEqual([kept.keepsHeaders, kept.keepsBody], [true, true])
  const { keepsHeaders, keepsBody } = sent(eventData(''))
  assert.deepEqual([keepsHeaders, keepsBody], [false, false])
  assert.ok(!writeEventMeta(eventData(''), trigger).text.includes('keeps'))
})

test('an event without headers, and with shared ones that are empty, has none', () => {
  assert.deepEqual(sent(eventData('', { headers: {} })).headers, {})
  assert.deepEqual(sent(eventData('', { headers: Object.freeze({}) })).headers, {})
})

test('what an event has of its own is written anew each time', () => {
  const headers = { 'x-a': '1' }
  assert.deepEqual(sent(eventData('', { headers })).headers, { 'x-a': '1' })
  headers['x-a'] = '2'
  assert.deepEqual(sent(eventData('', { headers })).headers, { 'x-a': '2' })
})
