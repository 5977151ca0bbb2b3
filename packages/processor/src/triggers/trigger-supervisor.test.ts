import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PeltonError, type Trigger, type TriggerContext, createLogger } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { ServingState } from './serving-state.ts'
import { TriggerSupervisor } from './trigger-supervisor.ts'

function failure(retryable: boolean): PeltonError {
  return new PeltonError('source_lost', 'the source is gone', { blame: 'upstream', retryable, help: '' })
}

function supervise(run: (context: TriggerContext, runs: number) => Promise<void>): {
  supervisor: TriggerSupervisor
  clock: FakeClock
  runs: () => number
} {
  const clock = new FakeClock()
  let runs = 0
  const create = (): Trigger => ({ run: (context) => run(context, ++runs) })
  const supervisor = new TriggerSupervisor({
    name: 'cam',
    create,
    dispatch: () => assert.fail('not called'),
    finish: () => undefined,
    count: () => undefined,
    workers: { models: undefined, replace: () => Promise.resolve() },
    series: () => undefined,
    onCall: () => undefined,
    shared: (token) => token.create(),
    serving: new ServingState(true),
    logger: createLogger(() => undefined),
    clock,
    onChange: () => undefined,
  })
  return { supervisor, clock, runs: () => runs }
}

function untilStopped(context: TriggerContext): Promise<void> {
  return new Promise((resolve) => context.stop.addEventListener('abort', () => resolve()))
}

describe('trigger supervisor', () => {
  it('stops the start when the first failure is not worth a retry', async () => {
    const { supervisor } = supervise(() => Promise.reject(failure(false)))
    await assert.rejects(supervisor.started, { code: 'source_lost' })
    await supervisor.done
  })

  it('retries a retryable first failure with back-off and tells why it is not ready', async () => {
    const { supervisor, clock, runs } = supervise(async (context, run) => {
      if (run < 3) throw failure(true)
      context.ready(true)
      await untilStopped(context)
    })
    await supervisor.started
    assert.equal(supervisor.state.ready, false)
    assert.equal(supervisor.state.why, 'the source is gone')
    await clock.advance(1000)
    assert.equal(runs(), 3)
    assert.equal(supervisor.state.ready, true)
    supervisor.stop()
    await supervisor.done
  })

  it('has started when a trigger reports that its source is not there, which it tries again itself', async () => {
    const { supervisor, clock, runs } = supervise(async (context) => {
      context.ready(false, 'the camera is off')
      await context.clock.sleep(5000, context.stop)
      context.ready(true)
      await untilStopped(context)
    })
    await supervisor.started
    assert.deepEqual([supervisor.state.ready, supervisor.state.why], [false, 'the camera is off'])
    await clock.advance(5000)
    assert.deepEqual([supervisor.state.ready, runs()], [true, 1])
    supervisor.stop()
    await supervisor.done
  })

  it('runs a trigger again that loses its source later, even for good reasons', async () => {
    const { supervisor, clock, runs } = supervise(async (context, run) => {
      context.ready(true)
      if (run === 1) throw failure(false)
      await untilStopped(context)
    })
    await supervisor.started
    await clock.advance(1000)
    assert.equal(runs(), 2)
    supervisor.stop()
    await supervisor.done
  })

  it('takes an exception that is no error of ours for a bug, trigger_failed, and retries', async () => {
    const { supervisor } = supervise(() => Promise.reject(new TypeError('oops')))
    await supervisor.started
    assert.match(supervisor.state.why ?? '', /cam failed: TypeError: oops/)
    supervisor.stop()
    await supervisor.done
  })

  it('does not run a trigger again that is done', async () => {
    const { supervisor, runs } = supervise(async (context) => context.ready(true))
    await supervisor.done
    assert.equal(runs(), 1)
  })

  it('passes the end of the grace time on', async () => {
    const { supervisor } = supervise(async (context) => {
      context.ready(true)
      await new Promise<void>((resolve) => context.abort.addEventListener('abort', () => resolve()))
    })
    await supervisor.started
    supervisor.stop()
    supervisor.abort()
    await supervisor.done
  })
})
