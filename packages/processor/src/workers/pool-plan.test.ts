import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TriggerManifest } from '@pelton/core'
import type { FunctionConfig, TriggerConfig } from '../config/function-config.ts'
import { createConfig, createTriggerConfig } from '../fixtures/fake-function.ts'
import { createFakeRuntime } from '../fixtures/fake-runtime.ts'
import { planPools, workerSpec } from './pool-plan.ts'

const idle = { run: () => Promise.resolve() }
const facts = { functions: {}, logLevel: 'info' } as const

describe('the plan of pools', () => {
  it('has one pool for a thousand triggers of one workerAllocatorName: DigitalHub case 7', () => {
    const triggers = Array.from({ length: 1000 }, (_, n) =>
      createTriggerConfig(`t${n}`, idle, { workerAllocatorName: 'shared' }),
    )
    const [pool, ...others] = planPools(createConfig(createFakeRuntime(), triggers), false)
    assert.equal(pool?.triggers.length, 1000)
    assert.deepEqual(others, [])
  })

  it('lets the workers of several triggers take as many events at a time as all of them bear, unless one says how many', () => {
    const sharing = (name: string, byDefault?: number, concurrency?: number): TriggerConfig => {
      const given = { workerAllocatorName: 'shared', ...(concurrency === undefined ? {} : { concurrency }) }
      const config = createTriggerConfig(name, idle, given)
      const lowered = byDefault === undefined ? {} : { defaultConcurrency: byDefault }
      return { ...config, manifest: { ...config.manifest, manifest: { ...config.manifest.manifest, ...lowered } } }
    }
    const planned = (triggers: TriggerConfig[], changes: Partial<FunctionConfig> = {}): (number | boolean)[] => {
      const [pool, ...others] = planPools(createConfig(createFakeRuntime(), triggers, changes), false)
      assert.deepEqual(others, [])
      return [pool!.concurrency, pool!.isConcurrencyConfigured]
    }
    const [web, camera] = [sharing('web'), sharing('camera', 1)]
    assert.deepEqual(planned([web, sharing('other')]), [8, false])
    assert.deepEqual(planned([web, camera]), [1, false])
    assert.deepEqual(planned([camera, web]), [1, false])
    assert.deepEqual(planned([web, sharing('camera', 1, 4), sharing('other', 1, 3)]), [4, true])
    assert.deepEqual(planned([web, web], { compat: 'nuclio' }), [1, false])
  })

  it('tells workers what the kinds that they serve give to handlers, each once', () => {
    const side = { member: 'chat', node: 'file:///a.js', python: 'file:///a.py' }
    const chat = (name: string): ReturnType<typeof createTriggerConfig> => {
      const config = createTriggerConfig(name, idle, { workerAllocatorName: 'shared' })
      const manifest: TriggerManifest = {
        ...config.manifest.manifest,
        handlerSide: side,
        handlerMembers: [
          { on: 'event', name: 'connection', doc: '' },
          { on: 'context', name: 'chat', doc: '' },
        ],
      }
      return { ...config, manifest: { ...config.manifest, manifest } }
    }
    const config = createConfig(createFakeRuntime(), [chat('a'), chat('b')])
    const [pool] = planPools(config, false)
    assert.ok(pool)
    const spec = workerSpec(config, pool, facts, 0)
    assert.deepEqual(spec.handlerSides, [{ ...side, kind: 'fake' }])
    assert.deepEqual(spec.eventMembers, ['connection'])
  })
})
