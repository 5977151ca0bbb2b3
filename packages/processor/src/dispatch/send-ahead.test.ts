import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcome } from '@pelton/core'
import {
  type DispatchSetting,
  type DispatchSettingOptions,
  codeOf,
  createDispatchSetting,
  settled,
} from '../fixtures/dispatch-setting.ts'
import { type HeldEvent, createEvent, workerLost } from '../fixtures/fake-runtime.ts'

interface AheadSetting extends DispatchSetting {
  /** Dispatches an event with this body; its outcome is noted. */
  send(body: string, options?: Parameters<DispatchSetting['dispatcher']['dispatch']>[1]): Promise<Outcome>
  /** Bodies of the events that a worker was sent and has neither answered nor given back. */
  open(worker?: number): string[]
  held(body: string): HeldEvent
}

/** Lets the workers show that they are quick; nothing may wait in them. */
function showQuick({ seats, clock }: DispatchSetting): void {
  for (const { ahead } of seats) {
    for (let i = 0; i < 30; i++) {
      ahead?.begin(clock.now())
      ahead?.end({} as never, clock.now())
    }
  }
}

/** A setting whose workers have shown to be quick; they hold nothing. */
async function createAheadSetting(options: DispatchSettingOptions = {}): Promise<AheadSetting> {
  const setting = await createDispatchSetting({ ...options, worker: { ahead: 2, ...options.worker } })
  const { dispatcher, workers } = setting
  showQuick(setting)
  const done = new Set<string>()
  return {
    ...setting,
    send(body, sendOptions) {
      const outcome = dispatcher.dispatch(createEvent(body, body), sendOptions)
      void outcome.then(() => done.add(body))
      return outcome
    },
    open: (worker = 0) =>
      (workers[worker]?.held ?? [])
        .filter((held) => !held.isRecalled() && !done.has(held.event.id))
        .map((held) => held.event.id),
    held(body) {
      const held = workers.flatMap((worker) => worker.held).findLast(({ event }) => event.id === body)
      assert.ok(held, `no worker holds ${body}`)
      return held
    },
  }
}

describe('sending ahead', () => {
  it('gives a quick worker a few events more, and the others wait in line', async () => {
    const setting = await createAheadSetting()
    for (const body of 'abcde') void setting.send(body)
    assert.deepEqual(setting.open(), ['a', 'b', 'c'])
    assert.equal(setting.allocator.waiting, 2)
    setting.held('a').answer()
    await settled()
    assert.deepEqual(setting.open(), ['b', 'c', 'd'])
  })

  it('gives nothing ahead while another worker is free', async () => {
    const setting = await createAheadSetting({ workers: 2 })
    for (const body of 'abc') void setting.send(body)
    assert.deepEqual([setting.open(0).length, setting.open(1).length].sort(), [1, 2])
  })

  it('gives nothing ahead to a worker that has not shown to be quick', async () => {
    const { dispatcher, workers } = await createDispatchSetting({ worker: { ahead: 2 } })
    for (const body of 'ab') void dispatcher.dispatch(createEvent(body))
    assert.equal(workers[0]?.held.length, 1)
  })

  it('gives nothing ahead that may not wait, or is made when a worker is free', async () => {
    const setting = await createAheadSetting()
    void setting.send('a')
    assert.equal(codeOf(await setting.send('b', { deadlineMs: 0 })), 'no_worker')
    let asked = 0
    void setting.dispatcher.dispatch(() => {
      asked++
      return createEvent('frame')
    })
    void setting.send('c')
    assert.equal(asked, 0)
    assert.deepEqual(setting.open(), ['a'])
    assert.equal(setting.allocator.waiting, 2)
  })

  it('hands out again, in order, what waits in a worker that stands still, before those in line', async () => {
    const setting = await createAheadSetting({ workers: 2 })
    for (const body of 'abcdefgh') void setting.send(body)
    assert.equal(setting.open(0).length + setting.open(1).length, 6)
    const [slow, quick] = [0, 1].map((worker) => setting.open(worker))
    assert.ok(slow?.[0] && quick?.[0])
    for (const body of [slow[0], quick[0]]) setting.held(body).begin(0)
    const answered: string[] = []
    for (let round = 0; round < 20; round++) {
      await setting.clock.advance(1)
      const [next] = setting.open(1)
      if (next === undefined) continue
      setting.held(next).answer()
      answered.push(next)
      await settled()
    }
    assert.deepEqual(setting.open(0), [slow[0]])
    assert.deepEqual(
      answered.toSorted(),
      Array.from('abcdefgh').filter((body) => body !== slow[0]),
    )
    const recalled = answered.filter((body) => slow.includes(body))
    assert.deepEqual(recalled, slow.slice(1))
  })

  it('puts what was recalled back into the line where it was, with what is left of its wait', async () => {
    const setting = await createAheadSetting({ workerWaitMs: 50 })
    void setting.send('a')
    setting.held('a').begin(0)
    await setting.clock.advance(5)
    const outcomes = Array.from('bcd').map((body) => setting.send(body))
    const codes: string[] = []
    for (const outcome of outcomes) void outcome.then((result) => codes.push(codeOf(result)))
    assert.deepEqual(setting.open(), ['a', 'b', 'c'])
    await setting.clock.advance(12)
    assert.deepEqual(setting.open(), ['a'])
    assert.equal(setting.allocator.waiting, 3)
    await setting.clock.advance(37)
    assert.deepEqual(codes, [])
    await setting.clock.advance(1)
    assert.deepEqual(codes, ['no_worker', 'no_worker', 'no_worker'])
    assert.equal(setting.seats[0]?.taken, 1)
    assert.equal(setting.metrics.sum().get('allocationTimeouts'), 3)
  })

  it('seats what was recalled before whoever came later', async () => {
    const setting = await createAheadSetting()
    for (const body of 'abcd') void setting.send(body)
    setting.held('a').begin(0)
    await setting.clock.advance(12)
    const order: string[] = []
    for (let i = 0; i < 4; i++) {
      const [next] = setting.open()
      assert.ok(next)
      order.push(next)
      setting.held(next).answer()
      await settled()
    }
    assert.deepEqual(order, ['a', 'b', 'c', 'd'])
  })

  it('never counts a recall as an attempt', async () => {
    const setting = await createAheadSetting({ worker: { ahead: 8 } })
    const outcomes = Array.from('abcdef').map((body) => setting.send(body))
    let recalls = 0
    for (const body of 'abcdef') {
      setting.held(body).begin(0)
      if (setting.held('f').isRecalled()) assert.fail('f was not sent ahead again')
      await setting.clock.advance(12)
      if (setting.held('f').isRecalled()) recalls++
      showQuick(setting)
      setting.held(body).answer()
      await settled()
    }
    assert.equal(recalls, 5)
    for (const outcome of outcomes) assert.equal(codeOf(await outcome), 'handled')
  })

  it('counts the time of an event from the end of the one before', async () => {
    const setting = await createAheadSetting()
    void setting.send('a')
    const second = setting.send('b')
    await setting.clock.advance(5)
    setting.held('a').answer()
    await settled()
    await setting.clock.advance(1)
    setting.held('b').answer()
    await second
    assert.equal(setting.metrics.sum().get('durationMsSum'), 6)
  })

  it('keeps the events of a key on their worker and in order, recalled or not', async () => {
    const setting = await createAheadSetting({ workers: 2 })
    const key = 'camera-1'
    for (const body of 'abcde') void setting.send(body, { key })
    const worker = setting.open(0).length > 0 ? 0 : 1
    assert.deepEqual(setting.open(worker), ['a', 'b', 'c'])
    assert.deepEqual(setting.open(1 - worker), [])
    setting.held('a').begin(0)
    await setting.clock.advance(12)
    assert.deepEqual(setting.open(worker), ['a'])
    const order: string[] = []
    for (let i = 0; i < 5; i++) {
      const [next] = setting.open(worker)
      assert.ok(next)
      order.push(next)
      setting.held(next).answer()
      await settled()
    }
    assert.deepEqual(order, ['a', 'b', 'c', 'd', 'e'])
  })

  it('answers caller_left for an event that its caller left before it began', async () => {
    const setting = await createAheadSetting()
    void setting.send('a')
    setting.held('a').begin(0)
    const leaving = new AbortController()
    const second = setting.send('b', { signal: leaving.signal })
    leaving.abort()
    await setting.clock.advance(4)
    assert.equal(codeOf(await second), 'caller_left')
    assert.equal(setting.seats[0]?.taken, 1)
  })

  it('hands out again, in their former order, events whose worker died before it began them', async () => {
    const setting = await createAheadSetting()
    const outcomes = Array.from('abcd').map((body) => setting.send(body, { key: 'k' }))
    setting.held('a').begin(0)
    const [seat] = setting.seats
    assert.ok(seat)
    seat.retired = true
    for (const held of setting.workers[0]?.held.splice(0) ?? []) held.fail(workerLost())
    await settled()
    assert.equal(codeOf((await outcomes[0]) as Outcome), 'worker_lost')
    seat.retired = false
    setting.allocator.add(seat)
    const order: string[] = []
    for (let i = 0; i < 3; i++) {
      const [next] = setting.open()
      assert.ok(next)
      order.push(next)
      setting.held(next).answer()
      await settled()
    }
    assert.deepEqual(order, ['b', 'c', 'd'])
  })

  it('has a process with one begun event ended at its deadline, whatever waits in it', async () => {
    const setting = await createAheadSetting({ timeoutMs: 6, worker: { atDeadline: 'kill', ahead: 2 } })
    const first = setting.send('a')
    void setting.send('b')
    setting.held('a').begin(0)
    await setting.clock.advance(6)
    assert.equal(codeOf(await first), 'event_timeout')
    assert.deepEqual(setting.open(), ['b'])
    assert.match(setting.replaced[0] ?? '', /only event/)
  })

  it('counts a deadline from the begin, not from the sending ahead', async () => {
    const setting = await createAheadSetting({ timeoutMs: 100 })
    void setting.send('a')
    const second = setting.send('b')
    setting.held('a').begin(0)
    await setting.clock.advance(5)
    setting.held('a').answer()
    await settled()
    setting.held('b').begin(5)
    await setting.clock.advance(99)
    setting.held('b').answer()
    assert.equal(codeOf(await second), 'handled')
  })
})
