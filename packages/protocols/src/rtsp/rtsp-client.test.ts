import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { createHttpAuth } from '../http-auth/index.ts'
import type { RtspClientEnd, RtspReady } from './client-events.ts'
import { interleave } from './interleave.ts'
import type { RtpInfo } from './rtp-info.ts'
import { RtspClient, type RtspClientOptions } from './rtsp-client.ts'
import { type RtspRequest, headerOf } from './rtsp-message.ts'
import { RtspReader } from './rtsp-reader.ts'
import { readRtspUrl } from './rtsp-target.ts'
import { type HeadersToWrite, writeRequest, writeResponse } from './write-message.ts'

const sdp =
  'v=0\r\ns=x\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:track1\r\nm=video 0 RTP/AVP 26\r\na=control:track2\r\n'
const tcp = 'RTP/AVP/TCP;unicast;interleaved=0-1'

/** Answers by method, the last one for all that follow; a missing one is 200. */
type Answers = Record<string, (readonly [status: number, headers?: HeadersToWrite, body?: string])[]>

const usual: Answers = {
  OPTIONS: [[200, [['Public', 'OPTIONS, GET_PARAMETER']]]],
  DESCRIBE: [[200, [['Content-Base', 'rtsp://cam/live/']], sdp]],
  SETUP: [
    [
      200,
      [
        ['Session', 'abc;timeout=30'],
        ['Transport', tcp],
      ],
    ],
  ],
  PLAY: [[200, [['RTP-Info', 'url=rtsp://cam/live/track2;seq=5;rtptime=77']]]],
}

interface Scripted {
  client: RtspClient
  requests: RtspRequest[]
  /** Lines `METHOD uri` of what was asked. */
  asked(): string[]
  ready: RtspReady[]
  playing: RtpInfo[]
  packets: Buffer[]
  ends: RtspClientEnd[]
  portsAgreed: unknown[]
  error(): string
}

/** A client whose server answers at once, as the answers say. */
function script(answers: Answers = {}, options: Partial<RtspClientOptions> = {}): Scripted {
  const left: Answers = Object.fromEntries(
    Object.entries({ ...usual, ...answers }).map(([key, list]) => [key, [...list]]),
  )
  const found = {
    requests: [] as RtspRequest[],
    ready: [] as RtspReady[],
    playing: [] as RtpInfo[],
    packets: [] as Buffer[],
    ends: [] as RtspClientEnd[],
    portsAgreed: [] as unknown[],
  }
  const answer = (request: RtspRequest): void => {
    found.requests.push(request)
    const list = left[request.method] ?? [[200]]
    const [status, headers = [], body = ''] = (list.length > 1 ? list.shift() : list[0])!
    if (status === 0) return
    client.receive(writeResponse(status, [['CSeq', headerOf(request, 'cseq')], ...headers], Buffer.from(body)))
  }
  const server = new RtspReader({ onRequest: answer, onResponse: () => undefined, onPacket: () => undefined })
  const client = new RtspClient(
    {
      target: readRtspUrl('rtsp://cam/live?user=x'),
      auth: undefined,
      media: 'video',
      transports: ['tcp', 'udp'],
      answerTimeoutMs: 1_000,
      stallTimeoutMs: 10_000,
      silenceMs: 5_000,
      ...options,
    },
    {
      send: (bytes) => server.push(bytes),
      openPorts: () => client.usePorts(6_000),
      portsAgreed: (...ports) => void found.portsAgreed.push(ports),
      ready: (ready) => void found.ready.push(ready),
      playing: (info) => void found.playing.push(info),
      packet: (packet) => void found.packets.push(packet),
      control: () => undefined,
      ended: (end) => void found.ends.push(end),
    },
    0,
  )
  client.start()
  const asked = (): string[] => found.requests.map(({ method, uri }) => `${method} ${uri}`)
  const error = (): string => {
    const [end] = found.ends
    return end?.how === 'failed' ? `${end.error.code}: ${end.error.message}` : String(end?.how)
  }
  return { client, asked, error, ...found }
}

test('the medium of the wanted type alone is set up, and the whole session is played', () => {
  const { asked, ready, playing, requests } = script()
  assert.deepEqual(asked(), [
    'OPTIONS rtsp://cam/live?user=x',
    'DESCRIBE rtsp://cam/live?user=x',
    'SETUP rtsp://cam/live/track2',
    'PLAY rtsp://cam/live/',
  ])
  assert.equal(ready[0]?.choice.format.encoding, 'JPEG')
  assert.deepEqual(playing, [{ sequence: 5, timestamp: 77 }])
  assert.equal(headerOf(requests[3]!, 'session'), 'abc')
  assert.deepEqual(
    requests.map((request) => headerOf(request, 'cseq')),
    ['1', '2', '3', '4'],
  )
})

test('a server that knows no OPTIONS, numbers no answer and names no transport is read all the same', () => {
  const { playing } = script({ OPTIONS: [[501]], SETUP: [[200, [['Session', 'abc']]]], PLAY: [[200]] })
  assert.deepEqual(playing, [{ sequence: undefined, timestamp: undefined }])
})

test('answers may be numbered as a camera likes, unless they are those of an earlier request', () => {
  const { client, asked } = script({ DESCRIBE: [[0]] })
  const answer = (sequence: number): void => client.receive(writeResponse(200, [['CSeq', sequence]], Buffer.from(sdp)))
  answer(1)
  assert.equal(asked().length, 2)
  answer(99)
  assert.equal(asked()[2], 'SETUP rtsp://cam/live?user=x/track2')
})

test('461 leads to the next transport, and to an error after the last', () => {
  const udp = 'RTP/AVP;unicast;client_port=6000-6001;server_port=7000-7001;source=10.0.0.9;ssrc= 1234ABCD'
  const moved = script({
    SETUP: [
      [461],
      [
        200,
        [
          ['Session', 'a'],
          ['Transport', udp],
        ],
      ],
    ],
  })
  assert.deepEqual(
    moved.requests.filter(({ method }) => method === 'SETUP').map((request) => headerOf(request, 'transport')),
    ['RTP/AVP/TCP;unicast;interleaved=0-1', 'RTP/AVP;unicast;client_port=6000-6001'],
  )
  assert.deepEqual(moved.portsAgreed, [[[7_000, 7_001], '10.0.0.9']])
  assert.deepEqual([moved.ready[0]?.transport, moved.ready[0]?.ssrc], ['udp', 0x1234abcd])
  assert.match(script({ SETUP: [[461]] }).error(), /^rtsp_not_connected: .*no transport that may be used/)
})

test('a server that answers by another transport than was asked for is asked for the next', () => {
  const udp = 'RTP/AVP;unicast;client_port=6000-6001'
  assert.equal(
    script({
      SETUP: [
        [
          200,
          [
            ['Session', 'a'],
            ['Transport', udp],
          ],
        ],
      ],
    }).ready[0]?.transport,
    'udp',
  )
})

test('a realm beyond ASCII is answered as it was written', () => {
  const auth = createHttpAuth({ username: 'u', password: 'p' })
  const { requests, playing } = script(
    { DESCRIBE: [[401, [['WWW-Authenticate', 'Digest realm="摄像机", nonce="n"']]], usual['DESCRIBE']![0]!] },
    { auth },
  )
  assert.equal(playing.length, 1)
  assert.match(headerOf(requests[2]!, 'authorization') ?? '', /^Digest username="u", realm="摄像机", nonce="n", uri=/)
})

test('channels are those that the server chose', () => {
  const { client, packets } = script({
    SETUP: [
      [
        200,
        [
          ['Session', 'a'],
          ['Transport', tcp.replace('0-1', '4-5')],
        ],
      ],
    ],
  })
  client.receive(Buffer.concat([interleave(0, [Buffer.from('no')]), interleave(4, [Buffer.from('yes')])]))
  assert.deepEqual(packets.map(String), ['yes'])
  assert.equal(client.controlChannel, 5)
})

test('PLAY is asked for the stream where the session is refused, and without a range where that is', () => {
  const { asked, playing, requests } = script({ PLAY: [[459], [457], [200]] })
  assert.deepEqual(asked().slice(3), [
    'PLAY rtsp://cam/live/',
    'PLAY rtsp://cam/live/track2',
    'PLAY rtsp://cam/live/track2',
  ])
  assert.equal(headerOf(requests[5]!, 'range'), undefined)
  assert.equal(playing.length, 1)
})

test('the session is kept alive at half its time by GET_PARAMETER, or by OPTIONS where that is refused', () => {
  const { client, asked, ends } = script({ GET_PARAMETER: [[200], [501]] })
  const step = (to: number): void => {
    client.receivePacket(Buffer.alloc(12))
    client.elapse(to)
  }
  for (let now = 250; now <= 60_000; now += 250) step(now)
  assert.deepEqual(asked().slice(4), [
    'GET_PARAMETER rtsp://cam/live/',
    'GET_PARAMETER rtsp://cam/live/',
    'OPTIONS rtsp://cam/live/',
    'OPTIONS rtsp://cam/live/',
  ])
  assert.deepEqual(ends, [])
})

test('what a server knows may stand in several headers', () => {
  const known = ['OPTIONS, DESCRIBE', 'get_parameter'].map((methods) => ['Public', methods] as const)
  const { client, asked } = script({ OPTIONS: [[200, known]] })
  client.receivePacket(Buffer.alloc(12))
  client.elapse(16_000)
  assert.equal(asked()[4], 'GET_PARAMETER rtsp://cam/live/')
})

test('a server that never answers keep-alives is read on; one that has ended the session is lost', () => {
  const keepUp = (answers: Answers): Scripted => {
    const run = script(answers)
    for (let now = 250; now <= 60_000; now += 250) {
      run.client.receivePacket(Buffer.alloc(12))
      run.client.elapse(now)
    }
    return run
  }
  const deaf = keepUp({ GET_PARAMETER: [[0]] })
  assert.deepEqual(deaf.ends, [])
  assert.equal(deaf.asked().length, 8)
  assert.match(keepUp({ GET_PARAMETER: [[454]] }).error(), /^rtsp_lost: .*ended the session/)
})

test('without an answer in its time the server is given up, and told so of no session', () => {
  for (const method of ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']) {
    const { client, error } = script({ [method]: [[0]] })
    client.elapse(999)
    assert.equal(error(), 'undefined')
    client.elapse(1_000)
    assert.match(error(), new RegExp(`^rtsp_not_connected: .*no answer to ${method} within 1000 ms`))
  }
})

test('a stream that brings nothing is stalled, and its server is told', () => {
  const { client, error, asked } = script()
  client.elapse(5_000)
  client.receivePacket(Buffer.alloc(12))
  client.elapse(6_000)
  client.elapse(15_999)
  assert.equal(error(), 'undefined')
  client.elapse(16_000)
  assert.match(error(), /^rtsp_stalled: rtsp:\/\/cam\/live has sent nothing for 10000 ms/)
  assert.equal(asked().at(-1), 'TEARDOWN rtsp://cam/live/')
})

test('UDP that brings nothing within its time is left for TCP; UDP that brought something stalls', () => {
  const silent = script({ SETUP: [[200, [['Session', 'a']]]] }, { transports: ['udp', 'tcp'] })
  silent.client.elapse(5_000)
  assert.deepEqual(silent.ends, [{ how: 'silent', transports: ['tcp'] }])
  const heard = script({ SETUP: [[200, [['Session', 'a']]]] }, { transports: ['udp', 'tcp'] })
  heard.client.receivePacket(Buffer.alloc(12))
  heard.client.elapse(1_000)
  heard.client.elapse(11_000)
  assert.match(heard.error(), /^rtsp_stalled/)
})

test('credentials are proved when they are asked for, for every request after, and anew when the nonce is stale', () => {
  const challenge: HeadersToWrite = [['WWW-Authenticate', 'Digest realm="a", nonce="1"']]
  const stale: HeadersToWrite = [['WWW-Authenticate', 'Digest realm="a", nonce="2", stale=true']]
  const auth = createHttpAuth({ username: 'u', password: 'p' })
  const { requests, playing } = script(
    { DESCRIBE: [[401, challenge], usual['DESCRIBE']![0]!], PLAY: [[401, stale], [200]] },
    { auth },
  )
  const nonces = requests.map((request) => /nonce="(.)"/.exec(headerOf(request, 'authorization') ?? '')?.[1])
  assert.deepEqual(nonces, [undefined, undefined, '1', '1', '1', '2'])
  assert.match(headerOf(requests[3]!, 'authorization')!, /uri="rtsp:\/\/cam\/live\/track2"/)
  assert.equal(playing.length, 1)
})

test('credentials that are missing or wrong are told apart', () => {
  const challenge: HeadersToWrite = [['WWW-Authenticate', 'Basic realm="a"']]
  assert.match(script({ OPTIONS: [[401, challenge]] }).error(), /^rtsp_unauthorized: .*asks for a user/)
  const auth = createHttpAuth({ username: 'u', password: 'p' })
  assert.match(script({ DESCRIBE: [[401, challenge]] }, { auth }).error(), /^rtsp_unauthorized: .*refuses the user/)
  assert.match(script({ DESCRIBE: [[401]] }, { auth }).error(), /^rtsp_unauthorized/)
})

test('redirections are told with where they lead, absolute or relative', () => {
  const to = (location: string): string => {
    const [end] = script({ DESCRIBE: [[302, [['Location', location]]]] }).ends
    return end?.how === 'redirected' ? end.target.uri : String(end?.how)
  }
  assert.equal(to('rtsp://other:8554/x'), 'rtsp://other:8554/x')
  assert.equal(to('/y'), 'rtsp://cam/y')
  assert.equal(to('http://other/x'), 'failed')
  const asked = script()
  asked.client.receive(
    writeRequest('REDIRECT', 'rtsp://cam/live', [
      ['CSeq', 9],
      ['Location', 'rtsp://new/a'],
    ]),
  )
  assert.equal(asked.ends[0]?.how, 'redirected')
})

test('a server is answered when it asks for a sign of life, and lost when it ends the session', () => {
  const sent: string[] = []
  const server = new RtspReader({
    onRequest: () => undefined,
    onPacket: () => undefined,
    onResponse: (response) => sent.push(`${response.status} ${headerOf(response, 'cseq')}`),
  })
  const alive = script()
  const nothing = (): void => undefined
  const events = {
    openPorts: nothing,
    portsAgreed: nothing,
    ready: nothing,
    playing: nothing,
    packet: nothing,
    control: nothing,
  }
  const options = { target: readRtspUrl('rtsp://cam/'), auth: undefined, media: 'video', transports: ['tcp'] } as const
  const times = { answerTimeoutMs: 1, stallTimeoutMs: 1, silenceMs: 1 }
  const client = new RtspClient(
    { ...options, ...times },
    { ...events, send: (bytes) => server.push(bytes), ended: nothing },
    0,
  )
  for (const method of ['OPTIONS', 'GET_PARAMETER', 'FLY']) client.receive(writeRequest(method, '*', [['CSeq', 3]]))
  assert.deepEqual(sent, ['200 3', '200 3', '501 3'])
  alive.client.receive(writeRequest('TEARDOWN', 'rtsp://cam/live', [['CSeq', 9]]))
  assert.match(alive.error(), /^rtsp_lost: .*ends the session/)
})

test('any medium is video, or sound where no video can be read; the server tells its name', () => {
  const [both] = script({ DESCRIBE: [[200, [['Server', 'cam/1']], sdp]] }, { media: 'any' }).ready
  assert.deepEqual([both?.choice.format.encoding, both?.server], ['JPEG', 'cam/1'])
  const unreadable = 'm=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n'
  const [sound] = script({ DESCRIBE: [[200, [], `${unreadable}m=audio 0 RTP/AVP 0\r\n`]] }, { media: 'any' }).ready
  assert.deepEqual([sound?.choice.format.encoding, sound?.server], ['PCMU', ''])
  const neither = script({ DESCRIBE: [[200, [], unreadable]] }, { media: 'any' }).error()
  assert.match(neither, /^rtsp_medium_missing: .* no video or audio that can be read; it offers video VP8$/)
})

test('a description that is none, or has none of the media, says what there is', () => {
  assert.match(script({ DESCRIBE: [[200, [], '<html>']] }).error(), /^rtsp_medium_missing: .*it offers nothing/)
  const other =
    'm=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000\r\n'
  assert.match(script({ DESCRIBE: [[200, [], other]] }).error(), /it offers video VP8, audio MPEG4-GENERIC$/)
  assert.match(
    script({ DESCRIBE: [[200, [], 'a=x\r\n'.repeat(1_001)]] }).error(),
    /^rtsp_not_connected: .*cannot be read/,
  )
})

test('a stream that is out of step is lost', () => {
  const { client, error } = script()
  client.receive(Buffer.from([0x80, 0, 1, 2, 3, 4]))
  assert.match(error(), /^rtsp_lost: .*out of step/)
})

test('closing tears the session down, and ends with the answer, the connection, or the time', () => {
  const answered = script()
  answered.client.close()
  assert.equal(answered.asked().at(-1), 'TEARDOWN rtsp://cam/live/')
  assert.deepEqual(answered.ends, [{ how: 'closed' }])
  const cut = script({ TEARDOWN: [[0]] })
  cut.client.close()
  assert.deepEqual(cut.ends, [])
  cut.client.disconnected('reset')
  assert.deepEqual(cut.ends, [{ how: 'closed' }])
  const late = script({ TEARDOWN: [[0]] })
  late.client.close()
  late.client.elapse(1_000)
  assert.deepEqual(late.ends, [{ how: 'closed' }])
})

test('no answers bring it out of step: it ends at most once, and asks a bounded number of times', () => {
  const status = fc.constantFrom(0, 100, 200, 200, 200, 301, 302, 401, 404, 454, 455, 457, 459, 460, 461, 500)
  const name = fc.constantFrom(
    'Session',
    'Transport',
    'Location',
    'WWW-Authenticate',
    'RTP-Info',
    'Public',
    'Content-Base',
  )
  const value = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(tcp, 'RTP/AVP;client_port=1-2', 'rtsp://a/b', 'Digest nonce=1'),
  )
  const headers = fc.array(fc.tuple(name, value), { maxLength: 4 })
  const answer = fc.tuple(status, headers, fc.constantFrom('', sdp, 'x'))
  const answers = fc.record({
    OPTIONS: fc.array(answer, { minLength: 1, maxLength: 3 }),
    DESCRIBE: fc.array(answer, { minLength: 1, maxLength: 3 }),
    SETUP: fc.array(answer, { minLength: 1, maxLength: 3 }),
    PLAY: fc.array(answer, { minLength: 1, maxLength: 3 }),
  })
  fc.assert(
    fc.property(answers, fc.boolean(), (given, hasAuth) => {
      const auth = hasAuth ? createHttpAuth({ username: 'u', password: 'p' }) : undefined
      const { client, requests, ends } = script(given, { auth })
      for (let now = 0; now < 30_000; now += 500) client.elapse(now)
      assert.equal(ends.length, 1)
      assert.ok(requests.length < 30)
    }),
    { numRuns: 300 },
  )
})
