import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, formatPath } from '@pelton/core'
import { checkWebSocket } from './check-websocket.ts'
import { type WebSocketAttributes, attributes } from './config.ts'

/** What is said of attributes, by their schema or, when it finds nothing, by the check. */
function faultsOf(given: Record<string, unknown>): string[] {
  const { value, faults } = decode(attributes, given)
  if (faults.length > 0) return faults.map(({ path, message }) => `${formatPath(path)}: ${message}`)
  return checkWebSocket(value as WebSocketAttributes, { compat: 'none' }).map(
    ({ path, message }) => `${formatPath(path)}: ${message}`,
  )
}

test('the attributes of DigitalHub files are right as they are, in any letter case', () => {
  assert.deepEqual(faultsOf({ url: 'ws://localhost:9090/frames', messageType: 'binary', timeout: 10 }), [])
  const { value } = decode(attributes, { URL: 'wss://x', message_type: 'TEXT', timeout: 5 })
  assert.partialDeepStrictEqual(value, { url: 'wss://x', messageType: 'text', timeout: 5000, subprotocols: [] })
})

const faults: [given: Record<string, unknown>, fault: RegExp][] = [
  [{}, /^url: is required$/],
  [{ url: 'ws://x', messageType: 'invalid' }, /^messageType: expected binary or text, got "invalid"$/],
  [{ url: 'nowhere' }, /^url: is no URL/],
  [{ url: 'http://x' }, /^url: must begin with ws:\/\/ or wss:\/\/, not http:/],
  [{ url: 'ws://x/#a' }, /^url: must not have a fragment/],
  [{ url: 'ws://x', timeout: 0 }, /^timeout: expected 1ms to/],
  [{ url: 'ws://x', headers: { Upgrade: 'x' } }, /^headers\.Upgrade: must not be set/],
  [{ url: 'ws://x', headers: { 'sec-WebSocket-Key': 'x' } }, /^headers\.sec-WebSocket-Key: must not be set/],
  [{ url: 'ws://x', headers: { 'X-A': 'a\nb' } }, /^headers\.X-A: holds characters/],
  [{ url: 'ws://x', subprotocols: ['a b'] }, /^subprotocols\[0\]: is no name/],
  [{ url: 'ws://x', subprotocols: ['a', 'a'] }, /^subprotocols\[1\]: stands there twice/],
  [{ url: 'ws://x', queueSize: 1 }, /^queueSize: unknown/],
]
for (const [given, fault] of faults) {
  test(`${JSON.stringify(given)} is a fault`, () => {
    const said = faultsOf(given)
    assert.equal(said.length, 1, said.join('; '))
    assert.match(said[0] ?? '', fault)
  })
}
