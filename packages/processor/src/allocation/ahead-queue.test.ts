import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Task } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { type AheadEvent, AheadQueue } from './ahead-queue.ts'

interface FakeTask extends Task {
  recalls: number
}

function createTask(begunAt?: number): FakeTask {
  const task: FakeTask = {
    recalls: 0,
    outcome: new Promise(() => undefined),
    begunAt: () => begunAt,
    recall: () => undefined,
  }
  task.recall = () => void task.recalls++
  return task
}

function create(): { clock: FakeClock; queue: AheadQueue } {
  const clock = new FakeClock()
  return { clock, queue: new AheadQueue(4, clock) }
}

/** Has the worker handle some events, one after the other. */
async function handle(events: number, eachMs: number, { clock, queue }: ReturnType<typeof create>): Promise<void> {
  for (let i = 0; i < events; i++) {
    queue.begin(clock.now())
    await clock.advance(eachMs)
    queue.end(createTask(), clock.now())
  }
}

function add(queue: AheadQueue, changes: Partial<AheadEvent> = {}): FakeTask {
  const task = createTask()
  queue.add({ task, until: 10_000, signal: undefined, since: 0, ...changes })
  return task
}

describe('events sent ahead', () => {
  it('are for workers that have shown to be quick', async () => {
    const setting = create()
    const { clock, queue } = setting
    assert.equal(queue.isQuick(0), false)
    await handle(20, 1, setting)
    assert.equal(queue.isQuick(clock.now()), true)
    await handle(1, 30, setting)
    assert.equal(queue.isQuick(clock.now()), false)
    await handle(20, 1, setting)
    assert.equal(queue.isQuick(clock.now()), true)
  })

  it('are not for a worker whose event goes on for long', async () => {
    const setting = create()
    await handle(20, 1, setting)
    setting.queue.begin(setting.clock.now())
    await setting.clock.advance(9)
    assert.equal(setting.queue.isQuick(setting.clock.now()), true)
    await setting.clock.advance(1)
    assert.equal(setting.queue.isQuick(setting.clock.now()), false)
  })

  it('begin with the end of the one before, which is what they are counted from', async () => {
    const setting = create()
    const { clock, queue } = setting
    await handle(20, 1, setting)
    queue.begin(clock.now())
    const waiting: AheadEvent = { task: createTask(), until: 10_000, signal: undefined, since: clock.now() }
    queue.add(waiting)
    await clock.advance(1)
    queue.end(createTask(), clock.now())
    assert.equal(waiting.since, clock.now())
    await clock.advance(1)
    queue.end(waiting.task, clock.now())
    assert.equal(queue.isQuick(clock.now()), true)
  })

  it('are all taken back when nothing ends for about 10 ms, but not those that the worker came to', async () => {
    const { clock, queue } = create()
    const tasks = [add(queue), add(queue), add(queue)]
    await clock.advance(7)
    queue.end(createTask(), clock.now())
    await clock.advance(8)
    assert.deepEqual(
      tasks.map(({ recalls }) => recalls),
      [0, 0, 0],
    )
    await clock.advance(5)
    assert.deepEqual(
      tasks.map(({ recalls }) => recalls),
      [0, 1, 1],
    )
    assert.equal(queue.isQuick(clock.now()), false)
  })

  it('are taken back when their wait is over or their caller has left', async () => {
    const { clock, queue } = create()
    const leaving = new AbortController()
    const overdue = add(queue, { until: 3 })
    const left = add(queue, { signal: leaving.signal })
    const other = add(queue)
    leaving.abort()
    await clock.advance(4)
    assert.deepEqual([overdue.recalls, left.recalls, other.recalls], [1, 1, 0])
  })

  it('take no timer when there are none', async () => {
    const { clock, queue } = create()
    assert.equal(clock.pending, 0)
    const task = add(queue)
    assert.equal(clock.pending, 1)
    queue.end(task, clock.now())
    await clock.advance(4)
    assert.equal(clock.pending, 0)
    add(queue)
    assert.equal(clock.pending, 1)
  })
})
