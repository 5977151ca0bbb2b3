import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { type Cleanup, waitUntil } from '@pelton/testkit'
import sharp from 'sharp'
import { startReceiver } from '../../packages/connectors/src/sinks/webhook/fixtures/start-receiver.ts'
import { startListener } from '../../packages/connectors/src/sinks/websocket/fixtures/start-listener.ts'
import { type MediaPrograms, mediaPeers } from '../../scripts/tools/media-peers.ts'
import { type GstServer, startGstServer } from '../../scripts/tools/start-gst-server.ts'
import { type ServedFunction, serve } from './serve-function.ts'

const peers = await mediaPeers()
const { skip } = peers
const { python, ffmpeg } = peers as MediaPrograms

const patience = { deadlineMs: 25_000, everyMs: 50 }

/** DigitalHub's file, as it stands but for the addresses and the time to wait. */
const digitalHub = (url: string, medium: string, sink: string): string => `spec:
  runtime: "python:3.10"
  handler: "media:handler"
  triggers:
    myRtspTrigger:
      kind: rtsp
      attributes: {rtsp_url: "${url}", processing_interval: 500, media_type: ${medium},
        sink: {kind: webhook, attributes: {url: "${sink}/webhook", method: POST,
          headers: {Content-Type: application/json, X-API-Key: test-api-key-12345}, timeout: 10, maxRetries: 3, retryDelay: 1}}}
`

const tellWindow = `import json

def handler(context, event):
    return json.dumps({"transcription": "", "size": len(event.body), "type": event.content_type, "fields": event.fields})
`

const tellPicture = `import base64, json

def handler(context, event):
    return json.dumps({"data": base64.b64encode(event.body).decode(), "Frame Size": len(event.body), "type": event.content_type,
                       "fields": event.fields})
`

/** Bodies that a webhook got, once there are so many. */
async function bodiesOf(
  test: Cleanup,
  url: string,
  medium: string,
  handler: string,
): Promise<Record<string, unknown>[]> {
  const receiver = await startReceiver(test)
  await serve(test, { 'f.yaml': digitalHub(url, medium, receiver.url), 'media.py': handler }, { path: 'f.yaml' })
  await waitUntil('two requests', () => receiver.requests.length >= 2, patience)
  return receiver.requests.map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>)
}

describe('14, DigitalHub’s files', { skip }, () => {
  test('case 72 audio to webhook: every interval a window, whose size is a multiple of a chunk', async (t) => {
    const server = await startGstServer(t, python)
    const [body] = await bodiesOf(t, `${server.url}/alaw`, 'audio', tellWindow)
    assert.equal(body?.['type'], 'audio/L16; rate=8000; channels=1; endian=little')
    assert.ok(Number(body['size']) > 0)
    assert.equal(Number(body['size']) % 16_000, 0)
    const { sample_rate: rate, channels, first_sample: first } = body['fields'] as Record<string, unknown>
    assert.deepEqual([rate, channels, first], [8_000, 1, 0])
  })

  for (const [codec, mount] of [
    ['MJPEG', 'mjpeg'],
    ['H.264', 'h264sd'],
    ['H.265', 'h265'],
  ]) {
    test(`case 73 video of ${codec} to webhook: every interval a JPEG`, async (t) => {
      const server = await startGstServer(t, python)
      const [body, next] = await bodiesOf(t, `${server.url}/${mount}`, 'video', tellPicture)
      const jpeg = Buffer.from(String(body?.['data']), 'base64')
      assert.equal(jpeg.readUInt16BE(0), 0xffd8)
      assert.equal(body?.['Frame Size'], jpeg.length)
      const { format, width, height } = await sharp(jpeg).metadata()
      assert.deepEqual([body['type'], format, width, height], ['image/jpeg', 'jpeg', 640, 360])
      const [first, second] = [body, next].map((one) => one?.['fields'] as Record<string, unknown>)
      assert.deepEqual([first?.['width'], first?.['height']], [640, 360])
      const [from, to] = [first, second].map((fields) => Number(fields?.['timestamp']))
      // 500 ms, but for the time that the first one waited for its decoder.
      assert.ok(to! - from! > 100 && to! - from! < 1_500, `${from} ${to}`)
    })
  }
})

const peltonFile = (attributes: string): string => `apiVersion: pelton/v1
spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    source: { kind: rtsp, attributes: { ${attributes} } }
`

const pass = 'export const handler = (context, event) => event.body\n'
const logFields = `export function handler(context, event) {
  context.logger.info('event', { ...event.fields, type: event.contentType, bytes: event.body.length, start: event.body.subarray(0, 5).toString('hex') })
}
`

const serveFile = (test: Cleanup, attributes: string, handler = logFields): Promise<ServedFunction> =>
  serve(test, { 'function.yaml': peltonFile(attributes), 'handler.mjs': handler })

for (const transport of ['tcp', 'udp']) {
  test(`GStreamer's MJPEG arrives by ${transport}, whole and at its rate`, { skip }, async (t) => {
    const server = await startGstServer(t, python)
    const listener = await startListener(t)
    const sink = `sink: { kind: websocket, attributes: { url: "${listener.url}" } }`
    const source = `url: "${server.url}/mjpeg", media_type: video, transport: ${transport}, processing_interval: 0`
    const served = await serveFile(t, `${source}, ${sink}`, pass)
    await waitUntil('two seconds of frames', () => listener.messages.length >= 30, patience)
    for (const { data } of listener.messages.slice(0, 30)) {
      const { format, width, height } = await sharp(data).metadata()
      assert.deepEqual([format, width, height], ['jpeg', 640, 360])
      // A white ball on black: what is whole decodes, and is no grey.
      const { channels } = await sharp(data).stats()
      assert.ok(channels[0]!.max > 200 && channels[0]!.min < 40)
    }
    assert.equal(await served.metric('pelton_source_packets_lost_total'), 0)
  })
}

for (const [mount, media, type, frame] of [
  ['av', 'audio', 'audio/L16; rate=8000; channels=1; endian=little', 2],
  ['l16', 'audio', 'audio/L16; rate=44100; channels=2; endian=little', 4],
  ['h264sd', 'video', 'video/h264', 1],
  ['h264', 'video', 'video/h264', 1],
  ['av', 'video', 'video/h264', 1],
] as const) {
  test(`GStreamer's ${media} of /${mount} arrives as ${type}`, { skip }, async (t) => {
    const server = await startGstServer(t, python)
    const more = media === 'video' ? 'decode: none' : 'chunk_bytes: 4000'
    const attributes = `url: "${server.url}/${mount}", media_type: ${media}, processing_interval: 0, ${more}`
    const served = await serveFile(t, attributes)
    const event = await waitUntil(
      'an event',
      () => served.pelton.lines().find(({ message }) => message === 'event'),
      patience,
    )
    assert.equal(event?.['type'], type)
    assert.equal(Number(event?.['bytes']) % frame, 0)
    if (media === 'audio') return
    assert.equal(event?.['key'], true)
    // A delimiter, or the parameters at once.
    assert.match(String(event?.['start']), /^00000001(09|67)$/)
  })
}

test('what FFmpeg decodes of the access units are the pictures that GStreamer coded', { skip }, async (t) => {
  const server = await startGstServer(t, python)
  const listener = await startListener(t)
  const sink = `sink: { kind: websocket, attributes: { url: "${listener.url}", messageType: binary } }`
  const source = `url: "${server.url}/h264sd", media_type: video, decode: none, processing_interval: 0`
  await serveFile(t, `${source}, ${sink}`, pass)
  await waitUntil('two seconds of pictures', () => listener.messages.length >= 30, patience)
  const units = listener.messages.slice(0, 30).map(({ data }) => data)
  const args = [
    '-v',
    'error',
    '-f',
    'h264',
    '-i',
    '-',
    '-fps_mode',
    'passthrough',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'gray',
    '-',
  ]
  const decoded = spawnSync(ffmpeg, args, { input: Buffer.concat(units), maxBuffer: 64 << 20, timeout: 20_000 })
  assert.equal(decoded.stderr.toString(), '')
  assert.equal(decoded.stdout.length, 30 * 640 * 360)
  assert.ok(
    decoded.stdout.subarray(-640 * 360).some((grey) => grey > 200),
    'the ball is there',
  )
})

test('sound keeps its tone, and is resampled by choice', { skip }, async (t) => {
  const server = await startGstServer(t, python)
  const listener = await startListener(t)
  const sink = `sink: { kind: websocket, attributes: { url: "${listener.url}" } }`
  const window = 'processing_interval: 0, chunk_bytes: 32000, max_bytes: 32000, trim_bytes: 32000'
  await serveFile(t, `url: "${server.url}/l16", sample_rate: 16000, ${window}, ${sink}`, pass)
  await waitUntil('half a second of sound', () => listener.messages.length >= 1, patience)
  const samples = Buffer.from(listener.messages[0]!.data)
  assert.equal(samples.length, 32_000)
  let crossings = 0
  for (let at = 1_000; at < 7_999; at += 1) {
    if (samples.readInt16LE(4 * at) < 0 !== samples.readInt16LE(4 * (at + 1)) < 0) crossings += 1
  }
  // GStreamer's tone has 440 Hz.
  assert.ok(Math.abs(crossings / 2 / (7_000 / 16_000) - 440) < 5, `${crossings} crossings`)
})

test('Digest is answered; a wrong password makes it unready, ends nothing, and is not shown', { skip }, async (t) => {
  const server = await startGstServer(t, python, { auth: true })
  const url = `${server.url}/mjpeg`
  const right = await serveFile(t, `url: "${url.replace('//', '//cam:pw@')}", media_type: video`)
  const event = await waitUntil(
    'a frame',
    () => right.pelton.lines().find((line) => line.message === 'event'),
    patience,
  )
  assert.equal(event?.['url'], url)
  const wrong = await serveFile(t, `url: "${url}", username: cam, password: wrong-one, media_type: video`)
  const why = await wrong.untilReady(503)
  assert.match(why, /lets nobody in/)
  assert.ok(!JSON.stringify(wrong.pelton.lines()).includes('wrong-one'))
})

test('14 case 95 a server that is killed and comes back is read again, within the back-off', { skip }, async (t) => {
  const first: GstServer = await startGstServer(t, python)
  const served = await serveFile(t, `url: "${first.url}/mjpeg", media_type: video, processing_interval: 0`)
  await served.logged({ message: 'event', frame_num: 1 })
  await first.kill()
  assert.match(await served.untilReady(503), /source/)
  await startGstServer(t, python, { port: first.port })
  await served.untilReady(200)
  const again = await waitUntil(
    'a frame',
    () => served.pelton.lines().find((line) => line.message === 'event' && line['reconnects'] === 1),
    patience,
  )
  assert.ok(Number(again?.['frame_num']) > 1)
  assert.equal(await served.metric('pelton_source_connects_total'), 2)
  assert.equal(await served.metric('pelton_source_losses_total', { reason: 'broken' }), 1)
})
