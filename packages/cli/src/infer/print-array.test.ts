import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { createTempFolder } from '@pelton/testkit'
import { elementCount, fromFloat32, newArray, type Tensor } from '@pelton/protocols/inference'
import { pythonPeers } from '../../../../scripts/tools/python-peers.ts'
import { printArray } from './print-array.ts'
import { writeNpy } from './write-npy.ts'

const peers = await pythonPeers()

type Printed = Pick<Tensor, 'datatype' | 'shape' | 'data'>

const shapes = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
  fc.constantFrom([40], [1200], [1001, 2], [2, 2, 300], [3, 0], [7, 7, 30], [1, 1000], [1, 1001]),
)
const floats = fc.oneof(
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.double(),
  fc.integer({ min: -2000, max: 2000 }),
  fc.constantFrom(0, -0, 1 / 3, 0.1, 2 ** -9, 1e-5, 123456.789, 0.000123, 2 ** -13, 3 * 2 ** -9),
  fc.constantFrom(Number.NaN, Infinity, -Infinity),
)
const kinds = fc.constantFrom('FP16', 'FP32', 'FP64', 'INT8', 'UINT64', 'INT64', 'BOOL')

const tensors: fc.Arbitrary<Printed> = fc
  .tuple(kinds, shapes, fc.array(floats, { minLength: 1, maxLength: 12 }), fc.constantFrom(1, 0.001, 1000))
  .map(([datatype, shape, pool, factor]) => {
    const count = elementCount(shape)
    const values = Float64Array.from({ length: count }, (_, index) => pool[(index * 7) % pool.length]! * factor)
    if (datatype === 'FP16') return { datatype, shape, data: fromFloat32(datatype, values) }
    const data = newArray(datatype, count)
    for (let index = 0; index < count; index++) {
      const whole = Number.isFinite(values[index]) ? Math.trunc(values[index]!) : 0
      if (datatype === 'FP32' || datatype === 'FP64') data[index] = values[index]!
      else if (datatype === 'BOOL') data[index] = whole % 2 === 0 ? 0 : 1
      else if (datatype === 'INT8') data[index] = whole % 100
      else data[index] = BigInt.asIntN(60, BigInt(whole)) as never
    }
    return { datatype, shape, data }
  })

test('values are printed as NumPy prints them', { skip: peers.skip }, async (t) => {
  const folder = await createTempFolder(t)
  const cases = fc.sample(tensors, { numRuns: 600, seed: 11 })
  for (const [index, one] of cases.entries()) await writeFile(join(folder, `${index}.npy`), writeNpy(one) as Buffer)
  const script = `
import sys, json, numpy as np
print(json.dumps([str(np.load(f'{sys.argv[1]}/{i}.npy')) for i in range(int(sys.argv[2]))]))
`
  const { stdout } = await promisify(execFile)(peers.python!, ['-c', script, folder, String(cases.length)], {
    maxBuffer: 1 << 26,
  })
  for (const [index, expected] of (JSON.parse(stdout) as string[]).entries()) {
    const one = cases[index]!
    assert.equal(printArray(one), expected, `${one.datatype} [${one.shape.join()}]`)
  }
})

test('texts are quoted, and bytes that are none are base64', () => {
  const data = [Buffer.from('hé"\n'), Buffer.from([0xff, 0]), Buffer.from('\x1b[31m\u009b')]
  assert.equal(printArray({ datatype: 'BYTES', shape: [3], data }), '["hé\\"\\n" {"b64":"/wA="} "\\u001b[31m\\u009b"]')
  assert.equal(printArray({ datatype: 'BYTES', shape: [], data: [Buffer.from('a')] }), '"a"')
  const long = printArray({ datatype: 'BYTES', shape: [1], data: [Buffer.alloc(70_000, 'x')] })
  assert.match(long, /x"… \(70000 bytes\)\]$/)
})

test('BF16 has the digits that tell its numbers apart', () => {
  const data = fromFloat32('BF16', Float64Array.of(0.1, 1, -2.5))
  assert.equal(printArray({ datatype: 'BF16', shape: [3], data }), '[ 0.1  1.  -2.5]')
})

test('a shape of very many sizes is printed flat', () => {
  const shape = Array.from({ length: 10_000 }, () => 1)
  assert.equal(printArray({ datatype: 'INT8', shape, data: Int8Array.of(5) }), '[5]')
})
