import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'

const { readNpy } = (await import(new URL('./npy.js', import.meta.url).href)) as {
  readNpy(buffer: ArrayBuffer): { datatype: string; shape: number[]; bytes: Uint8Array }
}

interface Given {
  descr?: string
  fortran?: string
  shape?: string
  version?: number
  data?: Uint8Array
  header?: string
}

/** As `numpy.save` writes it. */
function npy(given: Given = {}): ArrayBuffer {
  const { descr = "'<f4'", fortran = 'False', shape = '(2,)', version = 1, data = Buffer.alloc(8) } = given
  const { header = `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }` } = given
  const text = Buffer.from(`${header.padEnd(100)}\n`, 'latin1')
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  length.writeUIntLE(text.length, 0, length.length)
  const file = Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), length, text, data])
  return new Uint8Array(file).buffer
}

test('each dtype that the protocol has is read', () => {
  const kinds: Record<string, [string, number]> = {
    '|b1': ['BOOL', 1],
    '|u1': ['UINT8', 1],
    '|i1': ['INT8', 1],
    '<u2': ['UINT16', 2],
    '<i2': ['INT16', 2],
    '<u4': ['UINT32', 4],
    '<i4': ['INT32', 4],
    '<u8': ['UINT64', 8],
    '<i8': ['INT64', 8],
    '<f2': ['FP16', 2],
    '<f4': ['FP32', 4],
    '<f8': ['FP64', 8],
  }
  for (const [kind, [datatype, bytes]] of Object.entries(kinds)) {
    const data = Buffer.alloc(2 * bytes, 7)
    const array = readNpy(npy({ descr: `'${kind}'`, data }))
    assert.deepEqual([array.datatype, array.shape, Buffer.from(array.bytes)], [datatype, [2], data], kind)
  }
})

test('versions 1, 2 and 3, and shapes from a scalar on', () => {
  for (const version of [1, 2, 3]) assert.deepEqual(readNpy(npy({ version })).shape, [2])
  assert.deepEqual(readNpy(npy({ shape: '()', data: Buffer.alloc(4) })).shape, [])
  assert.deepEqual(readNpy(npy({ shape: '(1, 2, 1)' })).shape, [1, 2, 1])
  assert.deepEqual(readNpy(npy({ shape: '(0, 5)', data: Buffer.alloc(0) })).shape, [0, 5])
})

test('what cannot be sent is refused with its reason', () => {
  const cases: [ArrayBuffer, RegExp][] = [
    [new ArrayBuffer(0), /no \.npy file/],
    [new TextEncoder().encode('not an array at all').buffer, /no \.npy file/],
    [npy({ fortran: 'True' }), /Fortran order: save numpy\.ascontiguousarray/],
    [npy({ descr: "'>f4'" }), /'?>f4'? is big-endian: save array\.astype\('<f4'\)/],
    [npy({ descr: "'<U5'" }), /dtype <U5 is no datatype/],
    [npy({ descr: "'<c8'" }), /dtype <c8 is no datatype/],
    [npy({ descr: "'|O'" }), /dtype \|O is no datatype/],
    [npy({ descr: "[('a', '<f4')]" }), /dtype a record is no datatype/],
    [npy({ data: Buffer.alloc(7) }), /holds 7 bytes/],
    [npy({ shape: '(99999999999, 99999999999)' }), /holds 8 bytes/],
    [npy({ header: 'nonsense' }), /header of the \.npy file is broken/],
    [npy().slice(0, 20), /header of the \.npy file is broken/],
  ]
  for (const [file, expected] of cases) assert.throws(() => readNpy(file), expected)
})
