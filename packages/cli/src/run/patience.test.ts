import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { createPatience } from './patience.ts'

function begin() {
  const clock = new FakeClock()
  const { promise: first, resolve: interrupt } = Promise.withResolvers<NodeJS.Signals>()
  const said: string[] = []
  const ends: number[] = []
  const patience = createPatience({
    signals: { first },
    terminal: { say: (text) => void said.push(text) },
    endNow: (exitCode) => void ends.push(exitCode),
    clock,
  })
  return { clock, interrupt, said, ends, patience }
}

test('who waits for a handler is told so once, after three seconds', async () => {
  const { clock, said, ends } = begin()
  await clock.advance(2999)
  assert.deepEqual(said, [])
  await clock.advance(60_000)
  assert.deepEqual(said, ['the handler has not answered for 3 s; Ctrl+C ends it\n'])
  assert.deepEqual(ends, [])
})

test('a signal asks the handler to end, and two seconds later ends it', async () => {
  const { clock, interrupt, said, ends, patience } = begin()
  interrupt('SIGINT')
  await clock.advance(1999)
  assert.equal(patience.signal.aborted, true)
  assert.deepEqual(ends, [])
  await clock.advance(1)
  assert.deepEqual(ends, [130])
  assert.deepEqual(said, ['stopped: the handler went on for 2 s after SIGINT\n'])
})

test('who reads a long answer is told nothing, and may still end it', async () => {
  const { clock, interrupt, said, ends, patience } = begin()
  patience.answered()
  await clock.advance(60_000)
  assert.deepEqual(said, [])
  interrupt('SIGTERM')
  await clock.advance(2000)
  assert.deepEqual(ends, [143])
})

test('a handler that answers in time is neither complained of nor ended', async () => {
  const { clock, interrupt, said, ends, patience } = begin()
  patience.close()
  interrupt('SIGTERM')
  await clock.advance(60_000)
  assert.deepEqual([said, ends], [[], []])
})
