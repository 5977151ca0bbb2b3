import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { type Datatype, fromFloat32, toFloat32, writeRaw } from '@pelton/protocols/inference'
import fc from 'fast-check'

type Elements = ArrayLike<number | bigint | string | Uint8Array>

const { readElements, writeElements } = (await import(new URL('./datatypes.js', import.meta.url).href)) as {
  readElements(datatype: Datatype, bytes: Uint8Array): Elements
  writeElements(datatype: Datatype, values: Elements): Uint8Array
}

const texts = (elements: Elements): string[] => Array.from(elements, String)

test('16-bit floats are rounded and read as the server does', () => {
  for (const datatype of ['FP16', 'BF16'] as const) {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        const bits = new Uint16Array(writeElements(datatype, values).buffer)
        const expected = fromFloat32(datatype, Float64Array.from(values))
        const read = toFloat32(datatype, expected)
        // NaN has many bits.
        assert.deepEqual([...toFloat32(datatype, bits)], [...read])
        assert.deepEqual(texts(readElements(datatype, new Uint8Array(expected.buffer))), texts(read))
      }),
    )
  }
})

test('every pattern of 16 bits is the number that it is to the server', () => {
  const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index)
  for (const datatype of ['FP16', 'BF16'] as const) {
    const read = readElements(datatype, new Uint8Array(bits.buffer))
    assert.deepEqual(Array.from(read), [...toFloat32(datatype, bits)])
  }
})

test('elements come back as they were, wherever their bytes lie', () => {
  const cases: [Datatype, Elements][] = [
    ['INT64', [-(2n ** 63n), 2n ** 63n - 1n]],
    ['UINT64', [2n ** 64n - 1n]],
    ['FP64', [0.1, Infinity]],
    ['INT8', [-128, 127]],
    ['BOOL', [0, 1]],
  ]
  for (const [datatype, values] of cases) {
    const shifted = Uint8Array.from([0, 0, 0, ...writeElements(datatype, values)]).subarray(3)
    assert.deepEqual(texts(readElements(datatype, shifted)), texts(values), datatype)
  }
})

test('texts are framed as the protocol says', () => {
  const data = ['', 'grüße'].map((text) => new TextEncoder().encode(text))
  const raw = writeElements('BYTES', ['', 'grüße'])
  assert.deepEqual(Buffer.from(raw), Buffer.from(writeRaw({ data })))
  assert.deepEqual([...(readElements('BYTES', raw) as Uint8Array[])], data)
})

test('what a whole number cannot be is refused', () => {
  const cases: [Datatype, Elements][] = [
    ['UINT8', [256]],
    ['INT8', [-129]],
    ['INT32', [1.5]],
    ['INT64', [NaN]],
    ['UINT64', [-1n]],
    ['INT32', [2n ** 40n]],
  ]
  for (const [datatype, values] of cases)
    assert.throws(() => writeElements(datatype, values), { message: `${String(values[0])} is no ${datatype}` })
  assert.deepEqual(texts(readElements('INT64', writeElements('INT64', [3, -4]))), ['3', '-4'])
})
