import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { createTempFolder } from '@pelton/testkit'
import { pythonPeers } from '../scripts/tools/python-peers.ts'
import { serveSuite } from './acceptance/serve-function.ts'
import { runPelton } from './pelton-process.ts'

const peers = await pythonPeers()

const yaml = `apiVersion: pelton/v1
kind: Function
metadata: { name: models }
spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    several:
      kind: openinference
      attributes:
        rest_port: 0
        enable_grpc: false
        models:
          - model_name: double
            model_version: '1'
            input_tensors: [{ name: x, datatype: FP32, shape: [-1, 3] }]
            output_tensors: [{ name: y, datatype: FP32, shape: [-1, 3] }]
          - model_name: picture
            model_version: '2'
            input_tensors: [{ name: image, datatype: FP32, shape: [1, 3, 2, 2] }]
          - { model_name: open, model_version: '1' }
    one:
      kind: openinference
      attributes:
        rest_port: 0
        enable_grpc: false
        model_name: shout
        input_tensors: [{ name: s, datatype: BYTES, shape: [-1] }]
`

/** Numbers are doubled, texts made upper-case; the parameter fault is one. */
const handler = `const change = (value) => (typeof value === 'string' ? value.toUpperCase() : 2 * value)

export function handler(context, event) {
  const { parameters, inputs } = event.json()
  if (parameters.fault) return { status: 400, body: { error: parameters.fault } }
  return { outputs: inputs.map((input) => ({ ...input, name: input.name === 'x' ? 'y' : input.name, data: input.data.map(change) })) }
}
`

describe('pelton infer', () => {
  const served = serveSuite({ 'function.yaml': yaml, 'handler.mjs': handler })
  let models = ''
  let shout = ''
  before(() => {
    models = `${new URL(served().urlOf('several')).origin}/v2/models`
    shout = new URL(served().urlOf('one')).host
  })

  test('an array goes out and its answer is printed; the time is on stderr', async () => {
    const { code, stdout, stderr } = await runPelton(['infer', `${models}/double`, '--input', 'x=[1, 2.5, -3]'])
    assert.deepEqual([code, stdout], [0, 'y  FP32 [1, 3]\n[[ 2.  5. -6.]]\n'])
    assert.match(stderr, /^\d+\.\d ms\n$/)
  })

  test('what NumPy saved goes out, and NumPy loads what comes back', { skip: peers.skip }, async (t) => {
    const cwd = await createTempFolder(t)
    const python = async (script: string): Promise<string> =>
      (await promisify(execFile)(peers.python!, ['-c', script], { cwd })).stdout
    await python("import numpy as np; np.save('x.npy', np.asfortranarray(np.arange(6, dtype='>f8').reshape(2, 3)))")
    const { code, stderr } = await runPelton(
      ['infer', `${models}/double/versions/1`, '--input', 'x=@x.npy', '--save', 'out'],
      { cwd },
    )
    assert.equal(code, 0, stderr)
    assert.equal(
      await python("import numpy as np; y = np.load('out/y.npy'); print(y.dtype, y.tolist())"),
      'float32 [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]\n',
    )
  })

  test('the only model and its only input need no name; standard input is one', async () => {
    assert.equal((await runPelton(['infer', shout, '--input', 'hello'])).stdout, 's  BYTES [1]\n["HELLO"]\n')
    const piped = await runPelton(['infer', shout, '--input', '@-', '--json'], { input: '["a", "é"]' })
    assert.deepEqual((JSON.parse(piped.stdout) as { outputs: unknown }).outputs, [
      { name: 's', datatype: 'BYTES', shape: [2], data: ['A', 'É'] },
    ])
  })

  test('an image is made what the model takes', async (t) => {
    const cwd = await createTempFolder(t)
    const { default: sharp } = await import('sharp')
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#ff0033' } })
      .png()
      .toFile(path.join(cwd, 'a.png'))
    const { stdout } = await runPelton(
      ['infer', `${models}/picture`, '--input', '@a.png', '--channels', 'bgr', '--json'],
      { cwd },
    )
    const [{ data }] = (JSON.parse(stdout) as { outputs: [{ data: number[] }] }).outputs
    assert.deepEqual(data, [0.4, 0.4, 0.4, 0.4, 0, 0, 0, 0, 2, 2, 2, 2])
  })

  test('a model that declares nothing is told what it gets', async () => {
    const { stdout } = await runPelton(['infer', `${models}/open`, '--input', 'a=[[1, 2]]', '--datatype', 'a=INT64'])
    assert.equal(stdout, 'a  INT64 [1, 2]\n[[2 4]]\n')
  })

  test('what fails exits with 1, a wrong command line with 2; both say how to mend it, and stdout stays empty', async () => {
    const cases: [string[], number, RegExp][] = [
      [[`${models}/double`, '--input', 'x=[1, 2]'], 1, /its data has 2 elements, the model takes \[-1, 3\]/],
      [[`${models}/double`, '--input', 'x=[1, 2, 3]', '--parameter', 'fault=too warm'], 1, /answered 400: too warm/],
      [[`${models}/triple`, '--input', 'x=1'], 1, /unknown model "triple".*"double"/],
      [[`${models}/double/versions/3`, '--input', 'x=1'], 1, /no version "3"/],
      [[served().admin, '--model', 'm', '--input', 'x=1'], 1, /not as a server of the Open Inference Protocol/],
      [[`${models}/double`], 2, /Add --input; the model takes x FP32 \[-1, 3\]/],
      [[`${models}/double`, '--input', 'z=1'], 2, /no input "z"/],
      [['grpc://127.0.0.1:1', '--input', 'x=1'], 2, /REST, no gRPC/],
      [[`${models}/double`, '--top', '0'], 2, /--top: expected a whole number from 1 on, got "0"/],
      [[], 2, /Which model\?/],
    ]
    for (const [args, expected, message] of cases) {
      const { code, stdout, stderr } = await runPelton(['infer', ...args])
      assert.deepEqual([code, stdout], [expected, ''], stderr)
      assert.match(stderr, message)
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
    }
  })
})
