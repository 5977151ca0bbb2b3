import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { Ticker } from './ticker.ts'

test('it keeps its pace in a steady flow, and rests without one', async () => {
  const clock = new FakeClock()
  const looks: number[] = []
  const ticker = new Ticker<string>(clock, 100, () => {
    looks.push(clock.now())
    return true
  })
  ticker.mark('a')
  await clock.advance(130)
  ticker.mark('a')
  await clock.advance(100)
  assert.deepEqual(looks, [100, 200])
  await clock.advance(1000)
  assert.equal(clock.pending, 0)
  ticker.mark('a')
  await clock.advance(100)
  assert.deepEqual(looks, [100, 200, 1330])
})

test('what it is not done with is looked at again at the next tick', async () => {
  const clock = new FakeClock()
  let looks = 0
  const ticker = new Ticker<string>(clock, 100, () => {
    looks += 1
    return looks === 3
  })
  ticker.mark('a')
  await clock.advance(1000)
  assert.equal(looks, 3)
})

test('stopped, it gives what it would have looked at', async () => {
  const clock = new FakeClock()
  const ticker = new Ticker<string>(clock, 100, () => assert.fail('no tick'))
  ticker.mark('a')
  ticker.mark('b')
  ticker.mark('a')
  assert.deepEqual(ticker.stop(), ['a', 'b'])
  await clock.advance(1000)
})
