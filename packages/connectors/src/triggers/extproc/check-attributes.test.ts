import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '@pelton/core'
import { triggerSettings } from '@pelton/testkit'
import { checkAttributes } from './check-attributes.ts'
import { type ExtProcAttributes, attributes } from './config.ts'
import manifest from './index.ts'
import { listenAddress } from './listen-address.ts'
import { serverLimits } from './server-limits.ts'

const least = { type: 'preprocessor', port: 8080 }

function decoded(given: Record<string, unknown>): ExtProcAttributes {
  const { value, faults } = decode(attributes, given)
  assert.deepEqual(faults, [])
  assert.ok(value)
  return value
}

/** What is wrong with a value, one line a fault. */
function faultsOf(given: unknown): string[] {
  return decode(attributes, given).faults.map(({ code, path }) => [code, ...path].join(' '))
}

/** What is doubtful about attributes, one line a note. */
function notesOn(given: Record<string, unknown>): string[] {
  const notes = checkAttributes(decoded({ ...least, ...given }), { compat: 'none' })
  return notes.map(({ level, path }) => `${level} ${path.join('.')}`)
}

test('case 33: a file with a type and a port has the defaults', () => {
  assert.deepEqual(decoded(least), {
    type: 'preprocessor',
    port: 8080,
    gracefulShutdownTimeout: 15_000,
    maxConcurrentStreams: 100,
    processingOptions: {
      logStream: false,
      logPhases: false,
      updateExtProcHeader: false,
      updateDurationHeader: false,
      requestIdHeaderName: 'x-request-id',
      requestIdFallback: '',
      bufferStreamedBodies: true,
      perRequestBodyBufferBytes: 1_048_576,
      decompressBodies: true,
    },
  })
  assert.deepEqual(notesOn({}), [])
})

test('case 34: options that are given leave the others their defaults', () => {
  const processingOptions = { logStream: true, decompressBodies: true }
  assert.deepEqual(decoded({ ...least, processingOptions }).processingOptions, {
    ...decoded(least).processingOptions,
    logStream: true,
  })
  const snake = { processing_options: { request_id_header_name: 'X-Trace', per_request_body_buffer_bytes: '64KiB' } }
  const { requestIdHeaderName, perRequestBodyBufferBytes } = decoded({ ...least, ...snake }).processingOptions
  assert.deepEqual([requestIdHeaderName, perRequestBodyBufferBytes], ['X-Trace', 65_536])
})

test('case 35: without a type or a port the start stops and names what is missing', () => {
  assert.deepEqual(faultsOf({ port: 8080 }), ['missing_key type'])
  assert.deepEqual(faultsOf({ type: '', port: 8080 }), ['missing_key type'])
  assert.deepEqual(faultsOf({ type: 'preprocessor' }), ['missing_key port'])
  assert.deepEqual(faultsOf({}), ['missing_key type', 'missing_key port'])
})

test('case 36: the four types are accepted, and what a file says is taken over', () => {
  for (const type of ['preprocessor', 'postprocessor', 'wrapprocessor', 'observeprocessor']) {
    assert.equal(decoded({ type, port: 0 }).type, type)
  }
  const given = decoded({ ...least, gracefulShutdownTimeout: 30, maxConcurrentStreams: 100 })
  assert.deepEqual(serverLimits(given), { shutdownMs: 30_000, maxConcurrentStreams: 100 })
})

test('case 37: attributes that are none are faults that name their keys', () => {
  assert.deepEqual(faultsOf('invalid'), ['wrong_value'])
  assert.deepEqual(faultsOf({ type: 'processor', port: 8080 }), ['wrong_value type'])
  assert.deepEqual(faultsOf({ ...least, port: 'invalid', processingOptions: 1 }), [
    'wrong_value port',
    'wrong_value processingOptions',
  ])
  assert.deepEqual(faultsOf({ ...least, processingOptions: { logStreams: true } }), [
    'unknown_key processingOptions logStreams',
  ])
})

const wrong: [key: string, value: string | number][] = [
  ['port', -1],
  ['port', 65_536],
  ['gracefulShutdownTimeout', -1],
  ['maxConcurrentStreams', -1],
  ['maxConcurrentStreams', 2 ** 31],
  ['phaseTimeoutMs', 0],
  ['phaseTimeoutMs', '2h'],
  ['onError', 'ignore'],
]
for (const [key, value] of wrong) {
  test(`${key}: ${value} is a fault`, () =>
    assert.deepEqual(faultsOf({ ...least, [key]: value }), [`wrong_value ${key}`]))
}

test('an option beyond its bounds is a fault', () => {
  for (const given of [{ perRequestBodyBufferBytes: -1 }, { perRequestBodyBufferBytes: '129MiB' }]) {
    const [fault] = faultsOf({ ...least, processingOptions: given })
    assert.equal(fault, 'wrong_value processingOptions perRequestBodyBufferBytes')
  }
  for (const requestIdHeaderName of [':path', 'x id']) {
    const [fault] = faultsOf({ ...least, processingOptions: { requestIdHeaderName } })
    assert.equal(fault, 'wrong_value processingOptions requestIdHeaderName')
  }
  assert.deepEqual(faultsOf({ ...least, processingOptions: { requestIdHeaderName: '' } }), [])
})

test('zero streams and a zero time to shut down stand for the defaults', () => {
  const given = decoded({ ...least, gracefulShutdownTimeout: 0, maxConcurrentStreams: 0 })
  assert.deepEqual(serverLimits(given), { shutdownMs: 15_000, maxConcurrentStreams: 100 })
})

test('times have the units of the keys', () => {
  assert.equal(decoded({ ...least, phaseTimeoutMs: 180 }).phaseTimeoutMs, 180)
  assert.equal(decoded({ ...least, phaseTimeoutMs: '1.5s' }).phaseTimeoutMs, 1_500)
  assert.equal(decoded({ ...least, gracefulShutdownTimeout: '1m' }).gracefulShutdownTimeout, 60_000)
})

test('TLS needs a certificate and its key', () => {
  assert.deepEqual(faultsOf({ ...least, tls: { cert: 'a.pem' } }), ['missing_key tls key'])
  assert.deepEqual(decoded({ ...least, tls: { cert: 'a.pem', key: 'b.pem' } }).tls, { cert: 'a.pem', key: 'b.pem' })
  assert.equal(decoded({ ...least, tls: { cert: 'a', key: 'b', ca: 'c' } }).tls?.ca, 'c')
})

test('a warning says that an observer can neither fail a message nor hold it up', () => {
  const given = { onError: 'immediate', phaseTimeoutMs: 100, processingOptions: { updateDurationHeader: true } }
  assert.deepEqual(notesOn({ ...given, type: 'observeprocessor' }), [
    'warning onError',
    'warning phaseTimeoutMs',
    'warning processingOptions.updateDurationHeader',
  ])
  for (const type of ['preprocessor', 'wrapprocessor']) assert.deepEqual(notesOn({ ...given, type }), [])
})

test('the port is one of all interfaces, unless the processor has reserved an address', () => {
  const settings = triggerSettings(manifest, { attributes: least, url: '127.0.0.1:4711' })
  assert.deepEqual(listenAddress(settings), { host: '', port: 8080, path: '*', configured: true })
  const reserved = { host: '127.0.0.1', port: 4711, path: '*', configured: true }
  assert.deepEqual(listenAddress({ ...settings, sharedAddress: true }), reserved)
})
