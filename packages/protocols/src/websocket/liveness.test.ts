import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Liveness } from './liveness.ts'

test('silence calls for a ping, and further silence is death', () => {
  const liveness = new Liveness(100, 0, 0)
  assert.deepEqual(
    [50, 99, 100, 150, 199, 200].map((now) => liveness.look(now)),
    ['none', 'none', 'ping', 'none', 'none', 'dead'],
  )
})

test('whatever comes answers a ping', () => {
  const liveness = new Liveness(100, 0, 0)
  assert.equal(liveness.look(100), 'ping')
  liveness.hear()
  assert.deepEqual(
    [150, 249, 250].map((now) => liveness.look(now)),
    ['none', 'none', 'ping'],
  )
})

test('a connection is idle without messages, however many pongs come', () => {
  const liveness = new Liveness(0, 100, 0)
  liveness.hear()
  assert.equal(liveness.look(60), 'none')
  liveness.act()
  assert.equal(liveness.look(90), 'none')
  liveness.hear()
  assert.equal(liveness.look(189), 'none')
  assert.equal(liveness.look(190), 'idle')
})

test('intervals of zero are off', () => {
  assert.equal(new Liveness(0, 0, 0).look(1e9), 'none')
})
