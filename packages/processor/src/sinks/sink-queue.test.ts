import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SinkQueue } from './sink-queue.ts'

interface Numbered {
  number: number
  bytes: number
}

const entry = (number: number, bytes = 1): Numbered => ({ number, bytes })
const numbers = (entries: readonly Numbered[]): number[] => entries.map(({ number }) => number)

test('oldest gives way to what comes, newest turns it away', () => {
  const oldest = new SinkQueue<Numbered>({ queueSize: 2, maxQueueBytes: 100, drop: 'oldest' })
  assert.deepEqual(
    [1, 2, 3].map((number) => numbers(oldest.push(entry(number)))),
    [[], [], [1]],
  )
  assert.deepEqual(numbers(oldest.clear()), [2, 3])
  const newest = new SinkQueue<Numbered>({ queueSize: 2, maxQueueBytes: 100, drop: 'newest' })
  assert.deepEqual(
    [1, 2, 3].map((number) => numbers(newest.push(entry(number)))),
    [[], [], [3]],
  )
  assert.deepEqual(numbers(newest.clear()), [1, 2])
})

test('bytes are a bound too: several small ones give way to a large one', () => {
  const queue = new SinkQueue<Numbered>({ queueSize: 10, maxQueueBytes: 10, drop: 'oldest' })
  for (const number of [1, 2, 3]) queue.push(entry(number, 3))
  assert.equal(queue.hasRoom(1), true)
  assert.equal(queue.hasRoom(2), false)
  assert.deepEqual(numbers(queue.push(entry(4, 7))), [1, 2])
  assert.equal(queue.bytes, 10)
})

test('what is put back stands before what came meanwhile', () => {
  const queue = new SinkQueue<Numbered>({ queueSize: 2, maxQueueBytes: 100, drop: 'oldest' })
  for (const number of [1, 2]) queue.push(entry(number))
  const taken = [queue.shift(), queue.shift()].filter((one) => one !== undefined)
  for (const number of [3, 4]) queue.push(entry(number))
  queue.restore(taken)
  assert.equal(queue.length, 4)
  assert.deepEqual(numbers(queue.push(entry(5))), [1, 2, 3], 'then the oldest go first')
  assert.deepEqual(numbers(queue.clear()), [4, 5])
})

test('nothing is lost unsaid, order is kept, and the bounds hold, whatever comes', () => {
  const step = fc.oneof(fc.record({ bytes: fc.integer({ min: 0, max: 20 }) }), fc.constant('take' as const))
  const rules = fc.record({
    queueSize: fc.integer({ min: 1, max: 5 }),
    maxQueueBytes: fc.integer({ min: 20, max: 60 }),
    drop: fc.constantFrom('oldest' as const, 'newest' as const, 'block' as const),
  })
  fc.assert(
    fc.property(rules, fc.array(step, { maxLength: 3000 }), (given, steps) => {
      const queue = new SinkQueue<Numbered>(given)
      const taken: number[] = []
      const dropped: number[] = []
      let count = 0
      for (const one of steps) {
        if (one === 'take') {
          const next = queue.shift()
          if (next) taken.push(next.number)
        } else dropped.push(...numbers(queue.push(entry(count++, one.bytes))))
        assert.ok(queue.length <= given.queueSize && queue.bytes <= given.maxQueueBytes)
      }
      const left = queue.clear()
      assert.equal(queue.bytes, 0)
      const kept = [...taken, ...numbers(left)]
      assert.deepEqual(
        kept,
        kept.toSorted((a, b) => a - b),
      )
      assert.deepEqual(
        [...kept, ...dropped].toSorted((a, b) => a - b),
        Array.from({ length: count }, (_, i) => i),
      )
    }),
    { numRuns: 200 },
  )
})
