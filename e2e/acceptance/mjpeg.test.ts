import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { MjpegReader, boundaryOf } from '@pelton/protocols/mjpeg'
import { type Cleanup, findFreePort, waitUntil } from '@pelton/testkit'
import { startReceiver } from '../../packages/connectors/src/sinks/webhook/fixtures/start-receiver.ts'
import { startListener } from '../../packages/connectors/src/sinks/websocket/fixtures/start-listener.ts'
import {
  type FakeCamera,
  fakeJpeg,
  part,
  startCamera,
  textOf,
} from '../../packages/connectors/src/triggers/mjpeg/fixtures/start-camera.ts'
import sharp from 'sharp'
import { mediaPeers } from '../../scripts/tools/media-peers.ts'
import { serve } from './serve-function.ts'

const peers = await mediaPeers()

/** DigitalHub's file, as it stands but for the addresses. */
const digitalHub = (camera: FakeCamera, factor: number, sink: string): string => `spec:
  runtime: "python:3.10"
  handler: "frames:handler"
  triggers:
    mjpeg:
      kind: mjpeg
      maxWorkers: 4
      attributes:
        url: "${camera.url}"
        processing_factor: ${factor}
        sink: ${sink}
`

const pass = 'def handler(context, event):\n    return event.body\n'

const analyse = `import json

def handler(context, event):
    return json.dumps({
        "frame_number": event.fields["frame_num"],
        "source_url": event.fields["url"],
        "frame_size_bytes": len(event.body),
        "analysis": [type(event.fields["frame_num"]).__name__, type(event.fields["timestamp"]).__name__,
                     event.fields["timestamp"] / 1000, event.content_type, event.path, event.url, event.method],
    })
`

/** Sends frames of these numbers, one after the other. */
async function send(camera: FakeCamera, numbers: number[]): Promise<void> {
  for (const number of numbers) await camera.send(part(fakeJpeg(`${number}`)))
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** A viewer of a sink. */
async function view(test: Cleanup, url: string): Promise<string[]> {
  const seen: string[] = []
  const leaving = new AbortController()
  test.after(() => leaving.abort())
  const response = await fetch(url, { signal: leaving.signal })
  assert.equal(response.status, 200)
  const boundary = boundaryOf(response.headers.get('content-type') ?? '')
  const onFault = (fault: string): void => assert.fail(fault)
  const reader = new MjpegReader({ boundary }, { onFrame: (frame) => seen.push(textOf(frame)), onFault })
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) reader.push(Buffer.from(chunk))
  }
  // It is left by the abort at the test's end.
  read().catch(() => undefined)
  return seen
}

describe('14 case 71, DigitalHub’s files', () => {
  test('mjpeg to mjpeg: a viewer of the sink sees the frames', async (t) => {
    const camera = await startCamera(t)
    const port = await findFreePort()
    const sink = `{kind: mjpeg, attributes: {port: ${port}, path: "/processed"}}`
    await serve(t, { 'f.yaml': digitalHub(camera, 1, sink), 'frames.py': pass }, { path: 'f.yaml' })
    const seen = await view(t, `http://localhost:${port}/processed`)
    for (const number of upTo(5)) {
      await send(camera, [number])
      await waitUntil(`frame ${number}`, () => seen.includes(`${number}`))
    }
    assert.deepEqual(seen, ['1', '2', '3', '4', '5'])
  })

  test('mjpeg to websocket: every second frame is a binary message', async (t) => {
    const camera = await startCamera(t)
    const listener = await startListener(t)
    const sink = `{kind: websocket, attributes: {url: "${listener.url}", messageType: binary, timeout: 10}}`
    await serve(t, { 'f.yaml': digitalHub(camera, 2, sink), 'frames.py': pass }, { path: 'f.yaml' })
    for (const [sent, numbers] of [
      [1, 2],
      [3, 4],
      [5, 6],
    ].entries()) {
      await send(camera, numbers)
      await listener.until(sent + 1)
    }
    assert.deepEqual(
      listener.messages.map(({ data, isBinary }) => [textOf(data), isBinary]),
      [
        ['2', true],
        ['4', true],
        ['6', true],
      ],
    )
  })

  test('mjpeg to webhook: every fifth frame is a request with what the handler found, from fields that are numbers', async (t) => {
    const camera = await startCamera(t)
    const receiver = await startReceiver(t)
    const headers = '{Content-Type: application/json, X-API-Key: test-api-key-12345}'
    const sink = `{kind: webhook, attributes: {url: "${receiver.url}/webhook", method: POST, headers: ${headers}, timeout: 10, maxRetries: 3, retryDelay: 1}}`
    await serve(t, { 'f.yaml': digitalHub(camera, 5, sink), 'frames.py': analyse }, { path: 'f.yaml' })
    await send(camera, upTo(5))
    await receiver.until(1)
    await send(camera, upTo(5))
    await receiver.until(2)
    const bodies = receiver.requests.map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>)
    assert.deepEqual(
      bodies.map(({ frame_number: number, source_url: url, frame_size_bytes: bytes }) => [number, url, bytes]),
      [
        [5, camera.url, fakeJpeg('5').length],
        [10, camera.url, fakeJpeg('5').length],
      ],
    )
    const [body] = bodies
    const [number, timestamp, seconds, ...facts] = (body?.['analysis'] ?? []) as unknown[]
    assert.equal(number, 'int')
    assert.match(String(timestamp), /^(int|float)$/)
    assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 30)
    assert.deepEqual(facts, ['image/jpeg', camera.url, camera.url, ''])
    const [request] = receiver.requests
    assert.deepEqual(
      [request?.method, request?.path, request?.headers['x-api-key']],
      ['POST', '/webhook', 'test-api-key-12345'],
    )
  })
})

const peltonFile = (url: string, attributes = ''): string => `apiVersion: pelton/v1
spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    camera: { kind: mjpeg, attributes: { url: "${url}", ${attributes} } }
`

const logFrame = `export function handler(context, event) {
  const { frame_num, timestamp } = event.fields
  context.logger.info('frame', { number: frame_num, types: [typeof frame_num, typeof timestamp], bytes: event.body.length, end: event.body.subarray(-2).toString('hex') })
}
`

test('14 case 70 a Node.js handler sees a frame with its number and time as numbers', async (t) => {
  const camera = await startCamera(t)
  const served = await serve(t, { 'function.yaml': peltonFile(camera.url), 'handler.mjs': logFrame })
  for (const [index, body] of ['small', 'x'.repeat(1 << 20)].entries()) {
    const jpeg = fakeJpeg(body)
    await camera.send(part(jpeg))
    const { types, bytes, end } = await served.logged({ message: 'frame', number: index + 1 })
    assert.deepEqual([types, bytes, end], [['number', 'number'], jpeg.length, 'ffd9'])
  }
})

test('it is not ready until the camera is there, says why, and tells /metrics what became of the source', async (t) => {
  const port = await findFreePort()
  const url = `http://user:secret@127.0.0.1:${port}/video`
  const served = await serve(t, { 'function.yaml': peltonFile(url), 'handler.mjs': logFrame })
  const why = await served.untilReady(503)
  assert.match(why, /camera.*connection was refused/)
  assert.ok(!why.includes('secret'))
  const camera = await startCamera(t, { port })
  await waitUntil('the second attempt', async () => (await served.metric('pelton_source_connects_total')) === 1, {
    deadlineMs: 15_000,
    everyMs: 50,
  })
  await served.untilReady(200)
  await camera.send(part(fakeJpeg('1')))
  await served.logged({ message: 'frame', number: 1 })
  camera.cut()
  await served.untilReady(503)
  assert.equal(await served.metric('pelton_frames_received_total'), 1)
  assert.equal(await served.metric('pelton_source_losses_total', { reason: 'unreachable' }), 1)
  assert.equal(await served.metric('pelton_source_losses_total', { reason: 'broken' }), 1)
  assert.equal(await served.metric('pelton_frame_age_seconds_count'), 1)
})

test('a slow handler sees the newest frames, and sinks get answers in the order of frames', async (t) => {
  const camera = await startCamera(t)
  const listener = await startListener(t)
  const attributes = `sink: { kind: websocket, attributes: { url: "${listener.url}" } }`
  const slow = `export async function handler(context, event) {
  await new Promise((resolve) => setTimeout(resolve, 20 + 60 * Math.random()))
  return event.body
}
`
  const file = peltonFile(camera.url, attributes).replace('kind: mjpeg', 'kind: mjpeg, numWorkers: 3')
  const served = await serve(t, { 'function.yaml': file, 'handler.mjs': slow })
  for (const number of upTo(120)) {
    await send(camera, [number])
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await waitUntil('the last frame', () => listener.messages.some(({ data }) => textOf(data) === '120'))
  const seen = listener.messages.map(({ data }) => Number(textOf(data)))
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  )
  const superseded = await served.metric('pelton_frames_superseded_total')
  assert.ok(superseded > 20)
  assert.equal(seen.length, 120 - superseded)
})

test('FFmpeg is a camera whose pictures arrive whole, and whose end is noticed', { skip: peers.skip }, async (t) => {
  if (peers.skip !== false) return
  const url = `http://127.0.0.1:${await findFreePort()}/`
  const source = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=25', '-f', 'mpjpeg', '-listen', '1']
  const type = ['-content_type', 'multipart/x-mixed-replace; boundary=ffmpeg']
  const ffmpeg = spawn(peers.ffmpeg, ['-v', 'error', ...source, ...type, url], { stdio: 'ignore' })
  const ended = once(ffmpeg, 'exit')
  t.after(async () => {
    ffmpeg.kill('SIGKILL')
    await ended
  })
  const listener = await startListener(t)
  const sink = `sink: { kind: websocket, attributes: { url: "${listener.url}" } }`
  const handler = 'export const handler = (context, event) => event.body\n'
  const served = await serve(t, { 'function.yaml': peltonFile(url, sink), 'handler.mjs': handler })
  await waitUntil('a second of frames', () => listener.messages.length >= 25, { deadlineMs: 20_000 })
  for (const { data } of listener.messages) {
    const { format, width, height } = await sharp(data).metadata()
    assert.deepEqual([format, width, height], ['jpeg', 320, 240])
  }
  ffmpeg.kill('SIGKILL')
  assert.match(await served.untilReady(503), /camera/)
})
