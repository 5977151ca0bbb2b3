import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Cleanup, createTempFolder, waitUntil } from '@pelton/testkit'
import sharp from 'sharp'
import { type Listener, startListener } from '../packages/connectors/src/sinks/websocket/fixtures/start-listener.ts'
import { type MediaPrograms, mediaPeers } from '../scripts/tools/media-peers.ts'
import { startGstServer } from '../scripts/tools/start-gst-server.ts'
import { type ServeOptions, type ServedFunction, serve } from './acceptance/serve-function.ts'
import { type LogLine, type StartOptions, startPelton } from './pelton-process.ts'

const peers = await mediaPeers()
const { skip } = peers
const { python } = peers as MediaPrograms

const patience = { deadlineMs: 30_000, everyMs: 50 }
const every = 'media_type: video, processing_interval: 0'

interface Handler {
  file: 'handler.ts' | 'handler.py'
  code: string
}

/** Logs each frame with its age, and then takes so many milliseconds, an expression of \`number\`. */
const logging = (pauseMs = '0'): Handler => ({
  file: 'handler.ts',
  code: `import type { Context, Event } from '@pelton/sdk'
export async function handler(context: Context, event: Event) {
  context.logger.info('frame', { ...event.fields, type: event.contentType, bytes: event.body.length, age: Date.now() - Number(event.fields.timestamp) })
  const number = Number(event.fields.frame_num)
  const pauseMs = ${pauseMs}
  if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  return String(number)
}
`,
})

/** Runs the function with this trigger and the sink's url, until the test ends. */
function serveCamera(
  t: Cleanup,
  attributes: string,
  { file, code }: Handler,
  { numWorkers = 1, ...options }: ServeOptions & { numWorkers?: number } = {},
): Promise<ServedFunction> {
  return serve(t, { 'function.yaml': fileOf(attributes, file, numWorkers), [file]: code }, options)
}

function fileOf(attributes: string, handler: string, numWorkers = 1): string {
  return `apiVersion: pelton/v1
spec:
  runtime: ${handler.endsWith('.py') ? 'python' : 'nodejs'}
  handler: ${handler}
  triggers:
    camera: { kind: rtsp, numWorkers: ${numWorkers}, attributes: { ${attributes} } }
`
}

const sinkOf = ({ url }: Listener, type = 'binary'): string =>
  `sink: { kind: websocket, attributes: { url: "${url}", messageType: ${type} } }`

const framesOf = ({ pelton }: ServedFunction): LogLine[] => pelton.lines().filter(({ message }) => message === 'frame')

async function frames(served: ServedFunction, count: number): Promise<LogLine[]> {
  await waitUntil(`${count} frames`, () => framesOf(served).length >= count, patience)
  return framesOf(served)
}

/** Which of red, green and blue the seven bars of the pattern have, from left to right. */
const bars = ['rgb', 'rg', 'gb', 'g', 'rb', 'r', 'b']

/** Asserts that the pixel in the middle of each bar has its colour. */
function assertBars(pixelAt: (x: number, y: number) => number[], width: number, height: number): void {
  for (const [index, colour] of bars.entries()) {
    const pixel = pixelAt(Math.floor((width * (index + 0.5)) / bars.length), Math.floor(height / 3))
    for (const [channel, name] of ['r', 'g', 'b'].entries()) {
      const level = pixel[channel]!
      const isRight = colour.includes(name) ? level > 140 : level < 60
      assert.ok(isRight, `bar ${index} (${colour}) is ${pixel.join(' ')}`)
    }
  }
}

async function assertJpegBars(jpeg: Uint8Array, width: number, height: number): Promise<void> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true })
  assert.deepEqual([info.width, info.height, info.channels], [width, height, 3])
  assertBars((x, y) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)], width, height)
}

function assertPixelBars(data: Uint8Array, format: 'rgb' | 'i420', width: number, height: number): void {
  const pixels = width * height
  assert.equal(data.length, format === 'rgb' ? pixels * 3 : pixels * 1.5)
  const pixelAt = (x: number, y: number): number[] => {
    if (format === 'rgb') return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
    const chroma = pixels + (y >> 1) * (width / 2) + (x >> 1)
    return rgbOf(data[y * width + x]!, data[chroma]!, data[chroma + pixels / 4]!)
  }
  assertBars(pixelAt, width, height)
}

const handlers: Record<string, Handler> = {
  TypeScript: {
    file: 'handler.ts',
    code: `import type { Context, Event } from '@pelton/sdk'
export function handler(context: Context, event: Event) {
  const { width, height } = event.fields
  context.logger.info('frame', { type: event.contentType, width, height })
  return event.body
}
`,
  },
  Python: {
    file: 'handler.py',
    code: `def handler(context, event):
    fields = event.fields
    context.logger.info_with("frame", type=event.content_type, width=fields["width"], height=fields["height"])
    return event.body
`,
  },
}

describe('an H.264 camera of GStreamer', { skip }, () => {
  for (const [language, handler] of Object.entries(handlers)) {
    test(`a ${language} handler gets JPEG pictures of 1280 × 720, and their colours survive`, async (t) => {
      const server = await startGstServer(t, python)
      const listener = await startListener(t)
      const served = await serveCamera(t, `url: "${server.url}/bars", ${every}, ${sinkOf(listener)}`, handler)
      await waitUntil('a second of pictures', () => listener.messages.length >= 25, patience)
      for (const { data } of listener.messages.slice(0, 3)) await assertJpegBars(data, 1280, 720)
      const [frame] = framesOf(served)
      assert.deepEqual([frame?.['type'], frame?.['width'], frame?.['height']], ['image/jpeg', 1280, 720])
      assert.equal(await served.metric('pelton_source_packets_lost_total'), 0)
      assert.match(String((await served.logged({ message: 'decoder_opened' }))['decoder']), /\w/)
    })
  }

  test('with decode: rgb the body is the pixels, row by row', async (t) => {
    const server = await startGstServer(t, python)
    const listener = await startListener(t)
    const attributes = `url: "${server.url}/bars", ${every}, decode: rgb, ${sinkOf(listener)}`
    const served = await serveCamera(t, attributes, handlers['TypeScript']!)
    const [message] = await listener.until(1)
    const { data } = message!
    assertPixelBars(data, 'rgb', 1280, 720)
    assert.equal(framesOf(served)[0]?.['type'], 'video/raw; format=rgb; width=1280; height=720')
  })

  test('with decode: i420 the body is the three planes, without padding', async (t) => {
    const server = await startGstServer(t, python)
    const listener = await startListener(t)
    const attributes = `url: "${server.url}/bars", ${every}, decode: i420, ${sinkOf(listener)}`
    const served = await serveCamera(t, attributes, handlers['Python']!)
    const [message] = await listener.until(1)
    const { data } = message!
    assertPixelBars(data, 'i420', 1280, 720)
    assert.equal(framesOf(served)[0]?.['type'], 'video/raw; format=i420; width=1280; height=720')
  })

  test('a handler of 300 ms sees new frames, at 25 a second, and never an old one', async (t) => {
    const server = await startGstServer(t, python)
    const served = await serveCamera(t, `url: "${server.url}/h264", ${every}`, logging('300'))
    const seen = (await frames(served, 12)).slice(2, 12)
    const numbers = seen.map((frame) => Number(frame['frame_num']))
    for (const [index, number] of numbers.entries()) {
      if (index > 0) assert.ok(number - numbers[index - 1]! > 2, `frames ${numbers.join(' ')}`)
    }
    // 40 ms between frames and some for a busy machine; a queue of frames would show as seconds.
    const ages = seen.map((frame) => Number(frame['age'])).sort((a, b) => a - b)
    assert.ok(ages[5]! < 40 + 80 && ages.at(-1)! < 600, `ages ${ages.join(' ')}`)
    const offered = Number(seen.at(-1)?.['frame_num'])
    assert.ok((await served.metric('pelton_frames_superseded_total')) > offered / 2)
  })

  test('two workers work at a time, and the answers stay in the order of the frames', async (t) => {
    const server = await startGstServer(t, python)
    const listener = await startListener(t)
    const attributes = `url: "${server.url}/h264sd", ${every}, ${sinkOf(listener, 'text')}`
    await serveCamera(t, attributes, logging('60 + 60 * (number % 2)'), { numWorkers: 2 })
    await waitUntil('answers', () => listener.messages.length >= 20, patience)
    const numbers = listener.messages.map(({ data }) => Number(data.toString()))
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
    // One worker would get every second frame at most.
    assert.ok(numbers.some((number, index) => number === numbers[index + 1]! - 1))
  })

  test('a camera that is killed and comes back is decoded again', async (t) => {
    const first = await startGstServer(t, python)
    const served = await serveCamera(t, `url: "${first.url}/h264sd", ${every}`, logging())
    await frames(served, 3)
    await first.kill()
    await served.untilReady(503)
    const before = framesOf(served).length
    await startGstServer(t, python, { port: first.port })
    await served.untilReady(200)
    const again = (await frames(served, before + 3)).at(-1)
    assert.deepEqual([again?.['reconnects'], again?.['width'], again?.['height']], [1, 640, 360])
    assert.equal(await served.metric('pelton_source_connects_total'), 2)
    assert.equal(await served.metric('pelton_source_losses_total', { reason: 'broken' }), 1)
  })

  test('a wrong password leaves it unready, and the right one is answered by Digest', async (t) => {
    const server = await startGstServer(t, python, { auth: true })
    const right = await serveCamera(t, `url: "${server.url}/h264sd", username: cam, password: pw, ${every}`, logging())
    await frames(right, 1)
    const wrong = await serveCamera(t, `url: "${server.url}/h264sd", username: cam, password: no, ${every}`, logging())
    assert.match(await wrong.untilReady(503), /lets nobody in/)
    assert.equal(framesOf(wrong).length, 0)
  })

  test('one that changes its resolution goes on: the next pictures are larger', async (t) => {
    const server = await startGstServer(t, python)
    const served = await serveCamera(t, `url: "${server.url}/h264jump", ${every}`, logging())
    const sizes = (): string[] => [
      ...new Set(framesOf(served).map((frame) => `${String(frame['width'])}x${String(frame['height'])}`)),
    ]
    await waitUntil('both sizes', () => sizes().length >= 2, patience)
    assert.deepEqual(sizes(), ['320x240', '640x360'])
    assert.equal(await served.metric('pelton_source_losses_total'), 0)
  })
})

describe('what decodes it', { skip }, () => {
  const none = '/nonexistent'
  const cases = [
    ['node-av', [], none],
    ['@napi-rs/webcodecs', ['node-av'], none],
    ['ffmpeg', ['node-av', '@napi-rs/webcodecs'], process.env.PATH ?? ''],
  ] as const
  for (const [decoder, hidden, path] of cases) {
    test(`${decoder}, where it is the first that is installed: pixels keep their colours`, async (t) => {
      const server = await startGstServer(t, python)
      const listener = await startListener(t)
      const attributes = `url: "${server.url}/bars", ${every}, ${sinkOf(listener)}`
      const served = await serveCamera(t, attributes, handlers['TypeScript']!, hiding(hidden, path))
      await waitUntil('ten pictures', () => listener.messages.length >= 10, patience)
      await assertJpegBars(listener.messages[9]!.data, 1280, 720)
      assert.equal((await served.logged({ message: 'decoder_opened' }))['decoder'], decoder)
    })
  }

  test('ffmpeg that is killed is a loss of the source, which is decoded again with the next connection', async (t) => {
    const server = await startGstServer(t, python)
    const only = hiding(['node-av', '@napi-rs/webcodecs'], process.env.PATH ?? '')
    const served = await serveCamera(t, `url: "${server.url}/h264sd", ${every}`, logging(), only)
    await frames(served, 3)
    for (const pid of await childrenOf(served.pelton.child.pid!, 'ffmpeg')) process.kill(pid, 'SIGKILL')
    assert.match(await served.untilReady(503), /decoder of its H264/)
    await served.untilReady(200)
    const before = framesOf(served).length
    const again = (await frames(served, before + 3)).at(-1)
    assert.equal(again?.['reconnects'], 1)
    assert.equal(await served.metric('pelton_source_losses_total', { reason: 'decoder_lost' }), 1)
    const { code } = await served.pelton.stop()
    assert.equal(code, 0)
  })

  test('nothing: the start ends with 1, names trigger and source, and says what to install', async (t) => {
    const server = await startGstServer(t, python)
    const { file, code } = logging()
    const folder = await createTempFolder(t, {
      'function.yaml': fileOf(`url: "${server.url}/h264sd", ${every}`, file),
      [file]: code,
    })
    const pelton = startPelton(['run', folder], hiding(['node-av', '@napi-rs/webcodecs'], none))
    t.after(() => pelton.stop())
    assert.equal((await pelton.ended).code, 1)
    assert.match(pelton.stderr(), /trigger camera: rtsp:\/\/127\.0\.0\.1:\d+\/h264sd: Nothing .* decodes h264/)
    assert.match(pelton.stderr(), /npm install node-av.*ffmpeg on the PATH.*decode: none/)
  })
})

describe('an H.265 camera of GStreamer', { skip }, () => {
  test('its pictures are JPEGs, and their colours survive', async (t) => {
    const server = await startGstServer(t, python)
    const listener = await startListener(t)
    const attributes = `url: "${server.url}/h265", ${every}, ${sinkOf(listener)}`
    await serveCamera(t, attributes, handlers['TypeScript']!)
    await waitUntil('a second of pictures', () => listener.messages.length >= 15, patience)
    await assertJpegBars(listener.messages[14]!.data, 640, 360)
  })

  test('with decode: none its access units tell their size', async (t) => {
    const server = await startGstServer(t, python)
    const served = await serveCamera(t, `url: "${server.url}/h265", ${every}, decode: none`, logging())
    const [frame] = await frames(served, 15)
    const told = ['type', 'width', 'height', 'key'].map((key) => frame?.[key])
    assert.deepEqual(told, ['video/h265', 640, 360, true])
  })
})

describe('an MJPEG camera of GStreamer', { skip }, () => {
  const cases = [
    ['node-av', 'rgb', 'mjpegbars', []],
    ['node-av', 'i420', 'mjpegbars422', []],
    ['@julusian/jpeg-turbo', 'i420', 'mjpegbars', ['node-av']],
    ['ffmpeg', 'rgb', 'mjpegbars422', ['node-av', '@julusian/jpeg-turbo']],
  ] as const
  for (const [decoder, decode, mount, hidden] of cases) {
    test(`its frames of /${mount} become ${decode} by ${decoder}, and their colours survive`, async (t) => {
      const server = await startGstServer(t, python)
      const listener = await startListener(t)
      const attributes = `url: "${server.url}/${mount}", ${every}, decode: ${decode}, ${sinkOf(listener)}`
      const options = hiding(hidden, process.env.PATH ?? '')
      const served = await serveCamera(t, attributes, handlers['TypeScript']!, options)
      await waitUntil('a second of pictures', () => listener.messages.length >= 15, patience)
      assertPixelBars(listener.messages[14]!.data, decode, 640, 360)
      assert.equal(framesOf(served)[14]?.['type'], `video/raw; format=${decode}; width=640; height=360`)
      assert.equal((await served.logged({ message: 'decoder_opened' }))['decoder'], decoder)
      assert.equal(await served.metric('pelton_source_packets_lost_total'), 0)
    })
  }
})

/** Processes of this name that a process has started. */
async function childrenOf(pid: number, name: string): Promise<number[]> {
  const pids = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number)
  const names = await Promise.all(pids.map((child) => readFile(`/proc/${child}/comm`, 'utf8')))
  const found = pids.filter((_, index) => names[index]?.trim() === name)
  assert.ok(found.length > 0, `no ${name} among ${names.join(' ')}`)
  return found
}

/** Starts the process as on a machine without these packages and with this PATH. */
function hiding(packages: readonly string[], path: string): StartOptions {
  const preload = fileURLToPath(new URL('fixtures/hide-packages.cjs', import.meta.url))
  return {
    execArgv: ['--conditions=pelton-source', '--require', preload],
    env: { HIDDEN_PACKAGES: packages.join(' '), PATH: path },
  }
}

/** Of a pixel by BT.601, in which GStreamer makes pictures of such sizes unless told otherwise. */
function rgbOf(y: number, u: number, v: number): number[] {
  const light = 1.164 * (y - 16)
  return [light + 1.596 * (v - 128), light - 0.813 * (v - 128) - 0.391 * (u - 128), light + 2.018 * (u - 128)]
}
