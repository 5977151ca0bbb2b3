import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { errors } from '../errors.ts'
import { readEventFile } from './read-event-file.ts'

async function* from(given: string | number[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(given as string)
}

test('an event is read from a file or from standard input, with its defaults', async (t) => {
  const cwd = await createTempFolder(t, { 'event.json': '{"body": [1], "fields": {"a": true}}' })
  const absent = { headers: {}, path: '', method: '' }
  assert.deepEqual(await readEventFile('event.json', { cwd, stdin: from('') }), {
    ...absent,
    body: [1],
    fields: { a: true },
  })
  assert.deepEqual(await readEventFile('-', { cwd, stdin: from('{"method": "PUT"}') }), {
    ...absent,
    method: 'PUT',
    body: '',
    fields: {},
  })
})

test('all faults are named at once, each with the file and the key', async (t) => {
  const cwd = await createTempFolder(t)
  const cases: [text: string, message: RegExp][] = [
    ['', /standard input: is not JSON/],
    ['[]', /standard input: expected keys with values, got a list/],
    ['{"pth": "/", "method": 1}', /^standard input pth: unknown, did you mean path\?\nstandard input method: expected/],
    ['{"headers": {"a": [1]}, "body": true}', /body: expected .*got true.*\n.* headers\.a: expected text/],
  ]
  for (const [text, message] of cases) {
    const read = readEventFile('-', { cwd, stdin: from(text) })
    await assert.rejects(read, { code: errors.event_file_invalid.code, message }, text)
  }
})

test('bytes that are no UTF-8 are refused', async (t) => {
  const cwd = await createTempFolder(t)
  await assert.rejects(readEventFile('-', { cwd, stdin: from([0x22, 0xff, 0x22]) }), {
    code: errors.event_file_invalid.code,
  })
})
