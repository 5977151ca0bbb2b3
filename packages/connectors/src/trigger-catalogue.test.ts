import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createTempFolder } from '@pelton/testkit'
import { createTriggerCatalogue } from './trigger-catalogue.ts'

test('kinds are found by the name of their folder, with the module to import', async () => {
  const found = await createTriggerCatalogue().trigger('http')
  assert.equal(found?.manifest.kind, 'http')
  assert.match(found?.module ?? '', /^file:.*\/triggers\/http\/index\.[jt]s$/)
  assert.equal(await createTriggerCatalogue().trigger('no-such-kind'), undefined)
  assert.equal(await createTriggerCatalogue().trigger('../triggers/http'), undefined)
})

test('every folder holds the manifest of its name, listed in order', async () => {
  const kinds = (await createTriggerCatalogue().triggers()).map(({ manifest }) => manifest.kind)
  assert.deepEqual(kinds, kinds.toSorted())
  for (const kind of ['http', 'kickstart']) assert.ok(kinds.includes(kind), kind)
})

test('only the kind that is asked for is loaded, unless it is an alias', async (t) => {
  const kind = (name: string, more = ''): string =>
    `globalThis.loadedKinds.push('${name}'); export default { kind: '${name}' ${more} }`
  const folder = await createTempFolder(t, {
    'a/index.js': kind('a'),
    'b/index.js': kind('b', ', aliases: ["bee"]'),
    'package.json': '{"type":"module"}',
  })
  const loaded: string[] = []
  Object.assign(globalThis, { loadedKinds: loaded })
  const catalogue = createTriggerCatalogue(pathToFileURL(`${folder}/`), 'index.js')
  assert.equal((await catalogue.trigger('a'))?.manifest.kind, 'a')
  assert.deepEqual(loaded, ['a'])
  assert.equal((await catalogue.trigger('bee'))?.manifest.kind, 'b')
  assert.deepEqual(loaded, ['a', 'b'])
})
