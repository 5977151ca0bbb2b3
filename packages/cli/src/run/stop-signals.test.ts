import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { listenForStop } from './stop-signals.ts'

test('a signal that is delivered twice at once is one; a later one ends at once with 128 plus its number', async (t) => {
  const clock = new FakeClock()
  const ends: number[] = []
  const signals = listenForStop((exitCode) => ends.push(exitCode), clock)
  t.after(() => signals.close())
  assert.equal(signals.hasCome(), false)
  process.emit('SIGINT', 'SIGINT')
  assert.equal(signals.hasCome(), true)
  assert.equal(await signals.first, 'SIGINT')
  process.emit('SIGINT', 'SIGINT')
  await clock.advance(250)
  process.emit('SIGTERM', 'SIGTERM')
  assert.deepEqual(ends, [])
  await clock.advance(1)
  process.emit('SIGTERM', 'SIGTERM')
  process.emit('SIGINT', 'SIGINT')
  assert.deepEqual(ends, [143, 130])
})

test('who has closed leaves the signals to the system', () => {
  const before = process.listenerCount('SIGINT')
  const signals = listenForStop(() => undefined)
  assert.equal(process.listenerCount('SIGINT'), before + 1)
  signals.close()
  assert.equal(process.listenerCount('SIGINT'), before)
})
