import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type SinkRules, createLogger } from '@pelton/core'
import { FakeClock, sinkItem } from '@pelton/testkit'
import { settled } from '../fixtures/dispatch-setting.ts'
import { type FakeSink, createFakeSink, sinkRules, targetError } from '../fixtures/fake-sink.ts'
import type { SinkReport } from './sink-counts.ts'
import { SinkFeed } from './sink-feed.ts'

type Step = 'offer' | 'late' | 'take' | 'reject' | 'lose' | 'refuse' | 'wait' | 'run'

const steps = fc.array(
  fc.constantFrom<Step>('offer', 'offer', 'offer', 'late', 'take', 'take', 'reject', 'lose', 'refuse', 'wait', 'run'),
  { maxLength: 120 },
)
const rules = fc.record({
  queueSize: fc.integer({ min: 1, max: 4 }),
  drop: fc.constantFrom<SinkRules['drop']>('oldest', 'newest', 'block'),
  concurrency: fc.integer({ min: 1, max: 3 }),
  withOrder: fc.boolean(),
})

/** Plays the steps and stops; gives how many answers were offered, what the sink took, and its report. */
async function play(
  all: readonly Step[],
  { concurrency, withOrder, ...changes }: { concurrency: number; withOrder: boolean } & Partial<SinkRules>,
): Promise<{ offered: number; took: number[]; report: SinkReport; pending: number }> {
  const sink: FakeSink = createFakeSink({ concurrency })
  const clock = new FakeClock()
  const facts = { name: 'fake', kind: 'fake', rules: sinkRules(changes), logger: createLogger(() => undefined), clock }
  const feed = new SinkFeed({ ...facts, create: () => sink })
  await feed.start()
  const took: number[] = []
  const delayed: (() => void)[] = []
  let offered = 0
  const moves: Record<Step, () => void | Promise<void>> = {
    offer: () => void feed.offer(sinkItem(String(offered)), feed.expect(withOrder ? offered++ : void offered++)),
    late() {
      const number = offered++
      const place = feed.expect(withOrder ? number : undefined)
      delayed.push(() => void feed.offer(sinkItem(String(number)), place))
    },
    take() {
      const [held] = sink.held
      if (held && sink.isOpen) took.push(Number(held.text))
      if (sink.isOpen) held?.take()
    },
    reject: () => sink.held[0]?.reject(),
    lose() {
      if (!sink.isOpen) return
      sink.lose()
      for (const held of sink.held) held.reject()
    },
    refuse: () => void sink.failures.push(targetError('refused')),
    async wait() {
      delayed.shift()?.()
      await clock.advance(1500)
    },
    run: () => feed.beginRun(),
  }
  for (const step of all) {
    await moves[step]()
    await settled()
  }
  for (const one of delayed) one()
  const stopped = feed.stop(1000)
  await clock.advance(5000)
  await stopped
  return { offered, took, report: feed.report, pending: clock.pending }
}

test('every answer is written, failed or dropped, once, whatever the sink and its target do', async () => {
  await fc.assert(
    fc.asyncProperty(steps, rules, async (all, given) => {
      const { offered, took, report, pending } = await play(all, given)
      const { written, failed, dropped } = report.counts
      const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
      assert.equal(written + failed + lost, offered)
      assert.equal(written, took.length)
      assert.equal(new Set(took).size, took.length, 'nothing that was taken is written again')
      assert.deepEqual([report.queued, pending], [0, 0])
      if (given.concurrency === 1 && !all.includes('run') && (given.withOrder || !all.includes('late')))
        assert.deepEqual(
          took,
          took.toSorted((a, b) => a - b),
        )
    }),
    { numRuns: 300 },
  )
})
