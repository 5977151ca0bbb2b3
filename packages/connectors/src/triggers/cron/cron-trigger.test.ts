import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, PeltonError } from '@pelton/core'
import {
  type FakeDispatch,
  FakeClock,
  FakeTriggerContext,
  type GivenSettings,
  describeTrigger,
  handled,
  triggerSettings,
  waitUntil,
} from '@pelton/testkit'
import { maxOpen } from './choose-action.ts'
import manifest from './index.ts'

describeTrigger('cron', {
  manifest,
  attributes: { interval: '20ms', event: { body: 'hello', headers: { 'X-A': '1' }, method: 'POST', path: '/go' } },
  emit: () => undefined,
  mostPending: 1,
})

const start = Date.UTC(2030, 0, 1, 12, 0, 0)

/** A trigger that runs by a fake clock; `settle` answers the n-th event. */
async function running(
  attributes: Record<string, unknown>,
  rest: Omit<GivenSettings, 'attributes'> = {},
  holdsOn = false,
) {
  const clock = new FakeClock(start)
  const answers: ((outcome?: Outcome) => void)[] = []
  const dispatch: FakeDispatch = (_event, { revoke }) =>
    new Promise((resolve) => {
      answers.push((outcome = handled()) => resolve(outcome))
      if (!holdsOn) revoke?.addEventListener('abort', () => resolve({ status: 'failed', error: revoked }))
    })
  const context = new FakeTriggerContext({ name: 'test', clock, dispatch })
  const run = (await manifest.load())(triggerSettings(manifest, { attributes, ...rest })).run(context)
  await waitUntil('ready', () => context.isReady)
  const at = (): number[] => context.events.map(({ timestamp }) => (timestamp.getTime() - start) / 1000)
  const logged = (message: string) => context.logs.filter((record) => record.message === message)
  const settle = async (index: number, outcome?: Outcome): Promise<void> => {
    answers[index]?.(outcome)
    await clock.advance(0)
  }
  const end = async (): Promise<void> => {
    context.abortNow()
    await run
  }
  return { clock, context, run, at, logged, settle, end, advance: (seconds: number) => clock.advance(seconds * 1000) }
}

const revoked = new PeltonError('event_revoked', 'taken back', { blame: 'user', retryable: true, help: '' })
const failure = new PeltonError('handler_failed', 'no luck', { blame: 'user', retryable: false, help: '' })

test('the event is what was configured, of the true time of its tick', async () => {
  const { context, advance, at, end } = await running({
    schedule: '*/5 * * * * *',
    event: {
      body: { hello: 'world' },
      headers: { 'X-A': 1 },
      method: 'PUT',
      path: '/go',
      fields: { colour: 'red' },
    },
  })
  await advance(5)
  const [event] = context.events
  assert.deepEqual(at(), [5])
  assert.equal(Buffer.from(event?.body ?? []).toString(), '{"hello":"world"}')
  assert.deepEqual([event?.method, event?.path, event?.contentType], ['PUT', '/go', 'application/json'])
  assert.deepEqual([event?.headers, event?.fields], [{ 'x-a': '1' }, { colour: 'red' }])
  assert.equal(context.options[0]?.sequence, 0)
  assert.equal(context.options[0]?.revoke, undefined)
  await end()
})

test('Forbid: runs that are due meanwhile are missed but for the last, which starts when the one that is going ends', async () => {
  const { advance, at, settle, logged, end } = await running({ interval: '1s' })
  await advance(4.5)
  assert.deepEqual(at(), [1])
  await settle(0)
  assert.deepEqual(at(), [1, 4])
  await settle(1)
  await advance(1)
  assert.deepEqual(at(), [1, 4, 5])
  await end()
  const missed = logged('cron_missed')
  assert.deepEqual(
    missed.map(({ facts }) => [facts?.['count'], facts?.['total'], facts?.['last']]),
    [
      [1, 1, '2030-01-01T12:00:02.000Z'],
      [1, 2, '2030-01-01T12:00:03.000Z'],
    ],
  )
})

test('Forbid: a run that never ends shows in the log, a line a minute at most', async () => {
  const { context, advance, logged, end } = await running({ interval: '1s' })
  await advance(600)
  assert.equal(context.events.length, 1)
  const lines = logged('cron_missed').length
  assert.ok(lines >= 9 && lines <= 11, `${lines} lines`)
  await end()
})

test('Allow: runs overlap', async () => {
  const { context, advance, at, end } = await running({ interval: '1s', concurrencyPolicy: 'allow' })
  await advance(3)
  assert.deepEqual(at(), [1, 2, 3])
  assert.equal(context.mostPending, 3)
  await end()
})

test('Allow: beyond a thousand open runs the others are missed, logged with their number', async () => {
  const { context, advance, settle, logged, end } = await running({ interval: '1s', concurrencyPolicy: 'ALLOW' })
  await advance(maxOpen + 50)
  assert.equal(context.events.length, maxOpen)
  await settle(0)
  await advance(1)
  assert.equal(context.events.length, maxOpen + 1)
  await end()
  assert.equal(logged('cron_missed').at(-1)?.facts?.['total'], 50)
})

test('Replace: the run that is going is taken back and the new one starts at once', async () => {
  const { context, advance, at, logged, end } = await running({ interval: '1s', concurrencyPolicy: 'Replace' })
  await advance(3)
  assert.deepEqual(at(), [1, 2, 3])
  assert.deepEqual(
    context.options.map(({ revoke }) => revoke?.aborted),
    [true, true, false],
  )
  assert.deepEqual(logged('cron_failed'), [])
  await end()
  assert.equal(logged('cron_replaced').at(-1)?.facts?.['total'], 2)
})

test('Replace: a run that holds on although it was taken back is not counted again, and not waited for', async () => {
  const { advance, logged, end } = await running({ interval: '1s', concurrencyPolicy: 'Replace' }, {}, true)
  await advance(4)
  await end()
  assert.equal(logged('cron_replaced').at(-1)?.facts?.['total'], 3)
})

test('failures are logged, and the trigger goes on', async () => {
  const { advance, settle, logged, at, end } = await running({ interval: '1s' })
  await advance(1)
  await settle(0, { status: 'failed', error: failure })
  await advance(1)
  await settle(1, handled({ status: 500 }))
  await advance(1)
  await settle(2)
  assert.deepEqual(at(), [1, 2, 3])
  assert.deepEqual(
    logged('cron_failed').map(({ level, facts }) => [level, facts?.['error']]),
    [
      ['error', 'handler_failed: no luck'],
      ['error', 'the handler answered 500'],
    ],
  )
  assert.equal(logged('cron_handled').length, 1)
  await end()
})

test('after stop no run starts, not even one that was owed, and the one that is going may finish', async () => {
  const { context, advance, run, settle, clock } = await running({ interval: '1s' })
  await advance(2)
  context.stopNow()
  await advance(10)
  await settle(0)
  await run
  assert.equal(context.events.length, 1)
  assert.equal(clock.pending, 0)
})

test('where the cluster keeps the schedule the trigger is ready and makes no event', async () => {
  const { context, run, advance, logged } = await running({ interval: '1s' }, { scheduledByCluster: true })
  await advance(10)
  assert.deepEqual([context.events.length, logged('cron_left_to_cluster').length], [0, 1])
  context.stopNow()
  await run
})

test('a schedule that never comes ends the start', async () => {
  const settings = triggerSettings(manifest, { attributes: { schedule: '0 0 31W 2 *', timezone: 'UTC' } })
  await assert.rejects((await manifest.load())(settings).run(new FakeTriggerContext()), {
    code: 'schedule_never_due',
    retryable: false,
    message: 'trigger test: the schedule "0 0 31W 2 *" names no time that ever comes',
  })
})
