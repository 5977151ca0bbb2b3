import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogRecord, createLogger } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import { errors } from '../errors.ts'
import { createReloader } from './reloader.ts'

function setUp(reload: () => Promise<void>) {
  const records: LogRecord[] = []
  const clock = new FakeClock()
  const reloader = createReloader({
    reload,
    clock,
    debounceMs: 50,
    logger: createLogger((record) => records.push(record)),
  })
  return { reloader, pass: (ms: number) => clock.advance(ms), records }
}

test('a save of several files is one reload, and its time counts from the first change', async () => {
  let reloads = 0
  const { reloader, pass, records } = setUp(async () => void (reloads += 1))
  reloader.change()
  await pass(30)
  reloader.change()
  await pass(30)
  assert.equal(reloads, 0)
  await pass(20)
  await reloader.close()
  assert.equal(reloads, 1)
  assert.deepEqual(
    records.map(({ message, facts }) => [message, facts?.took_ms]),
    [['reloaded', 80]],
  )
})

test('a change during a reload leads to exactly one more', async () => {
  let reloads = 0
  const gates: (() => void)[] = []
  const { reloader, pass } = setUp(() => {
    reloads += 1
    return new Promise((resolve) => gates.push(resolve))
  })
  reloader.change()
  await pass(50)
  reloader.change()
  await pass(50)
  reloader.change()
  await pass(50)
  assert.equal(reloads, 1)
  gates[0]?.()
  await pass(0)
  assert.equal(reloads, 2)
  gates[1]?.()
  await pass(0)
  assert.equal(reloads, 2)
})

test('a failed reload says why and that the last good version serves on, and the next one works', async () => {
  let isBroken = true
  const { reloader, pass, records } = setUp(async () => {
    if (isBroken) throw errors.config_invalid({ faults: ['f.yaml:3 spec.x: unknown'] })
  })
  reloader.change()
  await pass(50)
  await pass(0)
  isBroken = false
  reloader.change()
  await pass(50)
  await reloader.close()
  assert.deepEqual(
    records.map(({ message }) => message),
    ['reload_failed', 'reloaded'],
  )
  assert.match(String(records[0]?.facts?.reason), /f\.yaml:3 spec\.x: unknown/)
  assert.match(String(records[0]?.facts?.serving), /last good version/)
})

test('nothing is reloaded once it is closed', async () => {
  let reloads = 0
  const { reloader, pass } = setUp(async () => void (reloads += 1))
  reloader.change()
  await reloader.close()
  await pass(1000)
  assert.equal(reloads, 0)
})
