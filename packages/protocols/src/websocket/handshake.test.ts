import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HandshakeHead, type UpgradeRules, answerHandshake } from './handshake.ts'

const valid = {
  host: 'x',
  connection: 'keep-alive, Upgrade',
  upgrade: 'WebSocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

function answer(headers: HandshakeHead['headers'] = {}, rules: UpgradeRules = {}, method = 'GET') {
  return answerHandshake({ method, headers: { ...valid, ...headers } }, rules)
}

function accepted(headers: HandshakeHead['headers'], rules: UpgradeRules) {
  const answered = answer(headers, rules)
  assert.ok(answered.accepted)
  return answered
}

function statusOf(headers: HandshakeHead['headers'], rules: UpgradeRules = {}, method = 'GET'): number {
  const answered = answer(headers, rules, method)
  return answered.accepted ? 101 : answered.status
}

test("a handshake is accepted by the proof of the client's key, as in RFC 6455 §1.3", () => {
  assert.deepEqual(answer(), {
    accepted: true,
    headers: [['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=']],
    subprotocol: '',
  })
})

test('what is no upgrade at all is told what is served here: 426', () => {
  for (const headers of [{ upgrade: 'h2c' }, { connection: 'close' }, { upgrade: [] }]) {
    const answered = answer(headers)
    assert.ok(!answered.accepted)
    assert.equal(answered.status, 426)
    assert.deepEqual(answered.headers, [
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
    ])
  }
})

test('another version is a 426, a broken handshake a 400', () => {
  assert.equal(statusOf({ 'sec-websocket-version': '8' }), 426)
  assert.equal(statusOf({ 'sec-websocket-version': [] }), 426)
  assert.equal(statusOf({}, {}, 'POST'), 400)
  const keys = ['', 'short', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZR==', '*'.repeat(24)]
  for (const key of keys) assert.equal(statusOf({ 'sec-websocket-key': key }), 400, key)
  assert.equal(statusOf({ 'sec-websocket-key': [valid['sec-websocket-key'], valid['sec-websocket-key']] }), 400)
})

const origins = ['https://app.example', 'https://*.example.com', 'http://localhost:3000']
const originCases: [origin: string, status: number][] = [
  ['https://app.example', 101],
  ['HTTPS://App.Example', 101],
  ['https://app.example:443', 101],
  ['http://app.example', 403],
  ['https://app.example:8443', 403],
  ['https://app.example.evil.net', 403],
  ['https://a.example.com', 101],
  ['https://a.b.EXAMPLE.com', 101],
  ['https://example.com', 403],
  ['https://.example.com', 403],
  ['https://evilexample.com', 403],
  ['https://a.example.com.evil.net', 403],
  ['https://evil.net/.example.com', 403],
  ['http://localhost:3000', 101],
  ['http://localhost', 403],
  ['null', 403],
]
for (const [origin, status] of originCases) {
  test(`the origin ${origin} is answered ${status}`, () => assert.equal(statusOf({ origin }, { origins }), status))
}

test('without a list, with * and without an origin everybody may connect; with an empty list no browser', () => {
  assert.equal(statusOf({ origin: 'https://any.example' }), 101)
  assert.equal(statusOf({ origin: 'null' }, { origins: ['*'] }), 101)
  assert.equal(statusOf({}, { origins }), 101)
  assert.equal(statusOf({ origin: 'https://any.example' }, { origins: [] }), 403)
  assert.equal(statusOf({ origin: ['https://app.example', 'https://evil.net'] }, { origins }), 403)
})

test("of the common subprotocols the client's first is taken; without one it connects without", () => {
  const rules = { subprotocols: ['mqtt', 'stomp'] }
  const chosen = accepted({ 'sec-websocket-protocol': ['other, stomp', 'mqtt'] }, rules)
  assert.equal(chosen.subprotocol, 'stomp')
  assert.deepEqual(chosen.headers[1], ['Sec-WebSocket-Protocol', 'stomp'])
  assert.equal(accepted({ 'sec-websocket-protocol': 'Stomp' }, rules).subprotocol, '')
  assert.equal(accepted({ 'sec-websocket-protocol': 'stomp' }, {}).headers.length, 1)
})

test('compression is agreed on where both want it, and never keeps a context', () => {
  const offer = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' }
  const agreed = accepted(offer, { compression: true })
  assert.deepEqual(agreed.deflate, { windowBits: 15 })
  assert.deepEqual(agreed.headers[1], [
    'Sec-WebSocket-Extensions',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  ])
  assert.equal(accepted(offer, {}).deflate, undefined)
  assert.equal(accepted({}, { compression: true }).deflate, undefined)
})
