import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { type TestContext, after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Cleanup, connectClient, findFreePort, waitUntil } from '@pelton/testkit'
import sharp from 'sharp'
import { connectViewer } from '../packages/connectors/src/sinks/mjpeg/fixtures/connect-viewer.ts'
import { chromium } from '../scripts/tools/chromium.ts'
import { type MediaPrograms, mediaPeers } from '../scripts/tools/media-peers.ts'
import { startBrowser } from './browser-page.ts'
import { type LogLine, type PeltonProcess, startPelton } from './pelton-process.ts'

const folder = fileURLToPath(new URL('../examples', import.meta.url))
const run = promisify(execFile)
const peers = await mediaPeers()
const browser = await chromium()
const { ffmpeg, ffprobe } = peers as MediaPrograms

/** Where the test camera is. */
interface TestCamera {
  mjpeg: string
  rtsp: string
}

/** Runs an example as its README says; `settings` are what it has to be told, without `spec.triggers.`. */
async function start(t: Cleanup, example: string, settings: Record<string, string | number>): Promise<PeltonProcess> {
  const sets = Object.entries(settings).flatMap(([key, value]) => ['--set', `spec.triggers.${key}=${value}`])
  const pelton = startPelton(['run', path.join(folder, example), ...sets])
  t.after(async () => assert.deepEqual(await pelton.stop(), { code: 0, signal: null }))
  await pelton.line('function_started')
  return pelton
}

async function startTestCamera(t: Cleanup): Promise<TestCamera> {
  const [mjpeg, rtsp] = [await findFreePort(), await findFreePort()]
  await start(t, 'test-camera', {
    'pictures.attributes.sinks[0].attributes.port': mjpeg,
    'pictures.attributes.sinks[1].attributes.port': rtsp,
    'recording.attributes.sink.attributes.port': rtsp,
    'sound.attributes.sink.attributes.port': rtsp,
  })
  return { mjpeg: `http://127.0.0.1:${mjpeg}`, rtsp: `rtsp://127.0.0.1:${rtsp}` }
}

/** What FFmpeg finds at the beginning of a stream. */
async function probe(url: string): Promise<Record<string, unknown>> {
  const flags = ['-v', 'error', '-rtsp_transport', 'tcp', '-analyzeduration', '500000', '-of', 'json']
  const { stdout } = await run(ffprobe, [...flags, '-show_streams', url], { timeout: 20_000 })
  return (JSON.parse(stdout) as { streams: [Record<string, unknown>] }).streams[0]
}

/** How colourful a picture of a stream is: the mean distance of red and blue. */
async function colourOf(url: string): Promise<number> {
  const flags = ['-v', 'error', '-rtsp_transport', 'tcp', '-analyzeduration', '500000', '-i', url, '-frames:v', '1']
  const raw = ['-pix_fmt', 'rgb24', '-f', 'rawvideo', '-']
  const { stdout } = await run(ffmpeg, [...flags, ...raw], { encoding: 'buffer', timeout: 20_000, maxBuffer: 2 ** 22 })
  let sum = 0
  for (let at = 0; at < stdout.length; at += 3) sum += Math.abs(stdout[at]! - stdout[at + 2]!)
  return sum / (stdout.length / 3)
}

/** A pixel of a JPEG. */
async function pixelOf(jpeg: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true })
  return [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)]
}

const distance = (left: readonly number[], right: readonly number[]): number =>
  Math.max(...left.map((level, at) => Math.abs(level - right[at]!)))

describe('examples of cameras and microphones', () => {
  const cleanups: (() => Promise<void> | void)[] = []
  const cleanup: Cleanup = { after: (action) => void cleanups.unshift(action) }
  let camera: TestCamera
  let hooks: { url: string; received: (path: string) => LogLine[] }
  before(async () => {
    camera = await startTestCamera(cleanup)
    const port = await findFreePort()
    const receiver = await start(cleanup, 'camera-to-webhook/receiver', { 'webhook.attributes.port': port })
    const received = (at: string): LogLine[] =>
      receiver.lines().filter(({ message, path: to }) => message === 'received' && to === at)
    hooks = { url: `http://127.0.0.1:${port}`, received }
  })
  after(async () => {
    for (const action of cleanups) await action()
  })

  /** The pictures of a viewer of an mjpeg sink. */
  async function view(t: TestContext, url: string, count: number): Promise<Buffer[]> {
    const viewer = await connectViewer(t, url)
    await waitUntil(`${count} frames`, () => viewer.frames.length >= count, { deadlineMs: 15_000 })
    viewer.close()
    return viewer.frames
  }

  test('test-camera shows a visitor ten times a second', async (t) => {
    const begun = performance.now()
    const frames = await view(t, `${camera.mjpeg}/video`, 31)
    const rate = (frames.length - 1) / ((performance.now() - begun) / 1000)
    assert.ok(rate > 5 && rate < 15, `${rate} frames/s`)
    const { width, height, isProgressive } = await sharp(frames[0]).metadata()
    assert.deepEqual([width, height, isProgressive], [640, 360, false])
    const different = new Set(frames.map((frame) => frame.toString('latin1'))).size
    assert.ok(different >= 30, `${different} different frames`)
  })

  test('test-camera is JPEG, H.264 and sound by RTSP', { skip: peers.skip }, async () => {
    const [video, h264, sound] = await Promise.all(
      ['video', 'h264', 'sound'].map((name) => probe(`${camera.rtsp}/${name}`)),
    )
    assert.deepEqual([video?.codec_name, video?.width, video?.height], ['mjpeg', 640, 360])
    assert.deepEqual([h264?.codec_name, h264?.width, h264?.height], ['h264', 640, 360])
    assert.deepEqual([sound?.codec_name, sound?.sample_rate, sound?.channels], ['pcm_s16be', '16000', 1])
  })

  test('camera-to-mjpeg marks the door and the shelf for every viewer', async (t) => {
    const port = await findFreePort()
    await start(t, 'camera-to-mjpeg', {
      'camera.attributes.url': `${camera.mjpeg}/video`,
      'camera.attributes.sink.attributes.port': port,
    })
    const marked = (await view(t, `http://127.0.0.1:${port}/marked`, 10)).at(-1)!
    const plain = (await view(t, `${camera.mjpeg}/video`, 1))[0]!
    const [edge, inside] = [
      [324, 150],
      [100, 320],
    ] as const
    assert.ok(distance(await pixelOf(marked, ...edge), await pixelOf(plain, ...edge)) > 40)
    assert.ok(distance(await pixelOf(marked, ...inside), await pixelOf(plain, ...inside)) < 10)
    const page = await fetch(`http://127.0.0.1:${port}/`)
    assert.match(await page.text(), /<title>Streams/)
  })

  test('camera-to-rtsp serves the pictures without their colour, in Python', { skip: peers.skip }, async (t) => {
    const port = await findFreePort()
    await start(t, 'camera-to-rtsp', {
      'camera.attributes.url': `${camera.rtsp}/video`,
      'camera.attributes.sink.attributes.port': port,
    })
    const url = `rtsp://127.0.0.1:${port}/grey`
    const { codec_name, width, height } = await probe(url)
    assert.deepEqual([codec_name, width, height], ['mjpeg', 640, 360])
    const [grey, colour] = await Promise.all([colourOf(url), colourOf(`${camera.rtsp}/h264`)])
    assert.ok(grey < colour / 3, `${grey} and ${colour}`)
  })

  async function startPages(t: TestContext): Promise<string> {
    const port = await findFreePort()
    await start(t, 'camera-to-websocket', {
      'page.attributes.port': port,
      'viewers.attributes.port': port,
      'camera.attributes.url': `${camera.mjpeg}/video`,
    })
    return `127.0.0.1:${port}`
  }

  test('camera-to-websocket sends the facts of each frame, then the frame', async (t) => {
    const client = await connectClient(t, `ws://${await startPages(t)}/frames`)
    await waitUntil('messages', () => client.messages.length >= 20, { deadlineMs: 15_000 })
    for (const [index, { isText, bytes, text }] of client.messages.slice(0, 20).entries()) {
      assert.equal(isText, index % 2 === 0)
      if (!isText) assert.equal(bytes.readUInt16BE(), 0xff_d8)
      else assert.equal((JSON.parse(text) as { bytes: number }).bytes, client.messages[index + 1]?.bytes.length)
    }
  })

  test('camera-to-websocket shows the camera in a browser', { skip: browser.skip }, async (t) => {
    const address = await startPages(t)
    const page = await startBrowser(t, String(browser.command))
    await page.open(`http://${address}/`)
    await page.until(`document.getElementById('picture').naturalWidth === 640`)
    const facts = await page.evaluate<string>(`document.getElementById('facts').textContent`)
    assert.match(facts, /^frame \d+, [\d.]+ kB, \d+ ms old$/)
    assert.deepEqual(page.faults, [])
  })

  test('audio-to-webhook tells which tone is heard, in Python', async (t) => {
    await start(t, 'audio-to-webhook', {
      'microphone.attributes.url': `${camera.rtsp}/sound`,
      'microphone.attributes.sink.attributes.url': `${hooks.url}/sound`,
    })
    const heard = (): Set<unknown> => new Set(hooks.received('/sound').map(({ tone }) => tone))
    await waitUntil('three tones', () => ['C5', 'E5', 'G5'].every((tone) => heard().has(tone)), { deadlineMs: 15_000 })
    const whole = hooks.received('/sound').slice(1)
    assert.deepEqual([...new Set(whole.map(({ seconds }) => seconds))], [1])
    for (const { decibels, tone } of whole) {
      assert.ok(
        Number(decibels) < -10 && (tone === null) === Number(decibels) < -50,
        `${String(tone)} at ${String(decibels)} dB`,
      )
    }
  })

  test('camera-to-webhook tells when it becomes dark, and when it is clear again, in Python', async (t) => {
    await start(t, 'camera-to-webhook', {
      'camera.attributes.url': `${camera.mjpeg}/video`,
      'camera.attributes.sink.attributes.url': `${hooks.url}/alarms`,
    })
    const alarms = (): unknown[] => hooks.received('/alarms').map(({ alarm }) => alarm)
    await waitUntil('both alarms', () => alarms().length >= 2, { deadlineMs: 40_000, everyMs: 50 })
    assert.deepEqual(alarms().slice(0, 2), ['dark', 'clear'])
    const [dark] = hooks.received('/alarms')
    assert.match(String(dark?.frame), /^\d+$/)
  })

  test('camera-h264 decodes five frames a second', async (t) => {
    const port = await findFreePort()
    await start(t, 'camera-h264', {
      'camera.attributes.url': `${camera.rtsp}/h264`,
      'camera.attributes.sink.attributes.port': port,
    })
    const begun = performance.now()
    const frames = await view(t, `http://127.0.0.1:${port}/decoded`, 11)
    const seconds = (performance.now() - begun) / 1000
    assert.ok(seconds > 1.5, `11 frames in ${seconds} s`)
    const { width, height } = await sharp(frames.at(-1)).metadata()
    assert.deepEqual([width, height], [640, 360])
  })
})
