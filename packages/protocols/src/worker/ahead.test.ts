import assert from 'node:assert/strict'
import { readSync } from 'node:fs'
import { test } from 'node:test'
import { PeltonError, type Task } from '@pelton/core'
import { within } from '@pelton/testkit'
import { startScripted } from './fixtures/scripted-host.ts'
import { eventOf } from './fixtures/wire-pair.ts'
import { abortCode, frameType } from './frame.ts'

async function codeOf(task: Task): Promise<string> {
  const outcome = await within('outcome', task.outcome)
  return outcome.status === 'failed' ? outcome.error.code : 'handled'
}

test('what a host says of itself is known of its worker', async (t) => {
  const { worker } = await startScripted(t, { concurrency: 1, ahead: 8, atDeadline: 'abort' })
  assert.deepEqual([worker.concurrency, worker.ahead, worker.atDeadline], [1, 8, 'abort'])
  const silent = await startScripted(t)
  assert.deepEqual([silent.worker.concurrency, silent.worker.ahead, silent.worker.atDeadline], [Infinity, 0, 'abort'])
})

test('a host that says nonsense of itself is no host', async (t) => {
  for (const facts of [{ concurrency: 0 }, { ahead: 'many' }, { concurrency: 1.5 }]) {
    await assert.rejects(startScripted(t, facts), { code: 'wire_broken' })
  }
})

test('an event that has not begun is taken back at once, and its slot is free when the host has given it back', async (t) => {
  const { worker, marks, table, send, received } = await startScripted(t, { concurrency: 1, ahead: 15 })
  const [first, second] = [worker.handle(eventOf('first')), worker.handle(eventOf('second'))]
  const [one, two] = await received(frameType.event, 2)
  assert.ok(one && two)
  marks.mark(one.id)
  first.recall?.()
  second.recall?.()
  assert.equal(await codeOf(second), 'event_recalled')
  assert.equal(second.begunAt(), undefined)
  const cell = Buffer.alloc(8)
  readSync(table, cell, 0, 8, (two.id & 0xffff) * 24 + 16)
  assert.equal(cell.readDoubleLE(), two.id)
  send({ type: frameType.returned, id: two.id })
  send({ type: frameType.response, id: one.id, code: 200 })
  assert.equal(await codeOf(first), 'handled')
  // All sixteen slots are free again.
  const tasks = Array.from({ length: 16 }, () => worker.handle(eventOf('more')))
  const events = await received(frameType.event, 18)
  for (const { id } of events.slice(2)) send({ type: frameType.response, id, code: 200 })
  for (const task of tasks) assert.equal(await codeOf(task), 'handled')
})

test('an event that began while it was recalled is handled, unless its host gives it back all the same', async (t) => {
  const { worker, marks, send, received } = await startScripted(t, { concurrency: 1, ahead: 8 })
  const task = worker.handle(eventOf())
  const [event] = await received(frameType.event)
  assert.ok(event)
  marks.mark(event.id)
  task.recall?.()
  assert.notEqual(task.begunAt(), undefined)
  send({ type: frameType.returned, id: event.id })
  assert.equal(await codeOf(task), 'event_recalled')
  assert.equal(task.begunAt(), undefined)
})

test('an event that is given back twice, or was answered, breaks the wire', async (t) => {
  const { worker, send, received } = await startScripted(t)
  const task = worker.handle(eventOf())
  const [event] = await received(frameType.event)
  send({ type: frameType.response, id: event?.id ?? 0, code: 200 })
  assert.equal(await codeOf(task), 'handled')
  send({ type: frameType.returned, id: event?.id ?? 0 })
  assert.equal((await within('end', worker.ended)).error?.code, 'wire_broken')
})

test('a batch is announced with its number, and each of its events is answered for itself', async (t) => {
  const { worker, send, received } = await startScripted(t)
  const unsendable = eventOf('', { extra: { big: 1n } })
  const tasks = worker.handleBatch?.([eventOf('a'), unsendable, eventOf('b')], []) ?? []
  assert.equal(await codeOf(tasks[1]!), 'event_unsendable')
  const [batch] = await received(frameType.batch)
  const events = await received(frameType.event, 2)
  assert.equal(batch?.code, 2)
  assert.deepEqual(
    events.map((event) => String(event.body())),
    ['a', 'b'],
  )
  send({ type: frameType.failed, id: events[0]?.id ?? 0, meta: '{"message":"no"}' })
  send({ type: frameType.response, id: events[1]?.id ?? 0, code: 200 })
  assert.deepEqual([await codeOf(tasks[0]!), await codeOf(tasks[2]!)], ['handler_failed', 'handled'])
})

test('an abort says whether the caller left or the deadline is over', async (t) => {
  const { worker, received } = await startScripted(t)
  const [left, late] = [new AbortController(), new AbortController()]
  worker.handle(eventOf(), { signal: left.signal })
  worker.handle(eventOf(), { signal: late.signal })
  left.abort()
  const facts = { blame: 'user', retryable: false, help: '', status: 408 } as const
  late.abort(new PeltonError('event_timeout', 'too late', facts))
  const aborts = await received(frameType.abort, 2)
  assert.deepEqual(
    aborts.map(({ code }) => code),
    [abortCode.left, abortCode.deadline],
  )
})

test('a stop tells how long it waits', async (t) => {
  const { worker, received } = await startScripted(t)
  const stopped = worker.stop(50)
  const [stop] = await received(frameType.stop)
  assert.equal(stop?.body().readUInt32LE(), 50)
  await within('stop', stopped)
})
