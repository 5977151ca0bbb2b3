import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { stopProcessor } from './stop-processor.ts'

function begin(graceMs: number) {
  const clock = new FakeClock()
  const messages: string[] = []
  const logger = createLogger(({ message }) => void messages.push(message))
  const { promise, resolve } = Promise.withResolvers<{ clean: boolean }>()
  const stopped = stopProcessor({ stop: () => promise }, { graceMs, logger, clock })
  return { clock, messages, resolve, stopped }
}

test('an end that takes its time is explained once', async () => {
  const { clock, messages, resolve, stopped } = begin(25_000)
  await clock.advance(1999)
  assert.deepEqual(messages, [])
  await clock.advance(10_000)
  assert.deepEqual(messages, ['still_stopping'])
  resolve({ clean: true })
  assert.equal(await stopped, true)
  assert.deepEqual(messages, ['still_stopping', 'stopped'])
})

test('an end that is near needs no explanation', async () => {
  const quick = begin(25_000)
  quick.resolve({ clean: true })
  assert.equal(await quick.stopped, true)
  await quick.clock.advance(10_000)
  assert.deepEqual(quick.messages, ['stopped'])
  const short = begin(2000)
  await short.clock.advance(4000)
  assert.equal(await short.stopped, false)
  assert.deepEqual(short.messages, ['stopped'])
})
