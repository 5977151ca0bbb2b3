import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

interface Layout {
  name: string
  isFirst: boolean
  channels: number
  height: number
  width: number
}

const pictures = (await import(new URL('./pictures.js', import.meta.url).href)) as {
  scales: Record<string, [factor: number, offset: number]>
  scalesOf(datatype: string): string[]
  layoutsOf(shape: number[]): Layout[]
  shapeOf(layout: Layout): number[]
  fromPixels(rgba: Uint8ClampedArray, layout: Layout, scale: [number, number]): Float64Array
  toPixels(values: ArrayLike<number>, layout: Layout, range: { min: number; max: number }): Uint8ClampedArray
  pictureLayout(shape: number[]): Layout | undefined
}
const { fromPixels, layoutsOf, pictureLayout, scales, scalesOf, shapeOf, toPixels } = pictures

const names = (shape: number[]): string[] => layoutsOf(shape).map(({ name }) => name)

test('shapes are pictures by their 1, 3 or 4 channels', () => {
  assert.deepEqual(names([1, 3, 224, 224]), ['NCHW'])
  assert.deepEqual(names([-1, 1, -1, -1]), ['NCHW'])
  assert.deepEqual(names([-1, 48, 192, 4]), ['NHWC'])
  assert.deepEqual(names([3, 10, 10]), ['CHW'])
  assert.deepEqual(names([1, 3, 3, 3]), ['NCHW', 'NHWC'])
  for (const shape of [[], [3], [1, 3], [8, 3, 10, 10], [1, 2, 10, 10], [1, 1, 3, 10, 10], [-1, -1, -1, -1]])
    assert.deepEqual(names(shape), [], String(shape))
  for (const shape of [
    [1, 3, 5, 7],
    [9, 8, 4],
  ])
    assert.deepEqual(layoutsOf(shape).map(shapeOf), [shape])
})

test('pixels are put where the layout has them', () => {
  const rgba = Uint8ClampedArray.of(255, 0, 51, 255, 102, 204, 153, 0)
  const [first] = layoutsOf([1, 3, 1, 2]) as [Layout]
  const [last] = layoutsOf([2, 2, 3]) as [Layout]
  assert.deepEqual([...fromPixels(rgba, first, [1, 0])], [255, 102, 0, 204, 51, 153])
  assert.deepEqual([...fromPixels(rgba, { ...last, height: 1, width: 2 }, [1, 0])], [255, 0, 51, 102, 204, 153])
  assert.deepEqual([...fromPixels(rgba, { ...first, channels: 1 }, [1, 0])], [82, 168])
  assert.deepEqual(
    [...fromPixels(rgba, first, scales['-1 to 1']!)].map((value) => Math.round(value * 10)),
    [10, -2, -10, 6, -6, 2],
  )
})

test('what was sent is seen again, whatever the layout and scale', () => {
  const pixel = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.constant(255))
  fc.assert(
    fc.property(fc.array(pixel, { minLength: 4, maxLength: 4 }), fc.boolean(), (pixels, isFirst) => {
      // Black and white are in it, so that the range tells the scale.
      const rgba = Uint8ClampedArray.from([...pixels.flat(), 0, 0, 0, 255, 255, 255, 255, 255])
      const layout = { name: '', isFirst, channels: 3, height: 2, width: 3 }
      for (const scale of Object.values(scales)) {
        const values = fromPixels(rgba, layout, scale)
        const range = { min: Math.min(...values), max: Math.max(...values) }
        assert.deepEqual(toPixels(values, layout, range), rgba)
      }
    }),
  )
})

test('a picture that is all one number is drawn, and numbers of any range are', () => {
  const layout = { name: '', isFirst: true, channels: 1, height: 1, width: 2 }
  assert.deepEqual([...toPixels([0, 0], layout, { min: 0, max: 0 })], [0, 0, 0, 255, 0, 0, 0, 255])
  assert.deepEqual([...toPixels([-700, 900], layout, { min: -700, max: 900 })].slice(0, 5), [0, 0, 0, 255, 255])
  assert.deepEqual([...toPixels([NaN, 1], layout, { min: NaN, max: NaN })].slice(3, 4), [255])
})

test('scales are those that the datatype can hold', () => {
  assert.deepEqual(scalesOf('FP16'), ['0 to 1', '0 to 255', '-1 to 1'])
  assert.deepEqual(['UINT8', 'INT8', 'INT64', 'BOOL'].flatMap(scalesOf), [
    '0 to 255',
    '-128 to 127',
    '0 to 255',
    '0 to 1',
  ])
})

test('an output is a picture from 8 pixels on', () => {
  assert.equal(pictureLayout([1, 3, 8, 8])?.name, 'NCHW')
  assert.equal(pictureLayout([1, 8, 9, 3])?.name, 'NHWC')
  assert.equal(pictureLayout([1, 3, 7, 9]), undefined)
  assert.equal(pictureLayout([1, 3, 100_000, 100_000]), undefined)
})
