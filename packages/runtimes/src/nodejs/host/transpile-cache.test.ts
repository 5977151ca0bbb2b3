import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cacheFolder, createTranspileCache } from './transpile-cache.ts'

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pelton-cache-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const source = { folder: '/f', file: '/f/a.ts', text: 'let a: 1' }

test('what was transpiled is found again, by source and path', async () => {
  await inFolder(async (folder) => {
    const cache = createTranspileCache(join(folder, 'deep'))
    assert.equal(cache.get(source), undefined)
    cache.set(source, { code: 'let a', moved: false })
    cache.set({ ...source, text: 'enum' }, { code: 'var', moved: true })
    assert.deepEqual(cache.get(source), { code: 'let a', moved: false })
    assert.deepEqual(cache.get({ ...source, text: 'enum' }), { code: 'var', moved: true })
    assert.equal(cache.get({ ...source, text: 'let a: 2' }), undefined)
    assert.equal(cache.get({ ...source, file: '/f/b.ts' }), undefined)
  })
})

test('an entry with another content is not taken', async () => {
  await inFolder(async (folder) => {
    const cache = createTranspileCache(folder)
    cache.set(source, { code: 'let a', moved: false })
    const [name = ''] = await readdir(folder)
    await writeFile(join(folder, name), 'something else')
    assert.equal(cache.get(source), undefined)
  })
})

test('the cache keeps a bounded number of files', async () => {
  await inFolder(async (folder) => {
    const cache = createTranspileCache(folder)
    for (let i = 0; i < 520; i += 1) cache.set({ ...source, text: String(i) }, { code: 'x', moved: false })
    assert.ok((await readdir(folder)).length <= 500)
    assert.notEqual(cache.get({ ...source, text: '519' }), undefined)
  })
})

test('a folder that cannot be written is as if there were no cache', () => {
  const cache = createTranspileCache(join(import.meta.filename, 'nowhere'))
  cache.set(source, { code: 'x', moved: false })
  assert.equal(cache.get(source), undefined)
})

test('the folder follows the environment', () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c' }), '/c/pelton/transpiled')
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c', PELTON_CACHE: 'off' }), undefined)
  assert.match(cacheFolder({}) ?? '', /\.cache.pelton.transpiled$/)
})
