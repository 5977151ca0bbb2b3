import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeltonError } from '@pelton/core'
import { FakeClock, FakeTriggerContext, within } from '@pelton/testkit'
import { EndLog } from './end-log.ts'
import { type SourceLink, type SourceLoss, keepConnected } from './keep-connected.ts'
import { ReconnectPace } from './reconnect-pace.ts'
import { createSourceCounts, sourceSeries } from './source-counts.ts'
import { StallWatch } from './stall-watch.ts'
import { createWallTime } from './wall-time.ts'

test('the first wait is 5 s, each next one twice as long up to 60 s, and a source that works begins anew', () => {
  const pace = new ReconnectPace(() => 0.5)
  const waits = Array.from({ length: 7 }, () => pace.next())
  assert.deepEqual(waits, [5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000])
  pace.reset()
  assert.equal(pace.next(), 5000)
  assert.deepEqual(
    [0, 1].map((random) => new ReconnectPace(() => random).next()),
    [4000, 6000],
  )
  const last = new ReconnectPace(() => 1)
  assert.ok(Array.from({ length: 2000 }, () => last.next()).every((ms) => ms <= 60_000))
})

test('a stall is told once, when nothing has come for so long', async () => {
  const clock = new FakeClock()
  let stalls = 0
  const watch = new StallWatch(clock, 100, () => (stalls += 1))
  for (let round = 0; round < 5; round += 1) {
    await clock.advance(99)
    watch.touch()
  }
  assert.deepEqual([stalls, clock.pending], [0, 1])
  await clock.advance(99)
  assert.equal(stalls, 0)
  await clock.advance(1)
  assert.deepEqual([stalls, clock.pending], [1, 0])
  new StallWatch(clock, 100, () => (stalls += 1)).stop()
  await clock.advance(1000)
  assert.equal(stalls, 1)
})

test('a sleep of this process is no stall: a new term begins, in which what came meanwhile is read', async () => {
  const clock = new FakeClock()
  let stalls = 0
  const watch = new StallWatch(clock, 10_000, () => (stalls += 1))
  await clock.advance(5_000)
  clock.sleepThrough(3_600_000)
  await clock.advance(1)
  assert.deepEqual([stalls, clock.pending], [0, 1])
  watch.touch()
  await clock.advance(9_000)
  watch.touch()
  await clock.advance(9_999)
  assert.equal(stalls, 0)
  await clock.advance(1)
  assert.equal(stalls, 1, 'afterwards it is as strict as before')

  new StallWatch(clock, 10_000, () => (stalls += 1))
  clock.sleepThrough(10_900)
  await clock.advance(1)
  assert.equal(stalls, 2, 'a busy moment is no sleep')
})

test('the time of a frame is that of the wall clock with fractions, and follows it when it is set', () => {
  let [now, wall] = [10.25, 1_000_000]
  const time = createWallTime({ now: () => now, wall: () => wall })
  assert.equal(time(), 1_000_000)
  now += 0.5
  assert.equal(time(), 1_000_000.5)
  now += 0.75
  wall += 1
  assert.equal(time(), 1_000_001.25)
  wall -= 3600
  assert.equal(time(), wall)
})

interface Kept {
  context: FakeTriggerContext
  clock: FakeClock
  counts: ReturnType<typeof createSourceCounts>
  run: Promise<void>
  /** The attempts so far, each with what ends it. */
  attempts: { link: SourceLink; lose: (loss: SourceLoss) => void }[]
}

function keep(): Kept {
  const clock = new FakeClock()
  const context = new FakeTriggerContext({ clock })
  const counts = createSourceCounts()
  const attempts: Kept['attempts'] = []
  const attempt = (link: SourceLink): Promise<SourceLoss> => new Promise((lose) => void attempts.push({ link, lose }))
  const run = keepConnected({ context, url: 'http://cam', counts, attempt, random: () => 0.5 })
  return { context, clock, counts, run, attempts }
}

const warnings = ({ context }: Kept): string[] =>
  context.logs
    .filter(({ level }) => level === 'warn')
    .map(({ message, facts }) => `${message} ${String(facts?.['reason'])}`)

test('a loss is logged once until the source is good again, or lost for another reason', async () => {
  const kept = keep()
  const fail = async (reason: string): Promise<void> => {
    kept.attempts.at(-1)?.lose({ reason, detail: 'x' })
    await kept.clock.advance(60_000)
  }
  await fail('unreachable')
  await fail('unreachable')
  await fail('refused')
  const connected = kept.attempts.at(-1)?.link
  connected?.connected()
  connected?.connected()
  await fail('refused')
  kept.attempts.at(-1)?.link.connected()
  kept.attempts.at(-1)?.link.good()
  await fail('refused')
  assert.deepEqual(warnings(kept), [
    'source_unreachable unreachable',
    'source_unreachable refused',
    'source_lost refused',
  ])
  const waits = kept.context.logs.map(({ facts }) => facts?.['in_ms']).filter((ms) => ms !== undefined)
  assert.deepEqual(waits, [5000, 10_000, 20_000, 40_000, 5000])
  assert.equal(kept.counts.connects, 2)
  assert.deepEqual(
    [...kept.counts.losses],
    [
      ['unreachable', 2],
      ['refused', 3],
    ],
  )
  assert.deepEqual(kept.context.readiness, [false, false, false, true, false, true, false])
  kept.context.stopNow()
  kept.attempts.at(-1)?.lose({ reason: 'ended', detail: '' })
  await within('the run', kept.run)
})

test('another cause of the same loss is told, but no more than once a minute', async () => {
  const kept = keep()
  const fail = async (detail: string): Promise<void> => {
    kept.attempts.at(-1)?.lose({ reason: 'unreachable', detail })
    await kept.clock.advance(60_000)
  }
  const told = (): unknown[] =>
    kept.context.logs.flatMap(({ level, facts }) => (level === 'warn' ? [facts?.['detail']] : []))
  await fail('refused')
  await fail('refused')
  assert.deepEqual(told(), ['refused'])
  await fail('no route')
  assert.deepEqual(told(), ['refused', 'no route'])
  await fail('no route')
  kept.attempts.at(-1)?.link.good()
  for (let count = 0; count < 4; count += 1) {
    kept.attempts.at(-1)?.lose({ reason: 'unreachable', detail: `no picture of ${count}` })
    await kept.clock.advance(20_000 * 2 ** count)
  }
  // 20 s and 60 s after the first of them, then 140 s.
  assert.deepEqual(told().slice(2), ['no picture of 0', 'no picture of 2', 'no picture of 3'])
  kept.context.stopNow()
  kept.attempts.at(-1)?.lose({ reason: 'ended', detail: '' })
  await within('the run', kept.run)
})

test('a source that takes its time does not hold up the start, and one that answers is not told of', async () => {
  const slow = keep()
  await slow.clock.advance(999)
  assert.deepEqual(slow.context.readiness, [])
  await slow.clock.advance(1)
  slow.attempts[0]?.link.connected()
  assert.deepEqual(slow.context.readiness, [false, true])
  const quick = keep()
  quick.attempts[0]?.link.connected()
  await quick.clock.advance(1000)
  assert.deepEqual(quick.context.readiness, [true])
})

test('a source for which something is opened has ten seconds, and what is missing for it ends the start', async () => {
  const startError = new PeltonError('no_video_decoder', 'none', { blame: 'user', retryable: false, help: '' })
  const loss = { reason: 'undecodable', detail: 'none', startError }
  const missing = keep()
  missing.attempts[0]?.link.opening()
  await missing.clock.advance(9_999)
  assert.deepEqual(missing.context.readiness, [])
  missing.attempts[0]?.lose(loss)
  await assert.rejects(within('the run', missing.run), startError)
  assert.deepEqual([missing.context.readiness, missing.clock.pending], [[], 0])

  const slow = keep()
  slow.attempts[0]?.link.opening()
  await slow.clock.advance(10_000)
  assert.deepEqual(slow.context.readiness, [false])
  slow.attempts[0]?.lose(loss)
  await slow.clock.advance(5_000)
  assert.equal(slow.counts.losses.get('undecodable'), 1, 'the start is over: it is tried again')
  slow.attempts[1]?.link.opening()
  slow.attempts[1]?.link.connected()
  await slow.clock.advance(20_000)
  assert.deepEqual(slow.context.readiness, [false, false, true])
})

test('a stop ends it while it waits, and an end that was asked for is no loss', async () => {
  const waiting = keep()
  waiting.attempts[0]?.lose({ reason: 'ended', detail: '' })
  await waiting.clock.advance(1)
  waiting.context.stopNow()
  await within('the run', waiting.run)
  assert.equal(waiting.attempts.length, 1)

  const reading = keep()
  reading.context.stopNow()
  reading.attempts[0]?.lose({ reason: 'broken', detail: '' })
  await within('the run', reading.run)
  assert.equal(reading.counts.losses.size, 0)
})

test('failures of frames are logged at once, then by number once a minute', async () => {
  const clock = new FakeClock()
  const context = new FakeTriggerContext({ clock })
  const log = new EndLog(context)
  for (const end of [{ status: 200 }, { error: 'a' }, { error: 'b' }, { error: 'c' }]) log.add(end)
  await clock.advance(59_999)
  assert.deepEqual(
    context.logs.map(({ facts }) => facts),
    [{ count: 1, error: 'a' }],
  )
  await clock.advance(1)
  log.add({ error: 'd' })
  log.close()
  assert.deepEqual(context.logs.map(({ facts }) => facts).slice(1), [
    { count: 2, error: 'c' },
    { count: 1, error: 'd' },
  ])
  assert.equal(clock.pending, 0)
})

test('what is counted is told in seconds, by reason where there are several', () => {
  const counts = createSourceCounts()
  counts.losses.set('stalled', 2)
  const series = sourceSeries(counts, { offered: 5, handedOut: 3, superseded: 2, ageMsSum: 1500, ageMsLast: 1 })
  const samples = new Map(series.map(({ name, samples: [sample] }) => [name, sample]))
  assert.equal(samples.get('pelton_frame_age_seconds_sum')?.value, 1.5)
  assert.deepEqual(samples.get('pelton_source_losses_total'), { labels: { reason: 'stalled' }, value: 2 })
})
