import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { WireWriter } from '../../protobuf/wire-writer.ts'
import { type Datatype, InferenceError, type TensorData } from '../tensor.ts'
import { encodePeer } from './fixtures/peer-messages.ts'
import { readContents } from './read-contents.ts'

function read(contents: Buffer, datatype: Datatype, ...shape: number[]): TensorData {
  return readContents(contents, { name: 'x', datatype, shape })
}
const peer = (value: object): Buffer => encodePeer('InferTensorContents', value)
const hex = (bytes: string): Buffer => Buffer.from(bytes, 'hex')

test('case 58: typed contents of every datatype that has a list', () => {
  const huge = 2n ** 53n + 1n
  const big = { int64_contents: [String(-huge), '1'], uint64_contents: ['18446744073709551615', '0'] }
  assert.deepEqual(read(peer({ bool_contents: [true, false] }), 'BOOL', 2), Uint8Array.of(1, 0))
  assert.deepEqual(read(peer({ int_contents: [-1, 127, -128] }), 'INT8', 3), Int8Array.of(-1, 127, -128))
  assert.deepEqual(read(peer({ int_contents: [300, -32_768] }), 'INT16', 1, 2), Int16Array.of(300, -32_768))
  assert.deepEqual(read(peer({ int_contents: [-(2 ** 31), 7] }), 'INT32', 2), Int32Array.of(-(2 ** 31), 7))
  assert.deepEqual(read(peer({ int64_contents: big.int64_contents }), 'INT64', 2), BigInt64Array.of(-huge, 1n))
  assert.deepEqual(read(peer({ uint_contents: [255, 0] }), 'UINT8', 2), Uint8Array.of(255, 0))
  assert.deepEqual(read(peer({ uint_contents: [65_535] }), 'UINT16', 1), Uint16Array.of(65_535))
  assert.deepEqual(read(peer({ uint_contents: [2 ** 32 - 1] }), 'UINT32', 1), Uint32Array.of(2 ** 32 - 1))
  const uint64s = BigUint64Array.of(2n ** 64n - 1n, 0n)
  assert.deepEqual(read(peer({ uint64_contents: big.uint64_contents }), 'UINT64', 2), uint64s)
  assert.deepEqual(read(peer({ fp32_contents: [0.1, NaN] }), 'FP32', 2), Float32Array.of(0.1, NaN))
  assert.deepEqual(read(peer({ fp64_contents: [0.1, -Infinity] }), 'FP64', 2), Float64Array.of(0.1, -Infinity))
  const texts = ['hello', '', 'world'].map((text) => Buffer.from(text))
  assert.deepEqual(read(peer({ bytes_contents: texts }), 'BYTES', 3), texts)
})

test('floats, and small numbers of one byte, are views', () => {
  const contents = peer({ fp32_contents: [1, 2] })
  const aligned = Buffer.concat([Buffer.alloc(2), contents]).subarray(2)
  const data = read(aligned, 'FP32', 2)
  assert.equal((data as Float32Array).buffer, aligned.buffer)
  for (const [value, datatype] of [
    [{ uint_contents: [1, 127] }, 'UINT8'],
    [{ int_contents: [1, 127] }, 'INT8'],
    [{ bool_contents: [true, true] }, 'BOOL'],
  ] as const) {
    const message = peer(value)
    assert.equal((read(message, datatype, 2) as Int8Array).buffer, message.buffer)
  }
})

test('a list may come in pieces, packed and alone', () => {
  const writer = new WireWriter()
  const pieces = (write: (writer: WireWriter) => void): Buffer => {
    writer.start()
    write(writer)
    return Buffer.from(writer.finish())
  }
  const bools = pieces((out) => (out.bool(1, false), out.bytes(1, hex('8000808001')), out.bool(1, true)))
  assert.deepEqual(read(bools, 'BOOL', 4), Uint8Array.of(1, 0, 1, 0))
  assert.deepEqual(read(hex('0800' + '0a028000'), 'BOOL', 2), Uint8Array.of(0, 0), 'not the bytes of the last piece')
  const ints = pieces((out) => (out.bigint(2, -5n), out.bytes(2, hex('0203')), out.uint(2, 1)))
  assert.deepEqual(read(ints, 'INT16', 4), Int16Array.of(1, 2, 3, -5))
  const uints = pieces((out) => (out.uint(4, 2 ** 32 - 1), out.bytes(4, hex('0203')), out.uint(4, 1)))
  assert.deepEqual(read(uints, 'UINT32', 4), Uint32Array.of(1, 2, 3, 2 ** 32 - 1))
  const int64s = pieces((out) => (out.bigint(3, -5n), out.bytes(3, hex('02ffffffffffffffffff01')), out.uint(3, 1)))
  assert.deepEqual(read(int64s, 'INT64', 4), BigInt64Array.of(1n, 2n, -1n, -5n))
  const uint64s = pieces(
    (out) => (out.bigint(5, 2n ** 64n - 1n), out.bytes(5, hex('80808080808080808001')), out.uint(5, 1)),
  )
  assert.deepEqual(read(uint64s, 'UINT64', 3), BigUint64Array.of(1n, 2n ** 63n, 2n ** 64n - 1n))
  const floats = pieces((out) => (out.float(6, 3), out.bytes(6, hex('00000040')), out.float(6, 1)))
  assert.deepEqual(read(floats, 'FP32', 3), Float32Array.of(1, 2, 3))
  const doubles = pieces((out) => (out.double(7, 3), out.bytes(7, hex('0000000000000040')), out.double(7, 1)))
  assert.deepEqual(read(doubles, 'FP64', 3), Float64Array.of(1, 2, 3))
})

test('of an int32 in more than 32 bits the low ones count, as protobuf says', () => {
  assert.deepEqual(read(hex('1206' + '818080808001'), 'INT32', 1), Int32Array.of(1))
  assert.deepEqual(read(hex('2206' + '818080808001'), 'UINT32', 1), Uint32Array.of(1))
})

test('lists without elements beside the one that counts are read over, and so are unknown fields', () => {
  assert.deepEqual(read(hex('0a00' + '120101' + '3200' + '4a0161' + '5007'), 'INT8', 1), Int8Array.of(1))
})

const faults: readonly (readonly [value: object, datatype: Datatype, count: number, message: string])[] = [
  [{ int_contents: [1] }, 'FP32', 1, 'FP32 takes fp32_contents, found int_contents'],
  [{ fp32_contents: [1], int_contents: [1] }, 'FP32', 1, 'FP32 takes fp32_contents, found int_contents'],
  [{ int_contents: [1] }, 'UINT8', 1, 'UINT8 takes uint_contents, found int_contents'],
  [{ bytes_contents: [Buffer.alloc(0)] }, 'BOOL', 1, 'BOOL takes bool_contents, found bytes_contents'],
  [{ fp32_contents: [1] }, 'BYTES', 1, 'BYTES takes bytes_contents, found fp32_contents'],
  [{ fp32_contents: [1] }, 'FP16', 1, 'FP16 has no typed contents, found fp32_contents: send it as raw contents'],
  [{ uint_contents: [1] }, 'BF16', 1, 'BF16 has no typed contents, found uint_contents: send it as raw contents'],
  [{ fp32_contents: [1, 2] }, 'FP32', 3, 'FP32 of shape [3] takes 3 elements, found 2'],
  [{ bytes_contents: [Buffer.alloc(0)] }, 'BYTES', 2, 'BYTES of shape [2] takes 2 elements, found 1'],
  [{ int_contents: [1, 128] }, 'INT8', 2, 'element 1 of int_contents is beyond the range of INT8'],
  [{ int_contents: [-129] }, 'INT8', 1, 'element 0 of int_contents is beyond the range of INT8'],
  [{ int_contents: [32_768] }, 'INT16', 1, 'element 0 of int_contents is beyond the range of INT16'],
  [{ uint_contents: [0, 0, 256] }, 'UINT8', 3, 'element 2 of uint_contents is beyond the range of UINT8'],
  [{ uint_contents: [65_536] }, 'UINT16', 1, 'element 0 of uint_contents is beyond the range of UINT16'],
]

test('contents that do not fit the tensor are a 400 that names it and what was found', () => {
  for (const [value, datatype, count, message] of faults) {
    assert.throws(
      () => read(peer(value), datatype, count),
      (error) => {
        assert.ok(error instanceof InferenceError, String(error))
        assert.deepEqual([error.status, error.message], [400, `tensor "x": ${message}`])
        return true
      },
    )
  }
  assert.throws(() => read(hex('108001'), 'INT8', 1), /element 0 of int_contents is beyond the range of INT8/)
})

test('lists that are no lists are malformed', () => {
  const bad: readonly (readonly [bytes: string, datatype: Datatype])[] = [
    ['120180', 'INT8'],
    ['1a0b8080808080808080808001', 'INT64'],
    ['120b8080808080808080808001', 'INT32'],
    ['0a0b8080808080808080808001', 'BOOL'],
    ['3203000000', 'FP32'],
    ['3a0400000000', 'FP64'],
    ['3001', 'FP32'],
    ['3d00000000', 'FP64'],
    ['1500000000', 'INT32'],
    ['4001', 'BYTES'],
    ['0a', 'BOOL'],
  ]
  for (const [bytes, datatype] of bad) assert.throws(() => read(hex(bytes), datatype, 1), MalformedMessage, bytes)
})
