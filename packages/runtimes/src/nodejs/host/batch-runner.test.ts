import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Compat, HandleOptions, LogCapture, LogRecord, Task } from '@pelton/core'
import type { BatchHandler } from '@pelton/sdk'
import { within } from '@pelton/testkit'
import { createBatchRunner } from './batch-runner.ts'
import { type TestedParts, runnerParts } from './fixtures/runner-parts.ts'
import { eventOf, startHost } from './fixtures/start-host.ts'
import type { HandlerHost } from './host-spec.ts'

interface Batches extends TestedParts<BatchHandler> {
  host: HandlerHost
  /** Hands bodies to the handler as one batch. */
  batch(bodies: string[], options?: (HandleOptions | undefined)[]): Task[]
}

function batchesOf(compat: Compat, handler: BatchHandler): Batches {
  const tested = runnerParts(compat, handler)
  const host = createBatchRunner(tested.parts)
  let last = 0
  const batch: Batches['batch'] = (bodies, options = []) =>
    host.handleBatch?.(
      bodies.map((body) => eventOf((last += 1), body)),
      options,
    ) ?? []
  return { ...tested, host, batch }
}

/** What became of each event: status and body, or the error's code. */
function told(tasks: Task[]): Promise<string[]> {
  const each = tasks.map(async ({ outcome }) => {
    const settled = await within('outcome', outcome)
    if (settled.status === 'failed') return settled.error.code
    const { status, body } = settled.response
    return body === undefined
      ? `${status}`
      : `${status} ${body instanceof Uint8Array ? Buffer.from(body).toString() : ''}`
  })
  return Promise.all(each)
}

const idsOf = (record: LogRecord | undefined): unknown => record?.facts?.['event_ids']

test('a batch is one call of the handler, and each event has its own answer', async () => {
  const calls: string[][] = []
  const { host, batch } = batchesOf('none', async (_, events) => {
    calls.push(events.map((event) => event.text()))
    return events.map((event) => ({ status: 201, body: `got ${event.text()}` }))
  })
  const tasks = batch(['a', 'b', 'c'])
  assert.equal(host.running(), 3)
  assert.deepEqual(
    tasks.map((task) => task.begunAt()),
    [42, 42, 42],
  )
  assert.deepEqual(await told(tasks), ['201 got a', '201 got b', '201 got c'])
  assert.deepEqual(calls, [['a', 'b', 'c']])
  await within('idle', host.idle())
})

test('an event that comes alone is a batch of one, and an empty batch is no call', async () => {
  const { host, batch } = batchesOf('none', (_, events) => [events.length])
  assert.deepEqual(await told([host.handle(eventOf(1, 'x'))]), ['200 1'])
  assert.deepEqual(batch([]), [])
  assert.equal(host.running(), 0)
})

test('batches run side by side', async () => {
  const turns: (() => void)[] = []
  const { batch } = batchesOf(
    'none',
    (_, events) => new Promise((resolve) => turns.push(() => resolve(events.map(String)))),
  )
  const [first, second] = [batch(['a']), batch(['b', 'c'])]
  turns[1]?.()
  assert.equal((await told(second)).length, 2)
  turns[0]?.()
  assert.equal((await told(first)).length, 1)
})

test('an event left without a result fails, and the log names it', async () => {
  const { batch, logs } = batchesOf('none', (_, events) => [{ eventId: events[1]?.id, body: 'second' }])
  const tasks = batch(['a', 'b', 'c'])
  assert.deepEqual(await told(tasks), ['result_missing', '200 second', 'result_missing'])
  const outcome = await tasks[2]!.outcome
  assert.ok(outcome.status === 'failed')
  assert.match(outcome.error.message, /no result for event event-3/)
  assert.equal(outcome.error.status, 500)
  assert.deepEqual(
    logs.map(({ level, message, eventId }) => [level, message, eventId]),
    [['error', 'result_missing', undefined]],
  )
  assert.deepEqual(idsOf(logs[0]), ['event-1', 'event-3'])
})

test('in a nuclio file an event left without a result is answered with an empty 200', async () => {
  const { batch, logs, host } = batchesOf('nuclio', (_, events) => [
    { event_id: events[0]?.id, status: 201, body: 'first' },
  ])
  assert.deepEqual(await told(batch(['a', 'b'])), ['201 first', '200'])
  assert.deepEqual(logs[0] && [logs[0].level, logs[0].message, logs[0].eventId], ['warn', 'result_missing', 'event-2'])
  assert.equal(host.running(), 0)
})

test('in a nuclio file context.callback answers the batch, and one that is not answered is named once', async () => {
  const patience = Promise.withResolvers<void>()
  const { batch, timers, logs } = batchesOf('nuclio', (context, events) => {
    void patience.promise.then(() => context.callback(events.map((event) => [201, event.text()])))
  })
  const tasks = batch(['a', 'b'])
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [10_000],
  )
  timers[0]?.fire()
  assert.deepEqual(
    logs.map(({ message }) => message),
    ['handler_has_not_answered'],
  )
  patience.resolve()
  assert.deepEqual(await told(tasks), ['201 a', '201 b'])
  assert.equal(timers[0]?.cancelled, true)
})

test('a result of nobody is dropped and logged, with why', async () => {
  const { batch, logs } = batchesOf('none', (_, events) => [...events.map(() => 'fine'), 'more'])
  assert.deepEqual(await told(batch(['a', 'b'])), ['200 fine', '200 fine'])
  assert.deepEqual(
    logs.map(({ message, facts }) => [message, facts]),
    [['results_dropped', { count: 1, why: ['result 3 is one more than there are events'] }]],
  )
})

test('a handler that throws fails each event of its batch, and no other', async () => {
  const { batch, logs } = batchesOf('none', async (_, events) => {
    await Promise.resolve()
    if (events.some((event) => event.text() === 'bad')) throw new Error('no luck')
    return events.map(() => 'fine')
  })
  const [bad, good] = [batch(['a', 'bad']), batch(['b'])]
  assert.deepEqual(await told(bad), ['handler_failed', 'handler_failed'])
  assert.deepEqual(await told(good), ['200 fine'])
  assert.deepEqual([logs.length, logs[0]?.message, idsOf(logs[0])], [1, 'handler_failed', ['event-1', 'event-2']])
})

test('the log names every event of a failed batch, however many they are', async () => {
  const { batch, logs } = batchesOf('none', () => {
    throw new Error('no luck')
  })
  await told(batch(Array.from({ length: 250 }, () => '')))
  assert.deepEqual(
    logs.map((record) => (idsOf(record) as string[]).length),
    [100, 100, 50],
  )
})

test('a promise in the list that rejects fails its own event, under its own id', async () => {
  const { batch, logs } = batchesOf('none', (_, events) =>
    events.map(async (event) => {
      if (event.text() === 'bad') throw new Error('no luck')
      return event.text()
    }),
  )
  assert.deepEqual(await told(batch(['a', 'bad', 'b'])), ['200 a', 'handler_failed', '200 b'])
  assert.deepEqual([logs.length, logs[0]?.message, logs[0]?.eventId], [1, 'handler_failed', 'event-2'])
})

test('an answer that is no list, or a result that cannot be sent, fails what it is for', async () => {
  const { batch, logs } = batchesOf('none', (_, events) => (events.length === 1 ? 'fine' : ['fine', { status: 42 }]))
  assert.deepEqual(await told(batch(['a'])), ['result_unreadable'])
  assert.match(String(logs[0]?.facts?.['reason']), /list of results/)
  assert.deepEqual(await told(batch(['a', 'b'])), ['200 fine', 'result_unreadable'])
  assert.equal(logs[1]?.eventId, 'event-3')
})

test('an event of a batch may be answered with a stream, which holds nobody else up', async () => {
  const { host, batch } = batchesOf('none', (_, events) => [
    (async function* () {
      yield 'a'
      yield 'b'
    })(),
    events[1]?.text(),
  ])
  const [streamed, plain] = batch(['x', 'y'])
  assert.deepEqual(await told([plain!]), ['200 y'])
  assert.equal(host.running(), 1)
  const outcome = await streamed!.outcome
  assert.ok(outcome.status === 'handled')
  const chunks: string[] = []
  for await (const chunk of outcome.response.body as AsyncIterable<Uint8Array>)
    chunks.push(Buffer.from(chunk).toString())
  assert.deepEqual(chunks, ['a', 'b'])
  await within('idle', host.idle())
})

test('the signal of an event is its own', async () => {
  const controllers = [new AbortController(), new AbortController()]
  const { batch } = batchesOf('none', async (_, events) => {
    const signals = events.map((event) => event.signal)
    await new Promise<void>((resolve) => signals[1]?.addEventListener('abort', () => resolve()))
    return signals.map((signal) => String(signal.aborted))
  })
  const tasks = batch(['a', 'b'], controllers)
  controllers[1]?.abort()
  assert.deepEqual(await told(tasks), ['200 false', '200 true'])
})

test('what a batch logs names no event, and goes to each that asked for it from its own level up', async () => {
  const seen: string[][] = [[], [], []]
  const capture = (at: number, level: LogCapture['level']): HandleOptions => ({
    log: { level, write: (record) => seen[at]?.push(record.message) },
  })
  const { batch, logs } = batchesOf('none', (context, events) => {
    context.logger.info('told')
    context.logger.error('failed')
    return events.map(() => 'fine')
  })
  await told(batch(['a', 'b', 'c'], [capture(0, 'debug'), undefined, capture(2, 'error')]))
  assert.deepEqual(seen, [['told', 'failed'], [], ['failed']])
  assert.deepEqual(
    logs.map(({ message, eventId, trigger }) => [message, eventId, trigger]),
    [
      ['told', undefined, 'front'],
      ['failed', undefined, 'front'],
    ],
  )
  await told(batch(['alone']))
  assert.deepEqual(logs.at(-1)?.eventId, 'event-4')
})

const faulty = `
  export const handler = async (context, events) => {
    const how = events[0].text()
    if (how === 'timer') setTimeout(() => { throw new Error('in timer') }, 1)
    if (how === 'rejection') void Promise.reject(new Error('in rejection'))
    if (how === 'timer' || how === 'rejection') await new Promise(() => {})
    if (how === 'slow') await new Promise((resolve) => setTimeout(resolve, 50))
    return events.map((event) => event.text())
  }`

for (const how of ['timer', 'rejection']) {
  test(`an uncaught fault in a ${how} fails the open events of its batch, and asks for retirement`, async () => {
    const host = await startHost({ 'handler.mjs': faulty }, { batchSize: 3 })
    try {
      const slow = host.handleBatch(['slow', 'b'])
      const bad = host.handleBatch([how, 'x', 'y'])
      for (const { done } of bad) assert.equal((await done).error?.code, 'handler_failed')
      assert.deepEqual(await Promise.all(slow.map(async ({ done }) => (await done).body)), ['slow', 'b'])
      assert.deepEqual(
        host.faults.map(({ message, eventId }) => [message, eventId]),
        [[`in ${how}`, undefined]],
      )
      assert.equal((await host.state()).running, 0)
    } finally {
      await host.stop()
    }
  })
}

test('in a nuclio file a callback made outside of any batch answers the one that is open', async () => {
  const source = `
    exports.initContext = (context) => void setInterval(() => context.callback([[201, 'tick'], [202, 'tack']]), 5)
    exports.handler = () => {}`
  const host = await startHost({ 'handler.js': source }, { batchSize: 2, compat: 'nuclio', handler: 'handler.js' })
  try {
    for (let round = 0; round < 2; round += 1) {
      const seen = await within('answers', Promise.all(host.handleBatch(['a', 'b']).map(({ done }) => done)))
      assert.deepEqual(
        seen.map(({ httpStatus, body }) => [httpStatus, body]),
        [
          [201, 'tick'],
          [202, 'tack'],
        ],
      )
    }
  } finally {
    await host.stop()
  }
})
