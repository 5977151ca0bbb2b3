import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selectOutputs } from './select-outputs.ts'
import type { InferResponse, Tensor } from './tensor.ts'

const output = (name: string): Tensor => ({ name, datatype: 'FP32', shape: [1], data: Float32Array.of(1) })
const response: InferResponse = {
  modelName: 'm',
  modelVersion: '1',
  id: 'a',
  parameters: {},
  outputs: [output('x'), output('y'), output('z')],
}

test('outputs come in the order in which they are asked for, all of them when none is', () => {
  const selected = selectOutputs(response, { outputs: [{ name: 'z' }, { name: 'x' }] })
  assert.deepEqual(selected, { ...response, outputs: [output('z'), output('x')] })
  assert.equal(selectOutputs(response, {}), response)
  assert.equal(selectOutputs(response, { outputs: [] }), response)
})

test('an unknown output and one that is asked for twice are a 400', () => {
  const unknown = { status: 400, message: 'there is no output "q"; there are "x", "y", "z"' }
  assert.throws(() => selectOutputs(response, { outputs: [{ name: 'x' }, { name: 'q' }] }), unknown)
  const twice = { status: 400, message: 'the output "x" is asked for twice' }
  assert.throws(() => selectOutputs(response, { outputs: [{ name: 'x' }, { name: 'x' }] }), twice)
})
