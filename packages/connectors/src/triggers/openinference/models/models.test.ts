import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelEntry } from '../config.ts'
import { Models } from './models.ts'
import { configuredModels } from './served-model.ts'

const entry = (model_name: string, model_version: string): ModelEntry => ({
  model_name,
  model_version,
  input_tensors: [],
  output_tensors: [],
})

const described = configuredModels([entry('a', '1'), entry('a', '2'), entry('b', '1')], 'pelton_nodejs')
const models = new Models(() => described)

test('a model is found by its name and version, without one it is the first', () => {
  assert.equal(models.find('a', '2').version, '2')
  assert.equal(models.find('a', '').version, '1')
  assert.deepEqual(models.find('a', '1').versions, ['1', '2'])
  assert.deepEqual([models.has('b', ''), models.has('b', '1')], [true, true])
})

test('an unknown name or version is a 404 that names what there is', () => {
  assert.throws(() => models.find('c', ''), { status: 404, message: 'unknown model "c"; there are "a", "b"' })
  assert.throws(() => models.find('a', '3'), {
    status: 404,
    message: 'model "a" has no version "3"; there are "1", "2"',
  })
  assert.deepEqual([models.has('c', ''), models.has('a', '3'), models.has('__proto__', '')], [false, false, false])
})

test('a long name is cut in the message', () => {
  assert.throws(
    () => models.find('x'.repeat(10_000), ''),
    (error: Error) => error.message.length < 200,
  )
})

test('a model that is absent is not found and says how to load it, and its state is in the index', () => {
  const absent = new Models(() => described)
  absent.leave('a', { state: 'UNAVAILABLE', reason: 'unloaded' })
  const message = 'model "a" is not loaded: load it by POST /v2/repository/models/a/load'
  assert.throws(() => absent.find('a', '2'), { status: 404, message })
  assert.deepEqual([absent.has('a', ''), absent.isKnown('a'), absent.has('b', '')], [false, true, true])
  const names = (models: readonly { name: string }[]): string[] => models.map(({ name }) => name)
  assert.deepEqual([names(absent.all()), names(absent.known())], [['b'], ['a', 'a', 'b']])
  const lines = absent.index({ isReady: true }).map((line) => Object.values(line).join(' '))
  assert.deepEqual(lines, ['a 1 UNAVAILABLE unloaded', 'a 2 UNAVAILABLE unloaded', 'b 1 READY '])
  assert.deepEqual(names(absent.index({ isReady: true, readyOnly: true })), ['b'])
  assert.deepEqual(names(absent.index({ isReady: false, readyOnly: true })), [])
  absent.bringBack('a')
  assert.equal(absent.find('a', '').version, '1')
})

test('other models are there when they are read anew, and counts go on', () => {
  let there = described
  const changing = new Models(() => there)
  changing.find('a', '1').counts.refuse()
  there = configuredModels([entry('a', '1'), entry('c', '1')], 'pelton_nodejs')
  assert.deepEqual(
    changing.all().map(({ name, counts }) => [name, counts.failures.OTHER]),
    [
      ['a', 1],
      ['c', 0],
    ],
  )
  assert.equal(changing.isKnown('b'), false)
})

test('an absent model is known though its workers have it no longer; brought back without them it is unknown', () => {
  let there = described
  const changing = new Models(() => there)
  changing.leave('b', { state: 'UNAVAILABLE', reason: 'unloaded' })
  assert.equal(changing.isKnown('b'), true)
  there = configuredModels([entry('a', '1')], 'pelton_nodejs')
  assert.equal(changing.index({ isReady: true }).at(-1)?.name, 'b')
  changing.bringBack('b')
  assert.throws(() => changing.find('b', ''), { status: 404, message: 'unknown model "b"; there are "a"' })
})

test('statistics are of all versions of a name, of one, or of all models', () => {
  const versions = (name: string, version: string): string[] =>
    models.select(name, version).map((model) => model.name + model.version)
  assert.deepEqual(versions('', ''), ['a1', 'a2', 'b1'])
  assert.deepEqual(versions('a', ''), ['a1', 'a2'])
  assert.deepEqual(versions('a', '2'), ['a2'])
  assert.throws(() => versions('a', '3'), { status: 404 })
})
