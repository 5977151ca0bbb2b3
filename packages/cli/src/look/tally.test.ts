import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Tally } from './tally.ts'

/** 25 frames a second of 1,000 bytes from `from` on, a key frame of 5,000 every 10; gives when the next one is due. */
function feed(tally: Tally, from: number, frames: number): number {
  for (let frame = 0; frame < frames; frame++) {
    const bytes = frame % 10 === 0 ? 5_000 : 1_000
    tally.addBytes(bytes)
    tally.addUnit(bytes, frame % 10 === 0, from + 40 * frame)
  }
  return from + 40 * frames
}

test('an interval tells rate, bit rate, size and the distance of key frames', () => {
  const tally = new Tally(100)
  tally.begin(500)
  feed(tally, 520, 25)
  const first = tally.interval(1_500, undefined)
  assert.deepEqual(first, {
    elapsedMs: 1_000,
    units: 25,
    unitsPerSecond: 25,
    bitsPerSecond: 8 * 37_000,
    unitBytes: 1_480,
    keyInterval: { ms: 400, units: 10 },
    ageMs: 20,
  })
})

test('the rate is that of the source, whether one frame more or less falls into the interval', () => {
  const tally = new Tally(0)
  tally.begin(0)
  let due = feed(tally, 10, 25)
  tally.interval(999, undefined)
  due = feed(tally, due, 26)
  assert.equal(tally.interval(2_049, undefined).unitsPerSecond, 25)
  due = feed(tally, due, 24)
  assert.equal(tally.interval(3_000, undefined).unitsPerSecond, 25)
  assert.equal(due, 3_010)
})

test('an interval without frames has rate 0, and says how long ago the last one was', () => {
  const tally = new Tally(0)
  tally.begin(0)
  const empty = tally.interval(1_000, undefined)
  assert.deepEqual(
    [empty.unitsPerSecond, empty.bitsPerSecond, empty.unitBytes, empty.ageMs, empty.keyInterval],
    [0, 0, undefined, undefined, undefined],
  )
  tally.addUnit(10, false, 1_500)
  tally.interval(2_000, undefined)
  const silent = tally.interval(3_000, undefined)
  assert.deepEqual([silent.units, silent.unitsPerSecond, silent.ageMs], [0, 0, 1_500])
  tally.addUnit(10, false, 3_500)
  assert.equal(tally.interval(4_000, undefined).unitsPerSecond, 0.5)
})

test('the total spans all intervals, and the highest jitter of any of them', () => {
  const tally = new Tally(0)
  tally.begin(50)
  tally.begin(700)
  feed(tally, 100, 25)
  tally.addDropped(2)
  tally.interval(1_050, { received: 90, lost: 1, jitterMs: 7 })
  feed(tally, 1_100, 25)
  const { unitBytes, keyMs, keyUnits, ...total } = tally.total(2_050, { received: 180, lost: 3, jitterMs: 2 })
  assert.deepEqual(total, {
    elapsedMs: 2_000,
    firstMs: 100,
    units: 50,
    unitsPerSecond: 25,
    bytes: 74_000,
    bitsPerSecond: 8 * 37_000,
    dropped: 2,
    keys: 6,
    reception: { received: 180, lost: 3, jitterMs: 2 },
    mostJitterMs: 7,
  })
  assert.deepEqual([unitBytes.least, unitBytes.mean, unitBytes.most], [1_000, 1_480, 5_000])
  assert.deepEqual([keyMs.count, keyMs.least, keyMs.most], [5, 200, 400])
  assert.deepEqual([keyUnits.least, keyUnits.most], [5, 10])
})

test('nothing that came makes a number that is none', () => {
  const tally = new Tally(0)
  const { unitBytes, keyMs, ...total } = tally.total(1_000, undefined)
  assert.deepEqual([total.elapsedMs, total.unitsPerSecond, total.bitsPerSecond, total.firstMs], [0, 0, 0, undefined])
  assert.deepEqual([unitBytes.mean, keyMs.mean], [0, 0])
})

test('whatever comes when, figures are finite, and intervals add up to the total', () => {
  const step = fc.record({ ms: fc.nat(3_000), bytes: fc.nat(100_000), isKey: fc.boolean(), isEnd: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const tally = new Tally(0)
      let now = 0
      let units = 0
      tally.begin(0)
      for (const { ms, bytes, isKey, isEnd } of steps) {
        now += ms
        tally.addBytes(bytes)
        tally.addUnit(bytes, isKey, now)
        if (!isEnd) continue
        const interval = tally.interval(now, undefined)
        units += interval.units
        assert.ok(Number.isFinite(interval.unitsPerSecond) && interval.unitsPerSecond >= 0)
        assert.ok(Number.isFinite(interval.bitsPerSecond) && interval.bitsPerSecond >= 0)
      }
      units += tally.interval(now, undefined).units
      assert.equal(units, steps.length)
      const total = tally.total(now, undefined)
      assert.ok(Number.isFinite(total.unitsPerSecond) && Number.isFinite(total.bitsPerSecond))
    }),
  )
})
