import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Allocator, maxWaiting } from '../allocation/allocator.ts'
import { codeOf, createDispatchSetting, settled } from '../fixtures/dispatch-setting.ts'
import { createEvent, createFakeRuntime, workerLost } from '../fixtures/fake-runtime.ts'

describe('dispatch', () => {
  it('hands an event to a worker and gives the place back with the answer', async () => {
    const { dispatcher, workers, seats, metrics } = await createDispatchSetting()
    const outcome = dispatcher.dispatch(createEvent('hello'))
    workers[0]?.held[0]?.answer(Buffer.from('answer'))
    assert.equal(codeOf(await outcome), 'handled')
    assert.equal(seats[0]?.taken, 0)
    assert.equal(metrics.sum().get('handledSuccess'), 1)
    assert.equal(metrics.sum().get('durationCount'), 1)
  })

  it('holds the place until a streamed body has been produced', async () => {
    const { dispatcher, workers, seats } = await createDispatchSetting()
    const finished = Promise.withResolvers<void>()
    const body = (async function* () {
      yield Buffer.from('chunk')
    })()
    const outcome = dispatcher.dispatch(createEvent())
    workers[0]?.held[0]?.answer(body, finished.promise)
    await outcome
    assert.equal(seats[0]?.taken, 1)
    finished.resolve()
    await settled()
    assert.equal(seats[0]?.taken, 0)
  })

  it('answers no_worker after the wait, and does not wait when told so', async () => {
    const { dispatcher, clock, metrics } = await createDispatchSetting()
    void dispatcher.dispatch(createEvent())
    assert.equal(codeOf(await dispatcher.dispatch(createEvent(), { deadlineMs: 0 })), 'no_worker')
    const waiting = dispatcher.dispatch(createEvent())
    await clock.advance(9999)
    await clock.advance(1)
    assert.equal(codeOf(await waiting), 'no_worker')
    assert.equal(metrics.sum().get('allocationTimeouts'), 2)
    assert.equal(metrics.sum().get('handledFailure'), 2)
  })

  it('asks a source for its newest event only when a worker is free, and lets it withdraw', async () => {
    const { dispatcher, workers, seats } = await createDispatchSetting()
    const first = dispatcher.dispatch(createEvent())
    let asked = 0
    const second = dispatcher.dispatch(() => {
      asked++
      return undefined
    })
    assert.equal(asked, 0)
    workers[0]?.held[0]?.answer()
    await first
    assert.equal(codeOf(await second), 'event_withdrawn')
    assert.equal(asked, 1)
    assert.equal(seats[0]?.taken, 0)
  })

  it('answers caller_left when the caller leaves the line', async () => {
    const { dispatcher } = await createDispatchSetting()
    void dispatcher.dispatch(createEvent())
    const leaving = new AbortController()
    const waiting = dispatcher.dispatch(createEvent(), { signal: leaving.signal })
    leaving.abort()
    assert.equal(codeOf(await waiting), 'caller_left')
  })

  it('answers too_many_waiting when the line is full', async () => {
    const { dispatcher } = await createDispatchSetting()
    for (let i = 0; i <= maxWaiting; i++) void dispatcher.dispatch(createEvent())
    assert.equal(codeOf(await dispatcher.dispatch(createEvent())), 'too_many_waiting')
  })

  it('answers dispatch_failed and gives the place back when the source throws', async () => {
    const { dispatcher, seats } = await createDispatchSetting()
    const outcome = await dispatcher.dispatch(() => {
      throw new Error('no frame')
    })
    assert.equal(codeOf(outcome), 'dispatch_failed')
    assert.equal(seats[0]?.taken, 0)
  })

  it('gives an event that its worker never began to other workers, twenty times at most', async () => {
    const { dispatcher, workers } = await createDispatchSetting({ workers: 2 })
    const outcome = dispatcher.dispatch(createEvent('x'))
    for (let attempt = 0; attempt < 20; attempt++) {
      assert.equal(workers.flatMap(({ held }) => held).length, 1)
      for (const worker of workers) worker.held.splice(0).forEach((held) => held.fail(workerLost()))
      await settled()
    }
    assert.equal(codeOf(await outcome), 'worker_lost')
  })

  it('fails an event that its worker had begun', async () => {
    const { dispatcher, workers } = await createDispatchSetting({ workers: 2 })
    const outcome = dispatcher.dispatch(createEvent('x'))
    const holder = workers.find((worker) => worker.held.length > 0)
    holder?.held[0]?.begin(0)
    holder?.held[0]?.fail(workerLost())
    assert.equal(codeOf(await outcome), 'worker_lost')
  })

  it('moves waiting events to new workers when the old ones are stopped', async () => {
    const { dispatcher, allocator, workers, clock } = await createDispatchSetting()
    void dispatcher.dispatch(createEvent())
    const waiting = dispatcher.dispatch(createEvent('second'))
    const next = new Allocator(1, clock)
    const runtime = createFakeRuntime({ answers: true })
    const worker = await runtime.spawn({} as never)
    next.add({ index: 0, worker, capacity: 1, taken: 0, timedOut: 0, retired: false, replace: () => undefined })
    dispatcher.use(next, { workerWaitMs: 10_000 })
    allocator.stop()
    assert.equal(codeOf(await waiting), 'handled')
    assert.equal(workers[0]?.held.length, 1)
  })
})

describe('event timeout', () => {
  it('answers at the deadline, aborts the signal and holds the place until the handler settles', async () => {
    const { dispatcher, workers, seats, clock } = await createDispatchSetting({ timeoutMs: 500 })
    const outcome = dispatcher.dispatch(createEvent())
    const held = workers[0]?.held[0]
    held?.begin(0)
    await clock.advance(499)
    assert.equal(held?.options.signal?.aborted, false)
    await clock.advance(1)
    assert.equal(codeOf(await outcome), 'event_timeout')
    assert.equal(held?.options.signal?.aborted, true)
    assert.equal(seats[0]?.taken, 1)
    held?.answer()
    await settled()
    assert.equal(seats[0]?.taken, 0)
    assert.equal(seats[0]?.timedOut, 0)
  })

  it('counts from when the worker begins the event', async () => {
    const { dispatcher, workers, clock } = await createDispatchSetting({ timeoutMs: 500, concurrency: 2 })
    const outcome = dispatcher.dispatch(createEvent())
    const held = workers[0]?.held[0]
    await clock.advance(800)
    held?.begin(800)
    await clock.advance(499)
    held?.answer(Buffer.from('in time'))
    assert.equal(codeOf(await outcome), 'handled')
  })

  it('has a worker replaced whose loop does not answer after the deadline', async () => {
    const { dispatcher, workers, clock, replaced } = await createDispatchSetting({ timeoutMs: 100 })
    void dispatcher.dispatch(createEvent())
    const worker = workers[0]
    if (worker) worker.alive = false
    worker?.held[0]?.begin(0)
    await clock.advance(100)
    assert.match(replaced[0] ?? '', /did not answer/)
  })

  it('has a worker replaced when timed-out events hold half of it for too long', async () => {
    const { dispatcher, workers, clock, replaced } = await createDispatchSetting({ timeoutMs: 100, concurrency: 4 })
    for (let i = 0; i < 2; i++) void dispatcher.dispatch(createEvent())
    for (const held of workers[0]?.held ?? []) held.begin(0)
    await clock.advance(100)
    await clock.advance(4999)
    assert.deepEqual(replaced, [])
    await clock.advance(1)
    assert.match(replaced[0] ?? '', /half/)
  })

  it('has a process ended at the deadline when the event is all that it held', async () => {
    const worker = { atDeadline: 'kill' } as const
    const setting = await createDispatchSetting({ timeoutMs: 100, concurrency: 4, worker })
    void setting.dispatcher.dispatch(createEvent())
    setting.workers[0]?.held[0]?.begin(0)
    await setting.clock.advance(100)
    assert.match(setting.replaced[0] ?? '', /only event/)
  })

  it('spares a process that holds other events at the deadline', async () => {
    const worker = { atDeadline: 'kill' } as const
    const setting = await createDispatchSetting({ timeoutMs: 100, concurrency: 4, worker })
    for (let i = 0; i < 2; i++) void setting.dispatcher.dispatch(createEvent())
    setting.workers[0]?.held[0]?.begin(0)
    await setting.clock.advance(100)
    assert.deepEqual(setting.replaced, [])
  })

  it('leaves a worker alone that one timed-out event of many holds', async () => {
    const { dispatcher, workers, clock, replaced } = await createDispatchSetting({ timeoutMs: 100, concurrency: 4 })
    void dispatcher.dispatch(createEvent())
    workers[0]?.held[0]?.begin(0)
    await clock.advance(60_000)
    assert.deepEqual(replaced, [])
  })

  it('breaks a stream off that idles for longer than the limit, not one that goes on', async () => {
    const { dispatcher, workers, clock } = await createDispatchSetting({ timeoutMs: 100 })
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const body = (async function* () {
      for (const gate of gates) {
        await gate.promise
        yield Buffer.from('chunk')
      }
    })()
    const outcome = dispatcher.dispatch(createEvent())
    const held = workers[0]?.held[0]
    held?.begin(0)
    held?.answer(body, new Promise(() => undefined))
    const result = await outcome
    assert.ok(result.status === 'handled' && result.response.body && !(result.response.body instanceof Uint8Array))
    const reader = result.response.body[Symbol.asyncIterator]()
    const first = reader.next()
    await clock.advance(90)
    gates[0]?.resolve()
    assert.equal((await first).done, false)
    await clock.advance(500)
    const second = reader.next()
    const broken = assert.rejects(second, { code: 'event_timeout' })
    await clock.advance(100)
    await broken
    assert.equal(held?.options.signal?.aborted, true)
  })

  it('follows the caller: leaving aborts the signal', async () => {
    const { dispatcher, workers } = await createDispatchSetting({ timeoutMs: 100 })
    const leaving = new AbortController()
    void dispatcher.dispatch(createEvent(), { signal: leaving.signal })
    leaving.abort()
    assert.equal(workers[0]?.held[0]?.options.signal?.aborted, true)
  })
})
