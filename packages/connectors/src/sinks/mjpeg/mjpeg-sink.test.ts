import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  FakeClock,
  type SinkTarget,
  connectRaw,
  describeSink,
  findFreePort,
  sinkItem,
  waitUntil,
  within,
} from '@pelton/testkit'
import { type Viewer, connectViewer } from './fixtures/connect-viewer.ts'
import { openSink, picture, rejection } from './fixtures/open-mjpeg.ts'
import manifest from './index.ts'

describeSink('mjpeg', { manifest, startTarget, body: (number) => picture(number, 256 * 1024) })

async function startTarget(): Promise<SinkTarget> {
  const cleanups: (() => Promise<void> | void)[] = []
  const port = await findFreePort()
  let viewer: Viewer | undefined
  let read = 0
  return {
    attributes: { port, host: '127.0.0.1' },
    async connect() {
      viewer = await connectViewer({ after: (action) => cleanups.push(action) }, `http://127.0.0.1:${port}/stream`)
      read = 0
    },
    async receive() {
      read += 1
      return (await viewer?.until(read))?.[read - 1] ?? Buffer.alloc(0)
    },
    async close() {
      for (const action of cleanups) await action()
    },
  }
}

test('the answer has the headers of a stream, and each frame is a part', async (t) => {
  const { url, show, port } = await openSink(t, { boundary: "pic'ture" })
  const viewer = await connectViewer(t, url, { boundary: "pic'ture" })
  await show(1, 10)
  await show(2, 20)
  assert.deepEqual(await viewer.until(2), [picture(1, 10), picture(2, 20)])
  assert.equal(viewer.status, 200)
  const client = await connectRaw(port)
  const text = await client.send('GET /stream HTTP/1.0\r\n\r\n').until('\r\n\r\n')
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(text, /\r\nContent-Type: multipart\/x-mixed-replace; boundary=pic'ture\r\n/)
  assert.match(text, /\r\nCache-Control: no-cache\r\n/)
  assert.match(text, /\r\nConnection: close\r\n/)
  assert.doesNotMatch(text, /Content-Length: \d+\r\n.*\r\n\r\n--|Transfer-Encoding/)
  await client.until("--pic'ture\r\nContent-Type: image/jpeg\r\nContent-Length: 20\r\n\r\n")
  client.close()
})

test('case 75: writes without a viewer are taken at once', async (t) => {
  const { sink, value } = await openSink(t, { path: '/stream', boundary: 'testframe' })
  for (let number = 0; number < 3; number += 1) await within('the write', sink.write(sinkItem(picture(number))), 100)
  assert.equal(value('pelton_sink_viewers'), 0)
  assert.equal(value('pelton_sink_frames_sent_total'), 0)
})

test('a new viewer gets the newest frame at once', async (t) => {
  const { url, show } = await openSink(t)
  await show(1)
  await show(2)
  const viewer = await connectViewer(t, url)
  assert.deepEqual(await viewer.until(1), [picture(2)])
  await show(3)
  assert.deepEqual(await viewer.until(2), [picture(2), picture(3)])
})

test('a snapshot is the newest frame; before the first one it is 503', async (t) => {
  const { url, show } = await openSink(t)
  const early = await fetch(`${url}?snapshot`)
  assert.deepEqual([early.status, early.headers.get('retry-after')], [503, '1'])
  await early.text()
  await show(1)
  for (const query of ['?snapshot', '?snapshot=1&load=7']) {
    const answer = await fetch(url + query)
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')],
      [200, 'image/jpeg', 'no-cache'],
    )
    assert.ok(picture(1).equals(Buffer.from(await answer.arrayBuffer())))
  }
})

test('HEAD is answered without a body, other methods with 405, other paths with 404', async (t) => {
  const { url, base, show, value } = await openSink(t)
  await show(1)
  const head = await fetch(url, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'multipart/x-mixed-replace; boundary=frame'])
  const snapshot = await fetch(`${url}?snapshot`, { method: 'HEAD' })
  assert.deepEqual([snapshot.status, snapshot.headers.get('content-length')], [200, '1000'])
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(url, { method })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD'], method)
    await answer.text()
  }
  for (const path of ['/other', '/stream/', '/stream/x', '/streams', '//stream']) {
    const answer = await fetch(base + path)
    assert.equal(answer.status, 404, path)
    await answer.text()
  }
  assert.equal(value('pelton_sink_viewers'), 0)
})

test('what is no picture is refused with its reason, counted, and seen by nobody', async (t) => {
  const { sink, url, show, value } = await openSink(t)
  const viewer = await connectViewer(t, url)
  const refused = [
    [sinkItem('no picture'), 'it does not begin as a JPEG does (FF D8)'],
    [sinkItem(Buffer.from([0xff])), 'it does not begin as a JPEG does (FF D8)'],
    [sinkItem('{"frame":1}'), 'it looks like JSON: a JPEG begins with FF D8'],
    [sinkItem(''), 'it is empty'],
    [sinkItem(picture(1), { status: 500 }), 'its status is 500'],
  ] as const
  for (const [item, reason] of refused) {
    const error = await rejection(sink.write(item))
    assert.deepEqual([error.code, error.retryable], ['answer_no_picture', false])
    assert.equal(error.message, `the sink test cannot show an answer: ${reason}`)
  }
  await show(2)
  assert.deepEqual(await viewer.until(1), [picture(2)])
  assert.equal(value('pelton_sink_frames_dropped_total', { reason: 'no_picture' }), refused.length)
})

test('viewers that keep up get every frame of a burst', async (t) => {
  const { sink, url, value } = await openSink(t, {}, { clock: new FakeClock() })
  const viewers = [await connectViewer(t, url), await connectViewer(t, url)]
  const count = 50
  for (let number = 0; number < count; number += 1) await sink.write(sinkItem(picture(number, 100_000)))
  for (const viewer of viewers) {
    const frames = await viewer.until(count)
    frames.forEach((frame, number) => assert.ok(frame.equals(picture(number, 100_000)), `frame ${number}`))
  }
  assert.equal(value('pelton_sink_frames_sent_total'), count * viewers.length)
  assert.equal(value('pelton_sink_frames_dropped_total', { reason: 'slow_viewer' }), 0)
})

test('a viewer that does not read loses its own frames only, and then gets the newest one', async (t) => {
  const { sink, url, value } = await openSink(t)
  const good = await connectViewer(t, url)
  const slow = await connectViewer(t, url)
  slow.pause()
  const bytes = 1 << 20
  const missed = (): number => value('pelton_sink_frames_dropped_total', { reason: 'slow_viewer' }) ?? 0
  let number = 0
  // What the system takes for a connection varies; in the end it takes nothing more.
  for (; missed() < 20; number += 1) {
    await within('a write that waits for the slow viewer', sink.write(sinkItem(picture(number, bytes))), 1000)
    await good.until(number + 1)
  }
  good.frames.forEach((frame, index) => assert.ok(frame.equals(picture(index, bytes)), `frame ${index}`))
  slow.resume()
  const last = picture(number - 1, bytes)
  await waitUntil('the newest frame', () => slow.frames.at(-1)?.equals(last))
  assert.equal(slow.frames.length, number - missed())
})

test('a viewer that never reads is cut off after 30 s, however many frames there are', async (t) => {
  const clock = new FakeClock()
  const { sink, url, value, logs } = await openSink(t, {}, { clock })
  const viewer = await connectViewer(t, url)
  viewer.pause()
  const missed = (): number => value('pelton_sink_frames_dropped_total', { reason: 'slow_viewer' }) ?? 0
  while (missed() < 3) {
    const written = sink.write(sinkItem(picture(1, 1 << 20)))
    await clock.advance(100)
    await written
  }
  await clock.advance(20_000)
  assert.equal(value('pelton_sink_viewers'), 1)
  await clock.advance(11_000)
  await waitUntil('the end of the viewer', () => value('pelton_sink_viewers') === 0)
  assert.equal(value('pelton_sink_viewers_refused_total', { reason: 'stalled' }), 1)
  assert.equal(logs.filter(({ message }) => message === 'viewer_stalled').length, 1)
  assert.equal(clock.pending, 0)
})

test('the time that the process itself was asleep makes no viewer stall', async (t) => {
  const clock = new FakeClock()
  const { sink, url, value } = await openSink(t, {}, { clock })
  const viewer = await connectViewer(t, url)
  viewer.pause()
  while (value('pelton_sink_frames_dropped_total', { reason: 'slow_viewer' }) === 0) {
    const written = sink.write(sinkItem(picture(1, 1 << 20)))
    await clock.advance(100)
    await written
  }
  clock.sleepThrough(3_600_000)
  await clock.advance(29_000)
  assert.equal(value('pelton_sink_viewers'), 1)
  await clock.advance(2_000)
  await waitUntil('the end of the viewer', () => value('pelton_sink_viewers') === 0)
})

test('a viewer that reads, but had nothing to read for long, is not cut off', async (t) => {
  const clock = new FakeClock()
  const { sink, url } = await openSink(t, {}, { clock })
  const viewer = await connectViewer(t, url)
  for (let number = 1; number <= 3; number += 1) {
    await sink.write(sinkItem(picture(number)))
    await viewer.until(number)
    await clock.advance(60_000)
  }
  assert.equal(viewer.isOver, false)
  assert.equal(viewer.frames.length, 3)
})

test('a browser gets a frame that stays the newest once more, since it shows it only then; a player does not', async (t) => {
  const clock = new FakeClock()
  const { sink, url } = await openSink(t, {}, { clock })
  const browser = await connectViewer(t, url, { headers: { accept: 'image/avif,image/webp,*/*;q=0.8' } })
  const player = await connectViewer(t, url, { headers: { accept: '*/*' } })
  for (const number of [1, 2]) {
    await sink.write(sinkItem(picture(number)))
    await player.until(number)
    await clock.advance(150)
  }
  assert.deepEqual(await browser.until(2), [picture(1), picture(2)])
  await clock.advance(60)
  assert.deepEqual(await browser.until(3), [picture(1), picture(2), picture(2)])
  await clock.advance(60_000)
  const late = await connectViewer(t, url, { headers: { accept: 'image/png' } })
  await late.until(1)
  await clock.advance(210)
  assert.deepEqual(await late.until(2), [picture(2), picture(2)])
  assert.deepEqual([browser.frames.length, player.frames.length], [3, 2])
})

test('more viewers than max_viewers are answered 503, until one leaves', async (t) => {
  const { url, value } = await openSink(t, { max_viewers: 2 })
  const first = await connectViewer(t, url)
  await connectViewer(t, url)
  const third = await fetch(url)
  assert.deepEqual([third.status, third.headers.get('retry-after')], [503, '10'])
  await third.text()
  assert.equal(value('pelton_sink_viewers_refused_total', { reason: 'too_many' }), 1)
  assert.equal((await fetch(url, { method: 'HEAD' })).status, 200)
  first.close()
  await waitUntil('one viewer', () => value('pelton_sink_viewers') === 1)
  assert.equal((await connectViewer(t, url)).status, 200)
})

test('viewers that come and go all the time leave nothing behind', async (t) => {
  const { sink, url, value } = await openSink(t)
  for (let round = 0; round < 10; round += 1) {
    const viewers = await Promise.all(Array.from({ length: 10 }, () => connectViewer(t, url)))
    const writing = sink.write(sinkItem(picture(round, 300_000)))
    viewers.forEach((viewer, index) => (index % 2 ? viewer.close() : viewer.socket.resetAndDestroy()))
    await within('the write', Promise.resolve(writing))
  }
  await waitUntil('no viewer', () => value('pelton_sink_viewers') === 0)
})

test('closing ends the viewers once they have the newest frame, and cuts those that do not read', async (t) => {
  const { sink, url, show } = await openSink(t)
  const good = await connectViewer(t, url)
  const stuck = await connectViewer(t, url)
  stuck.pause()
  for (let number = 0; number < 20; number += 1) await show(number, 1 << 20)
  await within('the close', sink.close(25_000), 5000)
  await good.untilOver()
  assert.ok(good.frames.at(-1)?.equals(picture(19, 1 << 20)))
  stuck.resume()
  await stuck.untilOver()
  assert.equal((await rejection(sink.write(sinkItem(picture(1))))).code, 'sink_not_open')
})
