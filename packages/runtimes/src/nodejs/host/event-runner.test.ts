import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { type Clock, type Compat, type LogRecord, systemClock } from '@pelton/core'
import type { Handler } from '@pelton/sdk'
import { createContexts, createHandlerLogger } from '@pelton/sdk/host'
import { createEventRunner } from './event-runner.ts'
import { eventOf, specOf } from './fixtures/start-host.ts'
import type { HandlerHost } from './host-spec.ts'
import { createOpenEvents } from './open-events.ts'
import type { OpenEvent } from './open-event.ts'
import { createWorkerLog } from './worker-log.ts'

interface Runner {
  host: HandlerHost
  logs: LogRecord[]
  /** Timers that are set, by their milliseconds. */
  timers: { ms: number; fire: () => void; cancelled: boolean }[]
}

function runnerOf(compat: Compat, handler: Handler): Runner {
  const logs: LogRecord[] = []
  const timers: Runner['timers'] = []
  const clock: Clock = {
    ...systemClock,
    now: () => 42,
    after(ms, fire) {
      const timer = { ms, fire, cancelled: false }
      timers.push(timer)
      return {
        cancel() {
          timer.cancelled = true
        },
      }
    },
  }
  const log = createWorkerLog({
    level: 'debug',
    worker: 0,
    trigger: undefined,
    write: (record) => logs.push(record),
    wall: () => 7,
  })
  const store = new AsyncLocalStorage<OpenEvent>()
  const contexts = createContexts({
    compat,
    facts: { workerId: 0, trigger: { kind: '', name: 'pool' }, functionName: 'f', functionVersion: '1' },
    current: () => store.getStore(),
    callFunction: () => Promise.reject(new Error('no network here')),
    logger: createHandlerLogger((level, message, facts) => log.take(store.getStore(), level, message, facts)),
  })
  const spec = specOf('/nowhere', { compat })
  return {
    host: createEventRunner({ spec, log, clock, store, open: createOpenEvents(), contexts, handler }),
    logs,
    timers,
  }
}

test('a nuclio handler that has not answered after 10 s is named once in the log', async () => {
  const { host, logs, timers } = runnerOf('nuclio', () => undefined)
  const task = host.handle(eventOf(1, 'x'))
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [10_000],
  )
  timers[0]?.fire()
  const expected = {
    time: 7,
    level: 'warn',
    message: 'handler_has_not_answered',
    worker: 0,
    trigger: 'front',
    eventId: 'event-1',
  }
  assert.deepEqual(logs, [{ ...expected, facts: { after_ms: 10_000 } }])
  assert.equal(host.running(), 1)
  assert.equal(task.begunAt(), 42)
})

test('a nuclio handler that answers in time is not named', async () => {
  const { host, timers } = runnerOf('nuclio', async () => 'ok')
  const outcome = await host.handle(eventOf(1, 'x')).outcome
  assert.equal(outcome.status, 'handled')
  assert.equal(timers[0]?.cancelled, true)
})

test('a handler that answers at once costs no timer, nor does any in a Pelton file', async () => {
  const nuclio = runnerOf('nuclio', (context) => context.callback('ok'))
  await nuclio.host.handle(eventOf(1, 'x')).outcome
  assert.deepEqual(nuclio.timers, [])
  const pelton = runnerOf('none', () => new Promise(() => undefined))
  pelton.host.handle(eventOf(1, 'x'))
  assert.deepEqual(pelton.timers, [])
})

test('idle waits for answers and for streams', async () => {
  const { host } = runnerOf('none', async function* (_, event) {
    yield event.text()
  })
  await host.idle()
  const task = host.handle(eventOf(1, 'x'))
  let idle = false
  const waiting = host.idle().then(() => (idle = true))
  const outcome = await task.outcome
  assert.ok(outcome.status === 'handled')
  assert.equal(idle, false)
  assert.equal(host.running(), 1)
  const { body } = outcome.response
  assert.ok(body !== undefined && !ArrayBuffer.isView(body))
  for await (const chunk of body) assert.equal(Buffer.from(chunk).toString(), 'x')
  await waiting
  assert.equal(host.running(), 0)
})

test('the caller’s signal is not asked for unless the handler does or the answer is a stream', async () => {
  let asked = 0
  const options = {
    get signal() {
      asked += 1
      return new AbortController().signal
    },
  }
  const plain = runnerOf('none', (_, event) => event.body)
  await plain.host.handle(eventOf(1, 'x'), options).outcome
  assert.equal(asked, 0)
  const curious = runnerOf('none', (_, event) => String(event.signal.aborted))
  await curious.host.handle(eventOf(1, 'x'), options).outcome
  assert.equal(asked, 1)
})
