import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import type { Outcome } from '@pelton/core'
import { Allocator, maxWaiting } from '../allocation/allocator.ts'
import {
  type DispatchSetting,
  type DispatchSettingOptions,
  codeOf,
  createDispatchSetting,
  settled,
} from '../fixtures/dispatch-setting.ts'
import { type HeldEvent, createEvent, createFakeRuntime, workerLost } from '../fixtures/fake-runtime.ts'

type SendOptions = Parameters<DispatchSetting['dispatcher']['dispatch']>[1]

interface BatchSetting extends DispatchSetting {
  send(bodies: string, options?: SendOptions): Promise<Outcome>[]
  /** The batches that a worker was given, each as the bodies of its events. */
  given(worker?: number): string[]
  batch(number: number, worker?: number): HeldEvent[]
}

async function create(options: DispatchSettingOptions = {}): Promise<BatchSetting> {
  const setting = await createDispatchSetting({ batch: { size: 3, timeoutMs: 1000 }, ...options })
  const batchesOf = (worker: number): HeldEvent[][] => setting.workers[worker]?.batches ?? []
  return {
    ...setting,
    send: (bodies, sendOptions) =>
      Array.from(bodies).map((body) => setting.dispatcher.dispatch(createEvent(body, body), sendOptions)),
    given: (worker = 0) => batchesOf(worker).map((batch) => batch.map(({ event }) => event.id).join('')),
    batch(number, worker = 0) {
      const batch = batchesOf(worker)[number]
      assert.ok(batch, `worker ${worker} has no batch ${number}`)
      return batch
    },
  }
}

async function codesOf(outcomes: Promise<Outcome>[]): Promise<string[]> {
  return (await Promise.all(outcomes)).map(codeOf)
}

describe('batches', () => {
  it('join no body that comes in pieces', async () => {
    const { dispatcher, given } = await create()
    const event = { ...createEvent('', 'a'), bodyPieces: [Buffer.from('x'), Buffer.from('y')] }
    Object.defineProperty(event, 'body', { get: () => assert.fail('the body was made') })
    void dispatcher.dispatch(event)
    for (const id of ['b', 'c']) void dispatcher.dispatch(createEvent('', id))
    assert.deepEqual(given(), ['abc'])
  })

  it('are handed over full at once, else after their time, and every event gets its own answer', async () => {
    const { send, given, batch, clock, seats, metrics } = await create({ concurrency: 2 })
    const outcomes = send('abcd')
    assert.deepEqual(given(), ['abc'])
    await clock.advance(1000)
    assert.deepEqual(given(), ['abc', 'd'])
    for (const held of [...batch(0), ...batch(1)]) held.answer(Buffer.from(held.event.id.toUpperCase()))
    const answers = (await Promise.all(outcomes)).map((outcome) =>
      outcome.status === 'handled' ? String(outcome.response.body) : '',
    )
    assert.deepEqual(answers, ['A', 'B', 'C', 'D'])
    await settled()
    assert.equal(seats[0]?.taken, 0)
    assert.equal(metrics.sum().get('handledSuccess'), 4)
    assert.equal(metrics.sum().get('durationCount'), 4)
  })

  it('run side by side over workers, and as many in one as its concurrency', async () => {
    const setting = await create({ workers: 2, concurrency: 2 })
    void setting.send('abcdefghijklmno')
    assert.deepEqual(
      setting.seats.map((seat) => seat.taken),
      [2, 2],
    )
    assert.deepEqual([setting.dispatcher.waiting, setting.dispatcher.inFlight], [3, 12])
    for (const held of setting.batch(0)) held.answer()
    await settled()
    assert.equal(setting.given(0).length + setting.given(1).length, 5)
    assert.deepEqual([setting.dispatcher.waiting, setting.dispatcher.inFlight], [0, 12])
  })

  it('hold their place until every event and every stream has ended', async () => {
    const { send, batch, seats } = await create()
    const [first, second, third] = send('abc')
    const finished = Promise.withResolvers<void>()
    const body = (async function* () {
      yield Buffer.from('chunk')
    })()
    batch(0)[0]?.answer()
    batch(0)[1]?.answer(body, finished.promise)
    assert.deepEqual(await codesOf([first, second] as Promise<Outcome>[]), ['handled', 'handled'])
    assert.equal(seats[0]?.taken, 1)
    batch(0)[2]?.answer()
    assert.equal(codeOf((await third) as Outcome), 'handled')
    await settled()
    assert.equal(seats[0]?.taken, 1)
    finished.resolve()
    await settled()
    assert.equal(seats[0]?.taken, 0)
  })

  it('are gathered without those whose callers leave, also while they wait for a worker', async () => {
    const { send, given, batch, allocator } = await create()
    const leaving = new AbortController()
    const [early] = send('x', { signal: leaving.signal })
    const first = send('a')
    leaving.abort()
    assert.equal(codeOf((await early) as Outcome), 'caller_left')
    first.push(...send('bc'))
    assert.deepEqual(given(), ['abc'])
    const leavingLate = new AbortController()
    const late = send('y', { signal: leavingLate.signal })
    void send('de')
    leavingLate.abort()
    assert.deepEqual(await codesOf(late), ['caller_left'])
    assert.equal(allocator.waiting, 1)
    for (const held of batch(0)) held.answer()
    assert.deepEqual(await codesOf(first), ['handled', 'handled', 'handled'])
    await settled()
    assert.deepEqual(given(), ['abc', 'de'])
  })

  it('leave the line when nobody of them is left', async () => {
    const { send, allocator, given, batch, dispatcher } = await create()
    void send('abc')
    const leaving = new AbortController()
    const outcomes = send('def', { signal: leaving.signal })
    assert.equal(allocator.waiting, 1)
    leaving.abort()
    assert.deepEqual(await codesOf(outcomes), ['caller_left', 'caller_left', 'caller_left'])
    assert.deepEqual([allocator.waiting, dispatcher.waiting], [0, 0])
    for (const held of batch(0)) held.answer()
    await settled()
    void send('ghi')
    assert.deepEqual(given(), ['abc', 'ghi'])
  })

  it('answer no_worker for each event after the wait, and go on', async () => {
    const { send, given, batch, clock, metrics } = await create({ workerWaitMs: 100 })
    void send('abc')
    const outcomes = send('def')
    await clock.advance(100)
    assert.deepEqual(await codesOf(outcomes), ['no_worker', 'no_worker', 'no_worker'])
    assert.equal(metrics.sum().get('allocationTimeouts'), 3)
    for (const held of batch(0)) held.answer()
    await settled()
    void send('ghi')
    assert.deepEqual(given(), ['abc', 'ghi'])
  })

  it('leave an event out when a wait of its own is over', async () => {
    const { send, given, batch, clock } = await create()
    void send('abc')
    const impatient = send('d', { deadlineMs: 50 })
    void send('e', { deadlineMs: 5000 })
    void send('f')
    await clock.advance(50)
    assert.deepEqual(await codesOf(impatient), ['no_worker'])
    for (const held of batch(0)) held.answer()
    await settled()
    assert.deepEqual(given(), ['abc', 'ef'])
    assert.equal(clock.pending, 0)
  })

  it('hold the events of a place together, each key in order', async () => {
    const { send, given } = await create({ workers: 2, concurrency: 4 })
    const keys = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5']
    for (let round = 0; round < 6; round++) for (const key of keys) void send(`${round}`, { key })
    const [left, right] = [given(0), given(1)]
    assert.ok(left.length > 0 && right.length > 0)
    for (const batches of [left, right]) {
      const rounds = Array.from(batches.join(''))
      assert.deepEqual(rounds, rounds.toSorted())
    }
  })

  it('make the events of a source when a worker is free, without those that it withdraws', async () => {
    const { dispatcher, send, given, batch, clock, seats } = await create({ batch: { size: 2, timeoutMs: 1000 } })
    void send('ab')
    let asked = 0
    const withdrawn = dispatcher.dispatch(() => void asked++)
    void send('c')
    const broken = dispatcher.dispatch(() => {
      throw new Error('no frame')
    })
    await clock.advance(1000)
    assert.equal(asked, 0)
    for (const held of batch(0)) held.answer()
    await settled()
    assert.deepEqual(given(), ['ab', 'c'])
    assert.equal(codeOf(await withdrawn), 'event_withdrawn')
    for (const held of batch(1)) held.answer()
    assert.equal(codeOf(await broken), 'dispatch_failed')
    await settled()
    assert.equal(seats[0]?.taken, 0)
  })

  it('are handed over again, as they are, when their worker dies before it begins them, twenty times at most', async () => {
    const { send, given, workers } = await create({ workers: 2 })
    const outcomes = send('abc')
    for (let attempt = 0; attempt < 20; attempt++) {
      for (const worker of workers) worker.held.splice(0).forEach((held) => held.fail(workerLost()))
      await settled()
    }
    assert.deepEqual([...given(0), ...given(1)], Array(20).fill('abc'))
    assert.deepEqual(await codesOf(outcomes), ['worker_lost', 'worker_lost', 'worker_lost'])
  })

  it('fail when their worker had begun them', async () => {
    const { send, batch } = await create()
    const outcomes = send('abc')
    for (const held of batch(0)) {
      held.begin(0)
      held.fail(workerLost())
    }
    assert.deepEqual(await codesOf(outcomes), ['worker_lost', 'worker_lost', 'worker_lost'])
  })

  it('answer event_timeout for each event at their deadline, with one decision about the worker', async () => {
    const setting = await create({ timeoutMs: 100, concurrency: 4, worker: { atDeadline: 'abort' } })
    const outcomes = setting.send('abc')
    for (const held of setting.batch(0)) held.begin(0)
    setting.batch(0)[0]?.answer()
    await setting.clock.advance(100)
    assert.deepEqual(await codesOf(outcomes), ['handled', 'event_timeout', 'event_timeout'])
    const signals = setting.batch(0).map(({ options }) => options.signal?.aborted)
    assert.deepEqual(signals, [false, true, true])
    assert.equal(setting.seats[0]?.timedOut, 1)
    assert.equal(setting.seats[0]?.taken, 1)
    for (const held of setting.batch(0)) held.answer()
    await settled()
    assert.deepEqual([setting.seats[0]?.timedOut, setting.seats[0]?.taken], [0, 0])
    assert.equal(setting.metrics.sum().get('eventTimeouts'), 2)
  })

  it('have the process ended that holds one batch over its deadline, once', async () => {
    const setting = await create({ timeoutMs: 100, worker: { atDeadline: 'kill' } })
    const outcomes = setting.send('abc')
    for (const held of setting.batch(0)) held.begin(0)
    await setting.clock.advance(100)
    assert.deepEqual(await codesOf(outcomes), ['event_timeout', 'event_timeout', 'event_timeout'])
    assert.equal(setting.replaced.length, 1)
  })

  it("reach the worker with each event's own signal and log", async () => {
    const { send, batch } = await create()
    const log = { level: 'info' as const, write: () => undefined }
    const leaving = new AbortController()
    void send('a', { log })
    void send('b', { signal: leaving.signal })
    void send('c')
    assert.deepEqual(
      batch(0).map(({ options }) => [options.log, options.signal]),
      [
        [log, undefined],
        [undefined, leaving.signal],
        [undefined, undefined],
      ],
    )
  })

  it('are kept back no more once the trigger drains', async () => {
    const { dispatcher, send, given, clock } = await create({ concurrency: 8 })
    void send('ab')
    dispatcher.drain()
    assert.deepEqual(given(), ['ab'])
    void send('c')
    await clock.advance(0)
    assert.deepEqual(given(), ['ab', 'c'])
  })

  it('go along to new workers, gathered or waiting, by the new rules', async () => {
    const { dispatcher, send, allocator, clock, given } = await create()
    void send('abc')
    const waiting = send('def')
    const gathered = send('g')
    const next = new Allocator(1, clock)
    const worker = await createFakeRuntime({ answers: true }).spawn({} as never)
    next.add({ index: 0, worker, capacity: 1, taken: 0, timedOut: 0, retired: false, replace: () => undefined })
    dispatcher.use(next, { workerWaitMs: 10_000 })
    allocator.stop()
    assert.deepEqual(await codesOf([...waiting, ...gathered]), ['handled', 'handled', 'handled', 'handled'])
    assert.deepEqual(given(), ['abc'])
  })

  it('answer too_many_waiting when too many events wait, however few batches these are', async () => {
    const { dispatcher, send } = await create({ batch: { size: 10_000, timeoutMs: 1000 } })
    for (let i = 0; i < 10_000 + maxWaiting; i++) void dispatcher.dispatch(createEvent())
    assert.deepEqual(await codesOf(send('x')), ['too_many_waiting'])
  })

  it('leave nothing running when there is nothing to do', async () => {
    const { send, batch, clock } = await create()
    const { signal } = new AbortController()
    const outcomes = send('ab', { signal })
    await clock.advance(1000)
    for (const held of batch(0)) held.answer()
    await codesOf(outcomes)
    assert.equal(clock.pending, 0)
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})
