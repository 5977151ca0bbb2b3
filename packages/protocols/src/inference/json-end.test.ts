import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonEnd } from './json-end.ts'
import { readInferResponse } from './read-response.ts'
import type { InferResponse } from './tensor.ts'
import { writeInferResponse } from './write-response.ts'

test('an object ends with its last brace, whatever is in its texts and behind it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.uint8Array(), (value, rest) => {
      const json = Buffer.from(JSON.stringify(value))
      assert.equal(jsonEnd(Buffer.concat([json, rest])), json.length)
    }),
  )
  for (const open of ['', '{', '{"a', '{"a\\', '[1, 2']) assert.equal(jsonEnd(Buffer.from(open)), open.length)
})

test('a piece of a stream tells by its JSON which of its bytes are tensors', () => {
  const response: InferResponse = {
    modelName: 'm',
    modelVersion: '1',
    id: '',
    parameters: {},
    outputs: [
      { name: 'spaces', datatype: 'UINT8', shape: [3], data: Uint8Array.of(0x20, 0x7d, 0x20) },
      { name: 'text', datatype: 'BYTES', shape: [1], data: [Buffer.from('}')] },
    ],
  }
  const { body } = writeInferResponse(response, { parameters: { binary_data_output: true } })
  const { outputs } = readInferResponse(body, { isPiece: true })
  assert.deepEqual(
    outputs.map(({ data }) => [...data].map(Number).join() || String(data)),
    ['32,125,32', 'NaN'],
  )
  const refused = (bytes: Buffer): void =>
    assert.throws(() => readInferResponse(bytes, { isPiece: true }), { status: 500, message: /bytes/ })
  refused(Buffer.concat([body.subarray(0, -12), Buffer.from('x'), body.subarray(-12)]))
  refused(body.subarray(0, -1))
  refused(Buffer.from('{"outputs":[]}{"outputs":[]}'))
})
