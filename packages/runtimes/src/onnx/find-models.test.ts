import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { findModels, modelsIn } from './find-models.ts'

const shown = (models: ReturnType<typeof modelsIn>): string[] =>
  models.map(({ name, version, file }) => `${name} ${version} ${file}`)

test('files beside each other are version 1, and folders of numbers are versions', () => {
  const paths = [
    'b.onnx',
    'a.b.onnx',
    'notes.txt',
    'c/9/model.onnx',
    'c/11/model.onnx',
    'c/01/model.onnx',
    'c/1/other.onnx',
  ]
  assert.deepEqual(shown(modelsIn('/f', paths)), [
    'a.b 1 /f/a.b.onnx',
    'b 1 /f/b.onnx',
    'c 11 /f/c/11/model.onnx',
    'c 9 /f/c/9/model.onnx',
  ])
})

test('a model that is there twice, and a folder without any, are errors that say so', () => {
  assert.throws(() => modelsIn('/f', ['a.onnx', 'a/1/model.onnx']), {
    code: 'model_not_loaded',
    message: /it is version 1 of the model a, and so is .*; rename or remove one of them/,
  })
  assert.throws(() => modelsIn('/f', ['a.txt']), { code: 'model_not_loaded', message: /the folder holds no model/ })
})

test('a handler is a file, with or without its ending, or a folder; what is hidden or installed is no model', async (t) => {
  const folder = await createTempFolder(t, {
    'one.onnx': '',
    'more/two.onnx': '',
    'more/three/4/model.onnx': '',
    'more/three/4/weights.bin': '',
    'more/.git/1/model.onnx': '',
    'more/node_modules/1/model.onnx': '',
  })
  assert.deepEqual(shown(findModels(folder, 'one.onnx')), [`one 1 ${folder}/one.onnx`])
  assert.deepEqual(shown(findModels(folder, 'one')), [`one 1 ${folder}/one.onnx`])
  assert.deepEqual(shown(findModels('/', `${folder}/one.onnx`)), [`one 1 ${folder}/one.onnx`])
  assert.deepEqual(shown(findModels(folder, 'more')), [
    `three 4 ${folder}/more/three/4/model.onnx`,
    `two 1 ${folder}/more/two.onnx`,
  ])
  assert.deepEqual(shown(findModels(folder, '')), [`one 1 ${folder}/one.onnx`])
})
