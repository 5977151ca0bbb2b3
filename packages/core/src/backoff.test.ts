import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backoffMs } from './backoff.ts'

describe('back-off', () => {
  it('doubles from 100 ms to 30 s, each drawn from the upper half', () => {
    assert.equal(backoffMs(1, undefined, 1), 100)
    assert.equal(backoffMs(1, undefined, 0), 50)
    assert.equal(backoffMs(4, undefined, 1), 800)
    assert.equal(backoffMs(1000, undefined, 1), 30_000)
  })
})
