import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type ModelFacts, PeltonError, type TriggerContext } from '@pelton/core'
import { createConfig, createTriggerConfig } from './fixtures/fake-function.ts'
import { createEvent, createFakeRuntime, type FakeRuntime, type FakeWorkerOptions } from './fixtures/fake-runtime.ts'
import { createTestProcessor } from './fixtures/test-processor.ts'
import type { Processor } from './processor.ts'

const cat: ModelFacts = { name: 'cat', version: '1', platform: 'fake', inputs: [], outputs: [], maxBatchSize: 0 }

interface Setting {
  runtime: FakeRuntime
  processor: Processor
  contexts: readonly TriggerContext[]
}

/** A function with these triggers on the workers of one pool. */
async function start(t: TestContext, names: readonly string[], worker: FakeWorkerOptions = {}): Promise<Setting> {
  const runtime = createFakeRuntime(worker)
  const contexts: TriggerContext[] = []
  const run = (context: TriggerContext): Promise<void> => {
    contexts.push(context)
    return idle(context)
  }
  const triggers = names.map((name) => createTriggerConfig(name, { run }, { workerAllocatorName: 'shared' }))
  const { processor } = createTestProcessor(t, createConfig(runtime, triggers))
  await processor.start()
  return { runtime, processor, contexts }
}

describe('the workers of a trigger', () => {
  it('tell of the models that they run', async (t) => {
    assert.deepEqual((await start(t, ['main'], { models: [cat] })).contexts[0]?.workers.models, [cat])
    assert.equal((await start(t, ['main'])).contexts[0]?.workers.models, undefined)
  })

  it('are replaced for all who share them, on all models, before the former ones are stopped', async (t) => {
    const { runtime, contexts } = await start(t, ['a', 'b'])
    const [a, b] = contexts
    await a?.workers.replace({ models: ['cat'] })
    const [former, next] = runtime.workers
    assert.equal(next?.spec.models, undefined)
    assert.equal(former?.stoppedWithin, 10_000)
    void a?.dispatch(createEvent('after'))
    void b?.dispatch(createEvent('after'))
    assert.equal(next?.held.length, 2)
    for (const held of next?.held ?? []) held.answer()
  })

  it('load only the models that are asked for, where one trigger has them', async (t) => {
    const { runtime, contexts } = await start(t, ['main'], { models: [cat] })
    await contexts[0]?.workers.replace({ models: ['cat'] })
    await contexts[0]?.workers.replace()
    assert.deepEqual(
      runtime.workers.map(({ spec }) => spec.models),
      [undefined, ['cat'], undefined],
    )
  })

  it('stay when new ones cannot start, and the reason is told', async (t) => {
    const { runtime, contexts } = await start(t, ['main'], { answers: true })
    runtime.failures.push(new PeltonError('model_broken', 'cut off', { blame: 'user', retryable: false, help: '' }))
    await assert.rejects(contexts[0]!.workers.replace(), { code: 'model_broken' })
    assert.equal((await contexts[0]?.dispatch(createEvent()))?.status, 'handled')
    await contexts[0]?.workers.replace()
    assert.equal(runtime.workers.length, 2)
  })
})

describe('workers that are being started when the processor stops', () => {
  it('are given up when they were to replace others, and no trigger is given them', async (t) => {
    const { runtime, processor, contexts } = await start(t, ['main'])
    const spawning = holdSpawns(runtime)
    const replaced = assert.rejects(contexts[0]!.workers.replace(), { code: 'worker_start_cancelled' })
    await spawning.asked
    await processor.stop(0)
    await replaced
    assert.equal(runtime.workers.length, 1)
  })

  it('are given up when they were the first ones, and the start is over without a failure', async (t) => {
    const runtime = createFakeRuntime()
    const spawning = holdSpawns(runtime)
    const { processor } = createTestProcessor(t, createConfig(runtime, [createTriggerConfig('main', { run: idle })]))
    const started = processor.start()
    await spawning.asked
    assert.deepEqual(await processor.stop(0), { clean: true })
    await started
    assert.deepEqual(processor.status().state, 'stopped')
  })

  it('are given up when an update wanted them', async (t) => {
    const { runtime, processor } = await start(t, ['main'])
    const spawning = holdSpawns(runtime)
    const config = createConfig(runtime, [createTriggerConfig('other', { run: idle })])
    const updated = assert.rejects(processor.update(config), { code: 'worker_start_cancelled' })
    await spawning.asked
    await processor.stop(0)
    await updated
    assert.deepEqual(
      processor.status().triggers.map(({ name }) => name),
      ['main'],
    )
  })

  it('are stopped when their runtime brings them all the same', async (t) => {
    const { runtime, processor } = await start(t, ['main'])
    const { spawn } = runtime
    const held = Promise.withResolvers<void>()
    const spawning = Promise.withResolvers<void>()
    runtime.spawn = async (spec) => {
      spawning.resolve()
      await held.promise
      return spawn(spec)
    }
    const config = createConfig(runtime, [createTriggerConfig('other', { run: idle })])
    const updated = processor.update(config)
    await spawning.promise
    const stopped = processor.stop(0)
    held.resolve()
    await Promise.all([stopped, updated])
    assert.equal(runtime.workers.length, 2)
    assert.equal(runtime.workers[1]?.stoppedWithin, 500)
  })
})

/** No worker starts any more until its start is given up. */
function holdSpawns(runtime: FakeRuntime): { asked: Promise<void> } {
  const asked = Promise.withResolvers<void>()
  runtime.spawn = (_, signal) =>
    new Promise((_resolve, reject) => {
      const facts = { blame: 'user', retryable: true, help: '' } as const
      const giveUp = (): void => reject(new PeltonError('worker_start_cancelled', 'given up', facts))
      signal?.addEventListener('abort', giveUp)
      asked.resolve()
    })
  return { asked: asked.promise }
}

async function idle(context: TriggerContext): Promise<void> {
  context.ready(true)
  await new Promise((resolve) => context.stop.addEventListener('abort', resolve))
}

describe('what a trigger adds to /metrics', () => {
  it('has the labels of its trigger, one family for several', async (t) => {
    const { processor, contexts } = await start(t, ['a', 'b'])
    for (const [at, { series }] of contexts.entries()) {
      series(() => [
        { name: 'cats_total', type: 'counter', help: 'Cats', samples: [{ labels: { model: 'm' }, value: at + 1 }] },
      ])
    }
    const text = await (await fetch(`${processor.status().admin}/metrics`)).text()
    assert.equal(text.match(/# TYPE cats_total counter/g)?.length, 1)
    assert.match(text, /cats_total\{.*trigger_id="a",model="m"\} 1\ncats_total\{.*trigger_id="b",model="m"\} 2\n/)
  })
})

describe('times of an event', () => {
  it('tell when a worker was given it', async (t) => {
    const { contexts } = await start(t, ['main'], { answers: true })
    const times = { sentAt: undefined }
    const before = performance.now()
    await contexts[0]?.dispatch(createEvent(), { times })
    assert.ok(Number(times.sentAt) >= before && Number(times.sentAt) <= performance.now())
  })
})
