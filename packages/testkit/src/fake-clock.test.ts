import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from './fake-clock.ts'

test('timers fire at their own time, in order, and only when time moves', async () => {
  const clock = new FakeClock()
  const fired: string[] = []
  clock.after(20, () => fired.push(`b at ${clock.now()}`))
  clock.after(10, () => fired.push(`a at ${clock.now()}`))
  clock.after(99, () => fired.push('never'))
  await clock.advance(50)
  assert.deepEqual(fired, ['a at 10', 'b at 20'])
  assert.equal(clock.now(), 50)
  assert.equal(clock.pending, 1)
})

test('a timer that was cancelled does not fire', async () => {
  const clock = new FakeClock()
  clock.after(5, () => assert.fail('fired')).cancel()
  await clock.advance(10)
  assert.equal(clock.pending, 0)
})

test('timers that a timer sets within the step fire within it', async () => {
  const clock = new FakeClock()
  let ticks = 0
  const tick = (): void => {
    ticks += 1
    clock.after(10, tick)
  }
  clock.after(10, tick)
  await clock.advance(35)
  assert.equal(ticks, 3)
})

test('a sleep ends with time, or at once when its signal aborts', async () => {
  const clock = new FakeClock()
  const abort = new AbortController()
  const slept = clock.sleep(1000)
  const aborted = clock.sleep(1000, abort.signal)
  abort.abort()
  await aborted
  assert.equal(clock.pending, 1)
  await clock.advance(1000)
  await slept
})

test('the wall clock moves with it', async () => {
  const clock = new FakeClock(1000)
  await clock.advance(5)
  assert.equal(clock.wall(), 1005)
})

test('what fell due while time went on without it fires late, in its order', async () => {
  const clock = new FakeClock()
  const fired: string[] = []
  clock.after(20, () => fired.push(`second at ${clock.now()}`))
  clock.after(10, () => fired.push(`first at ${clock.now()}`))
  clock.after(1_010, () => fired.push(`third at ${clock.now()}`))
  clock.sleepThrough(1_000)
  assert.deepEqual(fired, [])
  await clock.advance(50)
  assert.deepEqual(fired, ['first at 1000', 'second at 1000', 'third at 1010'])
  assert.equal(clock.now(), 1_050)
})
