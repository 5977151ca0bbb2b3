import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import { http2Frame, lastDataFrame, resetFrame } from '../grpc/fixtures/http2-frames.ts'
import {
  type RawClient,
  connectRaw,
  dataFrame,
  flagged,
  requestFrame,
  settingsFrame,
  windowFrame,
} from './fixtures/raw-client.ts'
import { deaf, startHttp2 } from './fixtures/start-http2.ts'
import { encodeHeaders } from './hpack/index.ts'
import { errorCodes as codes } from './http2-codes.ts'

const { protocolError, frameSizeError, flowControlError, streamClosed, compressionError, enhanceYourCalm } = codes
const most = 2 ** 31 - 1

function headersFrame(streamId: number, headers: readonly string[], flags = 4): Buffer {
  return http2Frame({ type: 1, flags, streamId, payload: encodeHeaders(headers) })
}

const pseudo = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'localhost']
const open = requestFrame(1)
const opened = [open]
const halfClosed = [flagged(open, 5)]
const cut = [open, resetFrame(1)]
const bytes = (length: number): Buffer => Buffer.alloc(length)

interface Violation {
  rule: string
  sends: Buffer[]
  code: number
}

/** What ends the connection, by GOAWAY (RFC 9113 §5.4.1). */
const fatal: Violation[] = [
  { rule: '§3.4 SETTINGS come first', sends: [], code: protocolError },
  {
    rule: '§4.2 a frame is no longer than SETTINGS_MAX_FRAME_SIZE',
    sends: [...opened, dataFrame(1, bytes(16_385))],
    code: frameSizeError,
  },
  {
    rule: '§4.3 a header block is compressed as HPACK says',
    sends: [
      http2Frame({ type: 1, flags: 4, streamId: 1, payload: Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) }),
    ],
    code: compressionError,
  },
  {
    rule: '§4.3 nothing stands between HEADERS and CONTINUATION',
    sends: [flagged(open, 0), http2Frame({ type: 6, payload: bytes(8) })],
    code: protocolError,
  },
  {
    rule: '§4.3 no DATA stands between HEADERS and CONTINUATION',
    sends: [flagged(open, 0), dataFrame(1, 'x')],
    code: protocolError,
  },
  {
    rule: '§4.3 no HEADERS of another stream stand between',
    sends: [flagged(open, 0), requestFrame(3)],
    code: protocolError,
  },
  { rule: '§5.1 no DATA on an idle stream', sends: [dataFrame(1, 'x')], code: protocolError },
  { rule: '§5.1 no RST_STREAM on an idle stream', sends: [resetFrame(1)], code: protocolError },
  { rule: '§5.1 no WINDOW_UPDATE on an idle stream', sends: [windowFrame(1, 1)], code: protocolError },
  {
    rule: '§5.1 no CONTINUATION on an idle stream',
    sends: [http2Frame({ type: 9, flags: 4, streamId: 1, payload: bytes(1) })],
    code: protocolError,
  },
  { rule: '§5.1 no HEADERS on a stream that was cut', sends: [...cut, requestFrame(1)], code: streamClosed },
  { rule: '§5.1.1 clients open odd streams', sends: [requestFrame(2)], code: protocolError },
  { rule: '§5.1.1 identifiers ascend', sends: [requestFrame(5), requestFrame(3)], code: protocolError },
  { rule: '§6.1 DATA has a stream', sends: [dataFrame(0, 'x')], code: protocolError },
  {
    rule: '§6.1 padding is shorter than DATA',
    sends: [...opened, flagged(dataFrame(1, Buffer.from([5, 1, 2])), 8)],
    code: protocolError,
  },
  {
    rule: '§6.1 padded DATA has a length of padding',
    sends: [...opened, flagged(dataFrame(1, ''), 8)],
    code: protocolError,
  },
  { rule: '§6.2 HEADERS have a stream', sends: [requestFrame(0)], code: protocolError },
  {
    rule: '§6.2 padding is shorter than HEADERS',
    sends: [http2Frame({ type: 1, flags: 12, streamId: 1, payload: Buffer.from([9, 0x83]) })],
    code: protocolError,
  },
  {
    rule: '§6.2 HEADERS with a priority have room for it',
    sends: [http2Frame({ type: 1, flags: 36, streamId: 1, payload: bytes(4) })],
    code: frameSizeError,
  },
  { rule: '§6.3 PRIORITY has a stream', sends: [http2Frame({ type: 2, payload: bytes(5) })], code: protocolError },
  { rule: '§6.4 RST_STREAM has a stream', sends: [resetFrame(0)], code: protocolError },
  {
    rule: '§6.4 RST_STREAM has 4 bytes',
    sends: [...opened, http2Frame({ type: 3, streamId: 1, payload: bytes(3) })],
    code: frameSizeError,
  },
  { rule: '§6.5 SETTINGS have no stream', sends: [http2Frame({ type: 4, streamId: 1 })], code: protocolError },
  {
    rule: '§6.5 SETTINGS are a multiple of 6 bytes',
    sends: [http2Frame({ type: 4, payload: bytes(3) })],
    code: frameSizeError,
  },
  {
    rule: '§6.5 an acknowledgement is empty',
    sends: [http2Frame({ type: 4, flags: 1, payload: bytes(6) })],
    code: frameSizeError,
  },
  { rule: '§6.5.2 SETTINGS_ENABLE_PUSH is 0 or 1', sends: [settingsFrame([2, 2])], code: protocolError },
  {
    rule: '§6.5.2 SETTINGS_INITIAL_WINDOW_SIZE is at most 2^31-1',
    sends: [settingsFrame([4, 2 ** 31])],
    code: flowControlError,
  },
  {
    rule: '§6.5.2 SETTINGS_MAX_FRAME_SIZE is at least 2^14',
    sends: [settingsFrame([5, 2 ** 14 - 1])],
    code: protocolError,
  },
  {
    rule: '§6.5.2 SETTINGS_MAX_FRAME_SIZE is at most 2^24-1',
    sends: [settingsFrame([5, 2 ** 24])],
    code: protocolError,
  },
  {
    rule: '§6.6 clients push nothing',
    sends: [...opened, http2Frame({ type: 5, flags: 4, streamId: 1, payload: bytes(4) })],
    code: protocolError,
  },
  {
    rule: '§6.7 PING has no stream',
    sends: [http2Frame({ type: 6, streamId: 1, payload: bytes(8) })],
    code: protocolError,
  },
  { rule: '§6.7 PING has 8 bytes', sends: [http2Frame({ type: 6, payload: bytes(7) })], code: frameSizeError },
  {
    rule: '§6.8 GOAWAY has no stream',
    sends: [http2Frame({ type: 7, streamId: 1, payload: bytes(8) })],
    code: protocolError,
  },
  {
    rule: '§6.8 GOAWAY has at least 8 bytes',
    sends: [http2Frame({ type: 7, payload: bytes(7) })],
    code: frameSizeError,
  },
  { rule: '§6.9 WINDOW_UPDATE of the connection is not 0', sends: [windowFrame(0, 0)], code: protocolError },
  { rule: '§6.9 WINDOW_UPDATE has 4 bytes', sends: [http2Frame({ type: 8, payload: bytes(3) })], code: frameSizeError },
  {
    rule: '§6.9.1 the window of the connection is at most 2^31-1',
    sends: [windowFrame(0, most)],
    code: flowControlError,
  },
  {
    rule: '§6.9.2 SETTINGS make no window too large',
    sends: [...opened, windowFrame(1, most - 65_535), settingsFrame([4, 65_536])],
    code: flowControlError,
  },
  {
    rule: '§6.10 CONTINUATION has a stream',
    sends: [flagged(open, 0), http2Frame({ type: 9, flags: 4, payload: bytes(1) })],
    code: protocolError,
  },
  {
    rule: '§6.10 CONTINUATION follows its own HEADERS',
    sends: [flagged(open, 0), http2Frame({ type: 9, flags: 4, streamId: 3, payload: bytes(1) })],
    code: protocolError,
  },
  {
    rule: '§6.10 no CONTINUATION follows a block that has ended',
    sends: [...opened, http2Frame({ type: 9, flags: 4, streamId: 1, payload: bytes(1) })],
    code: protocolError,
  },
  {
    rule: '§10.5.1 a header block is not endless',
    sends: [
      flagged(open, 0),
      ...Array.from({ length: 64 }, () => http2Frame({ type: 9, streamId: 1, payload: Buffer.from([0x83]) })),
    ],
    code: enhanceYourCalm,
  },
]

/** What ends the stream 1, by RST_STREAM (RFC 9113 §5.4.2). */
const ofStream: Violation[] = [
  { rule: '§5.1 no DATA on a half that was closed', sends: [...halfClosed, dataFrame(1, 'x')], code: streamClosed },
  { rule: '§5.1 no HEADERS on a half that was closed', sends: [...halfClosed, requestFrame(1)], code: streamClosed },
  { rule: '§5.1 no DATA on a stream that was cut', sends: [...cut, dataFrame(1, 'x')], code: streamClosed },
  {
    rule: '§6.3 PRIORITY has 5 bytes',
    sends: [...opened, http2Frame({ type: 2, streamId: 1, payload: bytes(4) })],
    code: frameSizeError,
  },
  { rule: '§6.9 WINDOW_UPDATE of a stream is not 0', sends: [...opened, windowFrame(1, 0)], code: protocolError },
  {
    rule: '§6.9.1 the window of a stream is at most 2^31-1',
    sends: [...opened, windowFrame(1, most)],
    code: flowControlError,
  },
  { rule: '§8.1 trailers end the half', sends: [...opened, headersFrame(1, ['x-a', '1'])], code: protocolError },
  {
    rule: '§8.1 trailers have no pseudo-headers',
    sends: [...opened, headersFrame(1, [':path', '/'], 5)],
    code: protocolError,
  },
  {
    rule: '§8.1.1 content-length is the length of DATA',
    sends: [requestFrame(1, { 'content-length': '2' }), lastDataFrame(1, Buffer.from('x'))],
    code: protocolError,
  },
  {
    rule: '§8.1.1 DATA is no longer than content-length',
    sends: [requestFrame(1, { 'content-length': '2' }), dataFrame(1, 'xxx')],
    code: protocolError,
  },
  {
    rule: '§8.1.1 content-length is that of a request without DATA',
    sends: [flagged(requestFrame(1, { 'content-length': '2' }), 5)],
    code: protocolError,
  },
  {
    rule: '§8.1.1 content-length is a number',
    sends: [requestFrame(1, { 'content-length': '+2' })],
    code: protocolError,
  },
  { rule: '§8.2 names are lower-case', sends: [headersFrame(1, [...pseudo, 'X-A', '1'])], code: protocolError },
  { rule: '§8.2.1 names have no spaces', sends: [headersFrame(1, [...pseudo, 'x a', '1'])], code: protocolError },
  { rule: '§8.2.1 names are not empty', sends: [headersFrame(1, [...pseudo, '', '1'])], code: protocolError },
  {
    rule: '§8.2.1 values have no line breaks',
    sends: [headersFrame(1, [...pseudo, 'x-a', 'a\r\nb'])],
    code: protocolError,
  },
  { rule: '§8.2.1 values have no NUL', sends: [headersFrame(1, [...pseudo, 'x-a', 'a\0'])], code: protocolError },
  {
    rule: '§8.2.1 values have no space around them',
    sends: [headersFrame(1, [...pseudo, 'x-a', ' a'])],
    code: protocolError,
  },
  {
    rule: '§8.2.2 no fields of connections of HTTP/1.1',
    sends: [headersFrame(1, [...pseudo, 'connection', 'close'])],
    code: protocolError,
  },
  { rule: '§8.2.2 te is only trailers', sends: [headersFrame(1, [...pseudo, 'te', 'gzip'])], code: protocolError },
  { rule: '§8.3 pseudo-headers come first', sends: [headersFrame(1, ['x-a', '1', ...pseudo])], code: protocolError },
  {
    rule: '§8.3 pseudo-headers of responses are not for requests',
    sends: [headersFrame(1, [...pseudo, ':status', '200'])],
    code: protocolError,
  },
  {
    rule: '§8.3 unknown pseudo-headers are malformed',
    sends: [headersFrame(1, [...pseudo, ':x', '1'])],
    code: protocolError,
  },
  {
    rule: '§8.3 pseudo-headers are not repeated',
    sends: [headersFrame(1, [...pseudo, ':path', '/'])],
    code: protocolError,
  },
  { rule: '§8.3.1 :method is needed', sends: [headersFrame(1, pseudo.slice(2))], code: protocolError },
  {
    rule: '§8.3.1 :scheme is needed',
    sends: [headersFrame(1, [':method', 'POST', ':path', '/'])],
    code: protocolError,
  },
  {
    rule: '§8.3.1 :path is needed',
    sends: [headersFrame(1, [':method', 'POST', ':scheme', 'http'])],
    code: protocolError,
  },
  {
    rule: '§8.3.1 :path is not empty',
    sends: [headersFrame(1, [':method', 'POST', ':scheme', 'http', ':path', ''])],
    code: protocolError,
  },
  {
    rule: '§8.5 CONNECT has no :path',
    sends: [headersFrame(1, [':method', 'CONNECT', ':authority', 'x', ':path', '/'])],
    code: protocolError,
  },
]

for (const { rule, sends, code } of fatal) {
  test(`${rule}, or the connection ends`, async (t) => {
    const { port } = await startHttp2(t, () => deaf)
    const isFirst = sends.length === 0
    const client = await connectRaw(t, port, { isMute: isFirst })
    if (isFirst) client.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), open)
    client.send(...sends)
    const goaway = await client.frame(7)
    assert.equal(goaway.payload.readUInt32BE(4), code)
    await waitUntil('closed', () => client.isClosed)
  })
}

for (const { rule, sends, code } of ofStream) {
  test(`${rule}, or the stream ends`, async (t) => {
    const closes: boolean[] = []
    const { port } = await startHttp2(t, () => ({ ...deaf, closed: (isClean) => void closes.push(isClean) }))
    const client = await connectRaw(t, port)
    client.send(...sends)
    assert.equal((await client.frame(3, 1)).payload.readUInt32BE(0), code)
    await assertAlive(client)
    assert.ok(closes.length <= 1 && !closes.includes(true))
  })
}

async function assertAlive(client: RawClient): Promise<void> {
  client.send(requestFrame(101))
  await client.settle()
  assert.equal(
    client.frames.some(({ type }) => type === 7),
    false,
  )
}

const harmless: Record<string, Buffer[]> = {
  '§4.1 unknown types': [http2Frame({ type: 0xbb, flags: 255, streamId: 9, payload: bytes(20) })],
  '§4.1 unknown flags': [flagged(open, 0xd4 & ~8 & ~32), flagged(http2Frame({ type: 6, payload: bytes(8) }), 0xf0)],
  '§4.1 the reserved bit': [http2Frame({ type: 6, streamId: 2 ** 31, payload: bytes(8) })],
  '§5.1 WINDOW_UPDATE and RST_STREAM on a stream that is closed': [...cut, windowFrame(1, 5), resetFrame(1)],
  '§5.5 priorities': [http2Frame({ type: 2, streamId: 7, payload: bytes(5) }), ...opened],
  '§6.5.2 unknown settings': [settingsFrame([0xff, 1])],
  '§6.5.3 an acknowledgement that nothing was sent for': [
    http2Frame({ type: 4, flags: 1 }),
    http2Frame({ type: 4, flags: 1 }),
  ],
  '§8.1 trailers': [...opened, headersFrame(1, ['x-a', '1'], 5)],
  '§8.2.2 te: trailers': [headersFrame(1, [...pseudo, 'te', 'trailers'])],
  '§8.5 CONNECT': [headersFrame(1, [':method', 'CONNECT', ':authority', 'x'])],
}

for (const [what, sends] of Object.entries(harmless)) {
  test(`${what}: no fault`, async (t) => {
    const { port } = await startHttp2(t, () => deaf)
    const client = await connectRaw(t, port)
    client.send(...sends)
    await assertAlive(client)
    assert.equal(
      client.frames.some(({ type }) => type === 3),
      false,
    )
  })
}
