import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longestSide, scaleToFit } from './scale-to-fit.ts'

test('a picture that fits is given back as it is', () => {
  const pixels = { data: Buffer.alloc(12), width: 2, height: 2 }
  assert.equal(scaleToFit(pixels), pixels)
})

test('a larger one has means for pixels, and keeps its shape', () => {
  const [width, height] = [2 * longestSide, 4]
  const data = Buffer.alloc(width * height * 3)
  for (let index = 0; index < data.length; index++) data[index] = Math.floor(index / 3) % 2 === 0 ? 100 : 201
  const scaled = scaleToFit({ data, width, height })
  assert.deepEqual([scaled.width, scaled.height, scaled.data.length], [longestSide, 2, longestSide * 2 * 3])
  assert.ok(scaled.data.every((level) => level === 151))
})

test('a line of pixels keeps one', () => {
  const { width, height } = scaleToFit({ data: Buffer.alloc(3 * 65_535), width: 65_535, height: 1 })
  assert.deepEqual([width, height], [longestSide, 1])
})
