import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { chunkType, markChunk } from './chunk-type.ts'
import { readResult } from './read-result.ts'

/** What the chunks of a result's stream are. */
async function typesOf(value: unknown): Promise<unknown[]> {
  const reading = await readResult(value, 'none')
  assert.ok('response' in reading)
  const { body } = reading.response
  assert.ok(body !== undefined && !ArrayBuffer.isView(body))
  const types: unknown[] = []
  for await (const chunk of body) types.push(chunkType(chunk))
  return types
}

async function* mixed(): AsyncGenerator<unknown> {
  yield 'a'
  await Promise.resolve()
  yield Buffer.from('b')
  yield new Uint8Array([99]).buffer
  yield ''
}

test('each chunk of a stream is text or bytes, as it was yielded', async () => {
  assert.deepEqual(await typesOf(mixed()), ['text', 'bytes', 'bytes', 'text'])
  assert.deepEqual(await typesOf(Readable.from(['a', Buffer.from('b')])), ['text', 'bytes'])
  assert.deepEqual(await typesOf(ReadableStream.from([Buffer.from('a'), 'b'])), ['bytes', 'text'])
})

test('what a WHATWG response streams may have been text', async () => {
  const { readable, writable } = new TransformStream<unknown, unknown>()
  const writer = writable.getWriter()
  const written = (async () => {
    for (const chunk of [Buffer.from('a'), 'b', Buffer.from('c')]) await writer.write(chunk)
    await writer.close()
  })()
  assert.deepEqual(await typesOf(new Response(readable as ReadableStream)), [undefined, 'text', undefined])
  await written
})

test('a mark changes nothing that anybody sees', () => {
  const chunk = Buffer.from('a')
  assert.equal(markChunk(chunk, 'text'), chunk)
  assert.deepEqual(chunk, Buffer.from('a'))
  assert.equal(inspect(chunk), '<Buffer 61>')
  assert.equal(chunkType(markChunk(chunk, 'bytes')), 'bytes')
})

test('bytes that take no marks, and bytes that have none, are of no known type', () => {
  assert.equal(chunkType(Buffer.from('a')), undefined)
  assert.equal(chunkType(markChunk(Object.preventExtensions(Buffer.from('a')), 'text')), undefined)
})
