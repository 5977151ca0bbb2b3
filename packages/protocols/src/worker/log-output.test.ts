import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { test } from 'node:test'
import { logOutput } from './log-output.ts'

async function messagesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough()
  const messages: string[] = []
  logOutput(stream, 'info', { log: (record) => void messages.push(record.message), worker: 1 })
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await finished(stream)
  return messages
}

test('each line is a record, however the bytes are cut, and the last one needs no end', async () => {
  const umlaut = Buffer.from('ü')
  assert.deepEqual(await messagesOf('one\ntw', 'o\r\n\n', umlaut.subarray(0, 1), umlaut.subarray(1), ' three'), [
    'one',
    'two',
    'ü three',
  ])
})

test('a line without end is cut into bounded records', async () => {
  const messages = await messagesOf('x'.repeat(40_000), 'y\nlast')
  assert.deepEqual(
    messages.map((message) => message.length),
    [16_384, 16_384, 7233, 4],
  )
})
