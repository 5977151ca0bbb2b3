import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Compat, decode } from '@pelton/core'
import { triggerSettings } from '@pelton/testkit'
import { attributes } from './config.ts'
import manifest from './index.ts'
import { listenAddress } from './listen-address.ts'
import { rulesOf } from './rules.ts'

/** What is wrong with attributes, one line a note. */
function notesOn(given: Record<string, unknown>, compat: Compat = 'nuclio'): string[] {
  const settings = triggerSettings(manifest, { attributes: given })
  const notes = manifest.check?.(settings.attributes, { compat }) ?? []
  return notes.map(({ level, path, message }) => `${level} ${path.join('.')}: ${message}`)
}

const settingsOf = (given: Record<string, unknown>, compat: Compat = 'nuclio', numWorkers = 1) =>
  triggerSettings(manifest, { attributes: given, compat, numWorkers })

test('case 9: a file with an address alone has the defaults', () => {
  const settings = settingsOf({ websocket_addr: ':8080' })
  const { chunk_bytes, max_bytes, trim_bytes, processing_interval } = settings.attributes
  assert.deepEqual([chunk_bytes, max_bytes, trim_bytes, processing_interval], [160_000, 1_440_000, 1_120_000, 2000])
  assert.deepEqual(rulesOf(settings), { mode: 'discrete', isShared: false, maxConnections: 1, tickMs: 2000 })
  assert.deepEqual(notesOn({ websocket_addr: ':8080' }), [])
})

test('case 10: what a file says is taken over', () => {
  const given = {
    websocket_addr: ':9001',
    chunk_bytes: 320_000,
    max_bytes: 2_880_000,
    trim_bytes: 2_240_000,
    processing_interval: 100,
    is_stream: true,
  }
  const settings = settingsOf(given)
  const { chunk_bytes, max_bytes, trim_bytes } = settings.attributes
  assert.deepEqual([chunk_bytes, max_bytes, trim_bytes], [320_000, 2_880_000, 2_240_000])
  assert.deepEqual([rulesOf(settings).mode, rulesOf(settings).tickMs], ['stream', 100])
  assert.deepEqual(notesOn(given), [])
})

test('case 11: without an address, or with an empty one, websocket_addr is required', () => {
  for (const given of [{}, { websocket_addr: '' }]) {
    assert.match(notesOn(given).join(), /^error websocket_addr: websocket_addr is required/)
  }
  assert.deepEqual(notesOn({ port: 0 }), [])
})

test('cases 12 and 13: a size or an interval that is none is an error that names the key', () => {
  for (const given of [{ chunk_bytes: 'invalid-int' }, { processing_interval: 'not-a-number' }]) {
    const { faults } = decode(attributes, { websocket_addr: ':9001', ...given })
    assert.deepEqual(
      faults.map(({ code, path }) => [code, ...path]),
      [['wrong_value', ...Object.keys(given)]],
    )
  }
})

test('case 14: an interval of zero is 10 ms with a warning in nuclio files, and an error in Pelton files', () => {
  const given = { websocket_addr: ':9001', processing_interval: 0 }
  assert.match(notesOn(given, 'nuclio').join(), /^warning processing_interval: .*10 ms/)
  assert.equal(rulesOf(settingsOf(given)).tickMs, 10)
  assert.match(notesOn(given, 'none').join(), /^error processing_interval: must be more than 0/)
})

test('zero, negative and inverted sizes are errors that name the key', () => {
  for (const key of ['chunk_bytes', 'max_bytes', 'trim_bytes', 'max_message_bytes', 'max_backlog_bytes']) {
    for (const value of [0, -1]) {
      assert.deepEqual(
        decode(attributes, { port: 0, [key]: value }).faults.map(({ path }) => path.at(-1)),
        [key],
      )
    }
  }
  for (const key of ['processing_interval', 'ping_interval', 'idle_timeout']) {
    assert.equal(decode(attributes, { port: 0, [key]: -1 }).faults[0]?.path.at(-1), key)
  }
  const inverted = { port: 0, max_bytes: 10, chunk_bytes: 11, trim_bytes: 12 }
  assert.deepEqual(notesOn(inverted), [
    'error chunk_bytes: must not be more than max_bytes (10)',
    'error trim_bytes: must not be more than max_bytes (10)',
  ])
})

test('two addresses, an address that is none, and two modes are errors', () => {
  assert.match(notesOn({ port: 9001, websocket_addr: ':9001' }).join(), /^error port: /)
  assert.match(
    notesOn({ websocket_addr: 'nowhere' }).join(),
    /^error websocket_addr: expected an address such as :9001/,
  )
  assert.match(notesOn({ port: 0, mode: 'discrete', is_stream: true }).join(), /^error is_stream: contradicts/)
  assert.deepEqual(notesOn({ port: 0, mode: 'stream', is_stream: true }), [])
})

test('the file decides about mode, shared state and the limit of connections', () => {
  const rules = (compat: Compat) => {
    const { mode, isShared, maxConnections } = rulesOf(settingsOf({ port: 0 }, compat, 3))
    return [mode, isShared, maxConnections]
  }
  assert.deepEqual(rules('none'), ['message', false, 10_000])
  assert.deepEqual(rules('nuclio'), ['discrete', false, 3])
  assert.deepEqual(rules('digitalhub'), ['discrete', true, 3])
})

test('addresses are read as people write them', () => {
  const address = (given: Record<string, unknown>): (string | number)[] => {
    const { host, port, path } = listenAddress(settingsOf(given))
    return [host, port, path]
  }
  assert.deepEqual(address({ websocket_addr: ':9001' }), ['', 9001, '/ws'])
  assert.deepEqual(address({ websocket_addr: '127.0.0.1:9001' }), ['127.0.0.1', 9001, '/ws'])
  assert.deepEqual(address({ websocket_addr: '[::1]:9001', path: '/a' }), ['::1', 9001, '/a'])
  assert.deepEqual(address({ port: 9002, path: '*' }), ['', 9002, '*'])
  const reserved = { ...settingsOf({ port: 0 }), sharedAddress: true, url: '127.0.0.1:4711' }
  assert.equal(listenAddress(reserved).port, 4711)
  assert.equal(listenAddress({ ...reserved, sharedAddress: false }).port, 0)
})
