import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '@pelton/core'
import {
  createShared,
  type SinkTarget,
  createTempFolder,
  describeSink,
  findFreePort,
  holdPort,
  sinkItem,
  waitUntil,
  within,
} from '@pelton/testkit'
import { H264Depacketiser, fromNtp } from '@pelton/protocols/rtp'
import { type Reader, connectReader, openSink } from './fixtures/open-rtsp.ts'
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

/** Makes sure that somebody has the default port until the test ends. */
async function holdDefault(t: TestContext): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const holder = net.createServer().listen({ port: 8554, host: '127.0.0.1', exclusive: true })
    const isHeld = await once(holder, 'listening').then(
      () => true,
      () => false,
    )
    if (isHeld) return t.after(() => void holder.close())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // Whoever has had it all that time keeps it.
}

test('case 96 pictures are RTP/JPEG of type 26 in packets of less than 1,500 bytes, with times that grow', async (t) => {
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
  const message = 'the sink test cannot show an answer: it looks like JSON: a JPEG begins with FF D8'
  await assert.rejects(sink.write(sinkItem('{"frame":1}')), { code: 'answer_no_picture', message })
  await sink.write(sinkItem(picture(2)))
  assert.deepEqual(await reader.untilFrames(1), [picture(2)])
  assert.equal(value('pelton_sink_frames_dropped_total', { reason: 'not_sendable' }), 5)
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
  await assert.rejects(again, {
    code: 'path_taken',
    retryable: false,
    message: `sink test of trigger source and sink test of trigger source both serve the path /two on 127.0.0.1:${one.port}`,
  })
  const differing = openSink(t, { path: '/three', port: one.port, max_readers: 5 }, { shared, trigger: 'other' })
  await assert.rejects(differing, {
    code: 'listener_differs',
    message: /^sink test of trigger source and sink test of trigger other share 127.* but differ in max_readers$/,
  })
  const same = { path: '/four', port: one.port, max_readers: 100, rtp_port: 0 }
  assert.equal((await openSink(t, same, { shared, trigger: 'other' })).port, one.port, 'they name the defaults')
})

test('sinks whose default port another process has share the one that they move to, and tell it', async (t) => {
  await holdDefault(t)
  const shared = createShared()
  const facts = { shared }
  const [one, two] = await Promise.all([
    openSink(t, { port: undefined, path: '/one' }, facts),
    openSink(t, { port: undefined, path: '/two' }, facts),
  ])
  assert.notEqual(one.port, 8554)
  assert.deepEqual(
    [one.url, two.url],
    ['one', 'two'].map((path) => `rtsp://127.0.0.1:${one.port}/${path}`),
  )
  for (const { logs } of [one, two])
    assert.ok(logs.some(({ message, facts: told }) => message === 'port_moved' && told?.['to'] === one.port))
  const reader = await connectReader(t, two.url)
  await two.sink.write(sinkItem(picture(2)))
  assert.deepEqual(await reader.untilFrames(1), [picture(2)])
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

test('case 96 sound of samples that are cut anywhere arrives as it was sent, big-endian and with the rate of samplerate', async (t) => {
  const { sink, url, port } = await openSink(t, { type: 'audio', samplerate: 8_000 })
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
  assert.match(await describe(port), /a=rtpmap:96 L16\/8000/)
  const sent = Buffer.concat(packets.map(({ payload }) => payload))
  assert.deepEqual(sent.swap16(), samples.subarray(0, 1_000))
})

test('an answer that is no sound is refused', async (t) => {
  const { sink } = await openSink(t, { type: 'audio' })
  await assert.rejects(sink.write(sinkItem('')), { code: 'answer_no_sound' })
  const json = sinkItem('{"seconds":1}', { contentType: 'application/json' })
  await assert.rejects(sink.write(json), { code: 'answer_no_sound', message: /as sound: it is JSON$/ })
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

test('H.264 that changes its parameter sets is described anew, and a key picture without them is sent with them', async (t) => {
  const { sink, url, port } = await openSink(t, { codec: 'h264' })
  const unit = (...bytes: number[]): Buffer => Buffer.of(0, 0, 0, 1, ...bytes)
  const [small, large] = [unit(0x67, 0x42, 0xc0, 0x1e, 1), unit(0x67, 0x64, 0x00, 0x28, 2)]
  const [picture, key, other] = [unit(0x68, 0xce), unit(0x65, 0x88), unit(0x41, 0x9a)]
  assert.doesNotMatch(await describe(port), /sprop-parameter-sets/)
  const units: Buffer[] = []
  const reader = await connectReader(t, url)
  const depacketiser = new H264Depacketiser(({ bytes }) => void units.push(Buffer.from(bytes)))
  for (const [answer, level, sets] of [
    [[small, picture, key], '42c01e', [small, picture]],
    [[other], '42c01e', [small, picture]],
    [[large, key], '640028', [large, picture]],
    [[key], '640028', [large, picture]],
  ] as const) {
    await sink.write(sinkItem(Buffer.concat(answer)))
    const sprop = sets.map((set) => set.toString('base64', 4)).join(',')
    assert.ok((await describe(port)).includes(`profile-level-id=${level};sprop-parameter-sets=${sprop}`))
  }
  await waitUntil('four pictures', () => {
    for (const packet of reader.packets.splice(0)) depacketiser.push(packet)
    return units.length === 4
  })
  assert.deepEqual(units, [
    Buffer.concat([small, picture, key]),
    other,
    Buffer.concat([large, picture, key]),
    Buffer.concat([large, picture, key]),
  ])
})

/** What the server says of its stream. */
async function describe(port: number): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(`DESCRIBE rtsp://127.0.0.1:${port}/stream RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) if ((answer += String(chunk)).includes('a=control')) break
  return answer.replaceAll('; ', ';')
}

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
