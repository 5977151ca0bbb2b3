import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, formatPath } from '@pelton/core'
import { checkWebhook } from './check-webhook.ts'
import { type WebhookAttributes, attributes } from './config.ts'

/** What is said of attributes, by their schema or, when it finds nothing, by the check. */
function faultsOf(given: Record<string, unknown>): string[] {
  const { value, faults } = decode(attributes, { url: 'http://x', ...given })
  if (faults.length > 0) return faults.map(({ path, message }) => `${formatPath(path)}: ${message}`)
  return checkWebhook(value as WebhookAttributes, { compat: 'none' }).map(
    ({ path, message }) => `${formatPath(path)}: ${message}`,
  )
}

test('the attributes of DigitalHub files are right as they are, in any letter case', () => {
  const headers = { 'Content-Type': 'application/json', 'X-API-Key': 'test-api-key-12345' }
  const url = 'http://localhost:8888/webhook'
  assert.deepEqual(faultsOf({ url, method: 'POST', headers, timeout: 10, maxRetries: 3, retryDelay: 1 }), [])
  const { value } = decode(attributes, { URL: url, max_retries: 0, RETRYDELAY: 2, timeout: 5 })
  assert.partialDeepStrictEqual(value, { url, maxRetries: 0, retryDelay: 2000, timeout: 5000, method: 'POST' })
})

test('a webhook without a url says that it is required', () => {
  assert.deepEqual(
    decode(attributes, {}).faults.map(({ path, message }) => `${formatPath(path)} ${message}`),
    ['url is required'],
  )
})

const faults: [given: Record<string, unknown>, fault: RegExp][] = [
  [{ url: 'nowhere' }, /^url: is no URL/],
  [{ url: '' }, /^url: expected a text that is not empty/],
  [{ url: 'ftp://x' }, /^url: must begin with http:\/\/ or https:\/\/, not ftp:/],
  [{ method: 'PO ST' }, /^method: is no method/],
  [{ method: 'connect' }, /^method: must not be CONNECT/],
  [{ headers: { 'a b': '1' } }, /^headers\["a b"\]: is no name of a header/],
  [{ headers: { 'X-A': 'a\r\nX-B: 1' } }, /^headers\.X-A: holds characters/],
  [{ headers: { 'X-A': 'Ω' } }, /^headers\.X-A: holds characters/],
  [{ headers: { 'X-A': 1 } }, /^headers\.X-A: expected a text/],
  [{ headers: { 'Content-Type': 'a/b', 'content-type': 'c/d' } }, /^headers\.content-type: says the same/],
  [{ headers: { 'Content-Length': '3' } }, /^headers\.Content-Length: must not be set/],
  [{ headers: { 'transfer-encoding': 'chunked' } }, /^headers\.transfer-encoding: must not be set/],
  [{ headers: { 'x-signature': 'x' }, signing_secret: 's' }, /^headers\.x-signature: must not be set/],
  [{ timeout: 0 }, /^timeout: expected 1ms to/],
  [{ retryDelay: 0 }, /^retryDelay: expected 1ms to/],
  [{ retryDelay: -1 }, /^retryDelay: expected/],
  [{ maxRetries: -1 }, /^maxRetries: expected 0 to 100/],
  [{ maxRetries: 1.5 }, /^maxRetries: expected a whole number/],
  [{ concurrency: 0 }, /^concurrency: expected 1 to 64/],
  [{ concurrency: 65 }, /^concurrency: expected 1 to 64/],
  [{ signing_secret: '' }, /^signing_secret: expected a text that is not empty/],
  [{ dead_letter_file: '' }, /^dead_letter_file: expected a text that is not empty/],
  [{ tls: { rejectUnauthorised: false } }, /^tls\.rejectUnauthorised: unknown/],
]
for (const [given, fault] of faults) {
  test(`${JSON.stringify(given)} is a fault`, () => {
    const said = faultsOf(given)
    assert.equal(said.length, 1, said.join('; '))
    assert.match(said[0] ?? '', fault)
  })
}
