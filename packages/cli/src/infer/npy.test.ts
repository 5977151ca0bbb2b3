import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { createTempFolder } from '@pelton/testkit'
import {
  datatypes,
  elementCount,
  newArray,
  writeRaw,
  type Datatype,
  type TensorData,
} from '@pelton/protocols/inference'
import { pythonPeers } from '../../../../scripts/tools/python-peers.ts'
import { readNpy } from './read-npy.ts'
import { writeNpy } from './write-npy.ts'

const peers = await pythonPeers()
const refuse = (reason: string): Error => new Error(reason)

function npy(header: string, data: Uint8Array = Buffer.alloc(0), version: readonly number[] = [1, 0]): Buffer {
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4)
  if (version[0] === 1) length.writeUInt16LE(header.length)
  else length.writeUInt32LE(header.length)
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from(version), length, Buffer.from(header), data])
}

function headerOf(descr: string, shape: string, isFortran = 'False'): string {
  return `{'descr': '${descr}', 'fortran_order': ${isFortran}, 'shape': ${shape}, }`
}

const shapes = fc.array(fc.nat(4), { maxLength: 4 })
const arrays = fc
  .tuple(fc.constantFrom(...datatypes.filter((one) => one !== 'BF16')), shapes)
  .chain(([datatype, shape]) => {
    const count = elementCount(shape)
    return dataOf(datatype, count).map((data) => ({ datatype, shape, data }))
  })

function dataOf(datatype: Datatype, count: number): fc.Arbitrary<TensorData> {
  if (datatype === 'BYTES') {
    const text = fc.uint8Array({ maxLength: 6 }).filter((bytes) => bytes.at(-1) !== 0)
    return fc.array(text, { minLength: count, maxLength: count })
  }
  const { BYTES_PER_ELEMENT: width } = newArray(datatype, 0)
  return fc
    .uint8Array({ minLength: count * width, maxLength: count * width, ...(datatype === 'BOOL' && { max: 1 }) })
    .map((bytes) => {
      const data = newArray(datatype, count)
      new Uint8Array(data.buffer).set(bytes)
      return data
    })
}

test('what is written is read again as it was', () => {
  fc.assert(
    fc.property(arrays, ({ datatype, shape, data }) => {
      const file = writeNpy({ datatype, shape, data })
      assert.ok(Buffer.isBuffer(file))
      const read = readNpy(file, refuse)
      assert.deepEqual([read.datatype, read.shape], [datatype, shape])
      assert.deepEqual(Buffer.from(writeRaw(read)), Buffer.from(writeRaw({ data })))
    }),
  )
})

test(
  'NumPy reads what is written, and what NumPy writes is read: all orders, types and versions',
  { skip: peers.skip },
  async (t) => {
    const folder = await createTempFolder(t)
    const cases = fc.sample(arrays, { numRuns: 120, seed: 7 })
    for (const [index, one] of cases.entries()) await writeFile(join(folder, `in${index}.npy`), writeNpy(one) as Buffer)
    const script = `
import sys, numpy as np
from numpy.lib import format as f
folder, count = sys.argv[1], int(sys.argv[2])
for i in range(count):
    a = np.load(f'{folder}/in{i}.npy')
    b = np.array(a.astype(a.dtype.newbyteorder('>')), order='F')
    with open(f'{folder}/out{i}.npy', 'wb') as out:
        f.write_array(out, b, version=[(1, 0), (2, 0), (3, 0)][i % 3])
np.save(f'{folder}/text.npy', np.array([['añb', ''], ['\\U0001f600', 'x\\0y']]).astype('>U4'))
np.save(f'{folder}/none.npy', np.zeros((0, 3), '<U0'))
`
    await promisify(execFile)(peers.python!, ['-c', script, folder, String(cases.length)])
    for (const [index, { datatype, shape, data }] of cases.entries()) {
      const read = readNpy(await readFile(join(folder, `out${index}.npy`)), refuse)
      assert.deepEqual([read.datatype, read.shape], [datatype, shape])
      assert.deepEqual(Buffer.from(writeRaw(read)), Buffer.from(writeRaw({ data })), `${datatype} [${shape.join()}]`)
    }
    const text = readNpy(await readFile(join(folder, 'text.npy')), refuse)
    assert.deepEqual(
      (text.data as Uint8Array[]).map((one) => Buffer.from(one).toString()),
      ['añb', '', '😀', 'x\0y'],
    )
    assert.deepEqual(readNpy(await readFile(join(folder, 'none.npy')), refuse), {
      datatype: 'BYTES',
      shape: [0, 3],
      data: [],
    })
  },
)

test('BF16 is written as the float32 that it is', () => {
  const file = writeNpy({ datatype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) })
  assert.deepEqual(readNpy(file as Buffer, refuse), { datatype: 'FP32', shape: [2], data: Float32Array.of(1, -2) })
})

test('texts that NPY would change, or blow up, are not written', () => {
  assert.match(
    String(writeNpy({ datatype: 'BYTES', shape: [1], data: [Uint8Array.of(1, 0)] })),
    /ends with a zero byte/,
  )
  const texts = Array.from({ length: 2000 }, () => Buffer.alloc(0))
  texts[3] = Buffer.alloc(1 << 20, 'x')
  assert.match(String(writeNpy({ datatype: 'BYTES', shape: [2000], data: texts })), /longest text has 1048576 bytes/)
})

test('a file that is none says what is wrong with it', () => {
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('nonsense'), /no NPY file/],
    [Buffer.from('\x93NUMPY', 'latin1'), /breaks off in its header/],
    [npy('', undefined, [4, 0]), /version 4\.0 is unknown/],
    [npy(headerOf('<f4', '(3,)')).subarray(0, 20), /breaks off in its header/],
    [npy(' '.repeat(70_000), undefined, [2, 0]), /70000 bytes, more than 65536/],
    [npy('{}'), /not that of an NPY file/],
    [npy(`${headerOf('<f4', '(3,)')}; import os`), /not that of an NPY file/],
    [npy(headerOf('<f4', '(-3,)')), /not that of an NPY file/],
    [npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"), /records/],
    [npy(headerOf('|O', '(1,)')), /Python objects/],
    [npy(headerOf('<c8', '(1,)')), /complex/],
    [npy(headerOf('<f16', '(1,)')), /extended floats/],
    [npy(headerOf('<M8[s]', '(1,)')), /dates/],
    [npy(headerOf('<q', '(1,)')), /unknown/],
    [npy(headerOf('<f4', '(3,)'), Buffer.alloc(11)), /\[3\] takes 12 bytes of data, the file has 11/],
    [npy(headerOf('<f4', '(3,)'), Buffer.alloc(13)), /takes 12 bytes of data, the file has 13/],
    [npy(headerOf('<f4', '(99999999999, 99999999999)')), /more than 2\^53/],
    [npy(headerOf('|S0', '(1000000000000,)')), /has no bytes/],
    [npy(headerOf('<U1', '(1,)'), Buffer.from([0, 0xd8, 0, 0])), /element 0 has 0xd800/],
    [npy(headerOf('<f4', `(${'1, '.repeat(65)})`)), /65 dimensions/],
  ]
  for (const [bytes, message] of cases) assert.throws(() => readNpy(bytes, refuse), message)
})

test('no bytes make it throw anything but a refusal', () => {
  const start = npy(headerOf('<f4', '(2, 3)', 'True'), Buffer.alloc(24))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(start.length),
      (changes, end) => {
        const bytes = Buffer.from(start)
        for (const [at, byte] of changes) bytes[at] = byte
        class Refusal extends Error {}
        try {
          readNpy(bytes.subarray(0, end), (reason) => new Refusal(reason))
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error))
        }
      },
    ),
    { numRuns: 2000 },
  )
})
