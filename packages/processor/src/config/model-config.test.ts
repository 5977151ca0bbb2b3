import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Catalogue, type Found, type RuntimeManifest, schema } from '@pelton/core'
import type { ModelConfig } from './function-config.ts'
import { createFaultNotes } from './fault-notes.ts'
import { readModels } from './model-config.ts'

const side = { member: 'models', node: 'file:///a.js', python: 'file:///a.py' }

function runtime(kind: string, extension: string, isForModels: boolean): Found<RuntimeManifest> {
  const attributes = schema.object({ threads: schema.integer({ default: 1 }) })
  const manifest = { kind, extensions: [extension], attributes, ...(isForModels ? { modelSide: side } : {}) }
  return { manifest: manifest as unknown as RuntimeManifest, module: `file:///${kind}` }
}

async function read(entries: Parameters<typeof readModels>[0]): Promise<{ models: ModelConfig[]; faults: string[] }> {
  const notes = createFaultNotes({ value: {}, places: new WeakMap(), file: 'function.yaml' }, 'none')
  const catalogue = {
    runtimes: () => Promise.resolve([runtime('code', '.ts', false), runtime('net', '.net', true)]),
  } as unknown as Catalogue
  const models = await readModels(entries, { catalogue, notes })
  return { models, faults: notes.faults.map(({ path, message }) => `${path} ${message}`) }
}

test('a model is run by the runtime of its ending, with that one’s attributes', async () => {
  const { models, faults } = await read({ cat: { file: 'cat.NET', numWorkers: 2, runtimeAttributes: { threads: 3 } } })
  assert.deepEqual(faults, [])
  const [model] = models
  assert.deepEqual([model?.name, model?.file, model?.numWorkers], ['cat', 'cat.NET', 2])
  assert.equal(model?.runtimeManifest.manifest.kind, 'net')
  assert.deepEqual(model?.runtimeAttributes, { threads: 3 })
})

test('what is wrong with a model is said where it stands', async () => {
  const { models, faults } = await read({
    'two words': { file: 'a.net' },
    code: { file: 'main.ts' },
    odd: { file: 'a.net', runtimeAttributes: { threads: 'many' } },
  })
  assert.deepEqual(
    models.map(({ name }) => name),
    ['two words'],
  )
  assert.match(faults[0] ?? '', /^spec\.models\["?two words"?\].* letters, digits and underscores/)
  assert.match(faults[1] ?? '', /^spec\.models\.code\.file "main\.ts" is no model .* \.net$/)
  assert.match(faults[2] ?? '', /^spec\.models\.odd\.runtimeAttributes\.threads /)
  assert.equal(faults.length, 3)
})
