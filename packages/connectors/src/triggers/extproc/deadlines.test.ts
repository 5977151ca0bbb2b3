import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import fc from 'fast-check'
import { Deadlines } from './deadlines.ts'

describe('Deadlines', () => {
  test('happen in the order of their times, whatever the order in which they were given', async () => {
    const clock = new FakeClock()
    const deadlines = new Deadlines(clock)
    const reached: string[] = []
    for (const [name, ms] of Object.entries({ b: 20, d: 40, a: 10, c: 30 })) {
      deadlines.add(clock.now() + ms, () => reached.push(name))
    }
    await clock.advance(25)
    assert.deepEqual(reached, ['a', 'b'])
    await clock.advance(25)
    assert.deepEqual(reached, ['a', 'b', 'c', 'd'])
  })

  test('do not happen once they are cancelled, not even twice, and not after clear', async () => {
    const clock = new FakeClock()
    const deadlines = new Deadlines(clock)
    const reached: number[] = []
    const each = [10, 20, 30].map((ms) => deadlines.add(clock.now() + ms, () => reached.push(ms)))
    each[1]?.cancel()
    each[1]?.cancel()
    await clock.advance(20)
    each[0]?.cancel()
    deadlines.clear()
    await clock.advance(20)
    assert.deepEqual(reached, [10])
  })

  test('are each reached once or cancelled, in any mixture', async () => {
    const steps = fc.array(fc.record({ ms: fc.integer({ min: 0, max: 50 }), cancels: fc.boolean() }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const clock = new FakeClock()
        const deadlines = new Deadlines(clock)
        const reached: number[] = []
        given.forEach(({ ms, cancels }, at) => {
          const deadline = deadlines.add(clock.now() + ms, () => reached.push(at))
          if (cancels) deadline.cancel()
        })
        await clock.advance(60)
        const expected = given.flatMap(({ cancels }, at) => (cancels ? [] : [at]))
        assert.deepEqual(
          reached.toSorted((a, b) => a - b),
          expected,
        )
      }),
    )
  })
})
