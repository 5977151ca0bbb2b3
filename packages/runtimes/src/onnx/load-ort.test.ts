import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createTempFolder } from '@pelton/testkit'
import { loadOrt } from './load-ort.ts'

test('ONNX Runtime that is not installed is an error that says how to install it', async (t) => {
  const folder = await createTempFolder(t)
  assert.throws(() => loadOrt(folder, pathToFileURL(`${folder}/here.js`).href), {
    code: 'onnxruntime_missing',
    message: `onnxruntime-node, which runs ONNX models, is not installed for ${folder}`,
    help: /npm install onnxruntime-node/,
  })
})

test('that of the function comes first, and one that cannot be loaded, or is no ONNX Runtime, is an error with its place', async (t) => {
  const module = 'node_modules/onnxruntime-node/index.js'
  const broken = await createTempFolder(t, { [module]: 'throw new Error("no binding for this system")' })
  assert.throws(() => loadOrt(broken), {
    code: 'onnxruntime_not_loaded',
    message: `ONNX Runtime cannot be loaded from ${broken}/${module}: no binding for this system`,
  })
  const other = await createTempFolder(t, { [module]: 'exports.InferenceSession = class {}' })
  assert.throws(() => loadOrt(other), { code: 'onnxruntime_not_loaded', message: /it is too old, or no ONNX Runtime/ })
})
