import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import type { Response } from '@pelton/core'
import { answerForSinks } from './answer-for-sinks.ts'
import { responseOf } from './handler/handler-response.ts'

/** A handler's result as it comes from a worker. */
function answered(outputs: Parameters<typeof responseOf>[0]): Response {
  const { body, extra = {} } = responseOf(outputs)
  return { status: 200, headers: [], contentType: 'application/json', body: body as Uint8Array, extra }
}

test('sinks get tensors as JSON, without bytes behind it', () => {
  const { contentType, body } = answerForSinks(answered({ y: Float32Array.of(0.5, 2) }))
  assert.equal(contentType, 'application/json')
  const outputs = [{ name: 'y', datatype: 'FP32', shape: [2], data: [0.5, 2] }]
  assert.deepEqual(JSON.parse(String(body)).outputs, outputs)
})

test('what JSON cannot carry stays in binary form, with the header that says where its JSON ends', () => {
  const response = answered({ y: Float32Array.of(Number.NaN) })
  const { contentType, headers, body } = answerForSinks(response)
  assert.deepEqual([contentType, body], ['application/octet-stream', response.body])
  const [[name, length] = []] = headers
  assert.equal(name, 'Inference-Header-Content-Length')
  assert.ok(JSON.parse(Buffer.from(body as Uint8Array).toString('utf8', 0, Number(length))))
})

test('what a handler wrote itself, and errors, are what they are', () => {
  for (const [status, text] of [
    [200, '{"outputs":[]}'],
    [400, '{"error":"x"}'],
  ] as const) {
    const response = { status, headers: [], contentType: 'application/json', body: Buffer.from(text) }
    assert.equal(answerForSinks(response), response)
  }
})
