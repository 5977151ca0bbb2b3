import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pythonPeers } from '../../scripts/tools/python-peers.ts'
import { connectInference } from '../acceptance/openinference-client.ts'
import { startPelton } from '../pelton-process.ts'

const folder = fileURLToPath(new URL('../../examples', import.meta.url))
const names = readFileSync(join(folder, 'onnx-model/names.txt'), 'utf8').trim().split('\n')
const { python = '', skip } = await pythonPeers()

interface Tensor {
  name: string
  datatype: string
  shape: number[]
  data: unknown[]
}

/** Runs an example as its README says, on free ports: that of REST, and of gRPC where there is one. */
async function serve(t: TestContext, example: string, env: Record<string, string> = {}) {
  const pelton = startPelton(['run', join(folder, example), '--port', '0'], { env })
  t.after(() => pelton.stop())
  const rest = await pelton.url()
  const { urls } = await pelton.line('trigger_started')
  const grpcPort = Number(new URL((urls as string[])[1] ?? rest).port)
  const infer = async (model: string, inputs: readonly Tensor[]): Promise<{ status: number; outputs: Tensor[] }> => {
    const answer = await fetch(`${rest}/models/${model}/infer`, { method: 'POST', body: JSON.stringify({ inputs }) })
    return { outputs: [], ...((await answer.json()) as object), status: answer.status }
  }
  return { rest, grpcPort, infer, lines: pelton.lines }
}

function fp32(name: string, shape: number[], data: number[]): Tensor {
  return { name, datatype: 'FP32', shape, data }
}

test('onnx-model names colours', async (t) => {
  const { infer, lines } = await serve(t, 'onnx-model')
  const colours = { orange: [1, 0.5, 0], black: [0, 0, 0], green: [0.2, 0.6, 0.3], grey: [0.5, 0.5, 0.5] }
  const { outputs } = await infer('colours', [fp32('rgb', [4, 3], Object.values(colours).flat())])
  const scores = outputs[0]?.data as number[]
  assert.deepEqual(outputs[0]?.shape, [4, names.length])
  const rows = Object.keys(colours).map((_, row) => scores.slice(row * names.length, (row + 1) * names.length))
  const best = rows.map((row) => names[row.indexOf(Math.max(...row))])
  assert.deepEqual(best, Object.keys(colours))
  assert.equal(lines().find(({ message }) => message === 'model_loaded')?.['maxBatchSize'], 64)
})

test('models-in-handler names the colours of a request', async (t) => {
  const { rest } = await serve(t, 'models-in-handler')
  const ask = (body: string): Promise<Response> => fetch(rest, { method: 'POST', body })
  const { colours } = (await (await ask('{"colours":["#ff8000","#336699"]}')).json()) as {
    colours: Record<string, unknown>[]
  }
  assert.deepEqual(
    colours.map(({ colour, name }) => [colour, name]),
    [
      ['#ff8000', 'orange'],
      ['#336699', 'blue'],
    ],
  )
  for (const body of ['no JSON', '{}', '{"colours":[]}', '{"colours":["ff8000"]}']) {
    assert.equal((await ask(body)).status, 400, body)
  }
})

test('the models of the two colour examples are the same', () => {
  const [one, other] = ['onnx-model', 'models-in-handler'].map((example) =>
    readFileSync(join(folder, example, 'colours.onnx')),
  )
  assert.deepEqual(one, other)
})

test('inference-typescript finds texts alike', async (t) => {
  const { infer } = await serve(t, 'inference-typescript')
  const texts = ['The cat sat on the mat', 'a cat sits on a mat', 'stock market crash']
  const embedded = await infer('embed', [{ name: 'text', datatype: 'BYTES', shape: [3], data: texts }])
  const rows = embedded.outputs[0]?.data as number[]
  const cat = fp32('a', [1, 64], rows.slice(0, 64))
  const { outputs } = await infer('similarity', [cat, fp32('b', [3, 64], rows)])
  assert.deepEqual(outputs[0]?.shape, [1, 3])
  const [same, alike, other] = outputs[0].data as number[]
  assert.ok(Math.abs(same! - 1) < 1e-5 && alike! > 0.5 && other! < 0.4, String(outputs[0]?.data))
  assert.equal((await infer('similarity', [cat])).status, 400)
})

test('inference-python answers by JSON, by arrays and piece by piece', { skip }, async (t) => {
  const { infer, grpcPort } = await serve(t, 'inference-python', { PELTON_PYTHON: python })
  const doubled = await infer('doubler', [fp32('x', [1, 3], [1, 2, 3])])
  assert.deepEqual(doubled.outputs, [fp32('y', [1, 3], [2, 4, 6])])
  const found = await infer('outliers', [fp32('x', [5], [9.9, 10.1, 10, 30, 9.8])])
  assert.deepEqual(found.outputs[1]?.data, [false, false, false, true, false])
  assert.equal((await infer('outliers', [fp32('x', [0], [])])).status, 400)
  const client = await connectInference(t, grpcPort)
  const inputs = [
    {
      name: 'text',
      datatype: 'BYTES',
      shape: [1],
      contents: { bytes_contents: [Buffer.from('né').toString('base64')] },
    },
  ]
  const answers = await client.stream([{ model_name: 'speller', inputs }])
  const letters = answers.map(({ infer_response }) => (infer_response as { outputs: Spelled[] }).outputs[0]?.contents)
  assert.deepEqual(
    letters.map((contents) => Buffer.from(contents?.bytes_contents[0] as Uint8Array).toString()),
    ['n', 'é'],
  )
})

interface Spelled {
  contents: { bytes_contents: Uint8Array[] }
}
