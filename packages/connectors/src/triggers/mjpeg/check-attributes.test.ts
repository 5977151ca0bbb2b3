import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, formatPath } from '@pelton/core'
import { cameraTarget } from '@pelton/protocols/mjpeg-client'
import { checkAttributes } from './check-attributes.ts'
import { type MjpegAttributes, attributes } from './config.ts'
import { isChosen } from './is-chosen.ts'

const url = 'http://camera/video'

/** What is said of attributes, by their schema or, when it finds nothing, by the check. */
function faultsOf(given: Record<string, unknown>): string[] {
  const { value, faults } = decode(attributes, given)
  if (faults.length > 0) return faults.map(({ path, message }) => `${formatPath(path)} ${message}`)
  return checkAttributes(value as MjpegAttributes, { compat: 'none' }).map(
    ({ path, message }) => `${formatPath(path)} ${message}`,
  )
}

const decoded = (given: Record<string, unknown>): MjpegAttributes =>
  decode(attributes, { url, ...given }).value as MjpegAttributes

test('case 66 the factor is taken, 1 by default, and never less; url is required', () => {
  assert.deepEqual(
    [{ processing_factor: 2 }, {}, { processingFactor: 10 }].map((given) => decoded(given).processing_factor),
    [2, 1, 10],
  )
  assert.match(faultsOf({}).join(), /url is required/)
  for (const factor of [0, -1]) assert.match(faultsOf({ url, processing_factor: factor }).join(), /processing_factor/)
})

test('what the schema cannot say is told: urls, credentials, headers, files of TLS', () => {
  const faults: [given: Record<string, unknown>, said: RegExp][] = [
    [{ url: 'camera/video' }, /url is no URL/],
    [{ url: 'rtsp://camera/video' }, /url must begin with http.*, not rtsp:; for that take kind: rtsp$/],
    [{ url: 'file:///video' }, /url must begin with http.*, not file:$/],
    [{ password: 'x' }, /password goes with username/],
    [{ headers: { Host: 'x' } }, /headers.*Host.* must not be set/],
    [{ username: 'x', headers: { Authorization: 'x' } }, /Authorization.* must not be set/],
    [{ tls: { cert: 'x' } }, /tls needs both/],
    [{ stall_timeout: 0 }, /stall_timeout/],
  ]
  for (const [given, said] of faults) assert.match(faultsOf({ url, ...given }).join(), said)
  assert.deepEqual(faultsOf({ url, headers: { Authorization: 'Bearer x' }, tls: { cert: 'a', key: 'b' } }), [])
})

test('a bare number is seconds', () => {
  const { interval, stall_timeout: stallMs } = decoded({ interval: 2, stall_timeout: 3 })
  assert.deepEqual([interval, stallMs], [2000, 3000])
})

test('credentials are taken out of the url, wherever it is shown', () => {
  const target = cameraTarget(decoded({ url: 'http://us%40er:p%2Fw%@camera:80/a?token=t#x' }))
  assert.deepEqual(target.credentials, { username: 'us@er', password: 'p%2Fw%' })
  assert.deepEqual(
    [target.url.href, target.told, target.shown],
    ['http://camera/a?token=t', 'http://camera:80/a?token=t#x', 'http://camera/a'],
  )
  assert.equal(cameraTarget(decoded({})).credentials, undefined)
  assert.deepEqual(cameraTarget(decoded({ username: 'u' })).credentials, { username: 'u', password: '' })
})

test('of so many frames the first is an event; in nuclio files the last', () => {
  const numbers = Array.from({ length: 7 }, (_, index) => index + 1)
  assert.deepEqual(
    numbers.filter((number) => isChosen(number, 3, 'none')),
    [1, 4, 7],
  )
  assert.deepEqual(
    numbers.filter((number) => isChosen(number, 3, 'nuclio')),
    [3, 6],
  )
  assert.deepEqual(
    numbers.filter((number) => isChosen(number, 3, 'digitalhub')),
    [3, 6],
  )
  assert.deepEqual(
    numbers.filter((number) => isChosen(number, 1, 'nuclio')),
    numbers,
  )
})
