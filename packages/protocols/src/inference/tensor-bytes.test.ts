import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyTensor } from './fixtures/any-tensor.ts'
import { rawSize, readRaw, writeRaw } from './tensor-bytes.ts'
import type { Datatype, TensorData } from './tensor.ts'

const list = (data: TensorData): unknown[] =>
  Array.from(data as Uint8Array[], (element) => (element instanceof Uint8Array ? [...element] : element))

test('any tensor comes back from its raw bytes, wherever they lie in memory', () => {
  fc.assert(
    fc.property(anyTensor, fc.nat(9), ({ datatype, shape, data }, offset) => {
      const raw = writeRaw({ data })
      assert.equal(raw.length, rawSize(data))
      const moved = new Uint8Array(raw.length + offset)
      moved.set(raw, offset)
      const read = readRaw(datatype, shape, moved.subarray(offset), 'x')
      assert.deepEqual(list(read), list(data))
      assert.equal(Object.prototype.toString.call(read), Object.prototype.toString.call(data))
    }),
  )
})

test('the raw form is little-endian', () => {
  const table: readonly (readonly [Datatype, number[], unknown[]])[] = [
    ['BOOL', [1, 0, 1], [1, 0, 1]],
    ['BOOL', [0, 255, 2], [0, 1, 1]],
    ['INT8', [0x01, 0xfe, 0x03], [1, -2, 3]],
    ['UINT8', [0x0a, 0x14, 0x1e], [10, 20, 30]],
    ['INT16', [0x64, 0, 0x38, 0xff], [100, -200]],
    ['UINT16', [0x64, 0, 0x38, 0xff], [100, 65_336]],
    ['INT32', [0x18, 0xfc, 0xff, 0xff], [-1000]],
    ['UINT32', [0xe8, 3, 0, 0], [1000]],
    ['INT64', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [-1n]],
    ['UINT64', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [2n ** 64n - 1n]],
    ['FP16', [0, 0x3c], [0x3c00]],
    ['FP32', [0, 0, 0xc0, 0x3f], [1.5]],
    ['FP64', [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], [1.5]],
    ['BYTES', [2, 0, 0, 0, 0x68, 0x69, 0, 0, 0, 0], [[0x68, 0x69], []]],
  ]
  for (const [datatype, bytes, expected] of table) {
    assert.deepEqual(list(readRaw(datatype, [expected.length], Uint8Array.from(bytes), 'x')), expected, datatype)
  }
})

test('aligned bytes are not copied, others are', () => {
  const bytes = Buffer.from(new ArrayBuffer(16))
  const aligned = readRaw('FP32', [2], bytes.subarray(8), 'x') as Float32Array
  assert.equal(aligned.buffer, bytes.buffer)
  const copied = readRaw('FP32', [2], bytes.subarray(1, 9), 'x') as Float32Array
  assert.notEqual(copied.buffer, bytes.buffer)
  bytes.fill(1)
  assert.deepEqual([...copied], [0, 0])
  assert.notEqual(aligned[0], 0)
})

test('a wrong number of bytes is refused with the tensor, what it takes and what was found', () => {
  const table: readonly (readonly [Datatype, number[], number[], string])[] = [
    ['INT16', [2], [1, 2, 3], 'tensor "x": INT16 of shape [2] takes 4 bytes, found 3'],
    ['FP32', [], [1, 2, 3], 'tensor "x": FP32 of shape [] takes 4 bytes, found 3'],
    ['INT64', [0, 7], [1], 'tensor "x": INT64 of shape [0,7] takes 0 bytes, found 1'],
    [
      'UINT8',
      [2 ** 40, 2 ** 40],
      [1],
      `tensor "x": UINT8 of shape [${2 ** 40},${2 ** 40}] takes more than 2^53 bytes, found 1`,
    ],
    [
      'BYTES',
      [2 ** 40],
      [0, 0, 0, 0],
      `tensor "x": BYTES of shape [${2 ** 40}] takes at least ${2 ** 42} bytes, found 4`,
    ],
    ['BYTES', [1], [0, 0, 0, 0, 9], 'tensor "x": BYTES of shape [1] takes 4 bytes, found 5'],
    ['BYTES', [1], [9, 0, 0, 0, 1], 'tensor "x": element 0 of BYTES says that it has 9 bytes, but 1 are left'],
    [
      'BYTES',
      [1],
      [255, 255, 255, 255],
      'tensor "x": element 0 of BYTES says that it has 4294967295 bytes, but 0 are left',
    ],
    [
      'BYTES',
      [2],
      [3, 0, 0, 0, 1, 2, 3, 0],
      'tensor "x": element 1 of BYTES is cut off: its length takes 4 bytes, but 1 are left',
    ],
  ]
  for (const [datatype, shape, bytes, message] of table) {
    assert.throws(() => readRaw(datatype, shape, Uint8Array.from(bytes), 'x'), { status: 400, message })
  }
})
