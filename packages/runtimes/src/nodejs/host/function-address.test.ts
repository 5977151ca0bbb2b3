import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callUrl, functionAddress } from './function-address.ts'

const facts = { namespace: 'space', functions: { known: 'http://known:1' } }

test('a function is found in the map, then in the environment, then where nuclio has it', () => {
  const env = { PELTON_FUNCTION_MY_OTHER_1_URL: 'http://env:2', PELTON_FUNCTION_KNOWN_URL: 'http://env:3' }
  assert.equal(functionAddress('known', { facts, env }), 'http://known:1')
  assert.equal(functionAddress('my-other.1', { facts, env }), 'http://env:2')
  assert.equal(functionAddress('third', { facts, env }), 'http://nuclio-space-third:8080')
  assert.equal(functionAddress('third', { facts, env: { KUBERNETES_SERVICE_HOST: 'k' } }), 'http://nuclio-third:8080')
  assert.equal(functionAddress('toString', { facts, env }), 'http://nuclio-space-toString:8080')
})

test('an address and a path join with one slash', () => {
  assert.equal(callUrl('http://a:1/', '/x?y=1')?.href, 'http://a:1/x?y=1')
  assert.equal(callUrl('http://a:1/base', 'x')?.href, 'http://a:1/base/x')
  assert.equal(callUrl('a:1', '')?.href, 'http://a:1/')
  assert.equal(callUrl('ftp://a', '/'), undefined)
  assert.equal(callUrl('http://[', '/'), undefined)
})
