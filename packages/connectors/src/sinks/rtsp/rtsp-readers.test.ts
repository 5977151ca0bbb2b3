import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ListeningSink, FakeClock, findFreePort, sinkItem, waitUntil, within } from '@pelton/testkit'
import { connectReader, openSink } from './fixtures/open-rtsp.ts'
import { picture } from './fixtures/picture.ts'

/** Sets the stream up and plays it without reading a single byte. */
async function connectDeaf(t: TestContext, port: number, transport: string): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.pause()
  const uri = `rtsp://127.0.0.1:${port}/stream`
  socket.write(`SETUP ${uri} RTSP/1.0\r\nCSeq: 1\r\nTransport: ${transport}\r\n\r\n`)
  socket.write(`PLAY ${uri} RTSP/1.0\r\nCSeq: 2\r\n\r\n`)
  return socket
}

const viewers = ({ value }: ListeningSink): number | undefined => value('pelton_sink_viewers')
const stalled = ({ value }: ListeningSink): number | undefined =>
  value('pelton_sink_viewers_refused_total', { reason: 'stalled' })
const missed = ({ value }: ListeningSink): number =>
  value('pelton_sink_frames_dropped_total', { reason: 'slow_viewer' }) ?? 0

test('a reader that never reads loses its own frames only, in bounded memory, is counted and cut off', async (t) => {
  const clock = new FakeClock()
  const open = await openSink(t, {}, { clock })
  const good = await connectReader(t, open.url)
  await connectDeaf(t, open.port, 'RTP/AVP/TCP;unicast;interleaved=0-1')
  await waitUntil('two readers', () => viewers(open) === 2)
  const bytes = 200_000
  let frames = 0
  const show = async (): Promise<void> => {
    frames += 1
    const jpeg = picture(frames, bytes)
    await within('the write', open.sink.write(sinkItem(jpeg)))
    await waitUntil('the good reader', () => good.frames.length === 1)
    assert.ok(good.frames.pop()?.equals(jpeg), `frame ${frames}`)
    good.packets.length = 0
  }
  while (missed(open) < 50) await show()
  // What was not lost waits for it: 4 MiB here, and what the system takes for a connection.
  const waiting = (frames - missed(open)) * bytes
  assert.ok(waiting < 24_000_000, `${waiting} bytes`)
  assert.equal(stalled(open), 0)
  for (let second = 0; second < 12; second++) {
    await clock.advance(1_000)
    await show()
  }
  await waitUntil('the deaf reader to be gone', () => viewers(open) === 1)
  assert.equal(stalled(open), 1)
  const lost = missed(open)
  await show()
  assert.equal(missed(open), lost)
})

test('a reader by UDP that has vanished costs nobody a frame, and is cut off after a minute', async (t) => {
  const clock = new FakeClock()
  const open = await openSink(t, {}, { clock })
  const good = await connectReader(t, open.url)
  const gone = await Promise.all([findFreePort(), findFreePort()])
  await connectDeaf(t, open.port, `RTP/AVP;unicast;client_port=${gone.join('-')}`)
  await waitUntil('two readers', () => viewers(open) === 2)
  for (let second = 1; second <= 62; second++) {
    await open.sink.write(sinkItem(picture(second)))
    await waitUntil('the good reader', () => good.frames.length === second)
    if (second < 59) assert.equal(viewers(open), 2)
    await clock.advance(1_000)
  }
  await waitUntil('the other to be gone', () => viewers(open) === 1)
  assert.deepEqual([stalled(open), missed(open)], [1, 0])
})

test('a reader by UDP that goes without a word is gone with its connection', async (t) => {
  const open = await openSink(t)
  const rtp = dgram.createSocket('udp4')
  t.after(() => void rtp.close())
  await new Promise<void>((resolve) => rtp.bind(0, '127.0.0.1', resolve))
  const { port } = rtp.address()
  const socket = await connectDeaf(t, open.port, `RTP/AVP;unicast;client_port=${port}-${port + 1}`)
  await waitUntil('a reader', () => viewers(open) === 1)
  const arrived = once(rtp, 'message')
  await open.sink.write(sinkItem(picture(1)))
  await within('a packet', arrived)
  socket.resetAndDestroy()
  await waitUntil('nobody', () => viewers(open) === 0)
  assert.equal(stalled(open), 0)
})

test('readers that are turned away are counted', async (t) => {
  const open = await openSink(t, { max_readers: 1 })
  await connectReader(t, open.url)
  await assert.rejects(connectReader(t, open.url), /453/)
  assert.equal(open.value('pelton_sink_viewers_refused_total', { reason: 'too_many' }), 1)
})
