import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf, createDispatchSetting, settled } from '../fixtures/dispatch-setting.ts'
import { createEvent } from '../fixtures/fake-runtime.ts'

describe('an event that is revoked', () => {
  it('fails at once, aborts its signal, and has the worker replaced that keeps it for a second', async () => {
    const { dispatcher, workers, clock, seats, replaced } = await createDispatchSetting()
    const revoke = new AbortController()
    const outcome = dispatcher.dispatch(createEvent(), { revoke: revoke.signal })
    workers[0]?.held[0]?.begin(0)
    revoke.abort()
    assert.equal(codeOf(await outcome), 'event_revoked')
    const reason: unknown = workers[0]?.held[0]?.options.signal?.reason
    assert.equal((reason as { code?: string }).code, 'event_revoked')
    assert.equal(seats[0]?.taken, 1)
    await clock.advance(999)
    assert.deepEqual(replaced, [])
    await clock.advance(1)
    assert.match(replaced[0] ?? '', /taken back/)
  })

  it('leaves a worker alone whose handler ends in time, or that holds other events', async () => {
    const { dispatcher, workers, clock, seats, replaced } = await createDispatchSetting({ concurrency: 4 })
    const revoke = new AbortController()
    const first = dispatcher.dispatch(createEvent(), { revoke: revoke.signal })
    void dispatcher.dispatch(createEvent())
    for (const held of workers[0]?.held ?? []) held.begin(0)
    revoke.abort()
    await first
    await clock.advance(60_000)
    assert.deepEqual(replaced, [])
    workers[0]?.held[0]?.answer()
    await settled()
    assert.equal(seats[0]?.taken, 1)
    assert.equal(seats[0]?.timedOut, 0)
  })

  it('is never handed out when it still waits for a worker', async () => {
    const { dispatcher, workers } = await createDispatchSetting()
    void dispatcher.dispatch(createEvent())
    const revoke = new AbortController()
    const waiting = dispatcher.dispatch(createEvent(), { revoke: revoke.signal, signal: new AbortController().signal })
    revoke.abort()
    assert.equal(codeOf(await waiting), 'event_revoked')
    workers[0]?.held[0]?.answer()
    await settled()
    assert.equal(workers[0]?.held.length, 1)
  })

  it('has the process ended at once that holds nothing else', async () => {
    const { dispatcher, workers, replaced } = await createDispatchSetting({ worker: { atDeadline: 'kill' } })
    const revoke = new AbortController()
    const outcome = dispatcher.dispatch(createEvent(), { revoke: revoke.signal })
    workers[0]?.held[0]?.begin(0)
    revoke.abort()
    await outcome
    assert.equal(replaced.length, 1)
  })

  it('has its stream broken off', async () => {
    const { dispatcher, workers } = await createDispatchSetting()
    const revoke = new AbortController()
    const outcome = dispatcher.dispatch(createEvent(), { revoke: revoke.signal })
    const held = workers[0]?.held[0]
    const { promise } = Promise.withResolvers<void>()
    held?.answer(
      (async function* () {
        yield Buffer.from('first')
      })(),
      promise,
    )
    assert.equal(codeOf(await outcome), 'handled')
    revoke.abort()
    assert.equal(held?.options.signal?.aborted, true)
  })
})
