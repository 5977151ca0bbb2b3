import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogRecord, createLogger } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { createCountLog } from './count-log.ts'

function countLog() {
  const clock = new FakeClock()
  const records: LogRecord[] = []
  const log = createCountLog({ clock, logger: createLogger((record) => records.push(record)) }, 'cron_missed')
  const facts = (): unknown[] => records.map((record) => record.facts)
  return { clock, log, facts }
}

test('the first time is logged at once, what follows once a minute with its number', async () => {
  const { clock, log, facts } = countLog()
  log.add(2, { last: 'a' })
  for (let i = 0; i < 1000; i += 1) log.add(1, { last: 'b' })
  assert.deepEqual(facts(), [{ last: 'a', count: 2, total: 2 }])
  await clock.advance(60_000)
  assert.deepEqual(facts().slice(1), [{ last: 'b', count: 1000, total: 1002 }])
  await clock.advance(120_000)
  assert.equal(facts().length, 2)
  log.add(1, { last: 'c' })
  assert.deepEqual(facts()[2], { last: 'c', count: 1, total: 1003 })
})

test('closing it logs the rest and leaves no timer', async () => {
  const { clock, log, facts } = countLog()
  log.add(1, { last: 'a' })
  log.add(3, { last: 'b' })
  log.close()
  assert.deepEqual(facts()[1], { last: 'b', count: 3, total: 4 })
  assert.equal(clock.pending, 0)
})

test('without anything to count nothing is logged', () => {
  const { clock, log, facts } = countLog()
  log.close()
  assert.deepEqual([facts(), clock.pending], [[], 0])
})
