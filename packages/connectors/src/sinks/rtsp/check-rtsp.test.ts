import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '@pelton/core'
import { checkRtsp } from './check-rtsp.ts'
import { type RtspAttributes, attributes } from './config.ts'
import { listenAddress } from './listen-address.ts'

function given(written: Record<string, unknown>): RtspAttributes {
  const { value, faults } = decode(attributes, written)
  assert.deepEqual(faults, [])
  return value as RtspAttributes
}

const notes = (written: Record<string, unknown>): string[] =>
  checkRtsp(given(written), { compat: 'none' }).map(({ path, message }) => `${path.join('.')} ${message}`)

test('a codec must be of its type', () => {
  assert.deepEqual(notes({ type: 'video', codec: 'l16' }), ['codec must be jpeg or h264 where type is video'])
  assert.deepEqual(notes({ type: 'audio', codec: 'jpeg' }), ['codec must be l16 or pcmu where type is audio'])
  for (const right of [{}, { type: 'audio' }, { codec: 'h264' }, { type: 'audio', codec: 'pcmu' }]) {
    assert.deepEqual(notes(right), [])
  }
})

test('a username and a password need each other', () => {
  assert.deepEqual(notes({ username: 'cam' }), ['password is required with username'])
  assert.deepEqual(notes({ password: 'pw' }), ['username is required with password'])
  assert.deepEqual(notes({ username: 'cam', password: 'pw' }), [])
})

test('packets and reports need a port each, unless both take free ones', () => {
  assert.deepEqual(notes({ rtp_port: 8_000, rtcp_port: 8_000 }), ['rtcp_port must not be rtp_port'])
  assert.deepEqual(notes({ rtp_port: 0, rtcp_port: 0 }), [])
})

test('case 78: a type that is neither video nor audio is a fault', () => {
  const { faults } = decode(attributes, { type: 'invalid' })
  assert.deepEqual(
    faults.map(({ path }) => path),
    [['type']],
  )
})

test('DigitalHub’s samplerate and sample_rate are one', () => {
  assert.equal(given({ samplerate: 44_100 }).sample_rate, 44_100)
  assert.equal(given({ sample_rate: 8_000 }).sample_rate, 8_000)
})

test('only a default port may move', () => {
  assert.deepEqual(listenAddress(given({})), { host: '', port: 8_554, path: '/stream', configured: false })
  assert.deepEqual(listenAddress(given({ port: 7_554 })).configured, true)
})
