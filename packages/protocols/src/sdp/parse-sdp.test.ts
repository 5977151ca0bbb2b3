import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fuzz } from '../rtp/fixtures/mutations.ts'
import { chooseMedia } from './choose-media.ts'
import { parseSdp } from './parse-sdp.ts'
import { SdpFault } from './sdp-fault.ts'

const camera = [
  'v=0',
  'o=- 14665860 31787219 IN IP4 192.168.1.3',
  's=Session streamed by a camera',
  'i=live',
  'c=IN IP4 0.0.0.0',
  't=0 0',
  'a=control:*',
  'a=range:npt=now-',
  'm=video 0 RTP/AVP 96',
  'b=AS:5000',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1; profile-level-id=640028;sprop-parameter-sets=Z2QAKKwsaoHgCJ+WbgICAgQ=,aO48sA==',
  'a=framerate:25.000000',
  'a=x-dimensions: 1920, 1080',
  'a=control:trackID=1',
  'a=recvonly',
  'm=audio 0 RTP/AVP 0 97',
  'a=rtpmap:97 L16/44100/2',
  'a=control:trackID=2',
  'm=application 0 RTP/AVP 107',
  'a=control:trackID=3',
]

test('a camera is read: media, formats, parameters, sizes and controls', () => {
  const { title, control, media } = parseSdp(camera.join('\r\n'))
  const [video, audio, application] = media
  assert.deepEqual([title, control, media.length], ['Session streamed by a camera', '*', 3])
  assert.deepEqual(video, {
    type: 'video',
    port: 0,
    protocol: 'RTP/AVP',
    formats: [
      {
        payloadType: 96,
        encoding: 'H264',
        clockRate: 90_000,
        channels: 1,
        parameters: new Map([
          ['packetization-mode', '1'],
          ['profile-level-id', '640028'],
          ['sprop-parameter-sets', 'Z2QAKKwsaoHgCJ+WbgICAgQ=,aO48sA=='],
        ]),
      },
    ],
    control: 'trackID=1',
    direction: 'recvonly',
    framerate: 25,
    dimensions: { width: 1920, height: 1080 },
  })
  assert.deepEqual(
    audio?.formats.map(({ payloadType, encoding, clockRate, channels }) => [
      payloadType,
      encoding,
      clockRate,
      channels,
    ]),
    [
      [0, 'PCMU', 8_000, 1],
      [97, 'L16', 44_100, 2],
    ],
  )
  assert.equal(application?.formats[0]?.encoding, '')
})

test('line feeds, carriage returns, blanks and an end without a line break are read alike', () => {
  const expected = parseSdp(camera.join('\r\n'))
  for (const ending of ['\n', '\r', '\n\n', '  \r\n  ']) assert.deepEqual(parseSdp(camera.join(ending)), expected)
  assert.deepEqual(parseSdp(Buffer.from(`${camera.join('\n')}\n`)), expected)
})

test('payload types that mean something by themselves need no rtpmap', () => {
  const { media } = parseSdp('m=audio 0 RTP/AVP 0 8 10 11\nm=video 0 RTP/AVP 26')
  assert.deepEqual(
    media.flatMap(({ formats }) => formats).map((format) => [format.encoding, format.clockRate, format.channels]),
    [
      ['PCMU', 8_000, 1],
      ['PCMA', 8_000, 1],
      ['L16', 44_100, 2],
      ['L16', 44_100, 1],
      ['JPEG', 90_000, 1],
    ],
  )
})

test('what is missing, unknown or malformed says nothing', () => {
  assert.deepEqual(parseSdp(''), { title: '', control: undefined, media: [] })
  assert.deepEqual(parseSdp('<html>\nno description\n=\na\na=\nx=y'), { title: '', control: undefined, media: [] })
  const { media } = parseSdp(
    [
      'm=',
      'm=video',
      'm=video x RTP/AVP 96 999 -1 abc 97',
      'a=rtpmap:98 H264/90000',
      'a=rtpmap:96',
      'a=rtpmap:97 H264',
      'a=fmtp:97',
      'a=fmtp:97 ;;=;a;b=;c=d=e',
      'a=framerate:none',
      'a=framerate:-1',
      'a=x-dimensions:0,0',
      'a=constructor:1',
      'a=__proto__:1',
    ].join('\n'),
  )
  assert.deepEqual(
    media.map(({ type, formats }) => [type, formats.length]),
    [
      ['', 0],
      ['video', 0],
      ['video', 2],
    ],
  )
  assert.deepEqual(
    media[2]?.formats.map(({ encoding }) => encoding),
    ['', ''],
  )
  assert.deepEqual(
    [...(media[2]?.formats[1]?.parameters ?? [])],
    [
      ['a', ''],
      ['b', ''],
      ['c', 'd=e'],
    ],
  )
  assert.deepEqual([media[2]?.framerate, media[2]?.dimensions], [undefined, undefined])
})

test('sizes are also read from a=framesize', () => {
  const { media } = parseSdp('m=video 0 RTP/AVP 96\na=framesize:96 1280-720')
  assert.deepEqual(media[0]?.dimensions, { width: 1280, height: 720 })
})

test('a description beyond a limit is a fault', () => {
  assert.throws(() => parseSdp('a'.repeat(65_537)), new SdpFault('more than 65536 bytes'))
  assert.throws(() => parseSdp('é'.repeat(32_769)), new SdpFault('more than 65536 bytes'))
  assert.throws(() => parseSdp('m=video 0 RTP/AVP 96\n'.repeat(101)), new SdpFault('more than 100 media'))
  assert.throws(() => parseSdp('a=x\n'.repeat(1_001)), new SdpFault('more than 1000 attributes'))
  assert.equal(parseSdp('m=video 0 RTP/AVP 96\n'.repeat(100)).media.length, 100)
})

test('the medium is chosen by its type, and by whether it can be read and is sent', () => {
  const choose = (lines: string[], type: 'video' | 'audio'): unknown[] | undefined => {
    const choice = chooseMedia(parseSdp(lines.join('\n')), type)
    return choice && [choice.media.control, choice.format.encoding, choice.isReadable]
  }
  const medium = (what: string, encoding: string, control: string, ...more: string[]): string[] => {
    return [`m=${what} 0 RTP/AVP 96`, `a=rtpmap:96 ${encoding}/90000`, `a=control:${control}`, ...more]
  }
  assert.deepEqual(choose(camera, 'video'), ['trackID=1', 'H264', true])
  assert.deepEqual(choose(camera, 'audio'), ['trackID=2', 'PCMU', true])
  assert.equal(choose(medium('video', 'H264', '1'), 'audio'), undefined)
  assert.deepEqual(choose([...medium('video', 'VP8', '1'), ...medium('video', 'jpeg', '2')], 'video'), [
    '2',
    'JPEG',
    true,
  ])
  assert.deepEqual(choose(medium('video', 'VP8', '1'), 'video'), ['1', 'VP8', false])
  const back = medium('audio', 'PCMU', 'back', 'a=sendonly')
  assert.deepEqual(choose([...back, ...medium('audio', 'PCMA', 'live', 'a=recvonly')], 'audio'), ['live', 'PCMA', true])
  assert.deepEqual(choose([...back, ...medium('audio', 'opus', 'live')], 'audio'), ['back', 'PCMU', true])
  assert.equal(choose(['m=video 0 RTP/SAVP 26'], 'video'), undefined)
  assert.deepEqual(choose(['m=video 0 RTP/AVP/TCP 26'], 'video'), [undefined, 'JPEG', true])
})

test('10 million bytes of mutated descriptions and noise end in a description or a fault', () => {
  const samples = [Buffer.from(camera.join('\r\n')), Buffer.from(camera.slice(8).join('\n').repeat(8))]
  fuzz(samples, 10_000_000, (bytes) => {
    try {
      const { media } = parseSdp(bytes)
      assert.ok(media.length <= 100)
    } catch (error) {
      if (!(error instanceof SdpFault)) throw error
    }
  })
})

test('any text is read', () => {
  const anyLine = fc.tuple(fc.constantFrom('m', 'a', 's', 'c', 'x'), fc.string()).map((parts) => parts.join('='))
  fc.assert(
    fc.property(fc.array(anyLine), (lines) => {
      assert.ok(parseSdp(lines.join('\n')).media.length <= lines.length)
    }),
  )
})
