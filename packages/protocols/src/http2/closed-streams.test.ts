import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClosedStreams } from './closed-streams.ts'

test('it tells those that were cut from those that ended, and those it does not know', () => {
  const closed = new ClosedStreams()
  closed.add(1, false)
  closed.add(3, true)
  assert.deepEqual(
    [1, 3, 5].map((id) => closed.how(id)),
    ['ended', 'cut', 'unknown'],
  )
})

test('the oldest are forgotten', () => {
  const closed = new ClosedStreams()
  for (let id = 1; id < 2 ** 14; id += 2) closed.add(id, id % 3 === 0)
  assert.equal(closed.how(1), 'unknown')
  assert.equal(closed.how(2 ** 14 - 1), 'cut')
  closed.add(2 ** 31 - 1, true)
  assert.equal(closed.how(2 ** 31 - 1), 'cut')
})
