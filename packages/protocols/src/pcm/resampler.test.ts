import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { Resampler } from './resampler.ts'

/** A tone of one frequency in each channel, at 0.5 of what is loudest. */
function tone(rate: number, seconds: number, frequencies: readonly number[]): Buffer {
  const frames = rate * seconds
  const bytes = Buffer.alloc(frames * frequencies.length * 2)
  for (let index = 0, at = 0; index < frames; index += 1) {
    for (const hertz of frequencies) {
      at = bytes.writeInt16LE(Math.round(16_384 * Math.sin((2 * Math.PI * hertz * index) / rate)), at)
    }
  }
  return bytes
}

const samplesOf = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(2 * index))

for (const [from, to] of [
  [44_100, 16_000],
  [8_000, 16_000],
  [48_000, 16_000],
  [16_000, 44_100],
  [44_101, 16_000],
] as const) {
  test(`a tone of ${from} samples a second is the same tone at ${to}, in each channel`, () => {
    const wanted = samplesOf(tone(to, 1, [440, 1_000]))
    const given = samplesOf(new Resampler({ from, to, channels: 2 }).push(tone(from, 1, [440, 1_000])))
    assert.ok(given.length <= wanted.length && given.length > wanted.length - 200, `${given.length} samples`)
    for (let index = 400; index < given.length - 400; index += 1) {
      assert.ok(Math.abs(given[index]! - wanted[index]!) < 100, `${index}: ${given[index]} for ${wanted[index]}`)
    }
  })
}

test('what the lower rate cannot hold is left out, not folded back', () => {
  const given = samplesOf(new Resampler({ from: 48_000, to: 16_000, channels: 1 }).push(tone(48_000, 1, [11_000])))
  assert.ok(given.slice(100).every((sample) => Math.abs(sample) < 200))
})

test('loud samples stay within 16 bits', () => {
  const square = Buffer.alloc(4_000)
  for (let index = 0; index < 2_000; index += 1) square.writeInt16LE(index % 40 < 20 ? 32_767 : -32_768, 2 * index)
  const given = samplesOf(new Resampler({ from: 8_000, to: 16_000, channels: 1 }).push(square))
  assert.equal(Math.max(...given), 32_767)
})

test('how the samples are cut changes nothing', () => {
  const rates = fc.constantFrom(8_000, 11_025, 16_000, 44_100, 48_000)
  const bytes = tone(8_000, 0.2, [300, 700])
  fc.assert(
    fc.property(rates, rates, fc.array(fc.nat({ max: 700 }), { maxLength: 6 }), (from, to, cuts) => {
      const whole = new Resampler({ from, to, channels: 2 }).push(bytes)
      const cut = new Resampler({ from, to, channels: 2 })
      const places = [0, ...cuts.toSorted((a, b) => a - b).map((frame) => 4 * frame), bytes.length]
      const parts = places.slice(1).map((end, index) => cut.push(bytes.subarray(places[index], end)))
      assert.deepEqual(Buffer.concat(parts), whole)
    }),
    { numRuns: 60 },
  )
})
