import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { test } from 'node:test'
import { bind, formatAddress } from './bind.ts'

/** A server that the operating system refuses to bind. */
function refusedServer(code: string): Server {
  const server = new EventEmitter()
  const listen = (): boolean => server.emit('error', Object.assign(new Error(`listen ${code}`), { code }))
  return Object.assign(server, { listen }) as unknown as Server
}

for (const [code, expected] of [
  ['EACCES', 'port_denied'],
  ['EPERM', 'port_denied'],
  ['EADDRINUSE', 'port_taken'],
  ['EADDRNOTAVAIL', 'address_unusable'],
  ['ENOTFOUND', 'address_unusable'],
] as const) {
  test(`${code} is ${expected}, with the address and a way out`, async () => {
    const bound = bind(refusedServer(code), { host: '127.0.0.1', port: 80 })
    await assert.rejects(bound, (error: Error & { code: string; retryable: boolean; help: string }) => {
      assert.equal(error.code, expected)
      assert.equal(error.retryable, false)
      assert.match(error.message, /127\.0\.0\.1:80/)
      assert.match(error.help, /\S/)
      return true
    })
  })
}

test('addresses are written as people write them', () => {
  assert.deepEqual(
    [formatAddress('', 80), formatAddress('::1', 80), formatAddress('a', 1)],
    ['*:80', '[::1]:80', 'a:1'],
  )
})
