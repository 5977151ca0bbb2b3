import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { FakeClock, waitUntil, within } from '@pelton/testkit'
import { type MediaPrograms, mediaPeers } from '../../../../scripts/tools/media-peers.ts'
import { pullByGst } from '../../../../scripts/tools/pull-by-gst.ts'
import { startGstServer } from '../../../../scripts/tools/start-gst-server.ts'
import { readJpeg, rtpFitness } from '../jpeg/index.ts'
import { picture, pixelsOf } from '../jpeg/fixtures/pictures.ts'
import { JpegDepacketiser, type JpegFrame, RtpSender, packetiseJpeg } from '../rtp/index.ts'
import { writeSdp } from '../sdp/index.ts'
import type { ConnectRtspOptions } from './connect-options.ts'
import { connectRtsp } from './connect-rtsp.ts'
import { toneSource } from './fixtures/test-streams.ts'
import { type RtspServer, serveRtsp } from './serve-rtsp.ts'
import type { StreamSource } from './stream-source.ts'

const run = promisify(execFile)
const peers = await mediaPeers()
const { skip } = peers
const { python, ffmpeg, ffprobe, gstLaunch } = peers as MediaPrograms

interface Reading {
  ended: Promise<void>
  encodings: string[]
  transports: string[]
  frames: JpegFrame[]
  packets(): number
  leave(): Promise<void>
}

/** Reads a stream of a server, and puts its images together. */
function read(t: TestContext, url: string, options: Partial<ConnectRtspOptions> = {}): Reading {
  const abort = new AbortController()
  t.after(() => abort.abort())
  const found = { encodings: [] as string[], transports: [] as string[], frames: [] as JpegFrame[] }
  const images = new JpegDepacketiser((frame) => void found.frames.push(frame))
  let packets = 0
  const ended = connectRtsp({
    url,
    media: 'video',
    transport: 'tcp',
    signal: abort.signal,
    onReady({ choice, transport }) {
      found.encodings.push(choice.format.encoding)
      found.transports.push(transport)
    },
    onPacket(packet) {
      packets += 1
      if (found.encodings.at(-1) === 'JPEG') images.push(packet)
    },
    ...options,
  })
  ended.catch(() => undefined)
  const leave = (): Promise<void> => {
    abort.abort()
    return within('leaving', ended)
  }
  return { ended, ...found, packets: () => packets, leave }
}

const patience = { deadlineMs: 20_000 }

for (const transport of ['tcp', 'udp'] as const) {
  test(`GStreamer's MJPEG, H.264 and audio are read by ${transport}`, { skip }, async (t) => {
    const server = await startGstServer(t, python)
    const pictures = read(t, `${server.url}/mjpeg`, { transport })
    await waitUntil('five images', () => pictures.frames.length >= 5, patience)
    assert.deepEqual([pictures.encodings, pictures.transports], [['JPEG'], [transport]])
    const { width, height } = readJpeg(pictures.frames[0]!.bytes)
    assert.deepEqual([width, height], [640, 360])
    await pictures.leave()
    for (const [path, media, encoding] of [
      ['/h264sd', 'video', 'H264'],
      ['/av', 'audio', 'PCMU'],
      ['/alaw', 'audio', 'PCMA'],
      ['/l16', 'audio', 'L16'],
    ] as const) {
      const reading = read(t, server.url + path, { transport, media })
      await waitUntil(`packets of ${path}`, () => reading.packets() >= 5, patience)
      assert.deepEqual(reading.encodings, [encoding])
      await reading.leave()
    }
  })
}

test('GStreamer is told the password by Digest; a wrong one and none are refused', { skip }, async (t) => {
  const server = await startGstServer(t, python, { auth: true })
  const url = `${server.url}/mjpeg`
  const reading = read(t, url.replace('//', '//cam:pw@'), { transport: 'auto' })
  await waitUntil('an image', () => reading.frames.length > 0, patience)
  await reading.leave()
  for (const wrong of [url, url.replace('//', '//cam:wrong@')]) {
    await assert.rejects(within('a refusal', read(t, wrong).ended, 20_000), { code: 'rtsp_unauthorized' })
  }
})

test('GStreamer keeps a session that is kept alive', { skip }, async (t) => {
  const server = await startGstServer(t, python)
  const clock = new FakeClock()
  const reading = read(t, `${server.url}/mjpeg`, { clock, stallTimeoutMs: 3_600_000, timeoutMs: 3_600_000 })
  await waitUntil('an image', () => reading.frames.length > 0, patience)
  for (let rounds = 0; rounds < 5; rounds++) {
    await clock.advance(31_000)
    const { length } = reading.frames
    await waitUntil('images after a sign of life', () => reading.frames.length > length + 1, patience)
  }
  await reading.leave()
})

test('a server that is killed is lost at once, and read again when it is back', { skip }, async (t) => {
  const first = await startGstServer(t, python)
  const { port, url } = first
  const reading = read(t, `${url}/mjpeg`)
  await waitUntil('an image', () => reading.frames.length > 0, patience)
  await first.kill()
  await assert.rejects(within('the loss', reading.ended), { code: 'rtsp_lost', retryable: true })
  await assert.rejects(read(t, `${url}/mjpeg`).ended, { code: 'rtsp_not_connected' })
  await startGstServer(t, python, { port })
  const again = read(t, `${url}/mjpeg`)
  await waitUntil('an image', () => again.frames.length > 0, patience)
  await again.leave()
})

const size = [320, 240] as const

/** One picture, sent again and again. */
async function servePicture(t: TestContext, more: Partial<StreamSource> = {}): Promise<RtspServer> {
  const server = await serveRtsp({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const sender = new RtpSender({ payloadType: 26, clockRate: 90_000 })
  const bytes = await picture(...size)
  const facts = readJpeg(bytes)
  const fitness = rtpFitness(facts)
  assert.ok('type' in fitness)
  let frames = 0
  const media = { type: 'video', payloadType: 26, encoding: 'JPEG', clockRate: 90_000, control: 'trackID=0' } as const
  const stream = server.add('/picture', {
    sdp: () => writeSdp({ title: 'picture', address: '127.0.0.1', sessionId: '1', media: [media] }),
    report: () => (frames === 0 ? undefined : sender.report(Date.now(), frames * 40)),
    nextSequence: () => sender.nextSequence,
    ...more,
  })
  const timer = setInterval(() => {
    stream.send(packetiseJpeg(sender, { bytes, facts, type: fitness.type }, sender.timestampAt(frames * 40)))
    frames += 1
  }, 40)
  t.after(() => clearInterval(timer))
  return server
}

for (const transport of ['tcp', 'udp']) {
  test(`FFmpeg and GStreamer read our JPEG by ${transport}`, { skip }, async (t) => {
    const server = await servePicture(t)
    const url = `rtsp://127.0.0.1:${server.port}/picture`
    const [width, height] = size
    assert.deepEqual(await probe(url, transport), [`mjpeg,${width},${height}`])
    assert.match(await pull(url, transport, 'rtpjpegdepay ! jpegdec'), new RegExp(`width=\\(int\\)${width}\\b`))
  })
}

test('FFmpeg and GStreamer prove themselves to us by Digest', { skip }, async (t) => {
  const server = await servePicture(t, { credentials: { username: 'cam', password: 'pw' } })
  const address = `127.0.0.1:${server.port}/picture`
  assert.equal((await probe(`rtsp://cam:pw@${address}`, 'tcp')).length, 1)
  assert.match(await pull(`rtsp://cam:pw@${address}`, 'tcp', 'rtpjpegdepay ! jpegdec'), /width=/)
  await assert.rejects(probe(`rtsp://cam:wrong@${address}`, 'tcp'), /401 Unauthorized/)
  await assert.rejects(probe(`rtsp://${address}`, 'tcp'), /401 Unauthorized/)
})

test('what FFmpeg sees is the picture that was sent', { skip }, async (t) => {
  const server = await servePicture(t)
  const url = `rtsp://127.0.0.1:${server.port}/picture`
  const args = [
    '-v',
    'error',
    '-rtsp_transport',
    'tcp',
    '-i',
    url,
    '-frames:v',
    '1',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-',
  ]
  const { stdout } = await run(ffmpeg, args, { timeout: 25_000, encoding: 'buffer' })
  const { data } = await pixelsOf(await picture(...size))
  assert.equal(stdout.length, data.length)
  const difference = data.reduce((sum, value, at) => sum + Math.abs(value - stdout[at]!), 0) / data.length
  assert.ok(difference < 5, `${difference} of 255 apart`)
})

test('FFmpeg reads our audio', { skip }, async (t) => {
  const server = await serveRtsp({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const source = toneSource()
  const stream = server.add('/tone', source)
  const timer = setInterval(() => source.next(stream), 20)
  t.after(() => clearInterval(timer))
  assert.deepEqual(await probe(`rtsp://127.0.0.1:${server.port}/tone`, 'tcp'), ['pcm_mulaw'])
})

/** Codec, and size where it has one, of each stream that FFmpeg finds. */
async function probe(url: string, transport: string): Promise<string[]> {
  const args = ['-v', 'error', '-rtsp_transport', transport, '-analyzeduration', '500000']
  const shown = ['-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0']
  const { stdout } = await run(ffprobe, [...args, ...shown, url], { timeout: 25_000 })
  return stdout.trim().split('\n')
}

/** What GStreamer says while it decodes five frames; rejects when it cannot. */
function pull(url: string, transport: string, decode: string): Promise<string> {
  return pullByGst({ gstLaunch, url, transport, decode, buffers: 5 })
}
