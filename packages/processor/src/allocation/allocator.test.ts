import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import fc from 'fast-check'
import { Allocator, type Refusal, type WaitOptions, maxWaiting, placeOfKey } from './allocator.ts'
import type { Seat } from './seat.ts'

function createSeat(index: number, capacity = 1): Seat {
  return {
    index,
    capacity,
    taken: 0,
    timedOut: 0,
    retired: false,
    worker: { handle: () => assert.fail('not called'), ping: () => Promise.resolve(true) },
    replace: () => undefined,
  }
}

function wait(allocator: Allocator, options: Partial<WaitOptions> = {}): Promise<Seat | Refusal> {
  return new Promise((resolve) => allocator.wait({ waitMs: 1000, bytes: 0, ...options }, resolve, resolve))
}

describe('allocator', () => {
  it('gives out distinct workers, then makes the next event wait for the one released', async () => {
    const clock = new FakeClock()
    const allocator = new Allocator(2, clock)
    allocator.add(createSeat(0))
    allocator.add(createSeat(1))
    const first = allocator.take()
    const second = allocator.take()
    assert.ok(first && second && first !== second)
    assert.equal(allocator.take(), undefined)
    const refused = wait(allocator, { waitMs: 50 })
    await clock.advance(50)
    assert.equal(await refused, 'timeout')
    const third = wait(allocator)
    allocator.release(second)
    assert.equal(await third, second)
    assert.equal(clock.pending, 0)
  })

  it('does not wait at all when the wait is 0', async () => {
    assert.equal(await wait(new Allocator(1, new FakeClock()), { waitMs: 0 }), 'timeout')
  })

  it('prefers the least loaded worker', () => {
    const allocator = new Allocator(3, new FakeClock())
    const seats = [createSeat(0, 10), createSeat(1, 10), createSeat(2, 10)]
    for (const seat of seats) allocator.add(seat)
    for (let i = 0; i < 9; i++) allocator.take()
    assert.deepEqual(
      seats.map((seat) => seat.taken),
      [3, 3, 3],
    )
  })

  it('keeps a key on one worker although others are free', async () => {
    const allocator = new Allocator(2, new FakeClock())
    const seats = [createSeat(0), createSeat(1)]
    for (const seat of seats) allocator.add(seat)
    const place = placeOfKey('camera-1', 2)
    const seat = allocator.take('camera-1')
    assert.equal(seat?.index, place)
    assert.equal(allocator.take('camera-1'), undefined)
    const next = wait(allocator, { key: 'camera-1' })
    const free = wait(allocator)
    assert.equal(((await free) as Seat).index, 1 - place)
    assert.ok(seat)
    allocator.release(seat)
    assert.equal(await next, seat)
  })

  it('lets a caller that left lose its turn', async () => {
    const allocator = new Allocator(1, new FakeClock())
    const seat = createSeat(0)
    allocator.add(seat)
    allocator.take()
    const leaving = new AbortController()
    const first = wait(allocator, { signal: leaving.signal })
    const second = wait(allocator)
    leaving.abort()
    assert.equal(await first, 'left')
    allocator.release(seat)
    assert.equal(await second, seat)
  })

  it('refuses more than it can bear', async () => {
    const allocator = new Allocator(1, new FakeClock())
    for (let i = 0; i < maxWaiting; i++) void wait(allocator)
    assert.equal(await wait(allocator), 'full')
    const bytes = new Allocator(1, new FakeClock())
    void wait(bytes, { bytes: 200 * 1024 * 1024 })
    assert.equal(await wait(bytes, { bytes: 100 * 1024 * 1024 }), 'full')
  })

  it('refuses everyone once it is stopped', async () => {
    const allocator = new Allocator(1, new FakeClock())
    const waiting = wait(allocator)
    allocator.stop()
    assert.equal(await waiting, 'stopped')
    assert.equal(await wait(allocator), 'stopped')
    assert.equal(allocator.take(), undefined)
  })

  it('seats waiting events in their order when a worker is added', async () => {
    const allocator = new Allocator(1, new FakeClock())
    const order: number[] = []
    const both = [1, 2].map((n) => wait(allocator).then(() => order.push(n)))
    allocator.add(createSeat(0, 2))
    await Promise.all(both)
    assert.deepEqual(order, [1, 2])
  })

  it('never overfills a worker and loses nobody, whatever comes and goes', async () => {
    const step = fc.constantFrom('take', 'keyed', 'release', 'wait')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 3 }), async (steps, capacity) => {
        const clock = new FakeClock()
        const allocator = new Allocator(2, clock)
        const seats = [createSeat(0, capacity), createSeat(1, capacity)]
        for (const seat of seats) allocator.add(seat)
        const held: Seat[] = []
        let asked = 0
        let answered = 0
        const ask = (key?: string): void => {
          asked++
          void wait(allocator, key === undefined ? {} : { key }).then((seat) => {
            answered++
            if (typeof seat !== 'string') held.push(seat)
          })
        }
        for (const [i, what] of steps.entries()) {
          if (what === 'release') {
            const seat = held.shift()
            if (seat) allocator.release(seat)
          } else if (what === 'take') {
            const seat = allocator.take()
            if (seat) held.push(seat)
          } else ask(what === 'keyed' ? `key ${i % 5}` : undefined)
          await Promise.resolve()
          for (const seat of seats) assert.ok(seat.taken >= 0 && seat.taken <= capacity)
        }
        await clock.advance(1001)
        assert.equal(answered, asked)
        assert.equal(allocator.waiting, 0)
      }),
      { numRuns: 50 },
    )
  })
})
