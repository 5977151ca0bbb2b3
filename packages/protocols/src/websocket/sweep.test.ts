import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { sweepOf } from './sweep.ts'

const member = (): { looks: number[]; sweep(now: number): void } => {
  const looks: number[] = []
  return { looks, sweep: (now) => looks.push(now) }
}

test('members of a clock are looked at together, as often as the most impatient of them asks', async () => {
  const clock = new FakeClock()
  const [patient, impatient] = [member(), member()]
  sweepOf(clock).add(patient, 5_000)
  sweepOf(clock).add(impatient, 300)
  await clock.advance(900)
  assert.deepEqual(patient.looks, [300, 600, 900])
  assert.deepEqual(impatient.looks, [300, 600, 900])
  assert.equal(clock.pending, 1)
})

test('members that keep coming put nothing off', async () => {
  const clock = new FakeClock()
  const first = member()
  sweepOf(clock).add(first, 300)
  for (let times = 0; times < 10; times++) {
    await clock.advance(100)
    sweepOf(clock).add(member(), 300)
  }
  assert.deepEqual(first.looks, [300, 600, 900])
})

test('after a sleep of this process nobody is judged before what came meanwhile could be read', async () => {
  const clock = new FakeClock()
  const one = member()
  sweepOf(clock).add(one, 300)
  clock.sleepThrough(60_000)
  await clock.advance(299)
  assert.deepEqual(one.looks, [])
  await clock.advance(1)
  assert.deepEqual(one.looks, [60_300])
})

test('the timer ends with the last member, also when that leaves during a look', async () => {
  const clock = new FakeClock()
  const leaving = { sweep: (): void => sweepOf(clock).delete(leaving) }
  sweepOf(clock).add(leaving, 100)
  await clock.advance(1_000)
  assert.equal(clock.pending, 0)
})
