import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRuntimeCatalogue } from './index.ts'

test('a kind is found by its folder, with the module that threads import it from', async () => {
  const found = await createRuntimeCatalogue().runtime('nodejs')
  assert.equal(found?.manifest.kind, 'nodejs')
  const module = (await import(found?.module ?? '')) as { default: unknown }
  assert.equal(module.default, found?.manifest)
})

test('an unknown kind is undefined, also one that looks like a path', async () => {
  const catalogue = createRuntimeCatalogue()
  for (const kind of ['cobol', '', '..', '../runtimes/nodejs', 'nodejs/host', '__proto__']) {
    assert.equal(await catalogue.runtime(kind), undefined, kind)
  }
})

test('every manifest is named after its folder and sorted', async () => {
  const all = await createRuntimeCatalogue().runtimes()
  const kinds = all.map(({ manifest }) => manifest.kind)
  assert.deepEqual(kinds, kinds.toSorted())
  for (const { manifest, module } of all) assert.ok(module.includes(`/${manifest.kind}/index.`))
})
