import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventData, Outcome } from '@pelton/core'
import { handled } from '@pelton/testkit'
import { runTrigger } from './fixtures/run-trigger.ts'
import { type FakeSource, pcmu, startSource } from './fixtures/start-source.ts'

const stereo = { type: 'audio', payloadType: 97, encoding: 'L16', clockRate: 16_000, channels: 2 } as const
const packets = 'pelton_source_packets_total'

/** So many samples of each channel, counted up from a number: s16le. */
function ramp(from: number, frames: number, channels = 1): Buffer {
  const values = Array.from({ length: frames * channels }, (_, index) => from + Math.floor(index / channels))
  return Buffer.from(Int16Array.from(values).buffer)
}

const bodyOf = (event: EventData | undefined): Buffer => Buffer.from(event?.body ?? [])
const firstOf = (events: readonly EventData[]): unknown[] => events.map(({ fields }) => fields['first_sample'])
const lengthsOf = (events: readonly EventData[]): number[] => events.map(({ body }) => body.byteLength)

test('a window of sound is an event, little-endian, and says its format', async (t) => {
  const source = await startSource(t, { media: stereo, packetMs: 10 })
  const { untilReady, events, untilMetric, clock } = runTrigger(t, { attributes: { url: source.url } })
  await untilReady(true)
  const samples = ramp(0, 4_000, 2)
  const sent = source.sound(samples)
  source.send(sent)
  await untilMetric(packets, sent.length)
  await clock.advance(2_000)
  const [event] = await events(1)
  assert.equal(event?.contentType, 'audio/L16; rate=16000; channels=2; endian=little')
  assert.deepEqual(event?.fields, {
    sample_rate: 16_000,
    channels: 2,
    first_sample: 0,
    url: source.url,
    packets_lost: 0,
    reconnects: 0,
  })
  assert.deepEqual(bodyOf(event), samples)
  assert.deepEqual([event?.method, event?.path, event?.url], ['', source.url, source.url])
})

test('case 72 by default a window comes every 2 s, in chunks of 16,000 bytes, and less than one waits for the rest', async (t) => {
  const source = await startSource(t, { media: pcmu })
  const { untilReady, events, untilMetric, clock } = runTrigger(t, { attributes: { rtsp_url: source.url } })
  await untilReady(true)
  const second = Buffer.alloc(16_000)
  let sent = 0
  const send = async (samples: Buffer): Promise<void> => {
    const more = source.sound(samples)
    source.send(more)
    await untilMetric(packets, (sent += more.length))
  }
  await send(second)
  await clock.advance(1_999)
  assert.equal((await events(0)).length, 0)
  await clock.advance(1)
  await send(second.subarray(0, 9_600))
  await clock.advance(2_000)
  assert.deepEqual(lengthsOf(await events(1)), [16_000])
  await send(second.subarray(0, 6_400))
  await clock.advance(2_000)
  assert.deepEqual(lengthsOf(await events(2)), [16_000, 32_000])
})

test('a window that is too long loses its front, and first_sample tells where it begins', async (t) => {
  const source = await startSource(t, { media: pcmu })
  // 301 bytes are 151 samples: chunks are whole samples.
  const sizes = { chunk_bytes: 301, max_bytes: 604, trim_bytes: 302 }
  const attributes = { url: source.url, processing_interval: 0, ...sizes }
  const { untilReady, events } = runTrigger(t, { attributes })
  await untilReady(true)
  for (const count of [1, 2, 3]) {
    source.send(source.sound(Buffer.alloc(320)))
    await events(count)
  }
  const all = await events(3)
  assert.deepEqual(lengthsOf(all), [302, 604, 604])
  assert.deepEqual(firstOf(all), [0, 0, 151])
})

test('a slow handler gets the window as it is when a worker is free', async (t) => {
  const source = await startSource(t, { media: pcmu })
  const held: ((outcome: Outcome) => void)[] = []
  const dispatch = (): Promise<Outcome> => new Promise((resolve) => held.push(resolve))
  const attributes = { url: source.url, processing_interval: 0, chunk_bytes: 320 }
  const { untilReady, events, untilMetric } = runTrigger(t, { attributes }, dispatch)
  await untilReady(true)
  for (const count of [1, 2, 3]) {
    source.send(source.sound(Buffer.alloc(320)))
    await untilMetric('pelton_frames_received_total', count)
  }
  held[0]?.(handled())
  assert.deepEqual(lengthsOf(await events(2)), [320, 960])
  held[1]?.(handled())
})

test('sound is resampled to sample_rate', async (t) => {
  const source = await startSource(t, { media: pcmu })
  const attributes = { url: source.url, processing_interval: 0, chunk_bytes: 3_200, sample_rate: 16_000 }
  const { untilReady, events } = runTrigger(t, { attributes })
  await untilReady(true)
  const hertz = 500
  const wave = Int16Array.from({ length: 4_000 }, (_, at) => 8_000 * Math.sin((2 * Math.PI * hertz * at) / 8_000))
  source.send(source.sound(Buffer.from(wave.buffer)))
  const [event] = await events(1)
  assert.equal(event?.fields['sample_rate'], 16_000)
  assert.match(String(event?.contentType), /rate=16000/)
  const body = bodyOf(event)
  for (let at = 400; at < body.length / 2; at += 1) {
    const wanted = 8_000 * Math.sin((2 * Math.PI * hertz * at) / 16_000)
    assert.ok(Math.abs(body.readInt16LE(2 * at) - wanted) < 300)
  }
})

test('silence stands for lost packets; after a longer loss the window begins anew', async (t) => {
  const source = await startSource(t, { media: stereo, packetMs: 10 })
  const attributes = { url: source.url, processing_interval: 0, chunk_bytes: 640 }
  const { untilReady, events, untilMetric } = runTrigger(t, { attributes })
  await untilReady(true)
  source.send(source.sound(ramp(1, 160, 2)))
  await events(1)
  source.sound(ramp(161, 160, 2))
  source.send(source.sound(ramp(321, 160, 2)))
  await untilMetric('pelton_source_packets_lost_total', 1)
  // The silence is a chunk, too.
  const [, , third] = await events(3)
  assert.deepEqual(bodyOf(third), Buffer.concat([ramp(1, 160, 2), Buffer.alloc(640), ramp(321, 160, 2)]))
  source.sound(Buffer.alloc(640 * 101))
  source.send(source.sound(ramp(7, 160, 2)))
  const last = (await events(4))[3]
  assert.deepEqual(bodyOf(last), ramp(7, 160, 2))
  assert.deepEqual([last?.fields['first_sample'], last?.fields['packets_lost']], [480, 102])
})

test('after a reconnect the window begins anew, in another format where the source has one, and samples go on counting', async (t) => {
  const source = await startSource(t, { media: pcmu })
  const attributes = { url: source.url, processing_interval: 0, chunk_bytes: 320 }
  const { untilReady, events, clock } = runTrigger(t, { attributes })
  await untilReady(true)
  source.send(source.sound(Buffer.alloc(320)))
  await events(1)
  await source.close()
  await untilReady(false)
  const again: FakeSource = await startSource(t, { media: stereo, port: source.port, packetMs: 10 })
  await clock.advance(5_000)
  await untilReady(true)
  again.send(again.sound(ramp(5, 160, 2)))
  const event = (await events(2))[1]
  assert.deepEqual(bodyOf(event), ramp(5, 160, 2))
  const { sample_rate: rate, channels, first_sample: first, reconnects } = event?.fields ?? {}
  assert.deepEqual([rate, channels, first, reconnects], [16_000, 2, 160, 1])
})

test('a source whose sound nobody can read is of no use', async (t) => {
  const source = await startSource(t, { media: { ...stereo, clockRate: 500 } })
  const { untilReady, untilMetric, logged } = runTrigger(t, { attributes: { url: source.url } })
  await untilReady(false)
  await untilMetric('pelton_source_losses_total', 1, { reason: 'unsuitable' })
  assert.match(String(logged('source_unreachable')[0]?.facts?.['detail']), /L16 of 500 Hz/)
})
