import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogRecord } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { FailureLog } from './failure-log.ts'

const failure = (message: string, trigger = 'cam'): LogRecord => ({
  time: 0,
  level: 'error',
  message: 'handler_failed',
  trigger,
  facts: { error: { name: 'TypeError', message, stack: 'at line 1' } },
})

function setUp() {
  const clock = new FakeClock()
  const written: LogRecord[] = []
  const log = new FailureLog((record) => written.push(record), clock)
  const take = (count: number, record: LogRecord): void => {
    for (let at = 0; at < count; at++) log.take(record)
  }
  const counts = (): unknown[] =>
    written.flatMap(({ message, trigger, facts }) => (message.endsWith('_again') ? [[message, trigger, facts]] : []))
  return { clock, written, log, take, counts }
}

test('a handler that fails on each frame is logged ten times, then once a minute with the number of failures', async () => {
  const { clock, written, log, take, counts } = setUp()
  for (let second = 0; second < 60; second++) {
    take(25, failure('no box'))
    await clock.advance(1_000)
  }
  assert.equal(written.length, 11)
  assert.equal(written[9], written[0])
  const told = (count: number): unknown => ['handler_failed_again', 'cam', { count, reason: 'TypeError: no box' }]
  assert.deepEqual(counts(), [told(1_490)])
  take(3, failure('no box'))
  await clock.advance(60_000)
  assert.deepEqual(counts(), [told(1_490), told(3)])
  await clock.advance(60_000)
  // It has been quiet for a minute: the next one is news.
  take(1, failure('no box'))
  assert.equal(written.length, 13)
  assert.equal(written.at(-1)?.message, 'handler_failed')
  take(20, failure('no box'))
  log.close()
  assert.deepEqual(counts().at(-1), told(11))
  take(20, failure('no box'))
  assert.equal(written.length, 43)
  assert.equal(clock.pending, 0)
})

test('failures that come now and then, of other words or triggers, and all other records are each logged', async () => {
  const { clock, written, take } = setUp()
  for (let call = 0; call < 30; call++) {
    take(1, failure('typed wrong'))
    await clock.advance(1_200)
  }
  take(9, failure('one'))
  take(9, failure('two'))
  take(9, failure('one', 'web'))
  take(50, { time: 0, level: 'error', message: 'worker_retired' })
  take(50, { time: 0, level: 'info', message: 'handler_failed', facts: { by: 'the handler' } })
  assert.equal(written.length, 30 + 27 + 100)
})

test('words that never repeat are each logged, and are not kept', () => {
  const { clock, written, take } = setUp()
  for (let at = 0; at < 1_000; at++) take(1, failure(`frame ${at}`))
  assert.equal(written.length, 1_000)
  take(11, failure('the same'))
  assert.equal(written.length, 1_010)
  assert.equal(clock.pending, 1)
  for (let at = 0; at < 99; at++) take(10, failure(`flood ${at}`))
  take(20, failure('one too many'))
  assert.equal(written.length, 1_010 + 990 + 20)
})

test('an answer that cannot be read, and what a command said, are counted by their reasons', () => {
  const { written, log, take, counts } = setUp()
  const facts = { reason: 'status 9' }
  take(15, { time: 0, level: 'error', message: 'result_unreadable', facts })
  take(12, { time: 0, level: 'error', message: 'handler_failed', facts: { error: 'thrown text' } })
  assert.equal(written.length, 20)
  log.close()
  assert.deepEqual(counts(), [
    ['result_unreadable_again', undefined, { count: 5, reason: 'status 9' }],
    ['handler_failed_again', undefined, { count: 2, reason: 'thrown text' }],
  ])
})

test('events that fail without their handler are told so, too, at their own level', () => {
  const { written, log, take, counts } = setUp()
  const error = { code: 'event_timeout', message: 'it took too long' }
  take(15, { time: 0, level: 'warn', message: 'event_failed', trigger: 'web', facts: { event_id: 'a', error } })
  assert.equal(written.length, 10)
  log.close()
  assert.deepEqual(counts(), [['event_failed_again', 'web', { count: 5, reason: 'event_timeout: it took too long' }]])
  assert.equal(written.at(-1)?.level, 'warn')
})
