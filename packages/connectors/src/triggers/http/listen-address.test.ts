import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GivenSettings, triggerSettings } from '@pelton/testkit'
import manifest from './index.ts'
import { isNodePort, listenAddress } from './listen-address.ts'

const addressOf = (given: GivenSettings): string => {
  const { host, port, configured } = listenAddress(triggerSettings(manifest, given))
  return `${host || '*'} ${port} ${configured ? 'configured' : 'default'}`
}

const cases: [what: string, given: GivenSettings, address: string][] = [
  ['nothing', {}, '* 8080 default'],
  ['a port', { attributes: { port: 9000 } }, '* 9000 configured'],
  ['port 0', { attributes: { port: 0 } }, '* 0 configured'],
  ['a url with a port', { url: ':9000' }, '* 9000 configured'],
  ['a url that is a port alone', { url: '9000' }, '* 9000 configured'],
  ['a url over a port', { url: '127.0.0.1:0', attributes: { port: 1 } }, '127.0.0.1 0 configured'],
  ['a host alone', { url: '127.0.0.1' }, '127.0.0.1 8080 default'],
  ['a host alone with a port', { url: '127.0.0.1:', attributes: { port: 1 } }, '127.0.0.1 1 configured'],
  ['an IPv6 address', { url: '[::1]:8080' }, '::1 8080 configured'],
  ['a name', { url: 'http://localhost:81/' }, 'localhost 81 configured'],
  ['a node port', { attributes: { port: 31_000 }, kubernetes: true, compat: 'nuclio' }, '* 8080 configured'],
  ['a port of a Pelton file on Kubernetes', { attributes: { port: 9000 }, kubernetes: true }, '* 9000 configured'],
  ['nothing on Kubernetes', { kubernetes: true }, '* 8080 configured'],
]
for (const [what, given, address] of cases) {
  test(`${what} listens on ${address}`, () => assert.equal(addressOf(given), address))
}

for (const url of ['8080 x', 'a:b', ':99999', '::1:80', 'host:80/path', ':-1']) {
  test(`"${url}" is no address`, () => {
    assert.throws(() => addressOf({ url }), { code: 'address_invalid', retryable: false })
  })
}

test('only a nuclio file on Kubernetes has a node port', () => {
  const attributes = { port: 31_000 }
  const nodePort = (given: GivenSettings): boolean => isNodePort(triggerSettings(manifest, { attributes, ...given }))
  assert.equal(nodePort({ kubernetes: true, compat: 'nuclio' }), true)
  assert.equal(nodePort({ kubernetes: false, compat: 'nuclio' }), false)
  assert.equal(nodePort({ kubernetes: true, compat: 'none' }), false)
})
