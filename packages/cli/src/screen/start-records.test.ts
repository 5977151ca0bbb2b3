import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogRecord, createLogger } from '@pelton/core'
import type { ProcessorStatus, SinkStatus } from '@pelton/processor'
import { logStart } from './start-records.ts'

function started(sinks: SinkStatus[]): LogRecord[] {
  const records: LogRecord[] = []
  const status: ProcessorStatus = {
    name: 'hello',
    runtime: 'nodejs',
    state: 'ready',
    triggers: [
      {
        name: 'cam',
        kind: 'mjpeg',
        placement: 'dispatched',
        placementReason: '',
        numWorkers: 1,
        concurrency: 1,
        ready: true,
        urls: [],
        sinks,
      },
    ],
    metrics: [],
    notes: ['port 8081 is taken: admin moved to 8091'],
  }
  const logger = createLogger((record) => records.push(record))
  logStart(status, { version: '1.2.3', tookMs: 123.4, watches: false }, logger)
  return records
}

test('a start is a record for each trigger and note, then one of the function', () => {
  const records = started([])
  assert.deepEqual(
    records.map(({ message }) => message),
    ['trigger_started', 'start_note', 'function_started'],
  )
  assert.equal(records[2]?.facts?.['took_ms'], 123)
  assert.ok(!('sinks' in (records[0]?.facts ?? {})))
})

test('where answers go is told as the start screen tells it: the address of a sink, or why it is not open', () => {
  const sinks: SinkStatus[] = [
    { name: 'mjpeg', kind: 'mjpeg', open: true, url: 'http://127.0.0.1:8081/processed' },
    { name: 'webhook', kind: 'webhook', open: false, why: 'connection refused' },
  ]
  assert.deepEqual(started(sinks)[0]?.facts?.['sinks'], sinks)
})
