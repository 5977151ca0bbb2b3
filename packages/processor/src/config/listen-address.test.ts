import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseListenAddress } from './listen-address.ts'

test('addresses are a port with or without a host', () => {
  assert.deepEqual(parseListenAddress(':8081'), { host: '', port: 8081 })
  assert.deepEqual(parseListenAddress('8081'), { host: '', port: 8081 })
  assert.deepEqual(parseListenAddress(' 127.0.0.1:0 '), { host: '127.0.0.1', port: 0 })
  assert.deepEqual(parseListenAddress('[::1]:8081'), { host: '::1', port: 8081 })
  assert.deepEqual(parseListenAddress('admin.local:65535'), { host: 'admin.local', port: 65_535 })
})

test('what is no address is refused', () => {
  for (const text of ['', ':', 'host', 'host:', ':65536', '::1:80', 'http://a:80', 'a b:80', '[::1]', ':80x']) {
    assert.equal(parseListenAddress(text), undefined, text)
  }
})
