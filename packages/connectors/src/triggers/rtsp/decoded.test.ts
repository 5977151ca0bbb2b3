import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '@pelton/core'
import { type Cleanup, type FakeDispatch, type PullingTrigger, handled, waitUntil, within } from '@pelton/testkit'
import { fakeDecoders } from './fixtures/fake-decoder.ts'
import { runTrigger } from './fixtures/run-trigger.ts'
import { type FakeSource, h264, pictureOf, startSource, unitsOf } from './fixtures/start-source.ts'

const every = { media_type: 'video', processing_interval: 0 }
const received = 'pelton_frames_received_total'
const lossesOf = 'pelton_source_losses_total'
interface Decoding extends PullingTrigger {
  source: FakeSource
  decoders: ReturnType<typeof fakeDecoders>
  /** Sends the next picture and waits until it has come; its mark is its number. */
  send(isKey?: boolean): Promise<void>
}

/** A trigger that decodes a source of H.264, once it is ready. */
async function decode(t: Cleanup, more: Record<string, unknown> = {}, dispatch?: FakeDispatch): Promise<Decoding> {
  const { numWorkers = 1, ...attributes } = more
  const source = await startSource(t, { media: h264 })
  const decoders = fakeDecoders()
  const given = { attributes: { url: source.url, ...every, ...attributes }, numWorkers: numWorkers as number }
  const trigger = runTrigger(t, given, dispatch, decoders)
  await trigger.untilReady(true)
  let sent = 0
  const send = async (isKey = false): Promise<void> => {
    sent += 1
    source.send(source.units(unitsOf(sent, isKey || sent === 1)))
    await trigger.untilMetric(received, sent)
  }
  return { ...trigger, source, decoders, send }
}

/** A dispatch whose events a test ends. */
function held() {
  const ends: ((outcome: Outcome) => void)[] = []
  return { ends, dispatch: (): Promise<Outcome> => new Promise((resolve) => ends.push(resolve)) }
}

const numbersOf = ({ context }: PullingTrigger): unknown[] => context.events.map(({ fields }) => fields['frame_num'])

test('a picture of H.264 is an event with its size and the facts of its access unit', async (t) => {
  const trigger = await decode(t)
  const { events, clock, source, decoders } = trigger
  const packets = source.units(unitsOf(7, true))
  source.send(packets)
  const [event] = await events(1)
  assert.equal(event?.contentType, 'image/jpeg')
  assert.deepEqual(event?.fields, {
    frame_num: 1,
    timestamp: clock.wall(),
    rtp_timestamp: packets[0]!.readUInt32BE(4),
    width: 64,
    height: 48,
    url: source.url,
    packets_lost: 0,
    reconnects: 0,
  })
  assert.deepEqual([...event.body], [7])
  const [decoder] = decoders.opened
  assert.deepEqual([decoder?.options.codec, decoder?.options.format], ['h264', 'jpeg'])
  assert.deepEqual(decoder?.units[0]?.bytes, Buffer.from('000000016742c01e0000000168ce00000001658807', 'hex'))
  assert.deepEqual(trigger.logged('decoder_opened')[0]?.facts, { codec: 'h264', decoder: 'fake' })
})

for (const format of ['rgb', 'i420'] as const) {
  test(`with decode: ${format} handlers get pixels, and the content type tells their format and size`, async (t) => {
    const { events, send, decoders } = await decode(t, { decode: format })
    await send()
    const [event] = await events(1)
    assert.equal(event?.contentType, `video/raw; format=${format}; width=64; height=48`)
    assert.equal(decoders.opened[0]?.options.format, format)
  })
}

test('H.265 is decoded as such', async (t) => {
  const source = await startSource(t, { media: { ...h264, encoding: 'H265' } })
  const decoders = fakeDecoders()
  const { untilReady } = runTrigger(t, { attributes: { url: source.url, ...every } }, undefined, decoders)
  await untilReady(true)
  assert.equal(decoders.opened[0]?.options.codec, 'h265')
})

test('decoding begins with a key picture, also after a loss, and what came before is counted', async (t) => {
  const { source, untilMetric, decoders } = await decode(t)
  const send = async (...kinds: string[]): Promise<void> => {
    for (const kind of kinds) {
      const packets = source.units(unitsOf(1, kind === 'key'))
      if (kind !== 'lost') source.send(packets)
    }
  }
  await send('other', 'key', 'other', 'lost', 'other', 'other', 'key', 'other')
  await untilMetric(received, 7)
  assert.deepEqual(
    decoders.opened[0]?.units.map(({ tag, isKey }) => [tag, isKey]),
    [
      [2, true],
      [3, false],
      [6, true],
      [7, false],
    ],
  )
  await untilMetric('pelton_frames_dropped_total', 1, { reason: 'before_key' })
  await untilMetric('pelton_frames_dropped_total', 2, { reason: 'after_loss' })
})

test('all is decoded, but only pictures that are due are made', async (t) => {
  const trigger = await decode(t, { processing_interval: '1s' })
  const { send, clock, decoders, events } = trigger
  for (let sent = 0; sent < 25; sent += 1) {
    await send()
    await clock.advance(100)
  }
  await events(3)
  assert.deepEqual(numbersOf(trigger), [1, 11, 21])
  const [decoder] = decoders.opened
  assert.equal(decoder?.units.length, 25)
  assert.deepEqual(decoder.made, [1, 11, 21])
  assert.deepEqual(
    decoder.units.flatMap(({ tag, due }) => (due === 'never' ? [] : [tag])),
    [1, 11, 21],
  )
})

test('of processing_factor frames the first is made', async (t) => {
  const trigger = await decode(t, { processing_interval: undefined, processing_factor: 3 })
  for (let sent = 0; sent < 7; sent += 1) await trigger.send()
  await trigger.events(3)
  assert.deepEqual(numbersOf(trigger), [1, 4, 7])
})

test('a slow handler gets the newest picture, which is made when it is wanted; those before it are superseded', async (t) => {
  const { ends, dispatch } = held()
  const trigger = await decode(t, {}, dispatch)
  const { send, clock, decoders, events, untilMetric, context } = trigger
  for (let sent = 0; sent < 10; sent += 1) {
    await send()
    await clock.advance(40)
  }
  assert.deepEqual(decoders.opened[0]?.made, [1])
  ends[0]?.(handled())
  await events(2)
  assert.deepEqual(numbersOf(trigger), [1, 10])
  assert.deepEqual(decoders.opened[0]?.made, [1, 10])
  await untilMetric('pelton_frames_superseded_total', 8)
  // From when its access unit was complete.
  await untilMetric('pelton_frame_age_seconds_sum', 0.04)
  assert.deepEqual(
    context.events.map(({ fields }) => Number(fields['timestamp']) - clock.wall()),
    [-400, -40],
  )
  ends[1]?.(handled())
})

test('with an interval, too, a picture that waits gives way to each newer one', async (t) => {
  const { ends, dispatch } = held()
  const trigger = await decode(t, { processing_interval: '1s' }, dispatch)
  const { send, clock, decoders, events } = trigger
  for (let sent = 0; sent < 15; sent += 1) {
    await send()
    await clock.advance(100)
  }
  ends[0]?.(handled())
  await events(2)
  assert.deepEqual(numbersOf(trigger), [1, 15])
  assert.deepEqual(decoders.opened[0]?.made, [1, 15])
  ends[1]?.(handled())
  await waitUntil('the want', () => decoders.opened[0]?.wants === 3)
  await send()
  assert.equal(decoders.opened[0]?.units.at(-1)?.due, 'never', 'that one has been paid for')
})

test('as many pictures as there are workers are out at a time, in order', async (t) => {
  const { ends, dispatch } = held()
  const trigger = await decode(t, { numWorkers: 2 }, dispatch)
  const { send, decoders, events, context } = trigger
  for (let sent = 0; sent < 5; sent += 1) await send()
  await events(2)
  assert.deepEqual(decoders.opened[0]?.made, [1, 2])
  ends[1]?.(handled())
  await events(3)
  assert.deepEqual(numbersOf(trigger), [1, 2, 5])
  assert.deepEqual(
    context.options.map(({ sequence }) => sequence),
    [0, 1, 2],
  )
  for (const end of ends) end(handled())
})

test('a picture that comes out late is no second one of its interval', async (t) => {
  const trigger = await decode(t, { processing_interval: '1s' })
  const { send, decoders, clock, events } = trigger
  decoders.opened[0]!.isHeld = true
  await send()
  await clock.advance(100)
  await send()
  decoders.opened[0]!.release()
  await events(1)
  await clock.advance(100)
  await send()
  assert.deepEqual(decoders.opened[0]!.made, [2])
  assert.deepEqual(numbersOf(trigger), [2])
})

test('what the decoder could not decode is counted by its reason', async (t) => {
  const { decoders, untilMetric } = await decode(t)
  decoders.opened[0]?.options.taker.onDropped(3, 'damaged')
  decoders.opened[0]?.options.taker.onDropped(2, 'decoder_late')
  await untilMetric('pelton_frames_dropped_total', 3, { reason: 'damaged' })
  await untilMetric('pelton_frames_dropped_total', 2, { reason: 'decoder_late' })
})

test('a source whose pictures become larger goes on, and tells so', async (t) => {
  const { decoders, send, events } = await decode(t)
  await send()
  await events(1)
  decoders.opened[0]!.size = { width: 128, height: 96 }
  await send(true)
  const sizes = (await events(2)).map(({ fields: { width, height } }) => [width, height])
  assert.deepEqual(sizes, [
    [64, 48],
    [128, 96],
  ])
})

test('a decoder that can do no more is a loss; the next connection has another, and the log names it once', async (t) => {
  const trigger = await decode(t)
  const { decoders, untilReady, untilMetric, clock, logged, source, events } = trigger
  decoders.opened[0]?.options.taker.onLost('its thread ended')
  await untilReady(false)
  await untilMetric(lossesOf, 1, { reason: 'decoder_lost' })
  assert.match(String(logged('source_lost')[0]?.facts?.['detail']), /decoder of its H264: its thread ended/)
  assert.equal(decoders.opened[0]?.isClosed, true)
  await clock.advance(5_000)
  await untilReady(true)
  source.send(source.units(unitsOf(3, true)))
  await events(1)
  assert.equal(decoders.opened.length, 2)
  assert.equal(logged('decoder_opened').length, 1)
})

test('a decoder that is lost again and again is opened less and less often, until it gives a picture', async (t) => {
  const { decoders, clock, logged, untilMetric, untilReady, source, events } = await decode(t)
  for (const [losses, waitMs] of [5_000, 10_000, 20_000].entries()) {
    await untilReady(true)
    decoders.opened.at(-1)?.options.taker.onLost('no')
    await untilMetric(lossesOf, losses + 1)
    await untilReady(false)
    await clock.advance(waitMs)
  }
  assert.deepEqual(
    logged('source_lost').map(({ facts }) => facts?.['in_ms']),
    [5_000, 10_000, 20_000],
  )
  await untilReady(true)
  source.send(source.units(unitsOf(1, true)))
  await events(1)
  decoders.opened.at(-1)?.options.taker.onLost('no')
  await waitUntil('the loss', () => logged('source_lost').at(-1)?.facts?.['in_ms'] === 5_000)
})

test('stopping closes the decoder, and nothing comes of what is in it', async (t) => {
  const { decoders, send, context, run } = await decode(t)
  decoders.opened[0]!.isHeld = true
  await send()
  context.stopNow()
  assert.equal(decoders.opened[0]?.isClosed, true, 'before the source is left')
  await within('the run', run)
  assert.equal(decoders.opened[0]?.isClosed, true)
  assert.equal(context.events.length, 0)
})

test('a source that sends no key picture is connected anew after a minute and the stall', async (t) => {
  const { source, clock, untilMetric } = await decode(t)
  for (let seconds = 0; seconds < 68; seconds += 1) {
    source.send(source.units(unitsOf(1, false)))
    await untilMetric(received, seconds + 1)
    await clock.advance(1_000)
  }
  await untilMetric(lossesOf, 0)
  await clock.advance(1_000)
  await untilMetric(lossesOf, 1, { reason: 'stalled' })
})

test('a source of which the decoder makes nothing is undecodable after a while; a busy handler is no reason', async (t) => {
  const { ends, dispatch } = held()
  const { source, clock, untilMetric, send, decoders, events } = await decode(t, {}, dispatch)
  for (let seconds = 0; seconds < 30; seconds += 1) {
    await send()
    await clock.advance(1_000)
  }
  await untilMetric(lossesOf, 0)
  decoders.opened[0]!.isHeld = true
  ends[0]?.(handled())
  await waitUntil('the want', () => decoders.opened[0]?.wants === 2)
  for (let seconds = 0; seconds < 50; seconds += 1) {
    await send()
    await untilMetric(lossesOf, 0)
    await clock.advance(1_000)
  }
  source.send(source.units(unitsOf(1, false)))
  await untilMetric(lossesOf, 1, { reason: 'undecodable' })
  assert.equal((await events(1)).length, 1)
})

test('pixels of a source of MJPEG are made as those of others: of what is due and wanted', async (t) => {
  const { ends, dispatch } = held()
  const source = await startSource(t)
  const decoders = fakeDecoders()
  const attributes = { url: source.url, media_type: 'video', decode: 'rgb', processing_interval: '1s' }
  const trigger = runTrigger(t, { attributes }, dispatch, decoders)
  await trigger.untilReady(true)
  const jpeg = source.jpeg(await pictureOf(2))
  source.send(jpeg)
  const [event] = await trigger.events(1)
  const { frame_num, rtp_timestamp, width, height } = event?.fields ?? {}
  assert.equal(event?.contentType, 'video/raw; format=rgb; width=64; height=48')
  assert.deepEqual([frame_num, rtp_timestamp, width, height], [1, jpeg[0]!.readUInt32BE(4), 64, 48])
  for (let sent = 2; sent <= 25; sent += 1) {
    await trigger.clock.advance(100)
    source.send(source.jpeg(await pictureOf(2)))
    await trigger.untilMetric(received, sent)
  }
  const [decoder] = decoders.opened
  assert.deepEqual([decoder?.options.codec, decoder?.options.format], ['jpeg', 'rgb'])
  assert.equal(decoder?.units[0]?.bytes.readUInt16BE(), 0xffd8)
  // That of 11 waits for a worker, and gives way to each newer one.
  const waiting = Array.from({ length: 15 }, (_, index) => 11 + index)
  assert.deepEqual([decoder?.units.map(({ tag }) => tag), decoder?.made], [[1, ...waiting], [1]])
  ends[0]?.(handled())
  await trigger.events(2)
  assert.deepEqual(numbersOf(trigger), [1, 25])
  ends[1]?.(handled())
})

test('pixels stay pixels of the same kind where a source comes back with another codec', async (t) => {
  const { source, send, events, untilReady, clock, decoders } = await decode(t, { decode: 'i420' })
  await send()
  await source.close()
  await untilReady(false)
  const again = await startSource(t, { port: source.port })
  await clock.advance(5_000)
  await untilReady(true)
  again.send(again.jpeg(await pictureOf(2)))
  const types = (await events(2)).map(({ contentType, fields }) => [contentType, fields['frame_num']])
  assert.deepEqual(types, [
    ['video/raw; format=i420; width=64; height=48', 1],
    ['video/raw; format=i420; width=64; height=48', 2],
  ])
  assert.deepEqual(
    decoders.opened.map(({ options, isClosed }) => [options.codec, isClosed]),
    [
      ['h264', true],
      ['jpeg', false],
    ],
  )
})

test('a source that comes back as MJPEG is passed on as it is', async (t) => {
  const { source, send, events, untilReady, clock, decoders } = await decode(t)
  await send()
  await source.close()
  await untilReady(false)
  const again = await startSource(t, { port: source.port })
  await clock.advance(5_000)
  await untilReady(true)
  const jpeg = await pictureOf(2)
  again.send(again.jpeg(jpeg))
  const widths = (await events(2)).map(({ fields }) => fields['width'])
  assert.deepEqual(widths, [64, 32])
  assert.deepEqual([decoders.opened.length, decoders.opened[0]?.isClosed], [1, true])
})
