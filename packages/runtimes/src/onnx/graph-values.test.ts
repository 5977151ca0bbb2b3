import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { createTempFolder, onnxModel } from '@pelton/testkit'
import fc from 'fast-check'
import { readGraphValues } from './graph-values.ts'

const model = onnxModel({
  inputs: [
    { name: 'any', datatype: 'FP32' },
    { name: 'scalar', datatype: 'INT64', shape: [] },
    { name: 'list', datatype: 'BYTES', shape: ['n'], within: 'sequence' },
  ],
  outputs: [{ name: 'y', datatype: 'BF16', shape: ['n', 3] }],
  nodes: [{ op: 'Identity', inputs: ['any'], outputs: ['y'], attributes: { a: { float: 1 } } }],
  // Larger than what is read at a time.
  initializers: [{ name: 'w', datatype: 'UINT8', shape: [100_000], data: new Uint8Array(100_000).fill(0xff) }],
  metadata: { task: 'detect' },
})

test('inputs and outputs are found behind weights, with what ONNX Runtime does not tell', async (t) => {
  const file = `${await createTempFolder(t)}/m.onnx`
  await writeFile(file, model)
  assert.deepEqual(readGraphValues(file), [
    { name: 'any', elementType: 1, hasShape: false },
    { name: 'scalar', elementType: 7, hasShape: true },
    { name: 'list', elementType: undefined, hasShape: false },
    { name: 'y', elementType: 16, hasShape: true },
  ])
})

test('a damaged file gives values or an error, and always ends', async (t) => {
  const file = `${await createTempFolder(t)}/m.onnx`
  const small = onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n'] }],
    outputs: [{ name: 'y', datatype: 'FP32' }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(small.length),
      fc.integer({ min: 0, max: 255 }),
      fc.nat(small.length),
      async (at, byte, end) => {
        const damaged = Buffer.from(small)
        if (at < damaged.length) damaged[at] = byte
        await writeFile(file, damaged.subarray(0, end))
        try {
          assert.ok(readGraphValues(file).length <= small.length)
        } catch (error) {
          assert.ok(
            error instanceof Error && !(error instanceof RangeError) && !(error instanceof assert.AssertionError),
            String(error),
          )
        }
      },
    ),
    { numRuns: 300 },
  )
})
