import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSdp } from './parse-sdp.ts'
import { writeSdp } from './write-sdp.ts'

const session = { title: 'live', address: '127.0.0.1', sessionId: '7' }

test('what is offered is read again', () => {
  const text = writeSdp({
    ...session,
    media: [
      { type: 'video', payloadType: 26, encoding: 'JPEG', clockRate: 90_000, control: 'trackID=0', framerate: 12.5 },
      {
        type: 'video',
        payloadType: 96,
        encoding: 'H264',
        clockRate: 90_000,
        control: 'trackID=1',
        parameters: { 'packetization-mode': 1, 'sprop-parameter-sets': 'Z2Q=,aO4=' },
      },
      { type: 'audio', payloadType: 97, encoding: 'L16', clockRate: 16_000, channels: 2, control: 'trackID=2' },
    ],
  })
  const { title, control, media } = parseSdp(text)
  assert.deepEqual([title, control], ['live', '*'])
  assert.deepEqual(
    media.map((medium) => [medium.type, medium.protocol, medium.control, medium.framerate]),
    [
      ['video', 'RTP/AVP', 'trackID=0', 12.5],
      ['video', 'RTP/AVP', 'trackID=1', undefined],
      ['audio', 'RTP/AVP', 'trackID=2', undefined],
    ],
  )
  assert.deepEqual(
    media.map(({ formats: [format] }) => [format?.payloadType, format?.encoding, format?.clockRate, format?.channels]),
    [
      [26, 'JPEG', 90_000, 1],
      [96, 'H264', 90_000, 1],
      [97, 'L16', 16_000, 2],
    ],
  )
  assert.equal(media[1]?.formats[0]?.parameters.get('sprop-parameter-sets'), 'Z2Q=,aO4=')
})

test('the lines are those of RFC 8866, in its order', () => {
  assert.equal(
    writeSdp({ ...session, title: '', address: '::1', media: [] }),
    'v=0\r\no=- 7 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::\r\nt=0 0\r\na=control:*\r\n',
  )
})

test('a value cannot add lines', () => {
  const text = writeSdp({ ...session, title: 'a\r\nm=video 0 RTP/AVP 26', media: [] })
  assert.deepEqual(parseSdp(text), { title: 'a m=video 0 RTP/AVP 26', control: '*', media: [] })
})
