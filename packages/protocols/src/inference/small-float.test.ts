import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromFloat32, smallFloatBits, toFloat32 } from './small-float.ts'

/** Not in the library's types yet. */
const halves = DataView.prototype as unknown as {
  getFloat16(this: DataView, at: number): number
  setFloat16(this: DataView, at: number, value: number): void
}
const view = new DataView(new ArrayBuffer(4))
const everyBits = Uint16Array.from({ length: 0x1_0000 }, (_, bits) => bits)
const known = [
  [1, 0x3c00, 0x3f80],
  [-2, 0xc000, 0xc000],
  [65_504, 0x7bff, 0x4780],
  [65_520, 0x7c00, 0x4780],
  [2 ** -24, 0x0001, 0x3380],
  [2 ** -25, 0x0000, 0x3300],
  [1 + 2 ** -11, 0x3c00, 0x3f80],
  [1 + 3 * 2 ** -11, 0x3c02, 0x3f80],
  [1 + 2 ** -8, 0x3c04, 0x3f80],
  [1 + 3 * 2 ** -8, 0x3c0c, 0x3f82],
  [-0, 0x8000, 0x8000],
  [Number.POSITIVE_INFINITY, 0x7c00, 0x7f80],
  [Number.NEGATIVE_INFINITY, 0xfc00, 0xff80],
  [3.4e38, 0x7c00, 0x7f80],
  [1e-45, 0x0000, 0x0000],
] as const

test('the bits of FP16 are the numbers that DataView reads', () => {
  const values = toFloat32('FP16', everyBits)
  for (const bits of everyBits) {
    view.setUint16(0, bits)
    const expected = halves.getFloat16.call(view, 0)
    if (!Object.is(values[bits], expected)) assert.equal(values[bits], expected, `bits ${bits}`)
  }
})

test('the bits of BF16 are the upper half of a single', () => {
  const values = toFloat32('BF16', everyBits)
  for (const bits of everyBits) {
    view.setUint32(0, bits << 16)
    if (!Object.is(values[bits], view.getFloat32(0))) assert.fail(`bits ${bits}`)
  }
})

test('all bits but those of NaN survive the way to singles and back', () => {
  for (const datatype of ['FP16', 'BF16'] as const) {
    const values = toFloat32(datatype, everyBits)
    const bits = fromFloat32(datatype, values)
    for (const before of everyBits) {
      if (Number.isNaN(values[before])) assert.ok(Number.isNaN(toFloat32(datatype, bits.subarray(before))[0]))
      else assert.equal(bits[before], before)
    }
  }
})

test('numbers are rounded to the nearest, ties to even, and are infinite beyond the range', () => {
  for (const [value, half, brain] of known) {
    assert.equal(smallFloatBits('FP16', value), half, `FP16 of ${value}`)
    assert.equal(smallFloatBits('BF16', value), brain, `BF16 of ${value}`)
  }
})

test('FP16 is rounded as DataView does, BF16 as by adding half a step to the bits of a single', () => {
  const anyValue = fc.oneof(fc.double(), fc.double({ min: -70_000, max: 70_000 }), fc.double({ min: -1e-4, max: 1e-4 }))
  fc.assert(
    fc.property(anyValue, (value) => {
      halves.setFloat16.call(view, 0, value)
      if (!Number.isNaN(value)) assert.equal(smallFloatBits('FP16', value), view.getUint16(0))
    }),
  )
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      view.setFloat32(0, value)
      const bits = view.getUint32(0)
      assert.equal(smallFloatBits('BF16', value), (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16)
    }),
  )
})
