import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Catalogue, defineTrigger, schema } from '@pelton/core'
import type { FunctionConfig, PlatformConfig, TriggerConfig } from '@pelton/processor'
import { withDefaultTrigger } from './default-trigger.ts'

const attributes = schema.object({ limit: schema.size({ default: 1024 }) })
const manifest = defineTrigger({
  kind: 'http',
  summary: '',
  stability: 'stable',
  class: 'sync',
  attributes,
  load: () => Promise.reject(new Error('not loaded here')),
})
const found = { manifest, module: 'file:///http/index.ts' }
const catalogue = { trigger: async (kind: string) => (kind === 'http' ? found : undefined) } as unknown as Catalogue
const facts = { catalogue, kubernetes: false }
const platform = { disablesDefaultTrigger: false } as PlatformConfig
const bare = {
  folder: '/f',
  triggers: [] as TriggerConfig[],
  allowsDefaultTrigger: true,
  compat: 'none',
  runtimeManifest: { manifest: { kind: 'nodejs' } },
} as unknown as FunctionConfig

test('a handler alone gets an http trigger that only this machine reaches and whose port may move', async () => {
  const { triggers } = await withDefaultTrigger(bare, platform, facts)
  assert.equal(triggers.length, 1)
  assert.deepEqual(triggers[0]?.settings, {
    name: 'default-http',
    kind: 'http',
    attributes: { limit: 1024 },
    compat: 'none',
    kubernetes: false,
    numWorkers: 1,
    runtime: 'nodejs',
    folder: '/f',
    url: '127.0.0.1',
  })
})

test('a function with a file is reached from everywhere, as on nuclio', async () => {
  const { triggers } = await withDefaultTrigger({ ...bare, file: '/f/function.yaml' }, platform, facts)
  assert.equal(triggers[0]?.settings.url, undefined)
})

test('nothing is added beside other triggers, or where the file or the platform forbids it', async () => {
  const other = { settings: { kind: 'cron' } } as TriggerConfig
  const forbidden = { ...platform, disablesDefaultTrigger: true }
  assert.deepEqual((await withDefaultTrigger({ ...bare, triggers: [other] }, platform, facts)).triggers, [other])
  assert.deepEqual((await withDefaultTrigger({ ...bare, allowsDefaultTrigger: false }, platform, facts)).triggers, [])
  assert.deepEqual((await withDefaultTrigger(bare, forbidden, facts)).triggers, [])
})
