import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import type { RtcpPacket, RtpPacket } from '../rtp/index.ts'
import type { ConnectRtspOptions, RtspStreamFacts } from './connect-options.ts'
import { connectRtsp } from './connect-rtsp.ts'
import { toneSource } from './fixtures/test-streams.ts'
import type { RtspStream } from './rtsp-stream.ts'
import { type RtspServer, type ServeRtspOptions, serveRtsp } from './serve-rtsp.ts'

interface Read {
  facts: RtspStreamFacts[]
  packets: RtpPacket[]
  controls: RtcpPacket[]
  /** Leaves the server and gives what the connection ended with. */
  leave(): Promise<void>
  ended: Promise<void>
}

async function startServer(t: TestContext, options: Partial<ServeRtspOptions> = {}): Promise<RtspServer> {
  const server = await serveRtsp({ host: '127.0.0.1', port: 0, ...options })
  t.after(() => server.close())
  return server
}

function read(t: TestContext, url: string, options: Partial<ConnectRtspOptions> = {}): Read {
  const abort = new AbortController()
  const found: Pick<Read, 'facts' | 'packets' | 'controls'> = { facts: [], packets: [], controls: [] }
  const ended = connectRtsp({
    url,
    media: 'audio',
    transport: 'auto',
    signal: abort.signal,
    onReady: (facts) => void found.facts.push(facts),
    onPacket: (packet) => void found.packets.push(packet),
    onRtcp: (packets) => void found.controls.push(...packets),
    ...options,
  })
  ended.catch(() => undefined)
  t.after(() => abort.abort())
  const leave = (): Promise<void> => {
    abort.abort()
    return within('leaving', ended)
  }
  return { ...found, leave, ended }
}

/** Sends packets until the reader has got one. */
async function play(stream: RtspStream, source: ReturnType<typeof toneSource>, reader: Read): Promise<void> {
  await waitUntil('a packet', () => {
    source.next(stream)
    return reader.packets.length > 0
  })
}

for (const transport of ['tcp', 'udp'] as const) {
  test(`packets go from our server to our client by ${transport}, whole and in order`, async (t) => {
    const server = await startServer(t)
    const source = toneSource()
    const stream = server.add('/tone', source)
    const reader = read(t, `rtsp://127.0.0.1:${server.port}/tone`, { transport })
    await play(stream, source, reader)
    const before = reader.packets.length
    const sent = Array.from({ length: 50 }, () => source.next(stream))
    await waitUntil('50 packets', () => reader.packets.length >= before + 50)
    const got = reader.packets.slice(-50)
    assert.deepEqual(
      got.map(({ payload }) => payload.toString('hex')),
      sent.map((packet) => packet.subarray(12).toString('hex')),
    )
    const [facts] = reader.facts
    assert.equal(facts?.transport, transport)
    assert.equal(facts.choice.format.encoding, 'PCMU')
    assert.equal(facts.statistics.received, reader.packets.length)
    assert.equal(stream.readers, 1)
    await reader.leave()
    await waitUntil('the server to know', () => stream.readers === 0)
  })
}

test('a sender report comes with PLAY, and a goodbye when the stream ends', async (t) => {
  const server = await startServer(t)
  const source = toneSource()
  const stream = server.add('/tone', source)
  source.next(stream)
  const reader = read(t, `rtsp://127.0.0.1:${server.port}/tone`)
  await waitUntil('a report', () => reader.controls.some(({ type }) => type === 'sender'))
  await play(stream, source, reader)
  server.remove(stream)
  await assert.rejects(within('the end', reader.ended), { code: 'rtsp_lost', message: /said goodbye/ })
})

test('Digest lets the right user in, by credentials of the URL or of the options', async (t) => {
  const server = await startServer(t)
  const credentials = { username: 'cam', password: 'p:w@/ü' }
  const source = toneSource({ credentials })
  const stream = server.add('/tone', source)
  const address = `127.0.0.1:${server.port}/tone`
  const reader = read(t, `rtsp://cam:${encodeURIComponent(credentials.password)}@${address}`)
  await play(stream, source, reader)
  const other = read(t, `rtsp://x:y@${address}`, { credentials })
  await play(stream, source, other)
  for (const url of [`rtsp://cam:wrong@${address}`, `rtsp://${address}`]) {
    const refused = read(t, url)
    await assert.rejects(within('a refusal', refused.ended), (error: Error & { code: string }) => {
      assert.equal(error.code, 'rtsp_unauthorized')
      assert.ok(!error.message.includes('wrong'))
      return true
    })
  }
})

test('a path that is not served, a medium that is not offered, a stream without a description are told apart', async (t) => {
  const server = await startServer(t)
  server.add('/tone', toneSource())
  server.add('/later', toneSource({ sdp: () => undefined }))
  const url = `rtsp://127.0.0.1:${server.port}`
  await assert.rejects(read(t, `${url}/other`).ended, { code: 'rtsp_refused', message: /DESCRIBE by 404 Not Found/ })
  await assert.rejects(read(t, `${url}/tone/trackID=0`).ended, { code: 'rtsp_refused' })
  await assert.rejects(read(t, `${url}/later`).ended, { code: 'rtsp_refused', message: /503/ })
  await assert.rejects(read(t, `${url}/tone`, { media: 'video' }).ended, {
    code: 'rtsp_medium_missing',
    message: /no video that can be read; it offers audio PCMU/,
  })
})

test('nothing that listens, and what is no URL, are told apart', async (t) => {
  const server = await startServer(t)
  const { port } = server
  await server.close()
  await assert.rejects(read(t, `rtsp://127.0.0.1:${port}/a`).ended, { code: 'rtsp_not_connected', retryable: true })
  for (const url of ['nonsense', 'http://host/a', 'rtsp://', 'rtsp://user:secret@/a']) {
    await assert.rejects(read(t, url).ended, (error: Error & { code: string; retryable: boolean }) => {
      assert.equal(error.code, 'rtsp_url_invalid')
      assert.ok(!error.retryable && !error.message.includes('secret'))
      return true
    })
  }
})

test('a server that is closed ends its readers within its time, and they say so', async (t) => {
  const server = await startServer(t)
  const source = toneSource()
  const reader = read(t, `rtsp://127.0.0.1:${server.port}/tone`)
  await play(server.add('/tone', source), source, reader)
  await within('closing', server.close(), 3_000)
  await assert.rejects(within('the end', reader.ended), { code: 'rtsp_lost' })
})

test('what a callback throws ends the connection, and nothing else', async (t) => {
  const server = await startServer(t)
  const source = toneSource()
  const stream = server.add('/tone', source)
  const onPacket = (): void => {
    throw new Error('of the callback')
  }
  const reader = read(t, `rtsp://127.0.0.1:${server.port}/tone`, { onPacket })
  await waitUntil('a reader', () => stream.readers === 1)
  await waitUntil('the server to lose it', () => {
    source.next(stream)
    return stream.readers === 0
  })
  await assert.rejects(reader.ended, { message: 'of the callback' })
})

test('a client that is told to stop before or while it connects does so at once', async (t) => {
  const server = await startServer(t)
  server.add('/tone', toneSource())
  const url = `rtsp://127.0.0.1:${server.port}/tone`
  await within('the end', read(t, url, { signal: AbortSignal.abort() }).ended)
  await read(t, url).leave()
})
