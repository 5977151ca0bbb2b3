import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type PlacementFacts, choosePlacement } from './choose-placement.ts'

const best: PlacementFacts = {
  wanted: 'auto',
  hostsResidents: true,
  isolation: 'thread',
  replicable: true,
  concurrency: 1024,
  hasEventTimeout: false,
  sharesPool: false,
  batches: false,
  watches: false,
  traces: false,
}

describe('placement', () => {
  it('is in the worker when nothing stands against it', () => {
    assert.equal(choosePlacement(best).placement, 'worker')
  })

  const obstacles: [Partial<PlacementFacts>, RegExp][] = [
    [{ hostsResidents: false }, /runtime/],
    [{ isolation: 'process' }, /isolation/],
    [{ replicable: false }, /kind/],
    [{ concurrency: 1 }, /concurrency/],
    [{ hasEventTimeout: true }, /eventTimeout/],
    [{ sharesPool: true }, /shared/],
    [{ batches: true }, /batches/],
    [{ watches: true }, /watched/],
    [{ traces: true }, /traces/],
  ]
  for (const [obstacle, reason] of obstacles) {
    it(`is dispatched with ${JSON.stringify(obstacle)} and says why`, () => {
      const { placement, reason: given, obstacle: raised } = choosePlacement({ ...best, ...obstacle })
      assert.equal(placement, 'dispatched')
      assert.match(given, reason)
      assert.equal(raised, undefined)
    })

    it(`cannot be forced into the worker with ${JSON.stringify(obstacle)}`, () => {
      assert.match(choosePlacement({ ...best, ...obstacle, wanted: 'worker' }).obstacle ?? '', reason)
    })
  }

  it('can be forced to dispatched', () => {
    assert.equal(choosePlacement({ ...best, wanted: 'dispatched' }).placement, 'dispatched')
  })
})
