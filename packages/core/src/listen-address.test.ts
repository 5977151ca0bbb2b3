import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseListenAddress } from './listen-address.ts'

const addresses: [text: string, host: string, port: number][] = [
  [':9001', '', 9001],
  ['9001', '', 9001],
  [' :0 ', '', 0],
  ['127.0.0.1:9001', '127.0.0.1', 9001],
  ['localhost:65535', 'localhost', 65_535],
  ['[::1]:9001', '::1', 9001],
  ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
]
for (const [text, host, port] of addresses) {
  test(`"${text}" is port ${port} of ${host || 'all interfaces'}`, () => {
    assert.deepEqual(parseListenAddress(text), { host, port })
  })
}

for (const text of [
  '',
  ':',
  'nowhere',
  'a:b',
  ':65536',
  ':123456',
  ':-1',
  '::1:80',
  'http://a:80',
  'a:80/ws',
  'a b:80',
  '[::1]',
  ':80x',
]) {
  test(`"${text}" is no address`, () => assert.equal(parseListenAddress(text), undefined))
}
