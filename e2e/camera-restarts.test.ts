import assert from 'node:assert/strict'
import { type TestContext, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, type LogRecord, type TriggerManifest, systemClock } from '@pelton/core'
import { FakeTriggerContext, findFreePort, triggerSettings, waitUntil, watchForLeaks, within } from '@pelton/testkit'
import { fakeJpeg, part, startCamera } from '../packages/connectors/src/triggers/mjpeg/fixtures/start-camera.ts'
import mjpeg from '../packages/connectors/src/triggers/mjpeg/index.ts'
import rtsp from '../packages/connectors/src/triggers/rtsp/index.ts'
import { type MediaPrograms, mediaPeers } from '../scripts/tools/media-peers.ts'
import { startGstServer } from '../scripts/tools/start-gst-server.ts'

const peers = await mediaPeers()
const { skip } = peers
const { python } = peers as MediaPrograms

const faster = 10
/** Only the waits between two attempts are shorter: cameras take the time that they take. */
const hurriedClock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / faster, signal) }
/** The first wait of 5 s ± 20 %. */
const firstWait = { least: 4_000, most: 6_000 }
/** What a camera may take to send something once it can be reached, on a busy machine. */
const mostStartMs = 5_000
const failures = ['source_lost', 'source_unreachable']
const patience = { deadlineMs: 20_000 }
/** A thread that decodes waits ten seconds for another stream. */
const mostIdleMs = 15_000

/** A camera that can be killed and started again at the same address. */
interface Camera {
  /** Resolves when it can be reached. */
  start(): Promise<void>
  kill(): Promise<void>
}

/** A trigger that runs, with what it has told so far. */
interface Kept {
  context: FakeTriggerContext
  /** Of one kind of log line, or several. */
  logged(...messages: string[]): LogRecord[]
  /** The sum of a series over all its samples but those with this reason. */
  sum(series: string, without?: string): number
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>
}

async function keep<A>(
  t: TestContext,
  manifest: TriggerManifest<A>,
  attributes: Record<string, unknown>,
): Promise<Kept> {
  const settings = triggerSettings(manifest, { attributes })
  const context = new FakeTriggerContext({ name: settings.name, clock: hurriedClock })
  const run = (await manifest.load())(settings).run(context)
  const settled = run.catch(() => undefined)
  t.after(() => {
    context.abortNow()
    return settled
  })
  return {
    context,
    logged: (...messages) => context.logs.filter(({ message }) => messages.includes(message)),
    sum(name, without) {
      const samples = context.scrape().flatMap((series) => (series.name === name ? series.samples : []))
      const wanted = samples.filter(({ labels }) => without === undefined || labels['reason'] !== without)
      return wanted.reduce((total, { value }) => total + value, 0)
    },
    stop() {
      context.stopNow()
      return within('the run', run, 10_000)
    },
  }
}

/** Kills a camera so many times, every fourth time before it has shown anything; at the end it is up, and seen. */
async function restart(kept: Kept, camera: Camera, times: number): Promise<void> {
  const { context } = kept
  for (let done = 0; done <= times; done += 1) {
    const seen = context.events.length
    await camera.start()
    const upAt = performance.now()
    const isSeen = done % 4 !== 3 || done === times
    if (isSeen) {
      await waitUntil(`an event after restart ${done}`, () => context.events.length > seen, patience)
      assertInTime(kept, performance.now() - upAt)
    }
    if (done === times) return
    // Another moment each time: of the handshake, of the pictures, of the wait.
    await sleep((done * 137) % 400)
    await camera.kill()
    if (isSeen) await assertShortWait(kept)
  }
}

function assertInTime({ logged }: Kept, tookMs: number): void {
  const waitMs = Number(logged(...failures).at(-1)?.facts?.['in_ms'] ?? 0) / faster
  assert.ok(tookMs <= waitMs + mostStartMs, `it took ${tookMs} ms, with a wait of ${waitMs} ms`)
}

/** Whoever gave something is tried again soon, however often it was lost before. */
async function assertShortWait({ context, logged }: Kept): Promise<void> {
  await waitUntil('the loss', () => !context.isReady, patience)
  const waitMs = Number(logged('source_lost').at(-1)?.facts?.['in_ms'])
  assert.ok(waitMs >= firstWait.least && waitMs <= firstWait.most, `the wait after it gave something is ${waitMs} ms`)
}

/** What was counted is what happened; to be asked while the source is connected. */
function assertCounts({ context, logged, sum }: Kept, times: number): void {
  const losses = logged('source_lost').length
  const least = times - Math.floor(times / 4)
  assert.ok(losses >= least && losses <= times, `${losses} losses of a source that was killed ${times} times`)
  assert.equal(sum('pelton_source_connects_total'), losses + 1)
  assert.equal(logged('source_connected').length, losses + 1)
  assert.equal(context.readiness.filter((isReady) => isReady).length, losses + 1)
  assert.equal(sum('pelton_source_losses_total'), logged(...failures).length)
}

/** Numbers run on over all connections: each is of an event, or of a frame that was superseded or left out and is counted so. */
function assertNumbers({ context, sum }: Kept): void {
  const numbers = context.events.map(({ fields }) => Number(fields['frame_num']))
  for (const [index, number] of numbers.entries()) {
    assert.ok(number > (numbers[index - 1] ?? 0), `${number} after ${numbers[index - 1]}`)
  }
  // What was incomplete never got a number.
  const unseen = sum('pelton_frames_superseded_total') + sum('pelton_frames_dropped_total', 'incomplete')
  assert.equal(sum('pelton_frames_received_total'), numbers.length + unseen)
  const missing = numbers.at(-1)! - numbers.length
  assert.ok(missing <= unseen, `${missing} numbers are missing, and ${unseen} frames are accounted for`)
}

/** Sound that was heard is not counted again. */
function assertSamples({ context }: Kept): void {
  let heard = 0
  for (const { fields, body } of context.events) {
    const until = Number(fields['first_sample']) + (body?.byteLength ?? 0) / 2
    assert.ok(until > heard, `${until} after ${heard}`)
    heard = until
  }
}

describe('an RTSP source that is killed and started again', { skip }, () => {
  const video = { media_type: 'video' }
  const sources = [
    { what: 'H.264', path: '/h264sd', times: 20, attributes: video, check: assertNumbers },
    { what: 'access units', path: '/h264sd', times: 5, attributes: { ...video, decode: 'none' }, check: assertNumbers },
    { what: 'MJPEG', path: '/mjpeg', times: 5, attributes: video, check: assertNumbers },
    { what: 'sound', path: '/alaw', times: 5, attributes: { chunk_bytes: 1_600 }, check: assertSamples },
  ]
  for (const { what, path, times, attributes, check } of sources) {
    test(`${what}: it is back within the back-off each of ${times} times, with exact counts`, async (t) => {
      const port = await findFreePort()
      const untilNothingIsLeft = watchForLeaks()
      const camera = gstCamera(t, port)
      const url = `rtsp://127.0.0.1:${port}${path}`
      const kept = await keep(t, rtsp, { url, transport: 'tcp', processing_interval: 0, ...attributes })
      await restart(kept, camera, times)
      assertCounts(kept, times)
      const { fields } = kept.context.events.at(-1)!
      assert.equal(fields['reconnects'], kept.sum('pelton_source_connects_total') - 1)
      await kept.stop()
      check(kept)
      await camera.kill()
      await untilNothingIsLeft(mostIdleMs)
    })
  }
})

test('an MJPEG camera that is killed and started again 5 times is back each time, with exact counts', async (t) => {
  const port = await findFreePort()
  const untilNothingIsLeft = watchForLeaks()
  const camera = mjpegCamera(t, port)
  const kept = await keep(t, mjpeg, { url: `http://127.0.0.1:${port}/video` })
  await restart(kept, camera, 5)
  assertCounts(kept, 5)
  await kept.stop()
  assertNumbers(kept)
  await camera.kill()
  await untilNothingIsLeft()
})

function gstCamera(t: TestContext, port: number): Camera {
  let kill: () => Promise<void> = () => Promise.resolve()
  return {
    async start() {
      kill = (await startGstServer(t, python, { port })).kill
    },
    kill: () => kill(),
  }
}

/** Shows a picture every 20 ms. */
function mjpegCamera(t: TestContext, port: number): Camera {
  let kill: () => Promise<void> = () => Promise.resolve()
  return {
    async start() {
      const { streams, close } = await startCamera(t, { port })
      const timer = setInterval(() => streams.forEach((stream) => stream.write(part(fakeJpeg('picture')))), 20)
      t.after(() => clearInterval(timer))
      kill = () => {
        clearInterval(timer)
        return close()
      }
    },
    kill: () => kill(),
  }
}
