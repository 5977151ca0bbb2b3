import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '@pelton/core'
import { readRtp } from '@pelton/protocols/rtp'
import { FakeClock, within } from '@pelton/testkit'
import { AudioLine } from './audio-line.ts'
import { type RtspAttributes, attributes } from './config.ts'
import type { SendPackets } from './media-line.ts'
import { createStreamCounts } from './stream-counts.ts'

interface Playing {
  line: AudioLine
  clock: FakeClock
  send: SendPackets
  /** Timestamps of the packets so far, from the first one. */
  times: () => number[]
}

/** A line of 8,000 samples a second: 160 in a packet. */
function play(clock = new FakeClock()): Playing {
  const { value } = decode(attributes, { type: 'audio', sample_rate: 8_000 })
  const line = new AudioLine({
    name: 'test',
    attributes: value as RtspAttributes,
    folder: '/',
    clock,
    credentials: undefined,
    counts: createStreamCounts(),
    describe: ({ encoding }) => encoding,
  })
  const stamps: number[] = []
  const send: SendPackets = (packets) => packets.forEach((packet) => stamps.push(readRtp(packet)!.timestamp))
  return { line, clock, send, times: () => stamps.map((stamp) => (stamp - stamps[0]!) >>> 0) }
}

const sound = (ms: number): Buffer => Buffer.alloc(ms * 16, 1)

test('a window is sent as fast as it sounds, and taken shortly before its end', async () => {
  const { line, clock, send, times } = play()
  let isTaken = false
  const written = Promise.resolve(line.write(sound(1_000), send)).then(() => (isTaken = true))
  assert.equal(times().length, 1)
  await clock.advance(500)
  assert.ok(Math.abs(times().length - 25) <= 1, `${times().length}`)
  assert.equal(isTaken, false)
  await clock.advance(330)
  await within('the write', written)
  await clock.advance(200)
  assert.equal(times().length, 50)
  assert.equal(times().at(-1), 49 * 160)
})

test('the next answer goes on where the last one ended', async () => {
  const { line, clock, send, times } = play()
  void line.write(sound(30), send)
  await clock.advance(25)
  void line.write(sound(30), send)
  await clock.advance(100)
  assert.deepEqual(times(), [0, 160, 320])
})

test('after a pause the clock of the stream has gone on, and the rest before it was sent', async () => {
  const { line, clock, send, times } = play()
  void line.write(sound(30), send)
  await clock.advance(1_000)
  assert.deepEqual(times(), [0, 160])
  void line.write(sound(20), send)
  assert.deepEqual(times(), [0, 160, 8_000])
})

test('what lay in a process that was asleep is not hurried after: it goes on where the clock is', async () => {
  const clock = new FakeClock()
  const { line, send, times } = play(clock)
  void line.write(sound(1_000), send)
  await clock.advance(100)
  const before = times().length
  clock.sleepThrough(3_600_000)
  await clock.advance(40)
  const after = times().slice(before)
  assert.ok(after.length > 0 && after.length <= 3, `${after.length} packets`)
  assert.ok(after[0]! >= 3_600_000 * 8, `${after[0]}`)
})

test('a report tells the time of the stream also while it pauses', async () => {
  const { line, clock, send } = play()
  assert.equal(line.source.report(), undefined)
  assert.equal(line.source.nextSequence(), undefined)
  void line.write(sound(20), send)
  const first = line.source.report()!
  await clock.advance(5_000)
  const second = line.source.report()!
  assert.equal((second.rtpTimestamp - first.rtpTimestamp) >>> 0, 40_000)
  assert.equal(second.ntp.seconds - first.ntp.seconds, 5)
  assert.deepEqual([second.packets, second.octets], [1, 320])
})

test('closing plays what was taken, as far as there is time', async () => {
  const early = play()
  const write = early.line.write(sound(1_000), early.send)
  const abort = new AbortController()
  const closing = early.line.close(abort.signal)
  await early.clock.advance(100)
  abort.abort()
  await within('closing', closing)
  await within('the write', Promise.resolve(write))
  assert.ok(early.times().length < 10)
  const late = play()
  void late.line.write(sound(1_010), late.send)
  const closed = late.line.close(new AbortController().signal)
  await late.clock.advance(1_100)
  await within('closing', closed)
  assert.equal(late.times().length, 51)
})
