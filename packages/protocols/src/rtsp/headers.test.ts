import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRtpInfo } from './rtp-info.ts'
import { readSession } from './session-header.ts'
import { findStream, normalisePath } from './stream-path.ts'
import { readTransports } from './transport-header.ts'
import { writeRequest, writeResponse } from './write-message.ts'

test('alternatives of a transport are read in order, other profiles and protocols are left out', () => {
  const value =
    'RTP/SAVP;unicast;client_port=1-2, x-real/udp;a=b,RTP/AVP;multicast;ttl=127;mode="PLAY",rtp/avp/TCP;interleaved=2'
  const plain = { isMulticast: false, interleaved: undefined, clientPorts: undefined, serverPorts: undefined }
  const rest = { source: undefined, ssrc: undefined, mode: 'play' }
  assert.deepEqual(readTransports(value), [
    { ...plain, ...rest, isInterleaved: false, isMulticast: true },
    { ...plain, ...rest, isInterleaved: true, interleaved: [2, 3] },
  ])
  const answer =
    'RTP/AVP/UDP;unicast;client_port=50000-50001;server_port=6256-6257;source=10.1.2.3;ssrc=0xABCD;mode="record"'
  assert.deepEqual(readTransports(answer), [
    {
      isInterleaved: false,
      isMulticast: false,
      interleaved: undefined,
      clientPorts: [50_000, 50_001],
      serverPorts: [6_256, 6_257],
      source: '10.1.2.3',
      ssrc: 0xabcd,
      mode: 'record',
    },
  ])
})

test('channels without a word about TCP mean TCP, beside UDP they mean nothing', () => {
  const isInterleaved = (value: string): boolean | undefined => readTransports(value)[0]?.isInterleaved
  assert.equal(isInterleaved('RTP/AVP;unicast;interleaved=0-1'), true)
  assert.equal(isInterleaved('RTP/AVP/UDP;unicast;interleaved=0-1'), false)
  assert.equal(isInterleaved('RTP/AVP;unicast;client_port=1-2'), false)
})

test('ports and channels beyond what there is are none', () => {
  const [spec] = readTransports('RTP/AVP;client_port=70000-70001;interleaved=255;server_port=x;ssrc=123456789')
  assert.deepEqual(
    [spec?.clientPorts, spec?.interleaved, spec?.serverPorts, spec?.ssrc],
    [undefined, undefined, undefined, undefined],
  )
})

test('a session has its time, 60 s unless it says otherwise, within what makes sense', () => {
  assert.deepEqual(readSession('abc;timeout=30'), { id: 'abc', timeoutMs: 30_000 })
  assert.deepEqual(readSession(' a-b$c ; Timeout = "90" '), { id: 'a-b$c', timeoutMs: 90_000 })
  assert.deepEqual(readSession('abc'), { id: 'abc', timeoutMs: 60_000 })
  assert.equal(readSession('abc;timeout=0')?.timeoutMs, 5_000)
  assert.equal(readSession('abc;timeout=999999999')?.timeoutMs, 3_600_000)
  for (const none of [undefined, '', ';timeout=3', 'x'.repeat(600)]) assert.equal(readSession(none), undefined)
})

test('of RTP-Info the entry of the stream counts, whatever host it names, or the only one', () => {
  const value =
    'url=rtsp://10.0.0.1/live/track1;seq=1;rtptime=2,url="rtsp://10.0.0.1/live/track2";seq=65535;rtptime=4294967295'
  assert.deepEqual(readRtpInfo(value, 'rtsp://cam/live/track2'), { sequence: 65_535, timestamp: 4_294_967_295 })
  assert.deepEqual(readRtpInfo(value, 'rtsp://cam/live/track3'), { sequence: undefined, timestamp: undefined })
  assert.deepEqual(readRtpInfo('url=track1;seq=7', 'rtsp://cam/live/track1'), { sequence: 7, timestamp: undefined })
  assert.deepEqual(readRtpInfo('url=rtsp://other/x;rtptime=9', 'rtsp://cam/y'), { sequence: undefined, timestamp: 9 })
  assert.deepEqual(readRtpInfo('url=a;seq=65536;rtptime=x', 'a'), { sequence: undefined, timestamp: undefined })
  assert.deepEqual(readRtpInfo(undefined, 'a'), { sequence: undefined, timestamp: undefined })
})

test('streams are found by path, with or without slashes, queries and the name of a track', () => {
  const streams = new Map([
    ['/a', 1],
    ['/a/b', 2],
    ['/', 3],
    ['/ä b', 4],
  ])
  const find = (uri: string, mayNameTrack = false): number | undefined => findStream(streams, uri, mayNameTrack)
  assert.deepEqual(
    [find('rtsp://h/a'), find('rtsp://h:1/a/?x=/y'), find('rtsps://h/a/b'), find('rtsp://h')],
    [1, 1, 2, 3],
  )
  assert.equal(find('rtsp://h/%C3%A4%20b'), 4)
  assert.deepEqual([find('rtsp://h/a/trackID=0'), find('rtsp://h/a/trackID=0', true)], [undefined, 1])
  assert.deepEqual(
    [find('*'), find('/a'), find('http://h/a'), find('rtsp://h/%')],
    [undefined, undefined, undefined, undefined],
  )
  assert.deepEqual(['a', '/a/', '', '//'].map(normalisePath), ['/a', '/a', '/', '/'])
})

test('what a peer gave cannot end a line of ours', () => {
  const text = writeResponse(299, [
    ['Unsupported', 'a\r\nX: y\0'],
    ['None', undefined],
    ['CSeq', 0],
  ]).toString()
  assert.equal(text, 'RTSP/1.0 299 Unknown\r\nUnsupported: a  X: y \r\nCSeq: 0\r\n\r\n')
  assert.equal(writeRequest('A', 'b', [], Buffer.from('xy')).toString(), 'A b RTSP/1.0\r\nContent-Length: 2\r\n\r\nxy')
})

test('no value is beyond the readers of headers', () => {
  const piece = fc.constantFrom(
    'RTP/AVP',
    '/TCP',
    ';',
    ',',
    '=',
    '-',
    'url',
    'seq',
    'client_port',
    '"',
    ' ',
    '9',
    'x',
    'timeout',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const value = pieces.join('')
      assert.ok(readTransports(value).length <= 16)
      readSession(value)
      readRtpInfo(value, value)
      findStream(new Map(), `rtsp://${value}`, true)
    }),
    { numRuns: 500 },
  )
})

test('long values are read in time that grows with their length', () => {
  const begun = performance.now()
  for (const run of Array.from({ length: 10 }, () => [';', ',', '=', ' ', 'url=', ' ,', '; seq', '/', 'a']).flat()) {
    const value = `RTP/AVP;url=${run.repeat(16_000)}x`
    readTransports(value)
    readSession(value)
    readRtpInfo(value, value)
    findStream(new Map(), `rtsp://${value}`, true)
  }
  assert.ok(performance.now() - begun < 2_000)
})
