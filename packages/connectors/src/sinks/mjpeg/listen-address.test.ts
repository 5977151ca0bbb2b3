import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, formatPath } from '@pelton/core'
import { type MjpegAttributes, attributes } from './config.ts'
import { listenAddress } from './listen-address.ts'

const decoded = (given: Record<string, unknown>): MjpegAttributes => {
  const { value, faults } = decode(attributes, given)
  assert.deepEqual(faults, [])
  return value as MjpegAttributes
}

test('the attributes of DigitalHub files are right as they are; without any it is /stream on 8081, which may move', () => {
  const address = listenAddress(decoded({ port: 8081, path: '/processed' }))
  assert.deepEqual(address, { host: '', port: 8081, path: '/processed', configured: true })
  const own = decoded({})
  assert.deepEqual(listenAddress(own), { host: '', port: 8081, path: '/stream', configured: false })
  assert.deepEqual([own.boundary, own.max_viewers], ['frame', 100])
})

const faults: [given: Record<string, unknown>, fault: RegExp][] = [
  [{ port: 65_536 }, /^port: expected/],
  [{ path: 'stream' }, /^path: /],
  [{ path: '/a b' }, /^path: /],
  [{ path: '/a?b' }, /^path: /],
  [{ path: '/*' }, /^path: /],
  [{ path: '' }, /^path: /],
  [{ boundary: '' }, /^boundary: /],
  [{ boundary: 'a b' }, /^boundary: /],
  [{ boundary: 'a"b' }, /^boundary: /],
  [{ boundary: 'a'.repeat(71) }, /^boundary: /],
  [{ max_viewers: 0 }, /^max_viewers: /],
  [{ tls: { cert: 'a.pem' } }, /^tls\.key: is required/],
]
for (const [given, fault] of faults) {
  test(`${JSON.stringify(given)} is a fault`, () => {
    const said = decode(attributes, given).faults.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    assert.equal(said.length, 1, said.join('; '))
    assert.match(said[0] ?? '', fault)
  })
}
