import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type LogRecord, type PeltonError, type SinkRules, createLogger } from '@pelton/core'
import { FakeClock, sinkItem } from '@pelton/testkit'
import { settled } from '../fixtures/dispatch-setting.ts'
import { type FakeSink, type FakeSinkOptions, createFakeSink, sinkRules, targetError } from '../fixtures/fake-sink.ts'
import { SinkFeed } from './sink-feed.ts'

interface Setting {
  feed: SinkFeed
  sink: FakeSink
  clock: FakeClock
  logs: LogRecord[]
  /** Offers a text, in no order. */
  offer: (text: string) => void
  /** The same, with what the trigger has to wait for. */
  await: (text: string) => Promise<void> | undefined
  messages: () => string[]
}

async function setting(rules: Partial<SinkRules> = {}, options: FakeSinkOptions = {}): Promise<Setting> {
  const one = unopened(rules, options)
  assert.equal(await one.feed.start(), undefined)
  return one
}

function unopened(rules: Partial<SinkRules> = {}, options: FakeSinkOptions = {}): Setting {
  const sink = createFakeSink(options)
  const clock = new FakeClock()
  const logs: LogRecord[] = []
  const create = (retried: () => void): FakeSink => {
    sink.retry = retried
    return sink
  }
  const logger = createLogger((record) => logs.push(record))
  const feed = new SinkFeed({ name: 'fake', kind: 'fake', rules: sinkRules(rules), create, logger, clock })
  const wait = (text: string): Promise<void> | undefined => feed.offer(sinkItem(text), undefined)
  const offer = (text: string): void => void wait(text)
  return { feed, sink, clock, logs, offer, await: wait, messages: () => logs.map(({ message }) => message) }
}

const isPending = async (promise: Promise<unknown> | undefined): Promise<boolean> => {
  let isDone = false
  void promise?.then(() => (isDone = true))
  await settled()
  return promise !== undefined && !isDone
}

describe('writing', () => {
  test('one write at a time, in the order in which the answers came', async () => {
    const { sink, offer, feed } = await setting()
    for (const text of ['a', 'b', 'c']) offer(text)
    assert.deepEqual(sink.written, ['a'])
    sink.held[0]?.take()
    await settled()
    assert.deepEqual(sink.written, ['a', 'b'])
    assert.deepEqual([feed.report.queued, feed.report.counts.written], [2, 1])
  })

  test('as many at a time as the sink can bear', async () => {
    const { sink, offer } = await setting({}, { concurrency: 2 })
    for (const text of ['a', 'b', 'c']) offer(text)
    assert.deepEqual(sink.written, ['a', 'b'])
    sink.held[1]?.take()
    await settled()
    assert.deepEqual(sink.written, ['a', 'b', 'c'])
  })

  test('an answer that is given up is counted, and the next one goes on', async () => {
    const { sink, offer, feed, logs } = await setting()
    for (const text of ['a', 'b', 'c']) offer(text)
    for (const _ of [1, 2]) {
      sink.held[0]?.reject(targetError('status 400'))
      await settled()
    }
    assert.deepEqual(sink.written, ['a', 'b', 'c'])
    assert.equal(feed.report.counts.failed, 2)
    assert.deepEqual(
      logs.map(({ message, facts }) => [message, facts]),
      [['sink_failing', { code: 'target_failed', reason: 'status 400' }]],
      'logged once',
    )
  })

  test('a sink that throws at once for each of thousands of answers is counted, not followed into the depth', async () => {
    const { sink, offer, feed, logs } = await setting({ queueSize: 100_000 })
    offer('first')
    sink.write = () => {
      throw new TypeError('broken sink')
    }
    for (let i = 0; i < 20_000; i++) offer('x')
    sink.held[0]?.take()
    while (feed.report.queued > 0) await settled()
    assert.equal(feed.report.counts.failed, 20_000)
    assert.deepEqual(logs[0]?.facts, { code: 'sink_failed', reason: 'Sink fake failed: TypeError: broken sink' })
  })

  test('its own retries are counted', async () => {
    const { sink, feed } = await setting()
    sink.retry()
    sink.retry()
    assert.equal(feed.report.counts.retried, 2)
  })
})

describe('a sink that is slower than what feeds it', () => {
  test('drops the oldest by default, and says so once', async () => {
    const { sink, offer, feed, messages } = await setting({ queueSize: 2 })
    for (const text of ['a', 'b', 'c', 'd', 'e']) offer(text)
    assert.equal(feed.report.counts.dropped.queue_full, 2)
    for (let i = 0; i < 3; i++) {
      sink.held[0]?.take()
      await settled()
    }
    assert.deepEqual(sink.written, ['a', 'd', 'e'])
    assert.deepEqual(messages(), ['sink_dropping'])
  })

  test('an answer larger than all that may wait is dropped alone', async () => {
    const { sink, offer, feed } = await setting({ maxQueueBytes: 4 }, { takes: true })
    for (const text of ['1234', '12345', '1']) offer(text)
    await settled()
    assert.deepEqual(sink.written, ['1234', '1'])
    assert.equal(feed.report.counts.dropped.too_large, 1)
  })

  test('with block the trigger waits until there is room', async () => {
    const { sink, await: wait, feed } = await setting({ queueSize: 1, drop: 'block' })
    assert.equal(wait('a'), undefined)
    assert.equal(wait('b'), undefined)
    const waiting = wait('c')
    assert.equal(await isPending(waiting), true)
    sink.held[0]?.take()
    await waiting
    assert.equal(feed.report.queued, 2)
    for (let i = 0; i < 2; i++) {
      sink.held[0]?.take()
      await settled()
    }
    assert.deepEqual(sink.written, ['a', 'b', 'c'])
    assert.equal(feed.report.counts.dropped.queue_full, 0)
  })

  test('with block it waits ten seconds, and as many as the queue takes', async () => {
    const { clock, offer, await: wait, feed } = await setting({ queueSize: 1, drop: 'block' })
    for (const text of ['a', 'b']) offer(text)
    const waiting = wait('c')
    assert.equal(wait('d'), undefined, 'one more does not wait')
    assert.equal(feed.report.counts.dropped.queue_full, 1)
    await clock.advance(9_999)
    assert.equal(await isPending(waiting), true)
    await clock.advance(1)
    await waiting
    assert.equal(feed.report.counts.dropped.queue_full, 2)
    assert.equal(clock.pending, 0)
  })
})

describe('a sink whose target is away', () => {
  test('is opened again with back-off, and gets what it has not taken again, in order', async () => {
    const { sink, offer, feed, clock, messages } = await setting({}, { concurrency: 2 })
    for (const text of ['a', 'b', 'c']) offer(text)
    const [a, b] = sink.held
    sink.failures = [targetError('refused'), targetError('refused')]
    sink.lose()
    assert.deepEqual([feed.report.open, feed.report.why], [false, 'the target has gone'])
    b?.reject()
    a?.reject()
    await settled()
    assert.equal(sink.openings, 1)
    await clock.advance(100)
    assert.equal(sink.openings, 2)
    await clock.advance(1000)
    assert.equal(sink.openings, 4)
    assert.deepEqual(sink.written, ['a', 'b', 'a', 'b'])
    assert.equal(feed.report.counts.retried, 2)
    for (let i = 0; i < 3; i++) {
      sink.held[0]?.take()
      await settled()
    }
    assert.deepEqual(sink.written, ['a', 'b', 'a', 'b', 'c'])
    assert.deepEqual([feed.report.open, feed.report.counts.written, feed.report.counts.failed], [true, 3, 0])
    assert.deepEqual(messages(), ['sink_lost', 'sink_open'])
  })

  test('what it took before the loss is not written again', async () => {
    const { sink, offer, clock, feed } = await setting({}, { concurrency: 2 })
    for (const text of ['a', 'b']) offer(text)
    const [a, b] = sink.held
    sink.lose()
    a?.take()
    b?.reject()
    await clock.advance(100)
    assert.deepEqual(sink.written, ['a', 'b', 'b'])
    assert.equal(feed.report.counts.written, 1)
  })

  test('an answer that ends its target each time is given up after five times', async () => {
    const { sink, offer, clock, feed } = await setting()
    offer('poison')
    offer('good')
    for (let i = 0; i < 5; i++) {
      assert.equal(sink.held[0]?.text, 'poison')
      sink.lose()
      sink.held[0]?.reject()
      await clock.advance(10_000)
    }
    assert.equal(sink.held[0]?.text, 'good')
    assert.equal(feed.report.counts.failed, 1)
  })

  test('a target that comes back each time is opened again within a second, however often it goes', async () => {
    const { sink, clock } = await setting()
    for (let loss = 1; loss <= 20; loss++) {
      sink.lose()
      await clock.advance(1000)
      assert.equal(sink.openings, loss + 1)
    }
  })

  test('a target that stays away is asked less and less often', async () => {
    const { sink, clock } = await setting()
    sink.failures = Array.from({ length: 100 }, () => targetError('away'))
    sink.lose()
    await clock.advance(60_000)
    assert.ok(sink.openings < 15, `${sink.openings} times in a minute`)
  })

  test('a write that a loss leaves open does not keep it from being opened again', async () => {
    const { sink, offer, clock } = await setting()
    offer('a')
    const [silent] = sink.held
    sink.lose()
    await clock.advance(999)
    assert.equal(sink.openings, 1)
    await clock.advance(101)
    assert.deepEqual([sink.openings, sink.written], [2, ['a', 'a']])
    silent?.take()
    await settled()
    assert.equal(sink.held.length, 1, 'the second time still counts')
  })

  test('a first failure is retried in the background, a loss while it opens counts as one', async () => {
    const { sink, feed, clock, offer, messages } = unopened({}, { takes: true })
    const { open } = sink
    sink.open = async (lost) => {
      await open(lost)
      if (sink.openings === 2) lost(targetError('gone at once'))
    }
    sink.failures = [targetError('refused')]
    assert.equal((await feed.start())?.message, 'refused')
    offer('a')
    await clock.advance(100)
    assert.equal(feed.report.why, 'gone at once')
    await clock.advance(200)
    assert.deepEqual(sink.written, ['a'])
    assert.deepEqual(messages(), ['sink_unreachable', 'sink_open'])
  })

  test('a loss that is said twice, or by a former opening, is one', async () => {
    const { sink, feed, clock } = unopened()
    const said: ((error: PeltonError) => void)[] = []
    const { open } = sink
    sink.open = (lost) => (said.push(lost), open(lost))
    await feed.start()
    const gone = targetError('gone')
    said[0]?.(gone)
    said[0]?.(gone)
    await clock.advance(100)
    said[0]?.(gone)
    await clock.advance(30_000)
    assert.deepEqual([sink.openings, feed.report.open], [2, true])
  })

  test('back-off grows while it comes and goes, and begins anew after it was healthy', async () => {
    const { sink, clock } = await setting()
    for (let i = 0; i < 12; i++) {
      sink.lose()
      await clock.advance(30_000)
      if (sink.isOpen) sink.lose()
    }
    const flapped = sink.openings
    assert.ok(flapped < 40, `${flapped} openings`)
    while (!sink.isOpen) await clock.advance(30_000)
    await clock.advance(10_000)
    const before = sink.openings
    sink.lose()
    await clock.advance(100)
    assert.equal(sink.openings, before + 1)
  })
})

describe('order', () => {
  test('answers go in the order of their events, and one that is missing is waited for', async () => {
    const { sink, feed, clock } = await setting({ reorderMs: 300 }, { takes: true })
    const places = [10, 11, 12, 13, 14].map((number) => feed.expect(number))
    void feed.offer(sinkItem('11'), places[1])
    feed.pass(places[2])
    void feed.offer(sinkItem('13'), places[3])
    await settled()
    assert.deepEqual(sink.written, [])
    assert.equal(feed.report.queued, 0)
    await clock.advance(299)
    assert.deepEqual(sink.written, [])
    await clock.advance(1)
    assert.deepEqual(sink.written, ['11', '13'])
    void feed.offer(sinkItem('10'), places[0])
    assert.equal(feed.report.counts.dropped.late, 1)
    void feed.offer(sinkItem('14'), places[4])
    await settled()
    assert.deepEqual(sink.written, ['11', '13', '14'])
    assert.equal(clock.pending, 0)
  })

  test('a trigger that runs anew numbers anew, and what is left of its former run still goes', async () => {
    const { sink, feed } = await setting({}, { takes: true })
    const former = [100, 101, 102].map((number) => feed.expect(number))
    void feed.offer(sinkItem('101'), former[1])
    feed.beginRun()
    const place = feed.expect(0)
    void feed.offer(sinkItem('0'), place)
    void feed.offer(sinkItem('100'), former[0])
    await settled()
    assert.deepEqual(sink.written, ['101', '0', '100'])
  })
})

describe('stopping', () => {
  test('delivers what is queued, then closes within the time that is left', async () => {
    const { sink, feed, offer, clock } = await setting()
    for (const text of ['a', 'b']) offer(text)
    const place = feed.expect(1)
    feed.expect(0)
    void feed.offer(sinkItem('held for its turn'), place)
    const stopped = feed.stop(5000)
    for (let i = 0; i < 3; i++) {
      await clock.advance(1000)
      sink.held[0]?.take()
    }
    assert.equal(await stopped, true)
    assert.deepEqual(sink.written, ['a', 'b', 'held for its turn'])
    assert.deepEqual(sink.closes, [2000])
    assert.equal(clock.pending, 0)
  })

  test('what is not delivered in time is counted, and its close is cut too', async () => {
    const { sink, feed, offer, clock, messages } = await setting()
    sink.close = () => new Promise(() => undefined)
    for (const text of ['a', 'b']) offer(text)
    const stopped = feed.stop(1000)
    assert.equal(await isPending(stopped), true)
    await clock.advance(1250)
    assert.equal(await stopped, false)
    assert.equal(feed.report.counts.dropped.stopping, 2)
    assert.deepEqual(messages(), ['sink_dropping', 'sink_closed_with_losses'])
    sink.held[0]?.take()
    await settled()
    assert.equal(feed.report.counts.written, 0)
    assert.equal(clock.pending, 0)
  })

  test('an answer that comes afterwards is counted', async () => {
    const { feed, offer } = await setting()
    await feed.stop(0)
    offer('late')
    void feed.offer(sinkItem('late'), feed.expect(3))
    assert.equal(feed.report.counts.dropped.stopping, 2)
  })

  test('a target that is away is tried at once, some times, then given up', async () => {
    const { sink, feed, offer, clock } = unopened()
    sink.failures = Array.from({ length: 20 }, () => targetError('refused'))
    await feed.start()
    await clock.advance(60_000)
    const before = sink.openings
    offer('a')
    const stopped = feed.stop(25_000)
    await clock.advance(2000)
    assert.equal(await stopped, false)
    assert.ok(sink.openings - before <= 4, `${sink.openings - before} openings`)
    assert.equal(clock.pending, 0)
  })

  test('a target that comes back meanwhile gets what is queued', async () => {
    const { sink, feed, offer, clock } = unopened({}, { takes: true })
    sink.failures = [targetError('refused'), targetError('refused')]
    await feed.start()
    offer('a')
    const stopped = feed.stop(25_000)
    await clock.advance(1000)
    assert.equal(await stopped, true)
    assert.deepEqual(sink.written, ['a'])
  })

  test('an opening that ends after the close is closed again', async () => {
    const { sink, feed } = unopened()
    const opening = Promise.withResolvers<void>()
    sink.open = () => opening.promise
    void feed.start()
    assert.equal(await feed.stop(100), true)
    assert.equal(sink.closes.length, 1)
    opening.resolve()
    await settled()
    assert.equal(sink.closes.length, 2)
    assert.equal(feed.report.open, false)
  })

  test('what came back after a loss is counted, although its close says what became of the rest', async () => {
    const { feed, sink, offer, clock } = await setting({}, { concurrency: 2 })
    for (const text of ['a', 'b']) offer(text)
    sink.lose()
    sink.held[0]?.reject()
    const stopped = feed.stop(500)
    await clock.advance(2000)
    assert.equal(await stopped, false)
    assert.deepEqual([feed.report.counts.dropped.stopping, feed.report.queued], [2, 0])
  })

  test('a live sink is waited for a second at most, and what is left then is counted, but no failure', async () => {
    const { feed, sink, offer, clock } = await setting({}, { isLive: true })
    for (const text of ['a', 'b', 'c']) offer(text)
    const stopped = feed.stop(25_000)
    await settled()
    sink.held[0]?.take()
    await clock.advance(999)
    assert.equal(await isPending(stopped), true)
    await clock.advance(1)
    assert.equal(await stopped, true)
    assert.deepEqual(sink.written, ['a', 'b'])
    assert.equal(feed.report.counts.dropped.stopping, 2)
  })

  test('what a lost sink has not taken is counted', async () => {
    const { sink, feed, offer, clock } = await setting()
    for (const text of ['a', 'b']) offer(text)
    sink.lose()
    sink.failures = Array.from({ length: 9 }, () => 'never' as const)
    const stopped = feed.stop(500)
    await clock.advance(3000)
    assert.equal(await stopped, false)
    assert.equal(feed.report.counts.dropped.stopping, 2)
  })
})
