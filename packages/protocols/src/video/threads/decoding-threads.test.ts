import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { FakeClock, waitUntil } from '@pelton/testkit'
import { createDecodingThreads, type DecodingThreads, type DecodingThreadsOptions } from './decoding-threads.ts'
import { notingTaker, type NotingTaker, pushUnit } from '../fixtures/noting-taker.ts'
import type { VideoDecoder } from '../video-decoder.ts'

const key = { bytes: Buffer.alloc(100), isKey: true }
const next = { bytes: Buffer.alloc(100), isKey: false }

function createThreads(t: TestContext, options: DecodingThreadsOptions = {}): DecodingThreads {
  const threads = createDecodingThreads({
    most: 2,
    entry: new URL('fixtures/fake-entry.ts', import.meta.url),
    ...options,
  })
  t.after(() => threads.close())
  return threads
}

async function open(threads: DecodingThreads, module: string): Promise<{ decoder: VideoDecoder; taker: NotingTaker }> {
  const taker = notingTaker()
  const decoder = await threads.open({ by: 'node-av', codec: 'h264', format: 'rgb', module, turbo: undefined, taker })
  return { decoder, taker }
}

test('a thread that is stuck is abandoned: all of its streams are lost, those of others are not', async (t) => {
  const clock = new FakeClock()
  const threads = createThreads(t, { clock })
  const first = await open(threads, 'stuck')
  const other = await open(threads, 'good')
  const second = await open(threads, 'good')
  pushUnit(first.decoder, key, { tag: 1 })
  pushUnit(other.decoder, key, { tag: 1 })
  // The other thread answers after it is done with the unit.
  const beside = await open(threads, 'good')
  beside.decoder.close()
  await clock.advance(9_000)
  assert.deepEqual(first.taker.lost, [])
  await clock.advance(4_000)
  assert.deepEqual(
    [first, other, second].map(({ taker }) => taker.lost.length),
    [1, 0, 1],
  )
  // It is taken no more, and another one takes its place.
  pushUnit(first.decoder, key, { tag: 2 })
  first.decoder.close()
  const third = await open(threads, 'good')
  pushUnit(third.decoder, key, { tag: 2 })
  assert.deepEqual(third.taker.lost, [])
})

test('while many threads are stuck no other is started', async (t) => {
  const clock = new FakeClock()
  const threads = createThreads(t, { clock, most: 1 })
  for (let count = 0; count < 4; count++) {
    const { decoder, taker } = await open(threads, 'deaf')
    pushUnit(decoder, key, { tag: 1 })
    await clock.advance(12_000)
    assert.equal(taker.lost.length, 1)
  }
  await assert.rejects(open(threads, 'good'), /4 threads of decoders are stuck/)
  await waitUntil('one has come back', () =>
    open(threads, 'good').then(
      () => true,
      () => false,
    ),
  )
})

test('what comes faster than it is decoded is dropped up to a key picture, and is told after push', async (t) => {
  const clock = new FakeClock()
  const { decoder, taker } = await open(createThreads(t, { clock }), 'stuck')
  pushUnit(decoder, key, { tag: 1 })
  await clock.advance(2_001)
  pushUnit(decoder, next, { tag: 2 })
  pushUnit(decoder, key, { tag: 3 })
  assert.equal(taker.calls, 0)
  await waitUntil('the drops', () => taker.dropped.decoder_late === 2)
  assert.equal(taker.calls, 1)
  pushUnit(decoder, next, { tag: 4 })
  decoder.close()
  await Promise.resolve()
  assert.equal(taker.calls, 1)
})

test('a thread that makes progress is never late nor given up', async (t) => {
  const clock = new FakeClock()
  const threads = createThreads(t, { clock, most: 1 })
  const { decoder, taker } = await open(threads, 'good')
  for (let tag = 0; tag < 20; tag++) {
    pushUnit(decoder, next, { tag })
    // The answer comes after the unit is done with.
    const other = await open(threads, 'good')
    other.decoder.close()
    await clock.advance(2_500)
  }
  assert.equal(taker.calls, 0)
  decoder.close()
})

test('a stream that gets nowhere, or does not open, is lost alone while its thread goes on with others', async (t) => {
  const clock = new FakeClock()
  const threads = createThreads(t, { clock, most: 1 })
  const busy = await open(threads, 'good')
  const stuck = await open(threads, 'stuck')
  const silent = open(threads, 'silent')
  const refused = assert.rejects(silent, /did not open within 30000 ms/)
  pushUnit(stuck.decoder, key, { tag: 1 })
  for (let tag = 0; tag < 16; tag++) {
    const isLost = stuck.taker.lost.length > 0
    assert.equal(isLost, tag > 4, `after ${tag * 2} s`)
    pushUnit(busy.decoder, next, { tag })
    // The answer comes after the unit is done with. It is settled by the next push, not by a look.
    const other = await open(threads, 'good')
    other.decoder.close()
    pushUnit(busy.decoder, next, { tag })
    await clock.advance(2_000)
  }
  assert.deepEqual(stuck.taker.lost, ['it decoded nothing for 10000 ms'])
  await refused
  assert.equal(busy.taker.calls, 0)
  busy.decoder.close()
})

test('a thread that falls over loses its streams; the next stream has a new one', async (t) => {
  const threads = createThreads(t, { most: 1 })
  const { decoder, taker } = await open(threads, 'crash')
  pushUnit(decoder, key, { tag: 1 })
  await waitUntil('the loss', () => taker.lost.length > 0)
  assert.deepEqual(taker.lost, ['its thread failed: it has fallen over'])
  await open(threads, 'good')
})

test('a stream is refused with the reason, and one that is not answered in time', async (t) => {
  const clock = new FakeClock()
  const threads = createThreads(t, { clock, most: 1 })
  await assert.rejects(open(threads, 'refuse'), { message: 'it would not' })
  const silent = open(threads, 'silent')
  silent.catch(() => undefined)
  await clock.advance(30_000)
  await assert.rejects(silent, /did not open within 30000 ms/)
  await open(threads, 'good')
})

test('a thread without a stream ends after a while; close ends all, and a stream of theirs is lost', async (t) => {
  const threads = createThreads(t, { idleMs: 1 })
  const first = await open(threads, 'good')
  first.decoder.close()
  await waitUntil('its thread has ended', async () => {
    await threads.close()
    return true
  })
  const second = await open(threads, 'good')
  await threads.close()
  assert.equal(first.taker.calls, 0)
  assert.deepEqual(second.taker.lost, ['its thread was asked to end'])
})
