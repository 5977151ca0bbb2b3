import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelFacts } from '@pelton/core'
import { decode } from '@pelton/core'
import { type OpenInferenceAttributes, attributes } from '../config.ts'
import { modelMismatch, workersModels } from './served-model.ts'

const facts = (name: string, version = '1', maxBatchSize = 0): ModelFacts => ({
  name,
  version,
  platform: 'onnx_onnxruntime',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  outputs: [{ name: 'y', datatype: 'INT64', shape: [-1] }],
  maxBatchSize,
})

function given(written: Record<string, unknown> = {}): OpenInferenceAttributes {
  const { value } = decode(attributes, written)
  assert.ok(value)
  return value
}

const named = (models: readonly ModelFacts[], written: Record<string, unknown> = {}): string[] =>
  workersModels(models, given(written)).map(({ name, version }) => `${name} ${version}`)

test('a model of the workers is served as its file describes it', () => {
  const model = facts('det', '1', 8)
  assert.deepEqual(workersModels([model], given()), [
    {
      name: 'det',
      version: '1',
      versions: ['1'],
      platform: 'onnx_onnxruntime',
      inputs: model.inputs,
      outputs: model.outputs,
      maxBatchSize: 8,
      source: model,
    },
  ])
})

test('of several versions the highest comes first, by its number', () => {
  const models = [facts('a', '9'), facts('b'), facts('a', '10')]
  assert.deepEqual(named(models), ['a 10', 'a 9', 'b 1'])
  assert.deepEqual(workersModels(models, given())[0]?.versions, ['9', '10'])
})

test('an only model may have another name and version', () => {
  const [model] = workersModels([facts('det')], given({ model_name: 'detector', model_version: '7' }))
  assert.deepEqual([model?.name, model?.version, model?.source?.name], ['detector', '7', 'det'])
})

test('an entry of models gives the only version of a model another one', () => {
  const models = [facts('a', '1'), facts('a', '2'), facts('b')]
  const entries = [
    { model_name: 'b', model_version: '5' },
    { model_name: 'a', model_version: '2' },
  ]
  assert.deepEqual(named(models, { models: entries }), ['a 2', 'a 1', 'b 5'])
  assert.equal(modelMismatch(models, given({ models: entries })), undefined)
})

test('what does not go with the models is said', () => {
  const two = [facts('a'), facts('b')]
  const tensors = [{ name: 'x', datatype: 'FP32', shape: [1] }]
  const cases: [readonly ModelFacts[], Record<string, unknown>, string | undefined][] = [
    [two, {}, undefined],
    [[], {}, undefined],
    [two, { model_name: 'a' }, 'model_name renames an only model, but there are 2: leave it out; they are "a", "b"'],
    [
      two,
      { model_version: '2' },
      'model_version renames an only model, but there are 2: leave it out; they are "a", "b"',
    ],
    [[], { model_name: 'a' }, 'model_name renames an only model, but there are 0: leave it out'],
    [two, { input_tensors: tensors }, 'input_tensors describes a model that its file describes: leave it out'],
    [
      two,
      { models: [{ model_name: 'a', output_tensors: tensors }] },
      'output_tensors describes a model that its file describes: leave it out',
    ],
    [two, { models: [{ model_name: 'c' }] }, 'models has "c" of version "1", which is not there; there are "a", "b"'],
    [
      [facts('a'), facts('a', '2')],
      { models: [{ model_name: 'a', model_version: '3' }] },
      'models has "a" of version "3", which is not there; there are "a"',
    ],
  ]
  for (const [models, written, expected] of cases) assert.equal(modelMismatch(models, given(written)), expected)
})
