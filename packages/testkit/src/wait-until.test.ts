import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitUntil, within } from './wait-until.ts'

test('it returns what it was waiting for', async () => {
  let looks = 0
  assert.equal(await waitUntil('third look', () => (++looks === 3 ? 'seen' : undefined)), 'seen')
})

test('at the deadline it names what did not happen', async () => {
  await assert.rejects(
    waitUntil('rain', () => false, { deadlineMs: 10 }),
    /rain: not within 10 ms, last seen false/,
  )
})

test('a promise that hangs is named', async () => {
  await assert.rejects(within('an answer', new Promise(() => undefined), 10), /an answer: not within 10 ms/)
  assert.equal(await within('an answer', Promise.resolve(1)), 1)
})
