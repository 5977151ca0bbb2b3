import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bytes, Compat, Outcome, Response } from '@pelton/core'
import type { Handler } from '@pelton/sdk'
import { chunkType } from '@pelton/sdk/chunk-type'
import { createEventRunner } from './event-runner.ts'
import { type TestedParts, runnerParts } from './fixtures/runner-parts.ts'
import { eventOf } from './fixtures/start-host.ts'
import type { HandlerHost } from './host-spec.ts'

function runnerOf(compat: Compat, handler: Handler): TestedParts<Handler> & { host: HandlerHost } {
  const tested = runnerParts(compat, handler)
  return { ...tested, host: createEventRunner(tested.parts) }
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

test('what a trigger in the same thread gets stays as it is, whatever the handler does with its buffer', async () => {
  const buffer = Buffer.alloc(2)
  const { parts } = runnerParts<Handler>('none', (_, event) => {
    const fill = (): Buffer => buffer.fill(event.text())
    if (event.text() !== 'stream') return fill()
    return (async function* () {
      yield buffer.fill('x')
      yield buffer.fill('y')
    })()
  })
  const host = createEventRunner({ ...parts, spec: { ...parts.spec, resident: { module: 'm', data: undefined } } })
  const tasks = ['a', 'b'].map((text, index) => host.handle(eventOf(index, text)))
  const bodies = await Promise.all(tasks.map(async ({ outcome }) => String(bodyOf(await outcome))))
  assert.deepEqual(bodies, ['aa', 'bb'])
  const chunks: Bytes[] = []
  const stream = bodyOf(await host.handle(eventOf(3, 'stream')).outcome) as AsyncIterable<Bytes>
  for await (const chunk of stream) chunks.push(chunk)
  assert.deepEqual(
    chunks.map((chunk) => [String(chunk), chunkType(chunk)]),
    [
      ['xx', 'bytes'],
      ['yy', 'bytes'],
    ],
  )
})

test('an event’s own body goes back to a trigger in the same thread without a copy', async () => {
  const { parts } = runnerParts<Handler>('none', (_, event) => event.body.subarray(1))
  const host = createEventRunner({ ...parts, spec: { ...parts.spec, resident: { module: 'm', data: undefined } } })
  const event = eventOf(1, 'echo')
  const body = bodyOf(await host.handle(event).outcome) as Bytes
  assert.equal(String(body), 'cho')
  assert.equal(body.buffer, event.body.buffer)
})

function bodyOf(outcome: Outcome): Response['body'] {
  assert.equal(outcome.status, 'handled')
  return outcome.response.body
}
