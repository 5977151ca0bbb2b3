import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { type TestContext, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createTempFolder, findFreePort, waitUntil } from '@pelton/testkit'
import sharp, { type JpegOptions } from 'sharp'
import { part, startCamera } from '../packages/connectors/src/triggers/mjpeg/fixtures/start-camera.ts'
import { findProgram } from '../scripts/tools/debian-packages.ts'
import { type MediaPrograms, mediaPeers } from '../scripts/tools/media-peers.ts'
import { pullByGst } from '../scripts/tools/pull-by-gst.ts'
import { type ServedFunction, serve } from './acceptance/serve-function.ts'
import { assertQuarters, quarters } from './fixtures/quarters.ts'
import { startPelton } from './pelton-process.ts'

const run = promisify(execFile)
const peers = await mediaPeers()
const { skip } = peers
const { ffmpeg, ffprobe, gstLaunch } = peers as MediaPrograms
/** Comes with FFmpeg, but for its smallest builds. */
const ffplay = findProgram(['ffplay'])

const handler = `exports.handler = (context, event) => event.body\n`

interface Served {
  served: ServedFunction
  url: string
  /** Sends bodies to the trigger, one after the other, every so many milliseconds, until the test ends. */
  feed(bodies: readonly Buffer[], everyMs: number): void
}

/** A function whose answers are its requests' bodies, with one rtsp sink. */
async function serveSink(t: TestContext, attributes: string): Promise<Served> {
  const port = await findFreePort()
  const sink = `{ kind: rtsp, attributes: { port: ${port}, path: /live, ${attributes} } }`
  const yaml = `apiVersion: pelton/v1
kind: Function
metadata: { name: live }
spec:
  runtime: nodejs
  handler: handler.js
  triggers:
    front: { kind: http, url: "127.0.0.1:0", attributes: { sink: ${sink} } }
`
  const feed = createFeed(t)
  const served = await serve(t, { 'function.yaml': yaml, 'handler.js': handler })
  const show = async (body: Buffer): Promise<void> => assert.equal((await served.ask(body)).status, 200)
  return {
    served,
    url: `rtsp://127.0.0.1:${port}/live`,
    feed: (bodies, everyMs) => feed(bodies, everyMs, show),
  }
}

type Feed = (bodies: readonly Buffer[], everyMs: number, send: (body: Buffer) => Promise<void>) => void

/** Sends bodies in turn until the test ends; to be made before what it sends to. */
function createFeed(t: TestContext): Feed {
  const over = new AbortController()
  let feeding = Promise.resolve()
  t.after(() => {
    over.abort()
    return feeding
  })
  const feed = async (...[bodies, everyMs, send]: Parameters<Feed>): Promise<void> => {
    let dueAt = performance.now()
    for (let count = 0; !over.signal.aborted; count++) {
      await send(bodies[count % bodies.length]!)
      // What a busy machine made late is not caught up with.
      dueAt = Math.max(dueAt + everyMs, performance.now())
      await setTimeout(Math.max(0, dueAt - performance.now()))
    }
  }
  return (...given) => void (feeding = feed(...given))
}

interface Seen {
  stream: { codec_name: string; width?: number; height?: number; sample_rate?: string; channels?: number }
  /** Presentation times in seconds. */
  times: number[]
}

/** What FFmpeg finds in a stream, and when its first packets are to be shown. */
async function probe(url: string, transport = 'tcp', packets = 30): Promise<Seen> {
  const args = ['-v', 'error', '-rtsp_transport', transport, '-analyzeduration', '500000', '-of', 'json']
  const shown = ['-show_streams', '-show_entries', 'packet=pts_time', '-read_intervals', `%+#${packets}`]
  const { stdout } = await run(ffprobe, [...args, ...shown, url], { timeout: 25_000 })
  const seen = JSON.parse(stdout) as { streams: [Seen['stream']]; packets: { pts_time?: string }[] }
  const times = seen.packets.flatMap(({ pts_time: time }) => (time === undefined ? [] : [Number(time)]))
  return { stream: seen.streams[0], times }
}

/** Asserts that the times grow, and gives how many there are in a second. */
function rateOf(times: readonly number[]): number {
  for (const [index, time] of times.entries()) assert.ok(index === 0 || time > times[index - 1]!, `${times.join(' ')}`)
  return (times.length - 1) / (times.at(-1)! - times[0]!)
}

/** What GStreamer says while it decodes ten buffers; rejects when it cannot. */
function pull(url: string, transport: string, decode: string): Promise<string> {
  return pullByGst({ gstLaunch, url, transport, decode, buffers: 10 })
}

/** What FFmpeg decodes of a stream. */
async function decoded(url: string, transport: string, output: string): Promise<Buffer> {
  const args = ['-v', 'error', '-rtsp_transport', transport, '-i', url, ...output.split(' '), '-']
  const { stdout } = await run(ffmpeg, args, { timeout: 25_000, encoding: 'buffer', maxBuffer: 100_000_000 })
  return stdout
}

/** The first picture that GStreamer decodes, RGB. */
async function decodedByGst(
  t: TestContext,
  url: string,
  { transport, decode }: { transport: string; decode: string },
): Promise<Buffer> {
  const file = path.join(await createTempFolder(t), 'pictures.rgb')
  const rgb = 'videoconvert ! video/x-raw,format=RGB'
  await pull(url, transport, `${decode} ! ${rgb} ! tee name=split ! queue ! filesink location=${file} split. ! queue`)
  const pictures = await readFile(file)
  return pictures.subarray(0, 320 * 240 * 3)
}

/** Plays so many seconds of a stream, as ffplay counts them, and gives what it said. */
async function playFor(t: TestContext, seconds: number, url: string): Promise<string> {
  const env = { ...process.env, SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy' }
  const player = spawn(String(ffplay), ['-rtsp_transport', 'tcp', url], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = once(player, 'exit')
  const stop = async (): Promise<void> => {
    player.kill('SIGKILL')
    await gone
  }
  t.after(stop)
  let told = ''
  player.stderr.on('data', (part) => void (told += String(part)))
  // Its clock, and how far its sound or pictures are from it.
  const clock = (): number => Math.max(0, ...[...told.matchAll(/(\d+\.\d+) [AM]-[AV]:/g)].map(([, at]) => Number(at)))
  await waitUntil('the player', () => clock() >= seconds, { deadlineMs: 20_000, everyMs: 50 })
  await stop()
  return told
}

/** Four colours, one in each quarter. */
function pattern(width: number, height: number, jpeg: JpegOptions = {}): Promise<Buffer> {
  return sharp(quarters(width, height), { raw: { width, height, channels: 3 } })
    .jpeg({ optimiseCoding: false, quality: 90, ...jpeg })
    .toBuffer()
}

// Players take their time.
describe('the rtsp sink, read by FFmpeg and GStreamer', { skip, concurrency: 2 }, () => {
  for (const transport of ['tcp', 'udp']) {
    test(`pictures by ${transport}: codec, size, rate, times and content`, async (t) => {
      const { url, feed } = await serveSink(t, 'type: video')
      feed([await pattern(320, 240)], 40)
      const { stream, times } = await probe(url, transport)
      assert.deepEqual([stream.codec_name, stream.width, stream.height], ['mjpeg', 320, 240])
      const rate = rateOf(times)
      assert.ok(rate > 12 && rate < 27, `${rate} frames a second`)
      assertQuarters(await decoded(url, transport, '-frames:v 1 -f rawvideo -pix_fmt rgb24'), 320, 240)
      assert.match(await pull(url, transport, 'rtpjpegdepay ! jpegdec'), /width=\(int\)320\b/)
      assertQuarters(await decodedByGst(t, url, { transport, decode: 'rtpjpegdepay ! jpegdec' }), 320, 240)
    })

    test(`sound by ${transport}: codec, rate, channels, pace and the tone, from windows of a second`, async (t) => {
      const { url, feed } = await serveSink(t, 'type: audio, samplerate: 22050, channels: 2')
      feed([tone(22_050, 2, 441)], 1_000)
      const { stream, times } = await probe(url, transport, 60)
      assert.deepEqual([stream.codec_name, stream.sample_rate, stream.channels], ['pcm_s16be', '22050', 2])
      rateOf(times)
      assert.ok(Math.abs(frequencyOf(await sound(url, transport, 22_050), 22_050) - 441) < 5)
      assert.match(await pull(url, transport, 'rtpL16depay ! audioconvert'), /rate=\(int\)22050/)
    })
  }

  test('PCMU is read as such', async (t) => {
    const { url, feed } = await serveSink(t, 'type: audio, codec: pcmu, sample_rate: 8000')
    feed([tone(8_000, 1, 500)], 1_000)
    const { stream } = await probe(url, 'tcp', 20)
    assert.deepEqual([stream.codec_name, stream.sample_rate, stream.channels], ['pcm_mulaw', '8000', 1])
    assert.ok(Math.abs(frequencyOf(await sound(url, 'tcp', 8_000), 8_000) - 500) < 5)
    assert.match(await pull(url, 'udp', 'rtppcmudepay ! mulawdec'), /rate=\(int\)8000/)
  })

  test('a window is not sent at once, but as fast as it sounds', async (t) => {
    const { url, served } = await serveSink(t, 'type: audio, sample_rate: 8000')
    const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', url, '-t', '1.5', '-f', 's16le', '-']
    const reader = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => reader.kill('SIGKILL'))
    let bytes = 0
    let firstAt = 0
    reader.stdout.on('data', (chunk: Buffer) => {
      firstAt ||= performance.now()
      bytes += chunk.length
    })
    await waitUntil('the reader', async () => (await served.metric('pelton_sink_viewers')) === 1, {
      deadlineMs: 20_000,
    })
    assert.equal(
      (await served.ask(Buffer.concat([tone(8_000, 1, 500), tone(8_000, 1, 500), tone(8_000, 1, 500)]))).status,
      200,
    )
    await waitUntil('the sound', () => bytes >= 8_000 * 2, { deadlineMs: 20_000 })
    const sent = await served.metric('pelton_sink_frames_total')
    assert.ok(sent > 40 && sent < 149, `${sent} packets of 150`)
    assert.ok(firstAt > 0)
  })

  test('H.264 by tcp and udp: a reader that comes later begins with a key picture', async (t) => {
    const { url, feed } = await serveSink(t, 'type: video, codec: h264')
    feed(await accessUnits(), 40)
    for (const transport of ['tcp', 'udp']) {
      const { stream, times } = await probe(url, transport)
      assert.deepEqual([stream.codec_name, stream.width, stream.height], ['h264', 320, 240])
      const rate = rateOf(times)
      assert.ok(rate > 12 && rate < 27, `${rate} frames a second`)
      assertQuarters(await decoded(url, transport, '-frames:v 1 -f rawvideo -pix_fmt rgb24'), 320, 240)
      assertQuarters(await decodedByGst(t, url, { transport, decode: 'rtph264depay ! avdec_h264' }), 320, 240)
    }
  })

  test('H.264 that changes its size is decoded in both, by who reads all the time and by who comes then', async (t) => {
    const { url, feed } = await serveSink(t, 'type: video, codec: h264')
    const [large, small] = [await accessUnits(320, 240), await accessUnits(160, 128)]
    feed([...large, ...small], 40)
    const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-of', 'csv=p=0', '-show_entries', 'frame=width,height']
    const { stdout } = await run(ffprobe, [...args, '-read_intervals', '%+#160', url], { timeout: 25_000 })
    const sizes = stdout.split('\n').map((line) => line.replace(/,$/, ''))
    const changes = sizes.filter((size, index) => size !== '' && size !== sizes[index - 1])
    const known = ['320,240', '160,128']
    assert.ok(changes.length >= 3 && changes.every((size) => known.includes(size)), changes.join(' '))
  })

  test('ffplay plays pictures, H.264 and sound', { skip: ffplay ? false : 'needs ffplay' }, async (t) => {
    const streams = [
      ['type: video', [await pattern(320, 240)], 40, /Video: mjpeg.*320x240/],
      ['type: video, codec: h264', await accessUnits(320, 240), 40, /Video: h264.*320x240/],
      ['type: audio, sample_rate: 8000', [tone(8_000, 1, 500)], 1_000, /Audio: pcm_s16be, 8000 Hz/],
    ] as const
    for (const [attributes, bodies, everyMs, seen] of streams) {
      const { url, feed } = await serveSink(t, attributes)
      feed(bodies, everyMs)
      assert.match(await playFor(t, 1, url), seen)
    }
  })

  const unfit = [
    ['progressive', [320, 240], [320, 240], { progressive: true }],
    ['with Huffman tables of its own', [320, 240], [320, 240], { optimiseCoding: true }],
    ['of 4:4:4', [320, 240], [320, 240], { chromaSubsampling: '4:4:4' }],
    ['of an odd size', [321, 243], [328, 248], {}],
    ['of an odd size and progressive', [321, 243], [328, 248], { progressive: true }],
    ['larger than 2,040 pixels', [3_000, 1_500], [2_040, 1_024], {}],
  ] as const
  for (const [what, [width, height], [seenWidth, seenHeight], options] of unfit) {
    test(`a JPEG ${what} arrives`, async (t) => {
      const { url, feed } = await serveSink(t, 'type: video')
      feed([await pattern(width, height, options)], 100)
      const { stream } = await probe(url, 'tcp', 5)
      assert.deepEqual([stream.width, stream.height], [seenWidth, seenHeight])
      const rgb = await decoded(url, 'tcp', '-frames:v 1 -f rawvideo -pix_fmt rgb24')
      assertQuarters(rgb, seenWidth, seenHeight)
    })
  }

  test('who does not know the password sees nothing', async (t) => {
    const { url, feed } = await serveSink(t, 'username: cam, password: "p w"')
    feed([await pattern(64, 48)], 40)
    assert.equal((await probe(url.replace('//', '//cam:p%20w@'), 'tcp', 3)).stream.codec_name, 'mjpeg')
    await assert.rejects(probe(url.replace('//', '//cam:wrong@')), /401 Unauthorized/)
    await assert.rejects(probe(url), /401 Unauthorized/)
  })

  test('streams of several triggers share a port by path', async (t) => {
    const port = await findFreePort()
    const served = await serve(t, { 'function.yaml': twoStreams(port, '/one', '/two'), 'handler.js': handler })
    for (const [trigger, width] of [
      ['one', 64],
      ['two', 128],
    ] as const) {
      const body = await pattern(width, 48)
      const seen = probe(`rtsp://127.0.0.1:${port}/${trigger}`, 'tcp', 3)
      let isOver = false
      const over = seen.finally(() => (isOver = true))
      while (!isOver) await served.ask(body, { url: served.urlOf(trigger) })
      assert.equal((await over).stream.width, width)
    }
  })
})

test('the same port and path twice stops the start', async (t) => {
  const port = await findFreePort()
  const folder = await createTempFolder(t, { 'function.yaml': twoStreams(port, '/one', '/one'), 'handler.js': handler })
  const pelton = startPelton(['run', folder])
  t.after(() => pelton.stop())
  assert.equal((await pelton.ended).code, 1)
  assert.match(pelton.stderr(), /both want port \d+, path \/one/)
})

test('sinks whose default port another process has share another one, and the start screen tells where', async (t) => {
  const holder = net.createServer()
  await new Promise<void>((resolve) => {
    // Whoever has it already.
    holder.once('error', () => resolve())
    holder.listen({ port: 8554, exclusive: true }, () => resolve())
  })
  t.after(() => void holder.close())
  const file = twoStreams(undefined, '/one', '/two')
  const folder = await createTempFolder(t, { 'function.yaml': file, 'handler.js': handler })
  const pelton = startPelton(['run', folder, '--log-format', 'pretty'])
  t.after(() => pelton.stop())
  const shown = /answers go to .*rtsp:\/\/127\.0\.0\.1:(\d+)\/one[^]*answers go to .*rtsp:\/\/127\.0\.0\.1:(\d+)\/two/
  await pelton.says(shown)
  const [, one, two] = shown.exec(pelton.stderr()) ?? []
  assert.equal(one, two)
  assert.notEqual(one, '8554')
  const answer = await describeStream(Number(one), '/two')
  assert.match(answer, /^RTSP\/1\.0 200 OK[^]*a=rtpmap:26 JPEG\/90000/)
})

/** What a server answers when it is asked what a stream is. */
async function describeStream(port: number, path: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(`DESCRIBE rtsp://127.0.0.1:${port}${path} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) if ((answer += String(chunk)).includes('a=control')) break
  return answer
}

describe('14 case 71, DigitalHub’s file', { skip }, () => {
  test('mjpeg to rtsp: a player sees the frames', async (t) => {
    const feed = createFeed(t)
    const camera = await startCamera(t)
    const port = await findFreePort()
    const yaml = `spec:
  runtime: "python:3.10"
  handler: "frames:handler"
  triggers:
    mjpeg:
      kind: mjpeg
      maxWorkers: 4
      attributes:
        url: "${camera.url}"
        processing_factor: 1
        sink:
          kind: rtsp
          attributes:
            port: ${port}
            path: "/processed"
            type: video
`
    const pass = 'def handler(context, event):\n    return event.body\n'
    await serve(t, { 'f.yaml': yaml, 'frames.py': pass }, { path: 'f.yaml' })
    const frame = part(await pattern(320, 240))
    feed([frame], 40, (bytes) => camera.send(bytes))
    const url = `rtsp://localhost:${port}/processed`
    const { stream, times } = await probe(url)
    assert.deepEqual([stream.codec_name, stream.width, stream.height], ['mjpeg', 320, 240])
    rateOf(times)
    assertQuarters(await decoded(url, 'tcp', '-frames:v 1 -f rawvideo -pix_fmt rgb24'), 320, 240)
  })
})

/** Two triggers with a sink each; without a port they have the default one. */
function twoStreams(port: number | undefined, ...paths: string[]): string {
  const triggers = paths.map((at, index) => {
    const sink = `{ kind: rtsp, attributes: { ${port === undefined ? '' : `port: ${port}, `}path: ${at} } }`
    return `    ${['one', 'two'][index]}: { kind: http, url: "127.0.0.1:0", attributes: { sink: ${sink} } }\n`
  })
  return `apiVersion: pelton/v1
kind: Function
metadata: { name: streams }
spec:
  runtime: nodejs
  handler: handler.js
  triggers:
${triggers.join('')}`
}

/** A second of a sine, s16le. */
function tone(sampleRate: number, channels: number, hertz: number): Buffer {
  const samples = Buffer.alloc(sampleRate * channels * 2)
  for (let index = 0; index < sampleRate * channels; index++) {
    const time = Math.floor(index / channels) / sampleRate
    samples.writeInt16LE(Math.round(12_000 * Math.sin(2 * Math.PI * hertz * time)), index * 2)
  }
  return samples
}

/** A second of a stream's first channel. */
async function sound(url: string, transport: string, sampleRate: number): Promise<Int16Array> {
  const bytes = await decoded(url, transport, `-t 1 -af pan=mono|c0=c0 -ar ${sampleRate} -f s16le`)
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length - (bytes.length % 2)))
}

/** Of a tone, by its crossings of zero upwards; asserts that it is as loud as it was sent. */
function frequencyOf(samples: Int16Array, sampleRate: number): number {
  let crossings = 0
  for (let index = 1; index < samples.length; index++)
    if (samples[index - 1]! < 0 && samples[index]! >= 0) crossings += 1
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  assert.ok(Math.abs(loudest - 12_000) < 500, `${loudest}`)
  return (crossings * sampleRate) / samples.length
}

/** Two seconds of the pattern as H.264, a key picture each second, the parameter sets with the first one alone. */
async function accessUnits(width = 320, height = 240): Promise<Buffer[]> {
  const output =
    '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -bsf:v h264_metadata=aud=insert'
  const args = ['-v', 'error', '-f', 'mjpeg', '-r', '25', '-i', '-', ...output.split(' '), '-f', 'h264', '-']
  const child = spawn(ffmpeg, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const picture = await pattern(width, height)
  child.stdin.end(Buffer.concat(Array.from({ length: 50 }, () => picture)))
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const delimiter = Buffer.of(0, 0, 0, 1, 9)
  const units: Buffer[] = []
  for (let from = bytes.indexOf(delimiter); from >= 0;) {
    const next = bytes.indexOf(delimiter, from + 1)
    units.push(bytes.subarray(from, next < 0 ? bytes.length : next))
    from = next
  }
  assert.equal(units.length, 50)
  return units
}
