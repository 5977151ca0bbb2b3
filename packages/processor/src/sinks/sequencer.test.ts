import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Sequencer, type SequencerRules } from './sequencer.ts'

function create(rules: Partial<SequencerRules> = {}): Sequencer<number> {
  return new Sequencer({ waitMs: 2000, mostHeld: 1000, mostBytes: 1000, ...rules })
}

test('answers leave in the order of their events', () => {
  const sequencer = create()
  for (const number of [7, 8, 9]) sequencer.expect(number)
  assert.deepEqual(sequencer.accept(9, 0, 9), [])
  assert.deepEqual(sequencer.accept(8, 0, 8), [])
  assert.equal(sequencer.held, 2)
  assert.deepEqual(sequencer.accept(7, 0, 7), [7, 8, 9])
  assert.equal(sequencer.dueAt, undefined)
})

test('an event without an answer counts as present', () => {
  const sequencer = create()
  for (const number of [1, 2]) sequencer.expect(number)
  assert.deepEqual(sequencer.accept(2, 0, 2), [])
  assert.deepEqual(sequencer.accept(1, 0), [2])
})

test('an answer is waited for until its time is over, then it is late', () => {
  const sequencer = create()
  for (const number of [1, 2, 3, 4]) sequencer.expect(number)
  sequencer.accept(2, 100, 2)
  sequencer.accept(4, 500, 4)
  assert.equal(sequencer.dueAt, 2100)
  assert.deepEqual(sequencer.skip(2099), [])
  assert.deepEqual(sequencer.skip(2100), [2])
  assert.equal(sequencer.isLate(1), true)
  assert.equal(sequencer.isLate(3), false)
  assert.equal(sequencer.dueAt, 2500, 'the next one is waited for since an answer waits for it')
  assert.deepEqual(sequencer.accept(3, 2200, 3), [3, 4])
  assert.equal(sequencer.isLate(3), true, 'the same number twice')
})

test('events that begin out of order begin with the lowest', () => {
  const sequencer = create()
  sequencer.expect(5)
  sequencer.expect(4)
  assert.deepEqual(sequencer.accept(5, 0, 5), [])
  assert.deepEqual(sequencer.accept(4, 0, 4), [4, 5])
})

test('it holds back no more than it may, by number and by bytes', () => {
  const byNumber = create({ mostHeld: 2 })
  byNumber.expect(0)
  assert.deepEqual(
    [2, 3, 5].map((number) => byNumber.accept(number, 0, number)),
    [[], [], [2, 3]],
  )
  const byBytes = create({ mostBytes: 10 })
  byBytes.expect(0)
  assert.deepEqual(byBytes.accept(1, 0, 1, 8), [])
  assert.deepEqual(byBytes.accept(2, 0, 2, 8), [1, 2])
})

test('after its end everything passes', () => {
  const sequencer = create()
  sequencer.expect(1)
  sequencer.accept(3, 0, 3)
  assert.deepEqual(sequencer.end(), [3])
  assert.equal(sequencer.isLate(1), false)
  assert.deepEqual(sequencer.accept(1, 0, 1), [1])
  assert.deepEqual(sequencer.accept(0, 0), [])
})

test('any order of answers leaves in order and whole, when none is waited for too long', () => {
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 1e9 }), fc.array(fc.nat(), { maxLength: 300 }), (first, keys) => {
      const sequencer = create({ waitMs: 1 })
      const all = keys.map((_, i) => first + i)
      for (const number of all) sequencer.expect(number)
      const shuffled = all.toSorted((a, b) => (keys[a - first] ?? 0) - (keys[b - first] ?? 0))
      const left = shuffled.flatMap((number) => sequencer.accept(number, 0, number))
      assert.deepEqual(left, all)
    }),
  )
})

test('whatever is missing or late: never out of order, never held beyond the bounds, nothing twice', () => {
  const step = fc.record({ number: fc.nat({ max: 60 }), waits: fc.nat({ max: 8 }), bytes: fc.nat({ max: 9 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const sequencer = create({ waitMs: 10, mostHeld: 8, mostBytes: 40 })
      const out: number[] = []
      const accepted: number[] = []
      let now = 0
      for (const { number, waits, bytes } of steps) {
        now += waits
        out.push(...sequencer.skip(now))
        assert.ok((sequencer.dueAt ?? Infinity) > now)
        if (sequencer.isLate(number)) continue
        accepted.push(number)
        out.push(...sequencer.accept(number, now, number, bytes))
        assert.ok(sequencer.held <= 8)
      }
      out.push(...sequencer.end())
      assert.equal(sequencer.held, 0)
      assert.deepEqual(
        out,
        out.toSorted((a, b) => a - b),
      )
      assert.deepEqual(
        out,
        accepted.toSorted((a, b) => a - b),
      )
    }),
    { numRuns: 500 },
  )
})
