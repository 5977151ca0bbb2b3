import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, test } from 'node:test'
import type { Outcome } from '@pelton/core'
import { describeTrigger, findFreePort, handled, waitUntil, within } from '@pelton/testkit'
import { runTrigger } from './fixtures/run-trigger.ts'
import { beginStream, fakeJpeg, part, startCamera, textOf } from './fixtures/start-camera.ts'
import manifest from './index.ts'

const shared = await startCamera({ after })

describeTrigger('mjpeg', {
  manifest,
  attributes: { url: shared.url },
  emit: () => shared.send(part(fakeJpeg('x'))),
  mostPending: 1,
})

const frame = (text: string): Buffer => part(fakeJpeg(text))

test('a frame is an event with its bytes and the facts of the source', async (t) => {
  const camera = await startCamera(t)
  const url = camera.url.replace('//', '//user:secret@')
  const { context, clock, frames } = runTrigger(t, { attributes: { url: `${url}?a=1` } })
  await camera.send(frame('one'))
  await frames(1)
  const [event] = context.events
  const told = `${camera.url}?a=1`
  assert.deepEqual(
    [event?.contentType, event?.method, event?.path, event?.url, event?.headers],
    ['image/jpeg', '', told, told, {}],
  )
  assert.deepEqual(event?.fields, { frame_num: 1, url: told, timestamp: clock.wall() })
  assert.equal(event?.timestamp.getTime(), clock.wall())
  assert.deepEqual(Buffer.from(event?.body ?? []), fakeJpeg('one'))
})

test('case 94 boundaries in any spelling, parts without a length and bare line feeds are read', async (t) => {
  const jpeg = fakeJpeg('x')
  const spellings: [type: string, stream: (string | Buffer)[]][] = [
    ['multipart/x-mixed-replace; boundary=--b', ['--b\r\n\r\n', jpeg]],
    ['multipart/x-mixed-replace; boundary=--b', ['----b\r\nContent-Length: 15\r\n\r\n', jpeg]],
    ['Multipart/X-Mixed-Replace; x=y; Boundary="a b"; z', ['hi\n--a b\nContent-Type: image/jpeg\n\n', jpeg]],
    ['multipart/x-mixed-replace', ['--anything\r\ncontent-length: 3\r\n\r\n', jpeg]],
    ['multipart/x-mixed-replace;boundary=b', ['\r\n--b\r\nContent-Length: nonsense\r\n\r\n', jpeg]],
  ]
  for (const [type, stream] of spellings) {
    const camera = await startCamera(t, { answer: (_request, response) => beginStream(response, type) })
    const { frames, context } = runTrigger(t, { attributes: { url: camera.url } })
    await camera.send(...stream)
    assert.deepEqual(await frames(1), ['x'], type)
    context.abortNow()
  }
})

test('of each processing_factor frames the first one is an event, and all count', async (t) => {
  const camera = await startCamera(t)
  const { context, frames, metric } = runTrigger(t, {
    attributes: { url: camera.url, processing_factor: 3 },
    numWorkers: 9,
  })
  for (const text of ['1', '2', '3', '4', '5', '6', '7']) await camera.send(frame(text))
  assert.deepEqual(await frames(3), ['1', '4', '7'])
  assert.deepEqual(
    context.events.map(({ fields }) => fields['frame_num']),
    [1, 4, 7],
  )
  assert.equal(metric('pelton_frames_received_total'), 7)
})

test('a slow handler gets the newest frame, and as many workers as there are get one each, in order', async (t) => {
  const camera = await startCamera(t)
  const held: ((outcome: Outcome) => void)[] = []
  const dispatch = (): Promise<Outcome> => new Promise((resolve) => held.push(resolve))
  const { context, clock, frames, metric } = runTrigger(t, { attributes: { url: camera.url }, numWorkers: 2 }, dispatch)
  await camera.send(frame('1'), frame('2'), frame('3'), frame('4'))
  assert.deepEqual(await frames(2), ['1', '2'])
  await waitUntil('all frames', () => metric('pelton_frames_received_total') === 4)
  await clock.advance(300)
  held[1]?.(handled())
  assert.deepEqual(await frames(3), ['1', '2', '4'])
  await camera.send(frame('5'))
  held[0]?.(handled())
  assert.deepEqual(await frames(4), ['1', '2', '4', '5'])
  assert.deepEqual(
    context.options.map(({ sequence }) => sequence),
    [0, 1, 2, 3],
  )
  assert.equal(metric('pelton_frames_superseded_total'), 1)
  assert.equal(metric('pelton_frame_age_seconds_count'), 4)
  assert.equal(metric('pelton_frame_age_seconds_sum'), 0.3)
  for (const resolve of held) resolve(handled())
})

test('a camera that goes and comes back is connected again, in 5 s, and frames go on counting', async (t) => {
  const camera = await startCamera(t)
  const { context, clock, frames, untilReady, logged, metric } = runTrigger(t, { attributes: { url: camera.url } })
  await camera.send(frame('1'), frame('2'))
  await frames(2)
  camera.cut()
  await untilReady(false)
  assert.equal(camera.requests.length, 1)
  await clock.advance(4999)
  assert.equal(camera.requests.length, 1)
  await clock.advance(1)
  await untilReady(true)
  await camera.send(frame('3'))
  await frames(3)
  assert.deepEqual(
    context.events.map(({ fields }) => fields['frame_num']),
    [1, 2, 3],
  )
  assert.equal(metric('pelton_source_connects_total'), 2)
  assert.equal(metric('pelton_source_losses_total', { reason: 'broken' }), 1)
  assert.equal(logged('source_lost').length, 1)
  assert.equal(logged('source_connected').length, 2)
})

test('a camera that is rebooted 20 times, at any moment, is back each time within the back-off, with exact counts', async (t) => {
  const camera = await startCamera(t)
  const { context, clock, frames, untilReady, logged, metric } = runTrigger(t, { attributes: { url: camera.url } })
  let sent = 0
  for (let reboot = 0; reboot < 20; reboot += 1) {
    await untilReady(true)
    for (let count = 0; count < 1 + (reboot % 3); count += 1) {
      sent += 1
      await camera.send(frame(`${sent}`))
      await frames(sent)
    }
    const next = frame('cut off')
    await camera.send(next.subarray(0, (reboot * 7) % next.length))
    camera.cut()
    await untilReady(false)
    await clock.advance(5000)
  }
  await untilReady(true)
  assert.deepEqual(
    context.events.map(({ fields }) => fields['frame_num']),
    Array.from({ length: sent }, (_, index) => index + 1),
  )
  assert.equal(metric('pelton_frames_received_total'), sent)
  assert.equal(metric('pelton_source_connects_total'), 21)
  assert.equal(metric('pelton_source_losses_total', { reason: 'broken' }), 20)
  assert.equal(logged('source_lost').length, 20)
})

test('a camera that is not there makes it unready, is tried less and less, and is logged once', async (t) => {
  const port = await findFreePort()
  const { clock, context, frames, untilReady, logged, metric } = runTrigger(t, {
    attributes: { url: `http://u:p@127.0.0.1:${port}/video?token=x` },
  })
  const losses = (): number => metric('pelton_source_losses_total', { reason: 'unreachable' })
  for (const [attempt, waitMs] of [5000, 10_000, 20_000, 40_000, 60_000, 60_000].entries()) {
    await waitUntil(`loss ${attempt + 1}`, () => losses() === attempt + 1)
    await waitUntil('the wait', () => clock.pending === 1)
    await clock.advance(waitMs - 1)
    assert.equal(losses(), attempt + 1)
    await clock.advance(1)
  }
  await untilReady(false)
  const [lost] = logged('source_unreachable').filter(({ level }) => level === 'warn')
  assert.deepEqual(lost?.facts, {
    url: `http://127.0.0.1:${port}/video`,
    reason: 'unreachable',
    detail: 'the connection was refused',
    in_ms: 5000,
  })
  assert.equal(logged('source_unreachable').filter(({ level }) => level === 'warn').length, 1)
  assert.ok(!JSON.stringify(context.logs).includes('token'))

  const camera = await startCamera(t, { port })
  await waitUntil('the wait', () => clock.pending === 1)
  await clock.advance(60_000)
  await untilReady(true)
  await camera.send(frame('1'))
  await frames(1)
  camera.cut()
  await untilReady(false)
  await clock.advance(5000)
  await untilReady(true)
})

test('a camera that stalls without closing is connected anew after stall_timeout', async (t) => {
  const camera = await startCamera(t)
  const { clock, frames, untilReady, metric } = runTrigger(t, { attributes: { url: camera.url, stall_timeout: '20s' } })
  await camera.send(frame('1'))
  await frames(1)
  await clock.advance(15_000)
  // Bytes that are no frame do not count.
  await camera.send(frame('2'), '--frame\r\n\r\nno picture\r\n--frame\r\n')
  await frames(2)
  await clock.advance(19_999)
  assert.equal(metric('pelton_source_losses_total'), 0)
  await clock.advance(1)
  await untilReady(false)
  assert.equal(metric('pelton_source_losses_total', { reason: 'stalled' }), 1)
  await waitUntil('the end of the connection', () => camera.streams.size === 0)
})

test('a camera that takes the connection and never answers is given up after 10 s', async (t) => {
  const camera = await startCamera(t, { answer: () => undefined })
  const { clock, untilReady, logged } = runTrigger(t, { attributes: { url: camera.url, stall_timeout: '1h' } })
  await waitUntil('the request', () => camera.requests.length === 1)
  await clock.advance(10_000)
  await untilReady(false)
  assert.equal(logged('source_unreachable')[0]?.facts?.['detail'], 'no answer came within 10s')
})

test('answers that are of no use are told with their reason, and tried again', async (t) => {
  const answers: [reason: string, detail: RegExp, answer: (response: ServerResponse) => void][] = [
    ['refused', /status 404/, (response) => void response.writeHead(404).end('no')],
    ['refused', /status 503/, (response) => void response.writeHead(503).end()],
    ['refused', /status 302/, (response) => void response.writeHead(302, { Location: 'ftp://x/' }).end()],
    ['refused', /status 302/, (response) => void response.writeHead(302).end()],
    [
      'unsuitable',
      /compresses its answer \(gzip\)/,
      (response) => void response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Encoding': 'gzip' }).end('x'),
    ],
    [
      'unauthorized',
      /asks for credentials/,
      (response) => void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end(),
    ],
    [
      'unsuitable',
      /text\/html, not multipart/,
      (response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
    ],
    ['unsuitable', /no content type/, (response) => void response.writeHead(200).end('x')],
    ['unsuitable', /no JPEG/, (response) => void response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end('x')],
    [
      'unsuitable',
      /"frame" .* did not come/,
      (response) => {
        beginStream(response)
        response.end(Buffer.alloc(2 << 20, 'x'))
      },
    ],
    [
      'ended',
      /ended the stream/,
      (response) => {
        beginStream(response)
        response.end()
      },
    ],
    ['unreachable', /reset/, (response) => response.destroy()],
  ]
  for (const [reason, detail, answer] of answers) {
    const camera = await startCamera(t, { answer: (_request, response) => answer(response) })
    const { context, clock, metric, logged } = runTrigger(t, { attributes: { url: camera.url } })
    await waitUntil(`the loss ${detail}`, () => metric('pelton_source_losses_total') === 1)
    assert.equal(metric('pelton_source_losses_total', { reason }), 1, `${reason} ${detail}`)
    const [line] = [...logged('source_unreachable'), ...logged('source_lost')]
    assert.match(String(line?.facts?.['detail']), detail)
    assert.equal(context.isReady, false)
    await waitUntil('the wait', () => clock.pending === 1)
    await clock.advance(5000)
    await waitUntil('another request', () => camera.requests.length === 2)
    context.abortNow()
  }
})

test('frames that are no JPEG, too long or malformed are dropped and counted', async (t) => {
  const camera = await startCamera(t)
  const { frames, metric } = runTrigger(t, { attributes: { url: camera.url, max_frame_bytes: 1024 } })
  await camera.send(
    '--frame\r\nContent-Length: 4\r\n\r\ntext\r\n',
    frame('x'.repeat(2000)),
    `--frame\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    '--frame\r\nContent-Length: 1000000000000\r\n\r\n',
    frame('good'),
  )
  assert.deepEqual(await frames(1), ['good'])
  const dropped = ['not_jpeg', 'oversized', 'malformed'].map((reason) =>
    metric('pelton_frames_dropped_total', { reason }),
  )
  assert.deepEqual(dropped, [1, 2, 1])
  assert.equal(metric('pelton_frames_received_total'), 1)
})

test('a url that answers with a picture is asked every interval', async (t) => {
  const camera = await startCamera(t, {
    answer: (_request, response, number) =>
      void response.writeHead(number === 3 ? 500 : 200, { 'Content-Type': 'image/jpeg' }).end(fakeJpeg(`${number}`)),
  })
  const { clock, frames, untilReady, metric } = runTrigger(t, { attributes: { url: camera.url, interval: 2 } })
  assert.deepEqual(await frames(1), ['1'])
  await waitUntil('the wait', () => clock.pending === 1)
  await clock.advance(1999)
  assert.equal(camera.requests.length, 1)
  await clock.advance(1)
  assert.deepEqual(await frames(2), ['1', '2'])
  assert.equal(metric('pelton_source_connects_total'), 1)
  await waitUntil('the wait', () => clock.pending === 1)
  await clock.advance(2000)
  await untilReady(false)
  await waitUntil('the wait', () => clock.pending === 1)
  await clock.advance(5000)
  await frames(3)
  assert.equal(metric('pelton_source_connects_total'), 2)
})

test('a picture that does not come to its end is a stall, one that is too long is of no use', async (t) => {
  const camera = await startCamera(t, {
    answer: (_request, response, number) => {
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).write(fakeJpeg('x'.repeat(number === 1 ? 1 : 2000)))
    },
  })
  const { clock, untilReady, metric } = runTrigger(t, { attributes: { url: camera.url, max_frame_bytes: 1024 } })
  await waitUntil('the answer', () => camera.streams.size === 1)
  await waitUntil('the stall', async () => {
    await clock.advance(1000)
    return metric('pelton_source_losses_total', { reason: 'stalled' }) === 1
  })
  await untilReady(false)
  await clock.advance(5000)
  await waitUntil('the loss', () => metric('pelton_source_losses_total', { reason: 'unsuitable' }) === 1)
})

test('a worker that is not free in time, or fails, costs its frame, and is logged once a minute', async (t) => {
  const camera = await startCamera(t)
  const { clock, frames, logged } = runTrigger(t, { attributes: { url: camera.url } }, () => handled({ status: 500 }))
  for (const text of ['1', '2', '3']) {
    await camera.send(frame(text))
    await frames(Number(text))
  }
  await waitUntil('the end', () => logged('frames_failed').length === 1)
  await clock.advance(60_000)
  assert.deepEqual(
    logged('frames_failed').map(({ facts }) => facts?.['count']),
    [1, 2],
  )
})

test('stopping lets the handler finish, closes the connection at once, and takes no frame more', async (t) => {
  const camera = await startCamera(t)
  const held: ((outcome: Outcome) => void)[] = []
  const dispatch = (): Promise<Outcome> => new Promise((resolve) => held.push(resolve))
  const { context, run, frames } = runTrigger(t, { attributes: { url: camera.url } }, dispatch)
  await camera.send(frame('1'), frame('2'))
  await frames(1)
  context.stopNow()
  await waitUntil('the end of the connection', () => camera.streams.size === 0)
  held[0]?.(handled())
  await within('the run', run)
  assert.deepEqual(
    context.events.map(({ body }) => textOf(body)),
    ['1'],
  )
  assert.equal(context.isReady, false)
})

test('it stops while it connects, and while it waits', async (t) => {
  const silent = await startCamera(t, { answer: () => undefined })
  const connecting = runTrigger(t, { attributes: { url: silent.url } })
  await waitUntil('the request', () => silent.requests.length === 1)
  connecting.context.stopNow()
  await within('the run', connecting.run)

  const waiting = runTrigger(t, { attributes: { url: `http://127.0.0.1:${await findFreePort()}/` } })
  await waiting.untilReady(false)
  waiting.context.stopNow()
  await within('the run', waiting.run)
})
