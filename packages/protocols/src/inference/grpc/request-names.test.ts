import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { encodePeer } from './fixtures/peer-messages.ts'
import { decodeRequestNames } from './request-names.ts'

test('names and id are read of a request whose tensors nobody could read', () => {
  const request = encodePeer('ModelInferRequest', {
    model_name: 'adder',
    model_version: '2',
    id: 'a',
    inputs: [{ name: 'x', datatype: 'FP128', shape: ['-7'] }],
    raw_input_contents: [Buffer.alloc(3), Buffer.alloc(4)],
  })
  assert.deepEqual(decodeRequestNames(request), { modelName: 'adder', modelVersion: '2', id: 'a' })
  assert.deepEqual(decodeRequestNames(Buffer.alloc(0)), { modelName: '', modelVersion: '', id: '' })
})

test('bytes that are no message are malformed', () => {
  assert.throws(() => decodeRequestNames(Buffer.from('0aff', 'hex')), MalformedMessage)
})
