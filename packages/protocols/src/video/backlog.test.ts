import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from './backlog.ts'

const key = { bytes: 10, isKey: true }
const next = { bytes: 10, isKey: false }

test('units are admitted while the oldest that waits is young enough, and again from a key picture on', () => {
  const backlog = new Backlog({ ms: 100, bytes: 1_000, units: 100 })
  assert.ok(backlog.admit(key, 0))
  assert.ok(backlog.admit(next, 100))
  assert.equal(backlog.admit(next, 101), false)
  assert.ok(backlog.isDropping)
  assert.equal(backlog.admit(key, 102), false)
  backlog.finish(2)
  assert.equal(backlog.waiting, 0)
  assert.equal(backlog.admit(next, 103), false)
  assert.ok(backlog.admit(key, 104))
  assert.ok(backlog.admit(next, 105))
})

test('bytes and units that wait are bounded, but one unit of any size goes through', () => {
  const backlog = new Backlog({ ms: 100, bytes: 25, units: 3 })
  assert.ok(backlog.admit({ bytes: 100, isKey: true }, 0))
  backlog.finish(1)
  assert.ok(backlog.admit(next, 0))
  assert.ok(backlog.admit(next, 0))
  assert.equal(backlog.admit(next, 0), false)
  backlog.finish(Infinity)
  for (const unit of [
    { bytes: 1, isKey: true },
    { bytes: 1, isKey: false },
    { bytes: 1, isKey: false },
  ]) {
    assert.ok(backlog.admit(unit, 0))
  }
  assert.equal(backlog.admit({ bytes: 1, isKey: true }, 0), false)
})
