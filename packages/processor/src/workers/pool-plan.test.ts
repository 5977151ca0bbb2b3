import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TriggerManifest } from '@pelton/core'
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
