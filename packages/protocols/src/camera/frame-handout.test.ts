import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DispatchOptions, type EventData, type Outcome, PeltonError } from '@pelton/core'
import { FakeClock, eventData, handled, waitUntil, within } from '@pelton/testkit'
import { type FrameChain, FrameHandout } from './frame-handout.ts'

const noWorker: Outcome = {
  status: 'failed',
  error: new PeltonError('no_worker', 'no worker was free', { blame: 'user', retryable: true, help: '' }),
}

/** A dispatch whose workers a test frees, one after the other. */
function setUp(places: number, chain?: FrameChain<string>) {
  const clock = new FakeClock()
  const waiting: { source: () => EventData | undefined; options: DispatchOptions; end: (outcome: Outcome) => void }[] =
    []
  const seen: string[] = []
  const sequences: (number | undefined)[] = []
  const ends: object[] = []
  const counted = { free: 0 }
  const running: ((outcome?: Outcome) => void)[] = []
  const handout = new FrameHandout<string>({
    context: {
      clock,
      dispatch: (source, options = {}) =>
        new Promise((end) => waiting.push({ source: source as () => EventData, options, end })),
    },
    places,
    ...(chain ? { chain } : {}),
    toEvent: (frame) => eventData(frame),
    onEnd: (end) => ends.push(end),
    onFree: () => (counted.free += 1),
  })
  /** A worker is free for the dispatch that has waited longest. */
  const free = (): void => {
    const next = waiting.shift()
    assert.ok(next, 'nothing waits')
    const event = next.source()
    if (!event) return next.end(noWorker)
    seen.push(Buffer.from(event.body).toString())
    sequences.push(next.options.sequence)
    running.push((outcome = handled()) => next.end(outcome))
  }
  return { clock, handout, waiting, seen, sequences, ends, counted, running, free }
}

test('a worker that becomes free gets the frame that is newest by then', async () => {
  const { handout, waiting, seen, free, clock } = setUp(2)
  for (const frame of ['1', '2', '3']) handout.offer(frame)
  assert.equal(waiting.length, 1, 'for one frame one worker')
  await clock.advance(40)
  handout.offer('4')
  await clock.advance(10)
  free()
  assert.deepEqual(seen, ['4'])
  const { ageMsLast, ageMsSum, ...counts } = handout.counts
  assert.deepEqual([ageMsLast, ageMsSum], [10, 10])
  assert.deepEqual(counts, { offered: 4, handedOut: 1, superseded: 3 })
})

test('at most so many frames are handed out at a time, with numbers in their order', async () => {
  const { handout, waiting, seen, sequences, running, free } = setUp(2)
  for (const frame of ['1', '2']) {
    handout.offer(frame)
    free()
  }
  handout.offer('3')
  handout.offer('4')
  assert.equal(waiting.length, 0)
  running[1]?.()
  await waitUntil('the next', () => waiting.length === 1)
  free()
  running[0]?.()
  handout.offer('5')
  await waitUntil('the next', () => waiting.length === 1)
  free()
  assert.deepEqual(seen, ['1', '2', '4', '5'])
  assert.deepEqual(sequences, [0, 1, 2, 3])
})

test('a newer frame is wanted while a place is free, or waits for its worker', async () => {
  const { handout, waiting, counted, running, free } = setUp(1)
  const state = (): boolean[] => [handout.hasWaiting, handout.wantsNewer]
  assert.deepEqual(state(), [false, true])
  handout.offer('1')
  assert.deepEqual(state(), [true, true])
  free()
  assert.deepEqual(state(), [false, false])
  handout.offer('2')
  assert.deepEqual(state(), [true, false])
  running[0]?.()
  await waitUntil('the next', () => waiting.length === 1)
  assert.deepEqual(state(), [true, true])
  assert.equal(counted.free, 0, 'the one that waited took the place')
  free()
  running[1]?.()
  await waitUntil('the free place', () => counted.free === 1)
  assert.deepEqual(state(), [false, true])
  handout.stop()
  assert.deepEqual(state(), [false, false])
})

test('the age of a frame counts from when its maker says; frames that gave way before they were made count as superseded', async () => {
  const { clock, handout, free } = setUp(1)
  await clock.advance(100)
  handout.countSuperseded(3)
  handout.offer('1', 70)
  free()
  assert.deepEqual(handout.counts, { offered: 4, handedOut: 1, superseded: 3, ageMsSum: 30, ageMsLast: 30 })
})

test('a frame that found no worker in time stays until the next one, which asks again', async () => {
  const { handout, waiting, seen, ends, counted, free } = setUp(1)
  handout.offer('1')
  waiting.shift()?.end(noWorker)
  await waitUntil('the end', () => ends.length === 1)
  assert.equal(waiting.length, 0, 'or a worker wait of 0 would turn in circles')
  assert.deepEqual([counted.free, handout.wantsNewer], [1, true])
  handout.offer('2')
  free()
  assert.deepEqual(seen, ['2'])
})

test('it is idle when all that was handed out has ended; after a stop nothing is handed out, and what waits is withdrawn', async () => {
  const { handout, waiting, seen, ends, running, free } = setUp(2)
  await handout.idle()
  handout.offer('1')
  free()
  handout.offer('2')
  handout.stop()
  handout.offer('3')
  let isIdle = false
  const idle = handout.idle().then(() => (isIdle = true))
  free()
  running[0]?.()
  await within('idle', idle)
  assert.deepEqual([isIdle, seen, waiting.length], [true, ['1'], 0])
  assert.deepEqual(ends, [{ status: 200 }])
})

/** Key frames are in upper case; those in lower case need what was before them. */
const chain: FrameChain<string> = {
  continues: (frame) => frame === frame.toLowerCase(),
  bytes: (frame) => (frame === 'huge' ? 17 << 20 : 1),
}

test('frames of a chain go out in order, beginning with one that stands alone; the next such one lets go what waits', async () => {
  const { handout, seen, running, waiting, free } = setUp(1, chain)
  const offer = (...frames: string[]): void => frames.forEach((frame) => handout.offer(frame))
  const next = async (): Promise<void> => {
    running.at(-1)?.()
    await waitUntil('the next', () => waiting.length === 1)
    free()
  }
  offer('a', 'b', 'K', 'c', 'd')
  free()
  await next()
  assert.deepEqual(seen, ['K', 'c'])
  offer('e', 'L', 'f')
  await next()
  await next()
  assert.deepEqual(seen, ['K', 'c', 'L', 'f'])
  offer('g')
  await next()
  assert.deepEqual(seen.at(-1), 'g')
  const { offered, handedOut, superseded } = handout.counts
  assert.deepEqual({ offered, handedOut, superseded }, { offered: 9, handedOut: 5, superseded: 4 })
})

test('a chain takes a worker for each of its frames while there are free ones', () => {
  const { handout, seen, free } = setUp(2, chain)
  for (const frame of ['K', 'a']) {
    handout.offer(frame)
    free()
  }
  assert.deepEqual(seen, ['K', 'a'])
})

for (const [what, frames] of [
  ['many', Array.from({ length: 302 }, () => 'a')],
  ['large', ['a', 'huge']],
] as const) {
  test(`a chain of which too ${what} frames wait is let go up to the next that stands alone`, () => {
    const { handout, seen, free } = setUp(1, chain)
    for (const frame of ['K', ...frames, 'b']) handout.offer(frame)
    assert.equal(handout.counts.superseded, frames.length + 2)
    handout.offer('L')
    free()
    assert.deepEqual(seen, ['L'])
  })
}
