import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FinishedTriggers } from './finished-triggers.ts'

describe('finished triggers', () => {
  it('end the processor when the last of them has finished, as a failure when one has failed', () => {
    const finished = new FinishedTriggers()
    assert.equal(finished.end(['a', 'b']), undefined)
    finished.add('a', { failed: true })
    assert.equal(finished.end(['a', 'b']), undefined)
    finished.add('b', { failed: false })
    assert.deepEqual(finished.end(['a', 'b']), { failed: true })
  })

  it('end it beside triggers that serve on only when told so', () => {
    const finished = new FinishedTriggers()
    finished.add('job', { failed: false })
    assert.equal(finished.end(['job', 'http']), undefined)
    const told = new FinishedTriggers()
    told.add('job', { failed: false, endsProcess: true })
    assert.deepEqual(told.end(['job', 'http']), { failed: false })
  })

  it('keep it when one of them wants that', () => {
    const finished = new FinishedTriggers()
    finished.add('a', { failed: false, endsProcess: false })
    finished.add('b', { failed: false })
    assert.equal(finished.end(['a', 'b']), undefined)
  })

  it('do not count one that has started anew', () => {
    const finished = new FinishedTriggers()
    finished.add('a', { failed: true })
    finished.forget('a')
    assert.equal(finished.end(['a']), undefined)
  })

  it('count the first result of each, and none of triggers that are gone', () => {
    const finished = new FinishedTriggers()
    finished.add('a', { failed: false })
    finished.add('a', { failed: true })
    finished.add('gone', { failed: true })
    assert.deepEqual(finished.end(['a']), { failed: false })
    assert.equal(finished.end([]), undefined)
  })
})
