import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeStream } from './fixtures/fake-stream.ts'
import type { UnaryMethod } from './grpc-service.ts'
import { streamed } from './unary-call.ts'

/** A call of the method with one message, as far as its answer can be. */
function call(method: UnaryMethod): { stream: FakeStream; request: Buffer } {
  const stream = new FakeStream()
  const listener = streamed(method, (fault) => assert.fail(String(fault))).open(stream)
  const request = Buffer.from('request')
  listener.message(request)
  listener.halfClosed()
  return { stream, request }
}

test('the memory of a request is given back once it is answered, not before, and only where the method says so', async () => {
  for (const releasesRequest of [true, false]) {
    const answer = Promise.withResolvers<Uint8Array>()
    const { stream, request } = call({ kind: 'unary', releasesRequest, handle: () => answer.promise })
    assert.deepEqual(stream.released, [])
    answer.resolve(Buffer.from('answer'))
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([stream.sent, stream.released], [[Buffer.from('answer')], releasesRequest ? [request] : []])
  }
})
