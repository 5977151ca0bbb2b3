import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DueFrames } from './due-frames.ts'

function framesOf(...numbers: [number, isPaced: boolean][]): DueFrames {
  const frames = new DueFrames()
  for (const [number, isPaced] of numbers) frames.add({ number, at: number, atMs: number, rtpTimestamp: 0, isPaced })
  return frames
}

const isDue = (frames: DueFrames, number: number): boolean | undefined => frames.take(number)?.isDue

test('a picture is due when the pace took it, or when it stands for one that it took and that was let go', () => {
  const frames = framesOf([1, true], [2, false], [3, false], [4, true])
  assert.equal(frames.hasOwed, true)
  assert.equal(isDue(frames, 2), true)
  assert.equal(isDue(frames, 3), false)
  assert.equal(isDue(frames, 4), true)
  assert.equal(frames.hasOwed, false)
  assert.equal(isDue(frames, 4), undefined)
})

test('pictures may come in another order than their access units', () => {
  const frames = framesOf([1, true], [2, true], [3, true])
  assert.deepEqual(
    [1, 3, 2].map((number) => isDue(frames, number)),
    [true, true, true],
  )
})

test('frames that give no picture are forgotten in time', () => {
  const numbers = Array.from({ length: 600 }, (_, index): [number, boolean] => [index + 1, true])
  const frames = framesOf(...numbers)
  assert.equal(frames.take(88), undefined)
  assert.equal(frames.take(89)?.frame.at, 89)
  assert.equal(isDue(frames, 600), true)
  assert.equal(frames.hasOwed, false)
})
