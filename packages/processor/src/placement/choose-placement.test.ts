import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type PlacementFacts, choosePlacement } from './choose-placement.ts'

const best: PlacementFacts = {
  wanted: 'auto',
  hostsResidents: true,
  isolation: 'thread',
  inWorkers: 'several',
  numWorkers: 2,
  concurrency: 1024,
  hasEventTimeout: false,
  sharesPool: false,
  sharesPort: false,
  batches: false,
  hasSinks: false,
  watches: false,
  reusesPorts: true,
  traces: false,
}

describe('placement', () => {
  it('is in the worker when nothing stands against it', () => {
    assert.equal(choosePlacement(best).placement, 'worker')
  })

  it('is in the worker for a kind that bears one copy where there is one worker', () => {
    assert.equal(choosePlacement({ ...best, inWorkers: 'single', numWorkers: 1 }).placement, 'worker')
  })

  const obstacles: [Partial<PlacementFacts>, RegExp][] = [
    [{ hostsResidents: false }, /runtime/],
    [{ isolation: 'process' }, /isolation/],
    [{ inWorkers: undefined }, /kind/],
    [{ inWorkers: 'single' }, /several workers/],
    [{ concurrency: 1 }, /concurrency/],
    [{ hasEventTimeout: true }, /eventTimeout/],
    [{ sharesPool: true }, /shared/],
    [{ sharesPort: true }, /port is shared/],
    [{ batches: true }, /batches/],
    [{ hasSinks: true }, /sinks/],
    [{ watches: true }, /watched/],
    [{ reusesPorts: false }, /on this system/],
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
