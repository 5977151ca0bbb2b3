import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { OpenCalls, type TimedCall } from './open-calls.ts'

class Call implements TimedCall {
  dueAt: number
  slot = -1
  dueAts: number[] = []

  constructor(dueAt: number) {
    this.dueAt = dueAt
  }

  due(now: number): void {
    this.dueAts.push(now)
    this.dueAt = Infinity
  }
}

test('each call is told when it is due, by one timer', async () => {
  const clock = new FakeClock()
  const calls = new OpenCalls<Call>(clock)
  const [late, early, never] = [new Call(500), new Call(100), new Call(Infinity)]
  for (const call of [late, early, never]) calls.add(call)
  assert.equal(clock.pending, 1)
  await clock.advance(1_000)
  assert.deepEqual([late.dueAts, early.dueAts, never.dueAts], [[500], [100], []])
  assert.equal(clock.pending, 0)
})

test('a deadline that moves forward is kept once it is told', async () => {
  const clock = new FakeClock()
  const calls = new OpenCalls<Call>(clock)
  const call = new Call(5_000)
  calls.add(call)
  call.dueAt = 50
  calls.expect(50)
  await clock.advance(50)
  assert.deepEqual(call.dueAts, [50])
})

test('a call that is gone is told nothing', async () => {
  const clock = new FakeClock()
  const calls = new OpenCalls<Call>(clock)
  const call = new Call(50)
  calls.add(call)
  calls.delete(call)
  await clock.advance(100)
  assert.deepEqual(call.dueAts, [])
})

test('deadlines close together cost one look in 10 ms', async () => {
  const clock = new FakeClock()
  const calls = new OpenCalls<Call>(clock)
  const all = Array.from({ length: 100 }, (_, i) => new Call(10 + i / 10))
  for (const call of all) calls.add(call)
  await clock.advance(30)
  assert.deepEqual([...new Set(all.flatMap(({ dueAts }) => dueAts))], [10, 20])
})

test('empty resolves with the last call', async () => {
  const calls = new OpenCalls<Call>(new FakeClock())
  const call = new Call(Infinity)
  calls.add(call)
  const empty = calls.empty()
  calls.delete(call)
  await empty
})

test('calls that come and go in any order are all told, and only those that are open', async () => {
  const clock = new FakeClock()
  const calls = new OpenCalls<Call>(clock)
  const all = Array.from({ length: 50 }, () => new Call(100))
  for (const call of all) calls.add(call)
  for (const [i, call] of all.entries()) if (i % 3 !== 0) calls.delete(call)
  for (const call of all.slice(0, 10)) calls.delete(call)
  assert.equal(calls.size, 13)
  await clock.advance(100)
  assert.deepEqual(
    all.map(({ dueAts }) => dueAts.length),
    all.map((_, i) => (i >= 10 && i % 3 === 0 ? 1 : 0)),
  )
})

test('a call that is deleted when it is due hides no other', async () => {
  const clock = new FakeClock()
  const calls = new OpenCalls<Call>(clock)
  const all = Array.from({ length: 9 }, () => new Call(100))
  for (const call of all) {
    calls.add(call)
    call.due = (now) => {
      call.dueAts.push(now)
      calls.delete(call)
    }
  }
  await clock.advance(100)
  assert.deepEqual(
    all.flatMap(({ dueAts }) => dueAts),
    Array(9).fill(100),
  )
  assert.equal(calls.size, 0)
})
