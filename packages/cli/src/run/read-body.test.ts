import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { readBody } from './read-body.ts'

async function* from(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

test('a body is a text, a file, or standard input', async (t) => {
  const cwd = await createTempFolder(t)
  await writeFile(join(cwd, 'body'), Buffer.from([1, 255]))
  const stdin = from('a', 'b')
  assert.equal(await readBody(undefined, { cwd, stdin }), undefined)
  assert.deepEqual(await readBody('grüße', { cwd, stdin }), Buffer.from('grüße'))
  assert.deepEqual(await readBody('', { cwd, stdin }), Buffer.alloc(0))
  assert.deepEqual(await readBody('@body', { cwd, stdin }), Buffer.from([1, 255]))
  assert.deepEqual(await readBody('-', { cwd, stdin }), Buffer.from('ab'))
  assert.deepEqual(await readBody('@-', { cwd, stdin: from('c') }), Buffer.from('c'))
})

test('a body that cannot be read or is too large is refused', async (t) => {
  const cwd = await createTempFolder(t)
  await assert.rejects(readBody('@gone', { cwd, stdin: from() }), { code: 'input_unreadable' })
  await assert.rejects(readBody('@.', { cwd, stdin: from() }), { code: 'input_unreadable' })
  await assert.rejects(readBody('-', { cwd, stdin: from('abc', 'def') }, 5), { code: 'input_too_large' })
})
