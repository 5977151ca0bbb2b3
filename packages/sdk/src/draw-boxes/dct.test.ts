import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { forwardDct, inverseDct } from './dct.ts'

const blocks = fc.array(fc.integer({ min: -1_024, max: 1_023 }), { minLength: 64, maxLength: 64 })

/** As ITU-T T.81 A.3.3 defines it. */
function defined(samples: readonly number[], across: number, down: number): number {
  let sum = 0
  for (let at = 0; at < 64; at++) {
    const column = Math.cos(((2 * (at % 8) + 1) * across * Math.PI) / 16)
    sum += samples[at]! * column * Math.cos(((2 * Math.floor(at / 8) + 1) * down * Math.PI) / 16)
  }
  return (sum / 4) * (across === 0 ? Math.SQRT1_2 : 1) * (down === 0 ? Math.SQRT1_2 : 1)
}

test('the transform is the one that the standard defines', () => {
  fc.assert(
    fc.property(blocks, (samples) => {
      const block = Float64Array.from(samples)
      forwardDct(block)
      assert.ok(block.every((value, at) => Math.abs(value - defined(samples, at % 8, Math.floor(at / 8))) < 1e-6))
    }),
    { numRuns: 20 },
  )
})

test('its inverse gives the samples again, also of blocks with empty columns', () => {
  fc.assert(
    fc.property(blocks, fc.integer({ min: 0, max: 255 }), (samples, empty) => {
      const some = samples.map((sample, at) => (((empty >> (at % 8)) & 1) === 0 ? sample : 0))
      const block = Float64Array.from(some)
      inverseDct(block)
      forwardDct(block)
      assert.ok(block.every((value, at) => Math.abs(value - some[at]!) < 1e-6))
    }),
  )
})
