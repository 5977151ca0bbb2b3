import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ModelFacts, PeltonError, type TriggerContext, schema } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import type { ModelConfig } from '../config/function-config.ts'
import { createConfig, createTriggerConfig } from '../fixtures/fake-function.ts'
import { createFakeRuntime, type FakeRuntime, type HeldEvent } from '../fixtures/fake-runtime.ts'
import { createTestProcessor } from '../fixtures/test-processor.ts'
import type { Processor } from '../processor.ts'

const facts: ModelFacts = { name: 'file', version: '1', platform: 'fake', inputs: [], outputs: [], maxBatchSize: 0 }
const side = { member: 'models', node: 'file:///side.js', python: 'file:///side.py' }

interface Setting {
  /** Of the handler. */
  runtime: FakeRuntime
  models: FakeRuntime
  clock: FakeClock
  processor: Processor
  /** Calls as the handler's first worker does. */
  call(payload: unknown, body?: Uint8Array): Promise<unknown>
}

function modelConfig(name: string, models: FakeRuntime): ModelConfig {
  const { runtimeManifest } = createConfig(models, [])
  const manifest = { ...runtimeManifest.manifest, attributes: schema.object({}), modelSide: side }
  return {
    name,
    file: `${name}.net`,
    numWorkers: 2,
    runtimeManifest: { ...runtimeManifest, manifest },
    runtimeAttributes: { threads: 1 },
  }
}

async function start(t: TestContext, models = createFakeRuntime({ models: [facts] })): Promise<Setting> {
  const runtime = createFakeRuntime()
  const run = async (context: TriggerContext): Promise<void> => {
    context.ready(true)
    await new Promise((resolve) => context.stop.addEventListener('abort', resolve))
  }
  const changes = { models: [modelConfig('cat', models)] }
  const clock = new FakeClock()
  const config = createConfig(runtime, [createTriggerConfig('main', { run })], changes)
  const { processor } = createTestProcessor(t, config, { clock })
  await processor.start()
  const call = async (payload: unknown, body?: Uint8Array): Promise<unknown> =>
    runtime.workers[0]?.spec.hooks.call('models.run', payload, body)
  return { runtime, models, clock, processor, call }
}

test('a model has workers of its own, for its file; the handler is told of it under its own name', async (t) => {
  const { runtime, models } = await start(t)
  assert.deepEqual(
    models.workers.map(({ spec }) => [spec.index, spec.function.handler, spec.attributes]),
    [
      [0, 'cat.net', { threads: 1 }],
      [1, 'cat.net', { threads: 1 }],
    ],
  )
  assert.deepEqual(runtime.workers[0]?.spec.handlerSides, [{ ...side, facts: [{ ...facts, name: 'cat' }] }])
})

test('a call is an event of the model, whose answer is the result', async (t) => {
  const { models, call } = await start(t)
  const result = call({ model: 'cat', extra: { inferHeaderLength: 2 } }, Buffer.from('{}'))
  const held = models.workers.flatMap((worker) => worker.held)
  assert.deepEqual([held[0]?.event.body, held[0]?.event.extra], [Buffer.from('{}'), { inferHeaderLength: 2 }])
  held[0]?.answer(Buffer.from('raw'))
  assert.deepEqual(await result, Buffer.from('raw'))
})

test('what a model answers instead of a result rejects the call with its words', async (t) => {
  const { models, call } = await start(t)
  await assert.rejects(call({ model: 'dog' }), { code: 'model_unknown', message: /no model dog .* there are cat/ })
  const answered = (result: Promise<unknown>, by: (held: HeldEvent) => void): Promise<unknown> => {
    for (const worker of models.workers) for (const held of worker.held.splice(0)) by(held)
    return result
  }
  const refused = answered(call({ model: 'cat' }), (held) => held.refuse(400, '{"error":"input x is missing"}'))
  await assert.rejects(refused, { code: 'model_refused', status: 400, message: 'input x is missing' })
  const broken = answered(call({ model: 'cat' }), (held) => held.refuse(500, 'no more memory'))
  await assert.rejects(broken, { code: 'model_failed', status: 500, message: /no more memory/ })
  const failing = call({ model: 'cat' })
  models.workers
    .flatMap((worker) => worker.held)[0]
    ?.fail(new PeltonError('event_timeout', 'late', { blame: 'user', retryable: false, help: '' }))
  await assert.rejects(failing, { code: 'event_timeout' })
})

test('a run that nobody waits for any more is given up, and a worker that is stuck in it is replaced', async (t) => {
  const { models, clock, call } = await start(t)
  const late = assert.rejects(call({ model: 'cat' }), { code: 'event_timeout' })
  const stuck = models.workers.find(({ held }) => held.length > 0)
  assert.ok(stuck)
  stuck.alive = false
  stuck.held[0]?.begin(clock.now())
  await clock.advance(59_999)
  assert.equal(stuck.held[0]?.options.signal?.aborted, false)
  await clock.advance(1)
  await late
  assert.equal(models.workers.length, 3)
})

test('a model that cannot start stops the start, and nothing stays', async (t) => {
  const models = createFakeRuntime({ models: [facts] })
  models.failures.push(new PeltonError('model_not_loaded', 'cut off', { blame: 'user', retryable: false, help: '' }))
  await assert.rejects(start(t, models), { code: 'model_not_loaded' })
  assert.ok(models.workers.every(({ stoppedWithin }) => stoppedWithin !== undefined))
})

test('models are in /metrics and needed by /ready, and are stopped last', async (t) => {
  const { models, runtime, processor } = await start(t)
  const { admin, health } = processor.status()
  assert.match(await (await fetch(`${admin}/metrics`)).text(), /pelton_workers_ready\{.*pool="model cat"\} 2/)
  models.failures.push(new Error('later'), new Error('later'))
  for (const worker of models.workers.slice()) worker.die('gone')
  await new Promise((resolve) => setImmediate(resolve))
  assert.match(await (await fetch(`${health}/ready`)).text(), /workers model cat/)
  await processor.stop(1000)
  assert.notEqual(runtime.workers[0]?.stoppedWithin, undefined)
})

test('no worker of a model stays when the runtime of the handler cannot be loaded', async (t) => {
  const models = createFakeRuntime({ models: [facts] })
  const config = createConfig(createFakeRuntime(), [], { models: [modelConfig('cat', models)] })
  config.triggers.push(createTriggerConfig('main', { run: () => Promise.resolve() }))
  config.runtimeManifest.manifest.load = () => Promise.reject(new Error('no such module'))
  const { processor } = createTestProcessor(t, config)
  await assert.rejects(processor.start(), /no such module/)
  assert.equal(models.workers.length, 2)
  assert.ok(models.workers.every(({ stoppedWithin }) => stoppedWithin !== undefined))
})
