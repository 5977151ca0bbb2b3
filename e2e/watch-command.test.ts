import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { splitAnnexB } from '@pelton/protocols/rtp'
import { createTempFolder, findFreePort, waitUntil } from '@pelton/testkit'
import sharp from 'sharp'
import { beginStream, part, startCamera } from '../packages/connectors/src/triggers/mjpeg/fixtures/start-camera.ts'
import { h264, pcmu, startSource } from '../packages/connectors/src/triggers/rtsp/fixtures/start-source.ts'
import { type MediaPrograms, mediaPeers } from '../scripts/tools/media-peers.ts'
import { startGstServer } from '../scripts/tools/start-gst-server.ts'
import { serve } from './acceptance/serve-function.ts'
import { assertQuarters, quarters } from './fixtures/quarters.ts'
import { type PeltonProcess, type StartOptions, runPelton, startPelton } from './pelton-process.ts'

const peers = await mediaPeers()
const { skip } = peers
const { ffmpeg, python } = peers as MediaPrograms

type WatchRecord = Record<string, unknown> & { type: string }

function watch(...args: string[]): ReturnType<typeof runPelton> {
  return runPelton(['watch', ...args])
}

/** The records of `--json`; asserts that it ended well. */
async function records(args: string[], options: StartOptions = {}): Promise<WatchRecord[]> {
  const { code, stdout, stderr } = await runPelton(['watch', ...args, '--json'], options)
  assert.deepEqual([code, stderr], [0, ''], args.join(' '))
  return recordsOf(stdout)
}

function recordsOf(stdout: string): WatchRecord[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as WatchRecord)
}

/** Asserts that a figure is near what it should be. */
function near(value: unknown, expected: number, by: number, what: string): void {
  assert.ok(typeof value === 'number' && Math.abs(value - expected) <= by, `${what}: ${String(value)}, not ${expected}`)
}

async function untilPrints(pelton: PeltonProcess, pattern: RegExp): Promise<void> {
  await waitUntil(`${pattern}`, () => pattern.test(pelton.stdout().toString()), { deadlineMs: 20_000 })
}

/** Calls `send` with growing numbers until the test ends. */
function repeat(t: TestContext, everyMs: number, send: (count: number) => unknown): void {
  let count = 0
  const timer = setInterval(() => send(count++), everyMs)
  t.after(() => clearInterval(timer))
}

const [width, height] = [320, 240]
const jpegPattern = await sharp(quarters(width, height), { raw: { width, height, channels: 3 } })
  .jpeg({ optimiseCoding: false, quality: 90 })
  .toBuffer()

/** Asserts that a file holds the pattern, give or take what its coding loses. */
async function assertPattern(file: string): Promise<void> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  assert.deepEqual([info.width, info.height], [width, height])
  assertQuarters(data, width, height)
}

/** Pictures of the pattern in H.264, a key picture every five, each as its NAL units. */
async function unitsOfPattern(): Promise<Buffer[][]> {
  const input = ['-f', 'image2pipe', '-c:v', 'mjpeg', '-loop', '1', '-i', '-', '-frames:v', '10', '-r', '25']
  const coding = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-tune', 'zerolatency', '-g', '5', '-x264-params', 'aud=1']
  const running = execFile(ffmpeg, ['-v', 'error', ...input, ...coding, '-f', 'h264', '-'], {
    encoding: 'buffer',
    timeout: 20_000,
  })
  const chunks: Buffer[] = []
  running.stdout!.on('data', (chunk: Buffer) => void chunks.push(chunk))
  running.stdin!.end(jpegPattern)
  await new Promise((resolve, reject) => running.once('close', resolve).once('error', reject))
  const pictures: Buffer[][] = []
  for (const unit of splitAnnexB(Buffer.concat(chunks))) {
    if ((unit[0]! & 0x1f) === 9) pictures.push([])
    else pictures.at(-1)?.push(unit)
  }
  assert.ok(pictures.length > 0, 'FFmpeg made no pictures')
  return pictures
}

describe('pelton watch, on GStreamer', { skip }, () => {
  for (const transport of ['tcp', 'udp']) {
    test(`H.264 by ${transport}: what it is, a record a second, and all of it at the end`, async (t) => {
      const server = await startGstServer(t, python)
      const args = [`${server.url}/h264sd`, '--transport', transport, '--for', '3200ms']
      const [source, ...others] = await records(args)
      assert.equal(source?.['url'], `${server.url}/h264sd`)
      assert.match(String(source['server']), /GStreamer/)
      assert.equal(source['transport'], transport)
      const [medium] = source['media'] as WatchRecord[]
      assert.deepEqual(
        [medium?.type, medium?.['codec'], medium?.['width'], medium?.['height'], medium?.['profile']],
        ['video', 'H264', 640, 360, 'Constrained Baseline'],
      )
      const seconds = others.filter(({ type }) => type === 'interval')
      assert.equal(seconds.length, 3)
      near(seconds.at(-1)?.['frames_per_second'], 15, 4, 'rate')
      const summary = others.at(-1)!
      assert.deepEqual([summary.type, summary['end']], ['summary', 'time'])
      near(summary['frames_per_second'], 15, 3, 'rate')
      near(summary['key_interval_frames'], 25, 0, 'key interval')
      assert.ok(Number(summary['bytes']) > 10_000 && Number(summary['jitter_ms']) >= 0)
      assert.equal(
        Number(summary['packets_expected']),
        Number(summary['packets_received']) + Number(summary['packets_lost']),
      )
      assert.equal(summary['packets_lost'], 0)
    })
  }

  test('MJPEG tells its size by the first frame; its JPEG is saved', async (t) => {
    const server = await startGstServer(t, python)
    const cwd = await createTempFolder(t)
    const told = await records([`${server.url}/mjpeg`, '--save', 'now.jpg'], { cwd })
    assert.deepEqual(
      told.map(({ type }) => type),
      ['source', 'picture', 'saved'],
    )
    assert.deepEqual([told[1]?.['width'], told[1]?.['height']], [640, 360])
    assert.equal(told[2]?.['file'], path.join(cwd, 'now.jpg'))
    const { width: columns, height: rows, format } = await sharp(path.join(cwd, 'now.jpg')).metadata()
    assert.deepEqual([columns, rows, format], [640, 360, 'jpeg'])
  })

  test('sound is watched where there is no video, or where it is asked for', async (t) => {
    const server = await startGstServer(t, python)
    const [[alone], [asked]] = await Promise.all([
      records([`${server.url}/l16`, '--for', '1200ms']),
      records([`${server.url}/av`, '--media', 'audio', '--for', '1200ms', '--transport', 'udp']),
    ])
    const watched = (source: WatchRecord | undefined): unknown[] => {
      const media = (source?.['media'] ?? []) as WatchRecord[]
      const medium = media.find((one) => one['watched'] === true)
      return [medium?.['codec'], medium?.['clock_rate'], medium?.['channels'], media.length]
    }
    assert.deepEqual(watched(alone), ['L16', 44_100, 2, 1])
    assert.deepEqual(watched(asked), ['PCMU', 8_000, 1, 2])
    const { code, stdout, stderr } = await watch(`${server.url}/alaw`, '--for', '1500ms')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /watched {2}audio {2}PCMA {2}8000 Hz, 1 channel\n/)
    assert.match(stdout, /\n +1s +\d+\.\d packets\/s +\d\S* kbit\/s .*jitter .* lost 0\/\d+\n/)
    assert.match(stdout, /\n1\.5\d s, first packet after /)
  })

  test('who lacks the password is told how to give it, and nobody is told the password', async (t) => {
    const server = await startGstServer(t, python, { auth: true })
    const url = `${server.url}/mjpeg`
    const withUser = (user: string): string => url.replace('//', `//${user}@`)
    for (const [args, said] of [
      [[url], /asks for a user and a password/],
      [[withUser('cam:secret')], /refuses the user or the password/],
      [[url, '--username', 'cam', '--password', 'secret'], /refuses the user or the password/],
    ] as const) {
      const { code, stdout, stderr } = await watch(...args)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, said)
      assert.match(stderr, /Give --username and --password.*\(source_unauthorized\)/)
      assert.doesNotMatch(stderr, /secret/)
    }
    const env = { PELTON_WATCH_USERNAME: 'cam', PELTON_WATCH_PASSWORD: 'pw' }
    for (const [address, given] of [
      [withUser('cam:pw'), {}],
      [url, { env }],
    ] as const) {
      const [source] = await records([address, '--for', '500ms'], given)
      assert.equal(source?.['url'], url)
    }
  })

  test('a source that is gone ends the command with what came so far', async (t) => {
    const server = await startGstServer(t, python)
    const pelton = startPelton(['watch', `${server.url}/h264`])
    t.after(() => pelton.stop())
    await untilPrints(pelton, /\n +1s .* fps /)
    await server.kill()
    const { code } = await pelton.ended
    assert.equal(code, 1)
    assert.match(pelton.stdout().toString(), /\n\d\.\d+ s, first frame after [^]*\n {2}\d+ frames /)
    assert.match(pelton.stderr(), /^error The stream of rtsp:\S+ broke off: .*\n.*\(source_lost\)\n$/)
  })

  test('Ctrl+C ends it well', async (t) => {
    const server = await startGstServer(t, python)
    const pelton = startPelton(['watch', `${server.url}/h264`])
    t.after(() => pelton.stop())
    await untilPrints(pelton, /\n +1s .* fps /)
    pelton.child.kill('SIGINT')
    assert.deepEqual(await pelton.ended, { code: 0, signal: null })
    assert.match(pelton.stdout().toString(), /\n {2}\d+ key frames? |\n {2}\d+ packets /)
    assert.equal(pelton.stderr(), '')
  })
})

describe('pelton watch --save of H.264', { skip }, () => {
  test('the key picture is written as it came, and as the JPEG that it shows', async (t) => {
    const pictures = await unitsOfPattern()
    const source = await startSource(t, { media: h264 })
    repeat(t, 20, (count) => source.send(source.units(pictures[count % pictures.length]!)))
    const cwd = await createTempFolder(t)
    const at = (name: string): string => path.join(cwd, name)

    const [, picture] = await records([source.url, '--save', 'key.h264'], { cwd })
    assert.deepEqual([picture?.type, picture?.['width'], picture?.['height']], ['picture', width, height])
    const args = ['-v', 'error', '-i', at('key.h264'), '-frames:v', '1', at('key.png')]
    await promisify(execFile)(ffmpeg, args, { timeout: 20_000 })
    await assertPattern(at('key.png'))

    const { code, stderr } = await runPelton(['watch', source.url, '--save', 'now.jpg'], { cwd })
    assert.equal(code, 0, stderr)
    await assertPattern(at('now.jpg'))
  })
})

describe('pelton watch, on MJPEG by HTTP', () => {
  test('a stream and a picture are watched, and the first frame is saved as it came', async (t) => {
    const cwd = await createTempFolder(t)
    const stream = await startCamera(t, {
      answer: (_request, response) => {
        response.setHeader('Server', 'testcam/1')
        beginStream(response)
      },
    })
    repeat(t, 40, () => stream.streams.size > 0 && stream.send(part(jpegPattern)))
    const [source, picture, second, summary] = await records([stream.url, '--for', '1500ms'])
    assert.deepEqual([source?.['server'], source?.['transport']], ['testcam/1', 'http'])
    assert.deepEqual([picture?.['width'], picture?.['height']], [width, height])
    assert.equal(second?.['frame_bytes'], jpegPattern.length)
    near(second['frames_per_second'], 25, 8, 'rate')
    near(summary?.['bits_per_second'], 25 * 8 * jpegPattern.length, 8 * 8 * jpegPattern.length, 'bit rate')

    const snapshot = await startCamera(t, {
      answer: (_request, response) => void response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(jpegPattern),
    })
    for (const { url } of [stream, snapshot]) {
      const { code, stdout } = await runPelton(['watch', url, '--save', 'now.jpg'], { cwd })
      assert.equal(code, 0)
      assert.match(stdout, /, by HTTP\n[^]*\n {2}320x240, after .* ms\nsaved now\.jpg, \d.* after .* ms\n$/)
      assert.deepEqual(await readFile(path.join(cwd, 'now.jpg')), jpegPattern)
    }
  })

  test('what a function shows by its mjpeg sink is watched', async (t) => {
    const port = await findFreePort()
    const served = await serve(t, {
      'function.yaml': `apiVersion: pelton/v1
kind: Function
metadata: { name: live }
spec:
  runtime: nodejs
  handler: handler.js
  triggers:
    front: { kind: http, url: "127.0.0.1:0", attributes: { sink: { kind: mjpeg, attributes: { port: ${port}, path: /live } } } }
`,
      'handler.js': 'exports.handler = (context, event) => event.body\n',
    })
    await served.ask(jpegPattern)
    const cwd = await createTempFolder(t)
    await records([`http://127.0.0.1:${port}/live`, '--save', 'live.jpeg'], { cwd })
    assert.deepEqual(await readFile(path.join(cwd, 'live.jpeg')), jpegPattern)
  })

  test('a certificate that is not trusted is refused, unless --insecure takes it', async (t) => {
    const camera = await startCamera(t, { isSecure: true })
    repeat(t, 40, () => camera.streams.size > 0 && camera.send(part(jpegPattern)))
    const { code, stderr } = await watch(camera.url)
    assert.equal(code, 1)
    assert.match(stderr, /self-signed[^]*--insecure/)
    const [source] = await records([camera.url, '--insecure', '--for', '300ms'])
    assert.equal(source?.['url'], camera.url)
  })
})

describe('pelton watch, where there is nothing to see', () => {
  /** Asserts how it ends, with one message and no stack. */
  async function refuses(args: string[], code: number, message: RegExp): Promise<string> {
    const end = await watch(...args)
    assert.equal(end.code, code, `${args.join(' ')}: ${end.stderr}`)
    assert.match(end.stderr, message)
    assert.match(end.stderr, /^error .*\n {2}.*\(\w+\)\n$/)
    return end.stdout
  }

  test('a command line that is wrong exits with 2', async () => {
    await refuses([], 2, /Which source\?/)
    await refuses(['camera.local/live'], 2, /has no scheme/)
    await refuses(['rtmp://camera.local/live'], 2, /rtmp:\/\/ is not watched/)
    await refuses(['rtsp://127.0.0.1/', '--save', 'a.png'], 2, /ends with \.jpg/)
    await refuses(['rtsp://127.0.0.1/', '--save', 'a.jpg', '--media', 'audio'], 2, /--save is for pictures/)
  })

  test('a port where nobody listens, and paths that are not there, are told', async (t) => {
    const port = await findFreePort()
    await refuses([`rtsp://127.0.0.1:${port}/x?token=secret`], 1, /No stream from rtsp:\S+\/x: nothing listens there/)
    await refuses([`http://127.0.0.1:${port}/x?token=secret`], 1, /http:\S+\/x: the connection was refused/)
    const source = await startSource(t)
    await refuses([source.url.replace('/live', '/no')], 1, /\/no answered DESCRIBE by 404 .*\n.*source_unreadable/)
    const camera = await startCamera(t, { answer: (_request, response) => void response.writeHead(404).end() })
    await refuses([camera.url], 1, /status 404/)
    await refuses([source.url.replace('rtsp:', 'http:')], 1, /source_unreadable/)
  })

  test('credentials that are missing or wrong are told by HTTP, too', async (t) => {
    const camera = await startCamera(t, {
      answer: (_request, response) => void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end(),
    })
    await refuses([camera.url], 1, /asks for credentials.*\n.*source_unauthorized/)
    await refuses([camera.url.replace('//', '//u:secret@')], 1, /\/\/127.*refused the credentials/)
  })

  test('a medium that the source does not have, and a file for another codec', async (t) => {
    const source = await startSource(t, { media: pcmu })
    await refuses([source.url, '--media', 'video'], 1, /has no video .* offers audio PCMU\n.*source_medium_missing/)
    await refuses([source.url, '--save', 'a.jpg'], 1, /sends sound and no pictures\n.*frame_unsavable/)
    const unknown = await startSource(t, { media: { payloadType: 97, encoding: 'VP8' } })
    await refuses([unknown.url], 1, /has no video or audio .* offers video VP8/)
    const pictures = await startSource(t)
    await refuses([pictures.url, '--save', 'a.h264'], 1, /sends JPEG: choose a file that ends with \.jpg/)
  })

  test('a source that stalls is given up; one that is cut short had nothing to give', async (t) => {
    const source = await startSource(t)
    await refuses([source.url, '--timeout', '1s'], 1, /has sent nothing for 1000 ms\n.*source_unreadable/)
    const stdout = await refuses(
      [source.url, '--for', '300ms'],
      1,
      /gave nothing that could be used.*\n.*source_silent/,
    )
    assert.match(stdout, /, nothing came\n/)
    const camera = await startCamera(t)
    await refuses([camera.url, '--timeout', '500ms'], 1, /no frame came within 500ms/)
    const silent = await startCamera(t, { answer: () => undefined })
    await refuses([silent.url, '--timeout', '500ms'], 1, /no answer came within 500ms/)
  })

  test('Ctrl+C before the source gave anything, or the frame that was asked for, is no fault of the source', async (t) => {
    const silent = await startCamera(t, { answer: () => undefined })
    const source = await startSource(t, { media: h264 })
    repeat(t, 20, () => source.send(source.units([Buffer.of(0x41, 0x9a, 1)])))
    const waiting = startPelton(['watch', silent.url])
    const saving = startPelton(['watch', source.url, '--save', 'a.h264', '--json'])
    for (const { stop } of [waiting, saving]) t.after(stop)
    await waitUntil('the question', () => silent.requests.length > 0, { deadlineMs: 20_000 })
    waiting.child.kill('SIGINT')
    await untilPrints(saving, /"interval"/)
    saving.child.kill('SIGTERM')
    assert.deepEqual(await waiting.ended, { code: 130, signal: null })
    assert.deepEqual(await saving.ended, { code: 143, signal: null })
    for (const { stderr } of [waiting, saving]) assert.equal(stderr(), '')
  })

  test('a frame that cannot be written, or was not there in time', async (t) => {
    const camera = await startCamera(t)
    repeat(t, 40, () => camera.streams.size > 0 && camera.send(part(jpegPattern)))
    await refuses([camera.url, '--save', '/nowhere/at/all.jpg'], 1, /cannot be written: ENOENT\n.*frame_unsavable/)
    const source = await startSource(t, { media: h264 })
    repeat(t, 20, () => source.send(source.units([Buffer.of(0x41, 0x9a, 1)])))
    await refuses([source.url, '--save', 'a.h264', '--for', '500ms'], 1, /no whole frame to begin with came in/)
  })
})
