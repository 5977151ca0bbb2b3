import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogRecord, PeltonError, createLogger } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { LossLog } from './loss-log.ts'

function setting(): { log: LossLog; clock: FakeClock; lines: () => [string, unknown][] } {
  const records: LogRecord[] = []
  const clock = new FakeClock()
  const log = new LossLog(
    createLogger((record) => records.push(record)),
    clock,
  )
  return { log, clock, lines: () => records.splice(0).map(({ message, facts }) => [message, facts]) }
}

const failure = new PeltonError('refused', 'it said no', { blame: 'upstream', retryable: false, help: '' })

test('a time of losses is logged when it begins, and with its totals when it is over', async () => {
  const { log, clock, lines } = setting()
  log.dropped('queue_full', { queued: 64 })
  log.dropped('queue_full', { queued: 64 })
  log.dropped('too_large', { queued: 0 })
  log.failed(failure)
  log.failed(failure)
  assert.deepEqual(lines(), [
    ['sink_dropping', { reason: 'queue_full', queued: 64 }],
    ['sink_failing', { code: 'refused', reason: 'it said no' }],
  ])
  await clock.advance(9_999)
  log.written()
  assert.deepEqual(lines(), [], 'it may go on at any moment')
  await clock.advance(1)
  log.written()
  log.written()
  assert.deepEqual(lines(), [
    ['sink_recovered', { dropped: { queue_full: 2, too_large: 1 }, failed: 2, for_ms: 10_000 }],
  ])
  log.dropped('late', { queued: 0 })
  assert.deepEqual(lines(), [['sink_dropping', { reason: 'late', queued: 0 }]], 'and begins anew')
  log.close()
  assert.deepEqual(lines(), [['sink_closed_with_losses', { dropped: { late: 1 }, failed: 0, for_ms: 0 }]])
})

test('everything is counted', () => {
  const { log } = setting()
  log.written()
  log.failed(failure)
  log.dropped('stopping', { queued: 0 })
  const { written, failed, dropped } = log.counts
  assert.deepEqual([written, failed, dropped.stopping, dropped.late], [1, 1, 1, 0])
})
