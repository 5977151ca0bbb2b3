import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LogRecord, PeltonError, createLogger } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { type FakeRuntime, type FakeWorkerOptions, createEvent, createFakeRuntime } from '../fixtures/fake-runtime.ts'
import { WorkerPool } from './worker-pool.ts'

interface Setting {
  clock: FakeClock
  runtime: FakeRuntime
  pool: WorkerPool
  logged: LogRecord[]
}

interface Facts {
  worker?: FakeWorkerOptions
  batchSize?: number
  isConcurrencyConfigured?: boolean
}

function create(numWorkers = 1, concurrency = 1, facts: Facts = {}): Setting {
  const clock = new FakeClock()
  const { worker = {}, batchSize, isConcurrencyConfigured = false } = facts
  const runtime = createFakeRuntime(worker)
  const logged: LogRecord[] = []
  const pool = new WorkerPool({
    name: 'main',
    numWorkers,
    spec: (index) => ({ index, concurrency, batchSize }) as never,
    isConcurrencyConfigured,
    hooks: () => ({ log: () => undefined, call: () => Promise.resolve(undefined) }),
    runtime,
    clock,
    logger: createLogger((record) => logged.push(record)),
    workerTerminationMs: 10_000,
    onChange: () => undefined,
  })
  return { clock, runtime, pool, logged }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('worker pool', () => {
  it('starts all its workers, each with its number', async () => {
    const { pool, runtime } = create(3)
    await pool.start()
    assert.equal(pool.readyWorkers, 3)
    assert.deepEqual(
      runtime.workers.map((worker) => worker.spec.index),
      [0, 1, 2],
    )
  })

  it('fails to start when one worker does, and stops the others', async () => {
    const { pool, runtime } = create(2)
    runtime.failures.push(
      new PeltonError('handler_missing', 'no handler', { blame: 'user', retryable: false, help: '' }),
    )
    await assert.rejects(pool.start(), { code: 'handler_missing' })
    assert.equal(runtime.workers[0]?.stoppedWithin, 10_000)
  })

  it('replaces a worker that died, at once the first time, later with back-off', async () => {
    const { pool, runtime, clock } = create()
    await pool.start()
    runtime.workers[0]?.die('exit 1')
    await settled()
    assert.equal(runtime.workers.length, 2)
    runtime.workers[1]?.die('exit 1')
    await settled()
    assert.equal(runtime.workers.length, 2)
    assert.equal(pool.readyWorkers, 0)
    await clock.advance(200)
    assert.equal(runtime.workers.length, 3)
    assert.equal(pool.restarts.died, 2)
  })

  it('replaces workers that did start within a second, however many have faulted', async () => {
    const { pool, runtime, clock } = create()
    await pool.start()
    for (let fault = 0; fault < 20; fault += 1) {
      runtime.workers.at(-1)?.spec.hooks.fault({ message: 'boom' })
      await clock.advance(1000)
      assert.equal(pool.readyWorkers, 1)
    }
  })

  it('replaces a worker that faults while it takes its place', async () => {
    const { pool, runtime, clock } = create()
    await pool.start()
    const { spawn } = runtime
    runtime.spawn = async (spec, signal) => {
      const worker = await spawn(spec, signal)
      if (runtime.workers.length === 2) spec.hooks.fault({ message: 'early' })
      return worker
    }
    runtime.workers[0]?.spec.hooks.fault({ message: 'boom' })
    await clock.advance(1000)
    assert.equal(runtime.workers.length, 3)
    assert.equal(pool.readyWorkers, 1)
    assert.deepEqual(
      runtime.workers.map((worker) => worker.stoppedWithin),
      [10_000, 10_000, undefined],
    )
  })

  it('keeps trying when a replacement cannot be started, and says so', async () => {
    const { pool, runtime, clock, logged } = create()
    await pool.start()
    runtime.failures.push(new Error('first'), new Error('second'))
    runtime.workers[0]?.die('killed')
    await clock.advance(60_000)
    assert.equal(pool.readyWorkers, 1)
    assert.equal(logged.filter(({ message }) => message === 'worker_start_failed').length, 2)
  })

  it('says nothing of a replacement that the stop gives up', async () => {
    const { pool, runtime, logged } = create()
    await pool.start()
    runtime.spawn = (_spec, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('given up'))))
    runtime.workers[0]?.die('killed')
    await settled()
    await pool.stop(0)
    await settled()
    assert.deepEqual(
      logged.map(({ message }) => message),
      ['worker_died'],
    )
  })

  it('retires a worker that faulted: the replacement first, then what it holds may finish', async () => {
    const { pool, runtime } = create()
    await pool.start()
    const [first] = runtime.workers
    const seat = pool.allocator.take()
    first?.handle(createEvent())
    first?.spec.hooks.fault({ message: 'boom', eventId: 'event-1' })
    assert.equal(seat?.retired, true)
    assert.equal(first?.stoppedWithin, undefined)
    await settled()
    assert.equal(runtime.workers.length, 2)
    assert.equal(first?.stoppedWithin, 10_000)
    assert.equal(pool.restarts.fault, 1)
    const next = pool.allocator.take()
    assert.ok(next && next !== seat)
  })

  it('ends a stuck worker at once and replaces it', async () => {
    const { pool, runtime } = create()
    await pool.start()
    pool.allocator.take()?.replace('stuck')
    await settled()
    assert.equal(runtime.workers[0]?.stoppedWithin, 0)
    assert.equal(runtime.workers.length, 2)
    assert.equal(pool.readyWorkers, 1)
    assert.equal(pool.restarts.stuck, 1)
  })

  it('replaces a stuck worker once, however many of its events say so', async () => {
    const { pool, runtime } = create()
    await pool.start()
    const seat = pool.allocator.take()
    seat?.replace('stuck')
    await settled()
    seat?.replace('stuck still')
    await settled()
    assert.equal(runtime.workers.length, 2)
    assert.equal(runtime.workers[1]?.stoppedWithin, undefined)
    assert.equal(pool.restarts.stuck, 1)
  })

  it('does not wait longer than its own deadline for a worker that is on its way out', async () => {
    const { pool, runtime } = create()
    await pool.start()
    const [first] = runtime.workers
    assert.ok(first)
    const deadlines: number[] = []
    const end = first.stop.bind(first)
    first.stop = async (deadlineMs) => {
      deadlines.push(deadlineMs)
      if (deadlines.length > 1) await end(deadlineMs)
      await first.ended
    }
    first.spec.hooks.fault({ message: 'boom' })
    await settled()
    await pool.stop(50)
    assert.deepEqual(deadlines, [10_000, 50])
  })

  it('gives a worker no more events at a time than its handler bears, and says so once where more was asked for', async () => {
    for (const isConcurrencyConfigured of [true, false]) {
      const { pool, logged } = create(2, 8, { worker: { concurrency: 1 }, isConcurrencyConfigured })
      await pool.start()
      assert.equal(pool.concurrency, 1)
      assert.ok(pool.allocator.take() && pool.allocator.take())
      assert.equal(pool.allocator.take(), undefined)
      const warnings = logged.filter(({ message }) => message === 'concurrency_reduced')
      assert.equal(warnings.length, isConcurrencyConfigured ? 1 : 0)
      if (isConcurrencyConfigured) assert.match(String(warnings[0]?.facts?.['hint']), /async.*numWorkers/)
    }
  })

  it('gives a worker no more than was asked for, however many its handler bears', async () => {
    const { pool } = create(1, 2, { worker: { concurrency: 100 } })
    await pool.start()
    assert.equal(pool.concurrency, 2)
  })

  it('sends events ahead to workers that take them, but no batches', async () => {
    for (const [batchSize, limit] of [
      [undefined, 3],
      [10, undefined],
    ] as const) {
      const { pool } = create(1, 1, { worker: { ahead: 3 }, ...(batchSize === undefined ? {} : { batchSize }) })
      await pool.start()
      assert.equal(pool.allocator.take()?.ahead?.limit, limit)
    }
  })

  it('takes back what waits in a worker that is retired or replaced', async () => {
    for (const how of ['retired', 'replaced']) {
      const { pool, runtime } = create(1, 1, { worker: { ahead: 3 } })
      await pool.start()
      const seat = pool.allocator.take()
      const [worker] = runtime.workers
      assert.ok(seat && worker)
      const task = worker.handle(createEvent())
      seat.ahead?.add({ task, until: Infinity, signal: undefined, since: 0 })
      if (how === 'replaced') seat.replace('stuck')
      else worker.spec.hooks.fault({ message: 'boom' })
      const outcome = await task.outcome
      assert.equal(outcome.status === 'failed' && outcome.error.code, 'event_recalled')
    }
  })

  it('replaces nobody once it is stopped', async () => {
    const { pool, runtime, clock } = create(2)
    await pool.start()
    await pool.stop(1234)
    assert.deepEqual(
      runtime.workers.map((worker) => worker.stoppedWithin),
      [1234, 1234],
    )
    await clock.advance(60_000)
    assert.equal(runtime.workers.length, 2)
    assert.equal(pool.allocator.take(), undefined)
  })

  it('takes a fault for the next worker only when it is its own', async () => {
    const { pool, runtime } = create(2)
    await pool.start()
    runtime.workers[1]?.spec.hooks.fault({ message: 'boom' })
    await settled()
    assert.deepEqual(
      runtime.workers.map((worker) => worker.spec.index),
      [0, 1, 1],
    )
  })
})
