import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DispatchOptions, type EventData, type Outcome, PeltonError, createLogger } from '@pelton/core'
import { FakeClock, handled } from '@pelton/testkit'
import { settled } from '../fixtures/dispatch-setting.ts'
import { createTriggerConfig } from '../fixtures/fake-function.ts'
import { createEvent } from '../fixtures/fake-runtime.ts'
import { createFakeSink, createSinkConfig, targetError } from '../fixtures/fake-sink.ts'
import type { SinkConfig } from '../config/function-config.ts'
import { createShared } from '../triggers/shared-things.ts'
import { TriggerSinks } from './trigger-sinks.ts'

type Source = EventData | (() => EventData | undefined)

async function start(sinks: SinkConfig[]): Promise<{ sinks: TriggerSinks; clock: FakeClock }> {
  const started = create(sinks)
  await started.sinks.start()
  return started
}

function create(sinks: SinkConfig[]): { sinks: TriggerSinks; clock: FakeClock } {
  const clock = new FakeClock()
  const config = createTriggerConfig('main', { run: () => Promise.resolve() }, { sinks })
  return {
    sinks: new TriggerSinks({ config, logger: createLogger(() => undefined), clock, shared: createShared() }),
    clock,
  }
}

/** A dispatch whose outcomes are given one after the other. */
function outcomes(
  ...given: (Outcome | Promise<Outcome>)[]
): (source: Source, options?: DispatchOptions) => Promise<Outcome> {
  return async (source) => {
    const event = typeof source === 'function' ? source() : source
    return given.shift() ?? handled({ body: event?.body })
  }
}

const failed: Outcome = {
  status: 'failed',
  error: new PeltonError('event_timeout', 'a secret reason', { blame: 'user', retryable: true, help: '', status: 408 }),
}

describe('what goes to the sinks of a trigger', () => {
  test('an answer as its trigger has it for them; the caller gets it as it came', async () => {
    const sink = createFakeSink({ takes: true })
    const { sinks } = await start([createSinkConfig(sink)])
    const outcome = handled({ body: 'raw' })
    const forSinks: DispatchOptions['forSinks'] = (response) => ({ ...response, body: Buffer.from('readable') })
    assert.equal(await sinks.wrap(outcomes(outcome))(createEvent(), { forSinks }), outcome)
    assert.deepEqual(sink.written, ['readable'])
  })

  test('each answer, with what is known of its event, to each of them; the caller gets the same outcome', async () => {
    const [one, other] = [createFakeSink({ takes: true }), createFakeSink()]
    const { sinks } = await start([createSinkConfig(one), createSinkConfig(other, {}, 'fake_2')])
    const outcome = handled({
      status: 201,
      body: 'answer',
      headers: [['x-a', '1']],
      contentType: 'text/x',
      bodyType: 'text',
    })
    const dispatch = sinks.wrap(outcomes(outcome))
    const event = { ...createEvent('asked', 'id-7'), fields: { frame_num: 3 } }
    assert.equal(await dispatch(event), outcome)
    assert.deepEqual(one.written, ['answer'])
    const [held] = other.held
    assert.deepEqual(held?.item, {
      eventId: 'id-7',
      fields: { frame_num: 3 },
      timestamp: new Date(0),
      response: {
        status: 201,
        headers: [['x-a', '1']],
        contentType: 'text/x',
        bodyType: 'text',
        body: Buffer.from('answer'),
      },
    })
    assert.deepEqual(
      sinks.reports.map(({ name, open }) => [name, open]),
      [
        ['fake', true],
        ['fake_2', true],
      ],
    )
  })

  test('an event that is made when a worker is free is known too, and a withdrawn one is nothing', async () => {
    const sink = createFakeSink({ takes: true })
    const { sinks } = await start([createSinkConfig(sink, { includeErrors: true })])
    const dispatch = sinks.wrap(outcomes(handled({ body: 'made' }), failed))
    await dispatch(() => createEvent('', 'made'))
    await dispatch(() => undefined)
    assert.deepEqual(sink.written, ['made'])
  })

  test('no errors and nothing empty, unless errors are asked for', async () => {
    const [plain, all] = [createFakeSink({ takes: true }), createFakeSink()]
    const { sinks } = await start([createSinkConfig(plain), createSinkConfig(all, { includeErrors: true }, 'fake_2')])
    const dispatch = sinks.wrap(
      outcomes(
        handled({ status: 404, body: 'none' }),
        failed,
        handled({ body: '' }),
        handled(),
        handled({ body: 'x' }),
      ),
    )
    for (let i = 0; i < 5; i++) await dispatch(createEvent())
    assert.deepEqual(plain.written, ['x'])
    const items = []
    for (; all.held[0]; await settled()) {
      const { item, take } = all.held[0]
      items.push([item.response.status, Buffer.from(item.response.body).toString()])
      take()
    }
    assert.deepEqual(items, [
      [404, 'none'],
      [408, 'the event could not be handled: event_timeout\n'],
      [200, 'x'],
    ])
  })
})

describe('a slow sink', () => {
  test('delays neither the trigger nor another sink', async () => {
    const [dead, quick] = [createFakeSink(), createFakeSink({ takes: true })]
    const { sinks } = await start([createSinkConfig(dead, { queueSize: 2 }), createSinkConfig(quick, {}, 'fake_2')])
    const dispatch = sinks.wrap(outcomes())
    for (let i = 0; i < 100; i++) await dispatch(createEvent(String(i)))
    assert.equal(quick.written.length, 100)
    assert.equal(sinks.reports[0]?.counts.dropped.queue_full, 97)
  })

  test('with block lets the trigger wait, after the others have got theirs', async () => {
    const [slow, quick] = [createFakeSink(), createFakeSink({ takes: true })]
    const { sinks } = await start([
      createSinkConfig(slow, { queueSize: 1, drop: 'block' }),
      createSinkConfig(quick, {}, 'fake_2'),
    ])
    const dispatch = sinks.wrap(outcomes())
    await dispatch(createEvent('a'))
    await dispatch(createEvent('b'))
    let isAnswered = false
    const third = dispatch(createEvent('c')).then(() => (isAnswered = true))
    await settled()
    assert.deepEqual([isAnswered, quick.written.length], [false, 3])
    slow.held[0]?.take()
    await third
  })
})

describe('a streamed answer', () => {
  async function* stream(...texts: string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield Buffer.from(text)
  }
  const streamed = (...texts: string[]): Outcome => handled({ body: stream(...texts) })
  const read = async (outcome: Outcome): Promise<string> => {
    assert.ok(outcome.status === 'handled' && outcome.response.body && !(outcome.response.body instanceof Uint8Array))
    let text = ''
    for await (const chunk of outcome.response.body) text += Buffer.from(chunk).toString()
    return text
  }

  test('is read by the caller, and reaches the sinks whole when it has ended', async () => {
    const [one, other, small] = [createFakeSink({ takes: true }), createFakeSink({ takes: true }), createFakeSink()]
    const { sinks } = await start([
      createSinkConfig(one),
      createSinkConfig(other, {}, 'fake_2'),
      createSinkConfig(small, { maxQueueBytes: 3 }, 'fake_3'),
    ])
    const given = streamed('ab', 'cd')
    const outcome = await sinks.wrap(outcomes(given))(createEvent())
    assert.equal(outcome, given)
    assert.deepEqual(one.written, [])
    assert.equal(await read(outcome), 'abcd')
    assert.deepEqual([one.written, other.written, small.written], [['abcd'], ['abcd'], []])
    assert.equal(sinks.reports[2]?.counts.dropped.too_large, 1)
  })

  test('keeps its place among the others', async () => {
    const sink = createFakeSink({ takes: true })
    const { sinks } = await start([createSinkConfig(sink)])
    const dispatch = sinks.wrap(outcomes(streamed('first'), handled({ body: 'second' })))
    const outcome = await dispatch(createEvent(), { sequence: 0 })
    await dispatch(createEvent(), { sequence: 1 })
    assert.deepEqual(sink.written, [])
    await read(outcome)
    await settled()
    assert.deepEqual(sink.written, ['first', 'second'])
  })

  test('that is empty, broken or left is none', async () => {
    const sink = createFakeSink({ takes: true })
    const { sinks } = await start([createSinkConfig(sink)])
    const left = streamed('a', 'b')
    const dispatch = sinks.wrap(outcomes(streamed(), left))
    assert.equal(await read(await dispatch(createEvent())), '')
    await dispatch(createEvent())
    assert.ok(left.status === 'handled')
    for await (const _ of left.response.body as AsyncIterable<Uint8Array>) break
    assert.deepEqual(sink.written, [])
    assert.equal(sinks.reports[0]?.counts.dropped.broken_stream, 1)
  })

  test('of an error is not gathered', async () => {
    const sink = createFakeSink({ takes: true })
    const { sinks } = await start([createSinkConfig(sink)])
    const body = stream('no')
    const outcome = await sinks.wrap(outcomes(handled({ status: 500, body })))(createEvent())
    assert.ok(outcome.status === 'handled')
    assert.equal(outcome.response.body, body)
  })

  test('that is still under way when the processor stops is counted', async () => {
    const sink = createFakeSink({ takes: true })
    const { sinks, clock } = await start([createSinkConfig(sink)])
    const outcome = await sinks.wrap(outcomes(streamed('a')))(createEvent())
    await sinks.stop(1000)
    assert.equal(await read(outcome), 'a')
    assert.equal(sinks.reports[0]?.counts.dropped.stopping, 1)
    assert.equal(clock.pending, 0)
  })
})

describe('the start', () => {
  test('is stopped by what no retry mends, and by nothing else', async () => {
    const [bad, away] = [createFakeSink(), createFakeSink()]
    away.failures = [targetError('refused')]
    bad.failures = [targetError('taken', false)]
    const { sinks, clock } = create([createSinkConfig(away), createSinkConfig(bad, {}, 'fake_2')])
    await assert.rejects(sinks.start(), { code: 'target_failed', message: 'taken' })
    await sinks.stop(0)
    assert.deepEqual(
      sinks.reports.map(({ open }) => open),
      [false, false],
    )
    assert.equal(clock.pending, 0)
  })

  test('does not wait for a silent target', async () => {
    const silent = createFakeSink()
    silent.failures = ['never']
    const { sinks, clock } = create([createSinkConfig(silent)])
    let isStarted = false
    const started = sinks.start().then(() => (isStarted = true))
    await settled()
    assert.equal(isStarted, false)
    await clock.advance(250)
    await started
    assert.equal(sinks.reports[0]?.why, 'opening')
  })
})
