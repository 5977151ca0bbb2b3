import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { Batcher } from './batcher.ts'

function create(size: number, timeoutMs: number): { clock: FakeClock; batcher: Batcher<string>; left: string[] } {
  const clock = new FakeClock()
  const left: string[] = []
  return { clock, left, batcher: new Batcher({ size, timeoutMs }, clock, (batch) => left.push([...batch].join(''))) }
}

describe('batcher', () => {
  it('lets a full batch go at once and starts the next one', () => {
    const { batcher, left, clock } = create(3, 1000)
    for (const item of 'abcdefg') batcher.add(item)
    assert.deepEqual(left, ['abc', 'def'])
    assert.equal(clock.pending, 1)
  })

  it('lets what there is go when the time after the first item is over', async () => {
    const { batcher, left, clock } = create(3, 1000)
    batcher.add('a')
    await clock.advance(900)
    batcher.add('b')
    await clock.advance(99)
    assert.deepEqual(left, [])
    await clock.advance(1)
    assert.deepEqual(left, ['ab'])
    await clock.advance(500)
    batcher.add('c')
    await clock.advance(999)
    assert.deepEqual(left, ['ab'])
    await clock.advance(1)
    assert.deepEqual(left, ['ab', 'c'])
  })

  it('has no timer while it is empty', async () => {
    const { batcher, left, clock } = create(3, 1000)
    assert.equal(clock.pending, 0)
    batcher.add('a')
    assert.equal(batcher.delete('a'), true)
    assert.equal(batcher.delete('a'), false)
    assert.equal(clock.pending, 0)
    await clock.advance(5000)
    assert.deepEqual(left, [])
  })

  it('leaves out what was taken out, and lets everything be taken out', async () => {
    const { batcher, left, clock } = create(3, 1000)
    for (const item of 'ab') batcher.add(item)
    batcher.delete('a')
    for (const item of 'cd') batcher.add(item)
    assert.deepEqual(left, ['bcd'])
    batcher.add('e')
    assert.deepEqual([...batcher.clear()], ['e'])
    await clock.advance(5000)
    batcher.flush()
    assert.deepEqual(left, ['bcd'])
  })
})
