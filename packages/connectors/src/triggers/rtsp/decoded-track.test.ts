import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventData, Outcome } from '@pelton/core'
import { FrameHandout, createSourceCounts } from '@pelton/protocols/camera'
import type { RtspStreamFacts } from '@pelton/protocols/rtsp'
import { RtpSender, packetiseH264, readRtp } from '@pelton/protocols/rtp'
import { FakeClock, eventData, handled, waitUntil } from '@pelton/testkit'
import { DecodedTrack } from './decoded-track.ts'
import { FakeDecoder } from './fixtures/fake-decoder.ts'
import { unitsOf } from './fixtures/start-source.ts'
import { FramePace } from './frame-pace.ts'
import type { Picture } from './picture-event.ts'

const choice: RtspStreamFacts['choice'] = {
  media: {
    type: 'video',
    port: 0,
    protocol: 'RTP/AVP',
    formats: [],
    control: undefined,
    direction: 'sendrecv',
    framerate: undefined,
    dimensions: undefined,
  },
  format: { payloadType: 96, encoding: 'H264', clockRate: 90_000, channels: 1, parameters: new Map() },
  isReadable: true,
}

/** A track whose decoder is open, and whose workers a test frees, one after the other. */
async function setUp(intervalMs: number) {
  const clock = new FakeClock()
  const waiting: { source: () => EventData | undefined; end: (outcome: Outcome) => void }[] = []
  const running: ((outcome: Outcome) => void)[] = []
  const seen: number[] = []
  const times: number[] = []
  const handout: FrameHandout<Picture> = new FrameHandout<Picture>({
    context: {
      clock,
      dispatch: (source) => new Promise((end) => waiting.push({ source: source as () => EventData, end })),
    },
    places: 1,
    toEvent(picture) {
      seen.push(picture.number)
      times.push(picture.atMs)
      return eventData('')
    },
    onFree: () => track.want(),
  })
  const decoders: FakeDecoder[] = []
  const link = { alive() {}, good() {}, lost() {} }
  const counts = { ...createSourceCounts(), packets: 0, packetsLost: 0 }
  const pace = new FramePace(intervalMs, 1)
  const track: DecodedTrack = new DecodedTrack(
    { link, counts, handout, pace, clock, wallTime: clock.wall },
    {
      choice,
      format: 'jpeg',
      open: (options) => Promise.resolve(decoders[decoders.push(new FakeDecoder(options)) - 1]!),
      onOpen() {},
    },
  )
  await track.settled
  const sender = new RtpSender({ payloadType: 96, clockRate: 90_000 })
  const send = async (): Promise<void> => {
    const units = unitsOf(1, counts.received === 0)
    for (const packet of packetiseH264(sender, units, sender.timestampAt(clock.now()))) track.push(readRtp(packet)!)
    await clock.advance(40)
  }
  const free = (): void => {
    const next = waiting.shift()
    assert.ok(next, 'nothing waits')
    next.source()
    running.push(next.end)
  }
  return { decoder: decoders[0]!, handout, send, free, seen, times, waiting, running }
}

test('while a picture waits for a worker each newer one takes its place; one that comes when it has gone is left out', async () => {
  const { decoder, handout, send, free, seen } = await setUp(1_000)
  await send()
  await send()
  assert.deepEqual(decoder.made, [1, 2])
  decoder.isHeld = true
  await send()
  free()
  decoder.release()
  assert.deepEqual([decoder.made, seen, handout.hasWaiting], [[1, 2, 3], [2], false])
  const { offered, handedOut, superseded } = handout.counts
  assert.deepEqual([offered, handedOut, superseded], [2, 1, 1])
})

test('one picture at a time is wanted, and none that would have to wait', async () => {
  const { decoder, send, free, seen, running, waiting, handout } = await setUp(0)
  decoder.isHeld = true
  for (let sent = 0; sent < 3; sent += 1) await send()
  assert.equal(decoder.wants, 1)
  decoder.release()
  // The one that waits for its worker would give way.
  assert.deepEqual([decoder.made, decoder.wants], [[3], 2])
  free()
  // It went out before the next one was made, which would grow old.
  await send()
  assert.deepEqual([decoder.made, seen, handout.hasWaiting], [[3, 4], [3], false])
  for (let sent = 0; sent < 5; sent += 1) await send()
  assert.deepEqual([decoder.made, decoder.wants], [[3, 4], 2])
  running[0]?.(handled())
  await waitUntil('the next', () => waiting.length === 1)
  free()
  assert.deepEqual(seen, [3, 9])
  assert.equal(handout.counts.superseded, 2 + 1 + 4)
})

test('a picture that was made in vain is made good by the next one, whatever the pace', async () => {
  const { decoder, send, free, seen, running, waiting } = await setUp(100)
  await send()
  for (const _ of [2, 3]) await send()
  decoder.isHeld = true
  await send()
  free()
  decoder.release()
  assert.deepEqual([decoder.made, seen], [[1, 2, 3, 4], [3]])
  await send()
  assert.equal(decoder.units.at(-1)?.due, 'always')
  running[0]?.(handled())
  await waitUntil('the next', () => waiting.length === 1)
  free()
  assert.deepEqual(seen, [3, 5])
})

test('in the place of a due picture that was damaged comes the next one', async () => {
  const { decoder, send, free, seen, handout } = await setUp(1_000)
  decoder.isHeld = true
  await send()
  decoder.lose()
  await send()
  assert.equal(decoder.units.at(-1)?.due, 'always')
  decoder.release()
  free()
  await send()
  assert.deepEqual([seen, decoder.units.at(-1)?.due, handout.counts.offered], [[2], 'never', 1])
})

test('a picture that could not be made is asked for again', async () => {
  const { decoder, send } = await setUp(0)
  decoder.isHeld = true
  await send()
  const { wants } = decoder
  decoder.options.taker.onDropped(1, 'damaged')
  assert.equal(decoder.wants, wants + 1)
})

test('numbers and times grow where pictures come in another order than their units', async () => {
  const { decoder, handout, send, free, seen, times, running } = await setUp(0)
  decoder.isHeld = true
  for (let sent = 0; sent < 5; sent += 1) await send()
  for (const [index, tag] of [1, 4, 3, 5, 2].entries()) {
    decoder.options.taker.onPicture({ bytes: Buffer.alloc(1), width: 2, height: 2, tag, place: index + 1 })
    free()
    running.shift()?.(handled())
    await handout.idle()
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5])
  const [first = 0] = times
  assert.deepEqual(
    times.map((time) => time - first),
    [0, 120, 120, 160, 160],
  )
})
