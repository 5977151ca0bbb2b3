import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@pelton/core'
import {
  type SinkTarget,
  createTempFolder,
  describeSink,
  findFreePort,
  holdPort,
  sinkItem,
  waitUntil,
  within,
} from '@pelton/testkit'
import { fromNtp } from '@pelton/protocols/rtp'
import { type Reader, connectReader, createShared, openSink } from './fixtures/open-rtsp.ts'
import { grey, picture } from './fixtures/picture.ts'
import type { RtspAttributes } from './config.ts'
import manifest from './index.ts'
import { createPictureLine } from './picture-line.ts'
import { createStreamCounts } from './stream-counts.ts'
import { createTranscoder } from './transcoder.ts'

describeSink('rtsp', { manifest, startTarget, body: (number) => picture(number, 100_000) })

async function startTarget(): Promise<SinkTarget> {
  const cleanups: (() => Promise<void> | void)[] = []
  const port = await findFreePort()
  let reader: Reader | undefined
  let read = 0
  return {
    attributes: { port, host: '127.0.0.1' },
    async connect() {
      reader = await connectReader({ after: (action) => cleanups.push(action) }, `rtsp://127.0.0.1:${port}/stream`)
      read = 0
    },
    async receive() {
      read += 1
      return (await reader?.untilFrames(read))?.[read - 1] ?? Buffer.alloc(0)
    },
    async close() {
      for (const action of cleanups) await action()
    },
  }
}

test('pictures are RTP/JPEG of type 26 in packets of less than 1,500 bytes, with times that grow', async (t) => {
  const { sink, url, value } = await openSink(t)
  const reader = await connectReader(t, url)
  await sink.write(sinkItem(picture(1, 5_000)))
  await sink.write(sinkItem(picture(2, 5_000)))
  assert.deepEqual(await reader.untilFrames(2), [picture(1, 5_000), picture(2, 5_000)])
  const types = new Set(reader.packets.map(({ payloadType }) => payloadType))
  assert.deepEqual([...types], [26])
  assert.ok(reader.packets.every(({ payload }) => payload.length <= 1_450))
  const times = [...new Set(reader.packets.map(({ timestamp }) => timestamp))]
  assert.equal(times.length, 2)
  assert.ok((times[1]! - times[0]!) >>> 0 < 90_000)
  assert.equal(value('pelton_sink_frames_total'), 2)
  assert.equal(value('pelton_sink_viewers'), 1)
})

test('what is no picture is refused and counted, and the stream goes on', async (t) => {
  const { sink, url, value } = await openSink(t)
  const reader = await connectReader(t, url)
  const refused = [
    sinkItem('text'),
    sinkItem(''),
    sinkItem(picture(1), { status: 500 }),
    sinkItem(picture(1).subarray(0, 9)),
  ]
  for (const item of refused) await assert.rejects(sink.write(item), { code: 'answer_no_picture', retryable: false })
  await sink.write(sinkItem(picture(2)))
  assert.deepEqual(await reader.untilFrames(1), [picture(2)])
  assert.equal(value('pelton_sink_frames_dropped_total', { reason: 'not_sendable' }), 4)
})

test('a sender report comes with PLAY and says what time it is in the stream', async (t) => {
  const { sink, url } = await openSink(t)
  await sink.write(sinkItem(picture(1)))
  const reader = await connectReader(t, url)
  await waitUntil('a report', () => reader.reports.length > 0)
  await sink.write(sinkItem(picture(2)))
  const { timestamp } = (await reader.untilPackets(1))[0]!
  const [report] = reader.reports
  assert.ok(report && Math.abs(fromNtp(report.ntp) - Date.now()) < 10_000)
  const laterMs = ((timestamp - report.rtpTimestamp) | 0) / 90
  assert.ok(laterMs >= 0 && laterMs < 5_000, `${laterMs} ms`)
})

test('a sink that is not open says so', async (t) => {
  const { sink } = await openSink(t)
  await sink.close(0)
  await assert.rejects(sink.write(sinkItem(picture(1))), { code: 'sink_not_open' })
})

test('many read at once, by TCP and by UDP from the ports that are configured, and no more than may', async (t) => {
  const [rtp, rtcp] = [await findFreePort(), await findFreePort()]
  const { sink, url, value } = await openSink(t, { rtp_port: rtp, rtcp_port: rtcp, max_readers: 4 })
  const transports = ['tcp', 'udp', 'tcp', 'udp'] as const
  const readers = await Promise.all(transports.map((transport) => connectReader(t, url, { transport })))
  assert.equal(value('pelton_sink_viewers'), 4)
  await assert.rejects(connectReader(t, url), /453/)
  await sink.write(sinkItem(picture(1)))
  for (const reader of readers) assert.deepEqual(await reader.untilFrames(1), [picture(1)])
})

test('sinks share a port by path; the same path twice stops the start', async (t) => {
  const shared = createShared()
  const one = await openSink(t, { path: '/one' }, { shared })
  const two = await openSink(t, { path: '/two', port: one.port }, { shared })
  const reader = await connectReader(t, two.url)
  await one.sink.write(sinkItem(picture(1)))
  await two.sink.write(sinkItem(picture(2)))
  assert.deepEqual(await reader.untilFrames(1), [picture(2)])
  const again = openSink(t, { path: '/two', port: one.port }, { shared })
  await assert.rejects(again, { code: 'path_taken', retryable: false })
})

test('a configured port that is taken stops the start; the default moves', async (t) => {
  const { port, release } = await holdPort()
  t.after(release)
  await assert.rejects(openSink(t, { port }), { code: 'port_taken', retryable: false })
  // Whoever has 8554 already, the second of two processors finds it taken.
  const first = await openSink(t, { port: undefined })
  const second = await openSink(t, { port: undefined })
  assert.notEqual(first.port, second.port)
  assert.ok(second.logs.some(({ message, facts }) => message === 'port_moved' && facts?.['to'] === second.port))
})

test('a JPEG that RTP cannot carry is made anew in a thread', async (t) => {
  const { sink, url, value } = await openSink(t)
  const reader = await connectReader(t, url)
  await within('the picture', sink.write(sinkItem(await grey(100, 60, { progressive: true }))), 20_000)
  await reader.untilFrames(1)
  assert.equal(value('pelton_sink_frames_transcoded_total'), 1)
  const cut = (await grey(100, 60, { progressive: true })).subarray(0, -150)
  await assert.rejects(sink.write(sinkItem(cut)), { code: 'picture_not_transcoded' })
  await sink.write(sinkItem(await grey(100, 60, { chromaSubsampling: '4:4:4' })))
  await reader.untilFrames(2)
})

test('a picture of too many pixels is not even decoded', async (t) => {
  const { sink } = await openSink(t)
  const huge = Buffer.from(await grey(64, 48))
  const frame = huge.indexOf(Buffer.of(0xff, 0xc0))
  huge.writeUInt16BE(65_535, frame + 5)
  huge.writeUInt16BE(65_535, frame + 7)
  await assert.rejects(sink.write(sinkItem(huge)), { code: 'answer_no_picture', message: /65535 x 65535 pixels/ })
})

test('sound of samples that are cut anywhere arrives as it was sent', async (t) => {
  const { sink, url } = await openSink(t, { type: 'audio', samplerate: 8_000 })
  const reader = await connectReader(t, url, { media: 'audio' })
  const samples = Buffer.from(Array.from({ length: 1_001 }, (_, index) => index & 0xff))
  await sink.write(sinkItem(samples.subarray(0, 333)))
  await sink.write(sinkItem(samples.subarray(333)))
  const packets = await reader.untilPackets(4)
  assert.deepEqual(
    packets.map(({ payloadType, isMarked }) => [payloadType, isMarked]),
    [
      [96, true],
      [96, false],
      [96, false],
      [96, false],
    ],
  )
  const sent = Buffer.concat(packets.map(({ payload }) => payload))
  assert.deepEqual(sent.swap16(), samples.subarray(0, 1_000))
})

test('an answer that is no sound is refused', async (t) => {
  const { sink } = await openSink(t, { type: 'audio' })
  await assert.rejects(sink.write(sinkItem('')), { code: 'answer_no_sound' })
})

test('what is no H.264 is refused', async (t) => {
  const { sink } = await openSink(t, { codec: 'h264' })
  for (const [body, reason] of [
    [picture(1), /it is a JPEG/],
    ['text', /does not begin with a start code/],
    [Buffer.of(0, 0, 1), /has no unit/],
  ] as const) {
    await assert.rejects(sink.write(sinkItem(body)), { code: 'answer_no_access_unit', message: reason })
  }
})

test('closing gives up a picture that is in the decoder when there is no time, and waits for it when there is', async (t) => {
  const large = sinkItem(await grey(4_000, 3_000, { progressive: true }))
  for (const [deadlineMs, isSent] of [
    [0, false],
    [20_000, true],
  ] as const) {
    const { sink, value } = await openSink(t)
    const written = sink.write(large).then(
      () => 'sent',
      ({ code }: { code: string }) => code,
    )
    // The thread is on its way.
    await waitUntil('the thread', () => process.getActiveResourcesInfo().includes('MessagePort'))
    await within('closing', sink.close(deadlineMs), 20_000)
    assert.equal(await within('the write', written), isSent ? 'sent' : 'picture_not_transcoded')
    assert.equal(value('pelton_sink_frames_transcoded_total'), isSent ? 1 : 0)
  }
})

test('a sink that is closed starts no thread any more', async () => {
  const parts = { name: 'front', folder: '/', clock: systemClock, credentials: undefined, describe: () => '' }
  const line = createPictureLine({ ...parts, attributes: {} as RtspAttributes, counts: createStreamCounts() })
  const written = line.write(await grey(64, 48, { progressive: true }), () => assert.fail('it was sent'))
  await line.close(AbortSignal.abort())
  await assert.rejects(Promise.resolve(written), { code: 'sink_not_open' })
})

test('without jpeg-turbo such a picture is refused by what to install', async (t) => {
  const folder = await createTempFolder(t, {})
  const from = `file://${folder}/transcoder.js`
  const transcoder = createTranscoder({ sink: 'front', folder, clock: systemClock, from })
  await assert.rejects(transcoder.transcode(picture(1), 'progressive coding'), {
    code: 'picture_not_fit',
    message: /progressive coding/,
    help: /npm install @julusian\/jpeg-turbo/,
  })
  await transcoder.close(AbortSignal.abort())
})
