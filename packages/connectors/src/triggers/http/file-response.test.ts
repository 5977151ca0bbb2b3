import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { HeaderList } from '@pelton/core'
import { connectRaw, createTempFolder, handled, startTrigger, waitUntil } from '@pelton/testkit'
import { fileWish, streamFile } from './file-response.ts'
import manifest from './index.ts'

async function startWith(t: TestContext, headers: HeaderList): Promise<string> {
  const dispatch = (): ReturnType<typeof handled> =>
    handled({ headers: [['X-Own', '1'], ...headers], body: 'not this' })
  const { url } = await startTrigger(t, manifest, { url: '127.0.0.1:0' }, dispatch)
  return url
}

async function createFile(t: TestContext, bytes: number): Promise<string> {
  const path = join(await createTempFolder(t), 'file')
  await writeFile(path, Buffer.alloc(bytes, 'pelton'))
  return path
}

test('a file is sent again and again and stays', async (t) => {
  const path = await createFile(t, 4_096)
  const url = await startWith(t, [['x-nuclio-filestream-path', path]])
  for (let count = 0; count < 21; count += 1) {
    const answered = await fetch(url, { method: 'POST', body: 'b'.repeat(256) })
    assert.equal(answered.status, 200)
    assert.deepEqual(Buffer.from(await answered.arrayBuffer()), readFileSync(path))
    assert.equal(answered.headers.get('x-own'), '1')
    assert.equal(answered.headers.get('x-nuclio-filestream-path'), null)
  }
})

test('a large file arrives whole, and is deleted when that is wished', async (t) => {
  const path = await createFile(t, 10 * 1024 * 1024)
  const content = readFileSync(path)
  const url = await startWith(t, [
    ['X-Nuclio-Filestream-Path', path],
    ['X-Nuclio-Filestream-Delete-After-Send', ''],
  ])
  const answered = await fetch(url)
  assert.equal(answered.headers.get('x-nuclio-filestream-delete-after-send'), null)
  assert.ok(content.equals(Buffer.from(await answered.arrayBuffer())))
  await waitUntil('the file being deleted', () => !existsSync(path))
})

test('the file is deleted although the client leaves, or only asks for the head', async (t) => {
  for (const method of ['GET', 'HEAD']) {
    const path = await createFile(t, 20 * 1024 * 1024)
    const url = await startWith(t, [
      ['x-nuclio-filestream-path', path],
      ['x-nuclio-filestream-delete-after-send', '1'],
    ])
    const client = await connectRaw(Number(new URL(url).port))
    await client.send(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`).until('200 OK')
    client.reset()
    await waitUntil('the file being deleted', () => !existsSync(path))
  }
})

test('a file that is missing is a 404, what is no file a 500', async (t) => {
  const folder = await createTempFolder(t)
  const missing = await fetch(await startWith(t, [['x-nuclio-filestream-path', join(folder, 'missing')]]))
  assert.equal(`${missing.status} ${await missing.text()}`, '404 no such file\n')
  assert.ok(missing.headers.get('x-pelton-event-id'))
  assert.equal((await fetch(await startWith(t, [['x-nuclio-filestream-path', folder]]))).status, 500)
})

test('a stream that a file replaces is left', async (t) => {
  const path = await createFile(t, 1)
  let isLeft = false
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error('read')),
      return: () => {
        isLeft = true
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }),
  }
  const { url } = await startTrigger(t, manifest, { url: '127.0.0.1:0' }, () =>
    handled({ headers: [['x-nuclio-filestream-path', path]], body }),
  )
  assert.equal(await (await fetch(url)).text(), 'p')
  assert.equal(isLeft, true)
})

test('other headers are no wish', () => {
  assert.equal(fileWish([['x-nuclio-filestream-delete-after-send', '']]), undefined)
  assert.equal(fileWish([['x-a', '1']]), undefined)
})

test('a stream that was never begun closes and deletes when it is left', async (t) => {
  const path = await createFile(t, 10)
  const stream = await streamFile({ path, deletesAfterSend: true, headers: [] })
  await stream[Symbol.asyncIterator]().return?.()
  assert.equal(existsSync(path), false)
})
