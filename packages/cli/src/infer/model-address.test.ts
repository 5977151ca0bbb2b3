import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, modelPath, readModelAddress, showAddress } from './model-address.ts'

function read(
  given: string,
  named: { model?: string; modelVersion?: string } = {},
): [string, string | undefined, string] {
  const address = readModelAddress(given, named)
  return [addressOf(address, '/v2').href, address.model, address.version]
}

test('a model is named by its address, or beside it', () => {
  assert.deepEqual(read('http://h:1/v2/models/m'), ['http://h:1/v2', 'm', ''])
  assert.deepEqual(read('https://h/v2/models/a%2Fb/versions/2/infer'), ['https://h/v2', 'a/b', '2'])
  assert.deepEqual(read('http://h:1/api/x/v2/models/m/?key=1'), ['http://h:1/api/x/v2?key=1', 'm', ''])
  assert.deepEqual(read('h:1'), ['http://h:1/v2', undefined, ''])
  assert.deepEqual(read('localhost:8080/v2/', { model: 'm' }), ['http://localhost:8080/v2', 'm', ''])
  assert.deepEqual(read('[::1]:80', { model: 'm', modelVersion: '3' }), ['http://[::1]/v2', 'm', '3'])
  assert.deepEqual(read('h:1/v2/models/m', { model: 'm' }), ['http://h:1/v2', 'm', ''])
  assert.equal(modelPath('a/b', '1 2'), '/v2/models/a%2Fb/versions/1%202')
})

test('an address that names no model says what was expected', () => {
  const cases: [string, { model?: string }, RegExp][] = [
    ['grpc://h:1', {}, /REST, no gRPC/],
    ['GRPCS://h:1', {}, /REST, no gRPC/],
    ['ftp://h', {}, /expected http:/],
    ['http://h:99999', {}, /expected http:/],
    ['http://h/models/m', {}, /the path \/models\/m/],
    ['h/v2/models/m/x', {}, /the path/],
    ['h/v2/models/%ff', {}, /percent sign/],
    ['h/v2/models/m', { model: 'n' }, /--model is "n", but the address names "m"/],
  ]
  for (const [given, named, message] of cases) {
    assert.throws(() => read(given, named), { code: 'wrong_usage', message }, given)
  }
})

test('messages show no password', () => {
  assert.equal(showAddress(addressOf(readModelAddress('http://u:secret@h:1', {}), '/v2')), 'http://h:1/v2')
  assert.throws(
    () => readModelAddress('http://u:secret@h/x', {}),
    (error: Error) => !error.message.includes('secret'),
  )
})
