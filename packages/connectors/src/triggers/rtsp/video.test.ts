import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '@pelton/core'
import { handled } from '@pelton/testkit'
import { runTrigger } from './fixtures/run-trigger.ts'
import { h264, pictureOf, startSource, unitsOf } from './fixtures/start-source.ts'

const every = { media_type: 'video', processing_interval: 0 }
const units = { ...every, decode: 'none' }
const pictures = await Promise.all([1, 2, 3, 4, 5].map((number) => pictureOf(number)))
const picture = (number: number): Buffer => pictures[number - 1]!

test('an MJPEG frame is an event with its picture and the facts of the source', async (t) => {
  const source = await startSource(t)
  const { untilReady, events, clock } = runTrigger(t, { attributes: { url: source.url, ...every } })
  await untilReady(true)
  const packets = source.jpeg(await pictureOf(2, 32))
  source.send(packets)
  const [event] = await events(1)
  assert.deepEqual(
    [event?.contentType, event?.method, event?.path, event?.url],
    ['image/jpeg', '', source.url, source.url],
  )
  assert.deepEqual(event?.fields, {
    frame_num: 1,
    timestamp: clock.wall(),
    rtp_timestamp: packets[0]!.readUInt32BE(4),
    width: 32,
    height: 32,
    url: source.url,
    packets_lost: 0,
    reconnects: 0,
  })
  const body = Buffer.from(event?.body ?? [])
  assert.equal(body.readUInt16BE(0), 0xffd8)
  assert.equal(body.readUInt16BE(body.length - 2), 0xffd9)
})

test('a slow handler gets the newest frame', async (t) => {
  const source = await startSource(t)
  const held: ((outcome: Outcome) => void)[] = []
  const dispatch = (): Promise<Outcome> => new Promise((resolve) => held.push(resolve))
  const { untilReady, events, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...every } }, dispatch)
  await untilReady(true)
  for (const number of [1, 2, 3]) source.send(source.jpeg(picture(number)))
  await untilMetric('pelton_frames_received_total', 3)
  held[0]?.(handled())
  const numbers = (await events(2)).map(({ fields }) => fields['frame_num'])
  assert.deepEqual(numbers, [1, 3])
  await untilMetric('pelton_frames_superseded_total', 1)
  held[1]?.(handled())
})

test('processing_interval is the least time between two events, 2 s by default', async (t) => {
  const source = await startSource(t)
  const { untilReady, events, untilMetric, clock } = runTrigger(t, {
    attributes: { url: source.url, media_type: 'video' },
  })
  await untilReady(true)
  for (let sent = 1; sent <= 50; sent += 1) {
    source.send(source.jpeg(picture(1)))
    await untilMetric('pelton_frames_received_total', sent)
    await clock.advance(100)
  }
  assert.deepEqual(
    (await events(3)).map(({ fields }) => fields['frame_num']),
    [1, 21, 41],
  )
})

test('a frame for which no worker was free gives way to newer ones, whatever the interval', async (t) => {
  const source = await startSource(t)
  const held: ((outcome: Outcome) => void)[] = []
  const dispatch = (): Promise<Outcome> => new Promise((resolve) => held.push(resolve))
  const attributes = { url: source.url, media_type: 'video', processing_interval: '1s' }
  const { untilReady, events, untilMetric, clock } = runTrigger(t, { attributes }, dispatch)
  await untilReady(true)
  for (const sent of [1, 2, 3, 4]) {
    source.send(source.jpeg(picture(sent)))
    await untilMetric('pelton_frames_received_total', sent)
    await clock.advance(sent === 1 ? 1_000 : 10)
  }
  held[0]?.(handled())
  assert.deepEqual(
    (await events(2)).map(({ fields }) => fields['width']),
    [16, 64],
  )
  held[1]?.(handled())
})

test('of processing_factor frames the first is an event, without an interval', async (t) => {
  const source = await startSource(t)
  const attributes = { url: source.url, media_type: 'video', processing_factor: 2 }
  const { untilReady, events, untilMetric } = runTrigger(t, { attributes })
  await untilReady(true)
  for (const sent of [1, 2, 3, 4, 5]) {
    source.send(source.jpeg(picture(sent)))
    await untilMetric('pelton_frames_received_total', sent)
  }
  assert.deepEqual(
    (await events(3)).map(({ fields }) => fields['frame_num']),
    [1, 3, 5],
  )
})

test('packets of another format are left out and counted, and their numbers are not missing', async (t) => {
  const source = await startSource(t)
  const { untilReady, events, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...every } })
  await untilReady(true)
  const packets = source.jpeg(await pictureOf(60, 1200)).map((packet) => Buffer.from(packet))
  const foreign = Buffer.from(packets[1]!)
  foreign[1] = 0x80 | 101
  foreign.writeUInt32BE(1, 4)
  for (const packet of packets.slice(1)) packet.writeUInt16BE((packet.readUInt16BE(2) + 1) & 0xffff, 2)
  const elsewhere = Buffer.from(foreign)
  elsewhere.writeUInt32BE((foreign.readUInt32BE(8) ^ 1) >>> 0, 8)
  source.send([packets[0]!, foreign, elsewhere, ...packets.slice(1)])
  const [event] = await events(1)
  assert.deepEqual([event?.fields['width'], event?.fields['packets_lost']], [960, 0])
  await untilMetric('pelton_frames_dropped_total', 2, { reason: 'other_format' })
})

test('a picture that lacks a packet is left out, counted and told, and one of another size is taken', async (t) => {
  const source = await startSource(t)
  const { untilReady, events, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...every } })
  await untilReady(true)
  source.send(source.jpeg(picture(1)))
  await events(1)
  const large = source.jpeg(await pictureOf(60, 1200))
  assert.ok(large.length > 2)
  source.send(large.filter((_, index) => index !== 1))
  source.send(source.jpeg(picture(3)))
  const [, event] = await events(2)
  assert.deepEqual([event?.fields['width'], event?.fields['packets_lost'], event?.fields['frame_num']], [48, 1, 2])
  await untilMetric('pelton_frames_dropped_total', 1, { reason: 'incomplete' })
  await untilMetric('pelton_source_packets_lost_total', 1)
})

test('with decode: none access units are passed on from the first key picture, in their order', async (t) => {
  const source = await startSource(t, { media: h264 })
  const held: ((outcome: Outcome) => void)[] = []
  const dispatch = (): Promise<Outcome> => new Promise((resolve) => held.push(resolve))
  const { untilReady, events, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...units } }, dispatch)
  await untilReady(true)
  for (const [mark, isKey] of [false, true, false, false].entries()) source.send(source.units(unitsOf(mark, isKey)))
  await untilMetric('pelton_frames_received_total', 4)
  for (const done of [0, 1, 2]) {
    await events(done + 1)
    held[done]?.(handled())
  }
  const all = await events(3)
  assert.deepEqual(
    all.map(({ contentType, fields, body }) => [contentType, fields['frame_num'], fields['key'], body.at(-1)]),
    [
      ['video/h264', 2, true, 1],
      ['video/h264', 3, false, 2],
      ['video/h264', 4, false, 3],
    ],
  )
  assert.deepEqual(Buffer.from(all[0]?.body ?? []), Buffer.from('000000016742c01e0000000168ce00000001658801', 'hex'))
  await untilMetric('pelton_frames_dropped_total', 1, { reason: 'before_key' })
})

test('access units have the size that the stream tells, or else its description', async (t) => {
  const sets = [
    Buffer.from('674d400ceca0a8cf1136022000000300200000030141e28532c0', 'hex'),
    Buffer.from('68ebe3cb20', 'hex'),
  ]
  const source = await startSource(t, { media: h264, described: 'a=x-dimensions:640,480\r\n' })
  const { untilReady, events } = runTrigger(t, { attributes: { url: source.url, ...units } })
  await untilReady(true)
  const [, , key] = unitsOf(1, true)
  for (const [sent, unit] of [unitsOf(0, true), [...sets, key!], unitsOf(2, false)].entries()) {
    source.send(source.units(unit))
    await events(sent + 1)
  }
  const sizes = (await events(3)).map(({ fields: { width, height } }) => [width, height])
  assert.deepEqual(sizes, [
    [640, 480],
    [322, 182],
    [322, 182],
  ])
})

test('with an interval only key pictures are passed on; loss is told', async (t) => {
  const source = await startSource(t, { media: h264 })
  const attributes = { url: source.url, media_type: 'video', decode: 'none', processing_interval: '1s' }
  const { untilReady, events, untilMetric, clock } = runTrigger(t, { attributes })
  await untilReady(true)
  let sent = 0
  const send = async (isKey: boolean): Promise<void> => {
    sent += 1
    source.send(source.units(unitsOf(sent, isKey)))
    await untilMetric('pelton_frames_received_total', sent)
  }
  await send(true)
  await send(false)
  await send(true)
  await clock.advance(1_000)
  await send(false)
  source.units(unitsOf(99, false))
  await send(true)
  const told = (await events(2)).map(({ fields }) => [
    fields['frame_num'],
    fields['after_loss'],
    fields['packets_lost'],
  ])
  assert.deepEqual(told, [
    [1, false, 0],
    [5, true, 1],
  ])
})

test('a source that comes back with another codec is read by that', async (t) => {
  const source = await startSource(t)
  const { untilReady, events, clock } = runTrigger(t, { attributes: { url: source.url, ...units } })
  await untilReady(true)
  source.send(source.jpeg(picture(1)))
  await events(1)
  await source.close()
  await untilReady(false)
  const again = await startSource(t, { port: source.port, media: h264 })
  await clock.advance(5_000)
  await untilReady(true)
  again.send(again.units(unitsOf(7, true)))
  const types = (await events(2)).map(({ contentType, fields }) => [contentType, fields['frame_num']])
  assert.deepEqual(types, [
    ['image/jpeg', 1],
    ['video/h264', 2],
  ])
})
