import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { PeltonError } from '@pelton/core'
import { waitUntil, within } from '@pelton/testkit'
import { fakeDecoders } from './fixtures/fake-decoder.ts'
import { runTrigger } from './fixtures/run-trigger.ts'
import { h264, pictureOf, startSource, unitsOf } from './fixtures/start-source.ts'

const every = { media_type: 'video', processing_interval: 0 }
const received = 'pelton_frames_received_total'
const lossesOf = 'pelton_source_losses_total'
const noDecoder = new PeltonError('no_video_decoder', 'Nothing here decodes h264', {
  blame: 'user',
  retryable: false,
  help: 'Install a decoder.',
})

test('without a decoder the start fails, before anything was reported', async (t) => {
  const source = await startSource(t, { media: h264 })
  const openDecoder = (): Promise<never> => Promise.reject(noDecoder)
  const given = { attributes: { url: source.url, ...every } }
  const { run, context } = runTrigger(t, given, undefined, { openDecoder })
  await assert.rejects(within('the run', run), {
    code: 'no_video_decoder',
    message: `trigger ${context.name}: ${source.url}: Nothing here decodes h264`,
    help: 'Install a decoder.',
    retryable: false,
  })
  assert.deepEqual(context.readiness, [])
  await waitUntil('the end of the session', () => source.readers === 0)
})

test('without a decoder pixels of MJPEG fail the start, too; its pictures need none', async (t) => {
  const source = await startSource(t)
  const openDecoder = (): Promise<never> => Promise.reject(noDecoder)
  const pixels = { attributes: { url: source.url, ...every, decode: 'i420' } }
  await assert.rejects(within('the run', runTrigger(t, pixels, undefined, { openDecoder }).run), {
    code: 'no_video_decoder',
  })
  for (const decode of ['jpeg', 'none']) {
    const passed = { attributes: { url: source.url, ...every, decode } }
    const { untilReady, events } = runTrigger(t, passed, undefined, { openDecoder })
    await untilReady(true)
    source.send(source.jpeg(await pictureOf(1)))
    assert.equal((await events(1))[0]?.contentType, 'image/jpeg')
  }
})

test('a JPEG that comes before the decoder is open gives way to the newest, which is made', async (t) => {
  const source = await startSource(t)
  const opening = Promise.withResolvers<void>()
  const decoders = fakeDecoders(opening.promise)
  const attributes = { url: source.url, media_type: 'video', decode: 'rgb', processing_interval: '1h' }
  const { context, untilMetric, untilReady, events } = runTrigger(t, { attributes }, undefined, decoders)
  await waitUntil('the session', () => source.plays === 1)
  for (let sent = 0; sent < 4; sent += 1) source.send(source.jpeg(await pictureOf(1)))
  await untilMetric(received, 4)
  opening.resolve()
  await untilReady(true)
  await events(1)
  assert.deepEqual(
    context.events.map(({ fields }) => fields['frame_num']),
    [4],
  )
  await untilMetric('pelton_frames_superseded_total', 3)
  await untilMetric('pelton_frames_dropped_total', 0, { reason: 'decoder_late' })
})

test('a decoder that takes seconds to be found missing still fails the start', async (t) => {
  const source = await startSource(t, { media: h264 })
  const looking = Promise.withResolvers<never>()
  const given = { attributes: { url: source.url, ...every } }
  const { run, context, clock } = runTrigger(t, given, undefined, { openDecoder: () => looking.promise })
  await waitUntil('the session', () => source.readers === 1)
  await clock.advance(5_000)
  looking.reject(noDecoder)
  await assert.rejects(within('the run', run), { code: 'no_video_decoder' })
  assert.deepEqual(context.readiness, [])
})

test('without a decoder a source that changes to H.264 is a loss that says what to install', async (t) => {
  const source = await startSource(t)
  const openDecoder = (): Promise<never> => Promise.reject(noDecoder)
  const given = { attributes: { url: source.url, ...every } }
  const { untilReady, untilMetric, clock, logged } = runTrigger(t, given, undefined, { openDecoder })
  await untilReady(true)
  await source.close()
  await untilReady(false)
  await startSource(t, { port: source.port, media: h264 })
  await clock.advance(5_000)
  await untilMetric(lossesOf, 1, { reason: 'undecodable' })
  assert.match(
    String(logged('source_unreachable')[0]?.facts?.['detail']),
    /it sends H264: Nothing here decodes h264\. Install a decoder/,
  )
})

test('a source is ready when its decoder is open; what came before waits, from the newest key picture on', async (t) => {
  const source = await startSource(t, { media: h264 })
  const opening = Promise.withResolvers<void>()
  const decoders = fakeDecoders(opening.promise)
  const given = { attributes: { url: source.url, ...every } }
  const trigger = runTrigger(t, given, undefined, decoders)
  await waitUntil('the session', () => source.plays === 1)
  for (const [index, isKey] of [true, false, true, false].entries()) source.send(source.units(unitsOf(index, isKey)))
  await trigger.untilMetric(received, 4)
  assert.deepEqual(trigger.context.readiness, [])
  opening.resolve()
  await trigger.untilReady(true)
  await trigger.events(1)
  assert.deepEqual(
    decoders.opened[0]?.units.map(({ tag }) => tag),
    [3, 4],
  )
  assert.deepEqual(
    trigger.context.events.map(({ fields }) => fields['frame_num']),
    [4],
  )
  await trigger.untilMetric('pelton_frames_dropped_total', 2, { reason: 'decoder_late' })
})

test('stopping waits for a decoder that is being opened, and closes it', async (t) => {
  const source = await startSource(t, { media: h264 })
  const opening = Promise.withResolvers<void>()
  const late = fakeDecoders(opening.promise)
  const other = runTrigger(t, { attributes: { url: source.url, ...every } }, undefined, late)
  await waitUntil('the session', () => source.readers === 1)
  other.context.stopNow()
  await waitUntil('the end of the session', () => source.readers === 0)
  const first = await Promise.race([other.run.then(() => 'the run'), setTimeout(50, 'the opening')])
  assert.equal(first, 'the opening', 'nothing is left behind')
  opening.resolve()
  await within('the run', other.run)
  assert.equal(late.opened[0]?.isClosed, true)
  assert.deepEqual(other.context.readiness, [false])
})
