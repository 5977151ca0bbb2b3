import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ModelFacts, PeltonError, decode, systemClock } from '@pelton/core'
import { FakeClock, FakeTriggerContext, waitUntil } from '@pelton/testkit'
import { attributes } from '../config.ts'
import { Models } from './models.ts'
import { Repository } from './repository.ts'
import { configuredModels, workersModels } from './served-model.ts'

const facts = (name: string): ModelFacts => ({
  name,
  version: '1',
  platform: 'onnx_onnxruntime',
  inputs: [],
  outputs: [],
  maxBatchSize: 0,
})
const broken = new PeltonError('model_not_loaded', 'b.onnx is no model', { blame: 'user', retryable: false, help: '' })

interface Made {
  context: FakeTriggerContext
  models: Models
  repository: Repository
  /** The index, one line a model. */
  states(): string[]
}

/** With names: workers that run these models, where all files are `there`. Without: handlers. */
function create(
  names?: string[],
  { there = names ?? [], isAllowed = true, written = {}, clock = systemClock } = {},
): Made {
  const context = new FakeTriggerContext()
  const { workers, logger } = context
  const given = decode(attributes, written).value
  assert.ok(given)
  if (names) {
    workers.models = names.map(facts)
    workers.onReplace = async (options) => {
      const missing = options.models?.find((name) => !there.includes(name))
      if (missing !== undefined) throw broken
      workers.models = (options.models ?? there).map(facts)
    }
  }
  const entries = ['a', 'b'].map((model_name) => ({
    model_name,
    model_version: '1',
    input_tensors: [],
    output_tensors: [],
  }))
  const configured = configuredModels(entries, 'pelton_nodejs')
  let read = workers.models
  let described = read ? workersModels(read, given) : configured
  const models = new Models(() => {
    if (read === workers.models) return described
    read = workers.models
    return (described = workersModels(read ?? [], given))
  })
  const repository = new Repository({ models, workers, clock, logger, folder: '/srv/f', isAllowed })
  const states = (): string[] =>
    models.index({ isReady: true }).map(({ name, state, reason }) => [name, state, reason].join(' ').trim())
  return { context, models, repository, states }
}

/** Replacements that end when the test says so. */
function held(context: FakeTriggerContext): { finish(error?: Error): Promise<void> } {
  const ends: ((error?: Error) => void)[] = []
  const { onReplace } = context.workers
  context.workers.onReplace = (options) =>
    new Promise((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve(onReplace(options)) : reject(error)))
    })
  return {
    async finish(error) {
      await waitUntil('the replacement', () => ends.length > 0)
      ends.shift()?.(error)
    },
  }
}

test('a model of a handler is unloaded without new workers, and loaded with them', async () => {
  const { context, repository, states } = create()
  await repository.unload('a', {})
  assert.deepEqual(states(), ['a UNAVAILABLE unloaded', 'b READY'])
  assert.equal(context.workers.replaced.length, 0)
  await repository.load('a', {})
  assert.deepEqual(states(), ['a READY', 'b READY'])
  assert.deepEqual(context.workers.replaced, [{}])
})

test('workers are left with the models that are loaded', async () => {
  const { context, repository, states } = create(['a', 'b', 'c'])
  await repository.unload('b', { unload_dependents: true })
  assert.deepEqual(states(), ['a READY', 'c READY', 'b UNAVAILABLE unloaded'])
  await repository.unload('c', {})
  await repository.load('a', {})
  await repository.load('c', {})
  await repository.load('b', {})
  assert.deepEqual(context.workers.replaced, [
    { models: ['a', 'c'] },
    { models: ['a'] },
    { models: ['a'] },
    { models: ['a', 'c'] },
    {},
  ])
  assert.deepEqual(states(), ['a READY', 'b READY', 'c READY'])
})

test('the last model may be unloaded, too', async () => {
  const { context, repository, states } = create(['a'])
  await repository.unload('a', {})
  assert.deepEqual(context.workers.replaced, [{ models: [] }])
  assert.deepEqual(states(), ['a UNAVAILABLE unloaded'])
  await repository.load('a', {})
  assert.deepEqual(states(), ['a READY'])
})

test('a renamed model is loaded by its new name, and its workers hear the old one', async () => {
  const { context, repository, states } = create(['det'], { written: { model_name: 'detector' } })
  await repository.unload('detector', {})
  await repository.load('detector', {})
  assert.deepEqual([context.workers.replaced.length, states()], [2, ['detector READY']])
  await assert.rejects(repository.unload('det', {}), { status: 404 })
})

test('a model that came since is loaded; one that is nowhere is a 404 with the reason', async () => {
  const { context, repository, states } = create(['a'], { there: ['a', 'new'] })
  await repository.load('new', {})
  assert.deepEqual(states(), ['a READY', 'new READY'])
  const message = 'model "nowhere" could not be loaded: b.onnx is no model'
  await assert.rejects(repository.load('nowhere', {}), { status: 404, message })
  assert.deepEqual(context.workers.replaced, [{ models: ['a', 'new'] }, { models: ['a', 'new', 'nowhere'] }])
  assert.deepEqual(states(), ['a READY', 'new READY'])
})

test('a model whose file has gone is unknown after it was reloaded', async () => {
  const { repository, states } = create(['a', 'b'], { there: ['a'] })
  await assert.rejects(repository.load('b', {}), { status: 404, message: 'unknown model "b"; there are "a"' })
  assert.deepEqual(states(), ['a READY'])
})

test('an unknown model of a handler is a 404, and no worker is replaced', async () => {
  const { context, repository } = create()
  await assert.rejects(repository.load('c', {}), { status: 404, message: 'unknown model "c"; there are "a", "b"' })
  await assert.rejects(repository.unload('c', {}), { status: 404 })
  assert.equal(context.workers.replaced.length, 0)
})

test('when a load fails what was there stays, and the reason is told', async () => {
  const { context, repository, states } = create()
  context.workers.onReplace = () => Promise.reject(broken)
  const message = 'model "a" could not be loaded: b.onnx is no model'
  await assert.rejects(repository.load('a', {}), { status: 400, message })
  assert.deepEqual(states(), ['a READY', 'b READY'])
  await repository.unload('a', {})
  await assert.rejects(repository.load('a', {}), { status: 400 })
  assert.deepEqual(states(), ['a UNAVAILABLE b.onnx is no model', 'b READY'])
})

test('a fault of ours is not told to clients, but in the log', async () => {
  const { context, repository } = create()
  context.workers.onReplace = () => Promise.reject(new TypeError('/home/secret'))
  const message = 'model "a" could not be loaded: the workers could not be replaced'
  await assert.rejects(repository.load('a', {}), { status: 400, message })
  assert.ok(context.logs.some(({ level, message: text }) => level === 'error' && text === 'openinference_fault'))
})

test('a model is gone at once though its workers cannot give it back', async () => {
  const { context, repository, states } = create(['a', 'b'])
  context.workers.onReplace = () => Promise.reject(broken)
  await repository.unload('a', {})
  assert.deepEqual(states(), ['a UNAVAILABLE unloaded', 'b READY'])
  assert.ok(context.logs.some(({ message }) => message === 'model_memory_kept'))
})

test('models change one after the other, and the states tell of it', async () => {
  const { context, repository, states } = create(['a', 'b'])
  const { finish } = held(context)
  const unloaded = repository.unload('a', {})
  assert.deepEqual(states(), ['a UNLOADING unloaded', 'b READY'])
  const loaded = repository.load('a', {})
  const other = repository.unload('b', {})
  await waitUntil('the first', () => context.workers.replaced.length === 1)
  assert.deepEqual(states(), ['a UNLOADING unloaded', 'b UNLOADING unloaded'])
  await finish()
  await unloaded
  await waitUntil('the second', () => context.workers.replaced.length === 2)
  assert.deepEqual(states(), ['b UNLOADING unloaded', 'a LOADING'])
  await finish()
  await loaded
  assert.deepEqual(states()[0], 'a READY')
  await finish()
  await other
  // What waits for its turn is still there.
  assert.deepEqual(context.workers.replaced, [{ models: ['b'] }, {}, { models: ['a'] }])
  assert.deepEqual(states(), ['a READY', 'b UNAVAILABLE unloaded'])
})

test('a load that is asked for while another one waits for its turn is the same one', async () => {
  const { context, repository } = create()
  const { finish } = held(context)
  const both = [repository.load('a', {}), repository.load('a', {})]
  await finish()
  await Promise.all(both)
  assert.equal(context.workers.replaced.length, 1)
  const again = repository.load('a', {})
  await finish()
  await again
  assert.equal(context.workers.replaced.length, 2)
})

test('a load that is asked for after another one has begun sees the files as they are then', async () => {
  const { context, repository, states } = create(['a', 'b'])
  await repository.unload('a', {})
  const { finish } = held(context)
  const first = repository.load('a', {})
  await waitUntil('the first', () => context.workers.replaced.length === 2)
  const others = [repository.load('a', {}), repository.load('a', {})]
  await finish()
  await first
  // It is there already, while it is loaded anew.
  assert.deepEqual(states(), ['a READY', 'b READY'])
  await finish()
  await Promise.all(others)
  assert.deepEqual([context.workers.replaced.length, states()], [3, ['a READY', 'b READY']])
})

test('what was asked for last counts', async () => {
  const { context, repository, states } = create()
  const { finish } = held(context)
  const changes = [repository.load('a', {}), repository.unload('a', {})]
  assert.deepEqual(states()[0], 'a UNLOADING unloaded')
  await finish()
  await Promise.all(changes)
  assert.deepEqual(states()[0], 'a UNAVAILABLE unloaded')
  const more = [repository.load('a', {}), repository.unload('a', {}), repository.load('a', {})]
  await finish()
  await finish()
  await Promise.all(more)
  assert.deepEqual(states()[0], 'a READY')
})

test('an unloaded model is kept by its workers until no request for it waits for one', async () => {
  const clock = new FakeClock()
  const { context, models, repository, states } = create(['a', 'b'], { clock })
  const { counts } = models.find('a', '')
  const running = counts.begin(0, 1)
  const unloaded = repository.unload('a', {})
  await clock.advance(1000)
  assert.deepEqual([context.workers.replaced.length, states()[0]], [0, 'a UNLOADING unloaded'])
  running.sentAt = 1
  await clock.advance(10)
  await unloaded
  assert.deepEqual(context.workers.replaced, [{ models: ['b'] }])
})

test('a request that waits for ever keeps no model for ever', async () => {
  const clock = new FakeClock()
  const { models, repository, states } = create(['a', 'b'], { clock })
  models.find('a', '').counts.begin(0, 1)
  const unloaded = repository.unload('a', {})
  await clock.advance(30_000)
  await unloaded
  assert.deepEqual(states(), ['b READY', 'a UNAVAILABLE unloaded'])
})

test('parameters that would change a model are refused, and where it is not allowed everything is', async () => {
  const { context, repository } = create(['a'])
  for (const name of ['config', 'file:1/model.onnx', '__proto__']) {
    const parameters = Object.fromEntries([[name, '{}']])
    await assert.rejects(repository.load('a', parameters), { status: 400, message: new RegExp(`"${name}"`) })
    await assert.rejects(repository.unload('a', parameters), { status: 400 })
  }
  const closed = create(['a'], { isAllowed: false })
  for (const change of [closed.repository.load('a', {}), closed.repository.unload('a', {})]) {
    await assert.rejects(change, { status: 403, message: /model_control/ })
  }
  assert.deepEqual([...context.workers.replaced, ...closed.context.workers.replaced], [])
})

test('no more than some changes wait', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `m${index}`)
  const { context, repository } = create(names)
  const { finish } = held(context)
  const changes = names.map((name) => repository.load(name, {}))
  const results = Promise.allSettled(changes)
  for (let done = 0; done < 32; done += 1) await finish()
  const refused = (await results).filter((result) => result.status === 'rejected')
  assert.deepEqual(
    refused.map(({ reason }) => (reason as { status: number }).status),
    Array.from({ length: 8 }, () => 503),
  )
})
