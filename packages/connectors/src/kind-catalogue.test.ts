import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createTempFolder } from '@pelton/testkit'
import { withSinkRules } from '@pelton/core'
import { createConnectorCatalogue } from './kind-catalogue.ts'

test('kinds are found by the name of their folder, with the module to import', async () => {
  const found = await createConnectorCatalogue().trigger('http')
  assert.equal(found?.manifest.kind, 'http')
  assert.match(found?.module ?? '', /^file:.*\/triggers\/http\/index\.[jt]s$/)
  assert.equal(await createConnectorCatalogue().trigger('no-such-kind'), undefined)
  assert.equal(await createConnectorCatalogue().trigger('../triggers/http'), undefined)
})

test('every folder holds the manifest of its name, listed in order', async () => {
  const catalogue = createConnectorCatalogue()
  for (const found of [await catalogue.triggers(), await catalogue.sinks()]) {
    const kinds = found.map(({ manifest }) => manifest.kind)
    const folders = found.map(({ module }) => module.split('/').at(-2))
    assert.deepEqual(kinds, folders)
    assert.deepEqual(kinds, kinds.toSorted())
  }
  const kinds = (await catalogue.triggers()).map(({ manifest }) => manifest.kind)
  for (const kind of ['http', 'kickstart']) assert.ok(kinds.includes(kind), kind)
})

test('no sink takes the name of an attribute that every sink has', async () => {
  for (const { manifest } of await createConnectorCatalogue().sinks()) {
    const common = Object.keys(withSinkRules({ kind: 'object', fields: {}, unknownKeys: 'fault' }).fields)
    const own = manifest.attributes.kind === 'object' ? Object.keys(manifest.attributes.fields) : []
    assert.deepEqual(
      own.filter((key) => common.includes(key)),
      [],
      manifest.kind,
    )
  }
})

test('only the kind that is asked for is loaded, unless it is an alias', async (t) => {
  const kind = (name: string, more = ''): string =>
    `globalThis.loadedKinds.push('${name}'); export default { kind: '${name}' ${more} }`
  const folder = await createTempFolder(t, {
    'triggers/a/index.js': kind('a'),
    'triggers/b/index.js': kind('b', ', aliases: ["bee"]'),
    'sinks/a/index.js': kind('sink a'),
    'package.json': '{"type":"module"}',
  })
  const loaded: string[] = []
  Object.assign(globalThis, { loadedKinds: loaded })
  const catalogue = createConnectorCatalogue(pathToFileURL(`${folder}/`), 'index.js')
  assert.equal((await catalogue.trigger('a'))?.manifest.kind, 'a')
  assert.deepEqual(loaded, ['a'])
  assert.equal((await catalogue.trigger('bee'))?.manifest.kind, 'b')
  assert.deepEqual(loaded, ['a', 'b'])
  assert.equal((await catalogue.sink('a'))?.manifest.kind, 'sink a', 'a name may stand in both families')
})
