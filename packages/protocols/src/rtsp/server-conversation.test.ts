import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAuthGuard } from '../http-auth/index.ts'
import { toneSource } from './fixtures/test-streams.ts'
import { RtspReader } from './rtsp-reader.ts'
import { RtspStream } from './rtsp-stream.ts'
import { ServerConversation } from './server-conversation.ts'
import { writeRequest } from './write-message.ts'

interface Started {
  conversation: ServerConversation
  stream: RtspStream
  statuses: number[]
  ends(): number
}

function start(): Started {
  const stream = new RtspStream('/a', toneSource(), undefined)
  const guard = createAuthGuard({ realm: 'r', username: 'u', password: 'p' })
  const locked = new RtspStream('/locked', toneSource(), guard)
  const statuses: number[] = []
  let ends = 0
  const reader = new RtspReader({
    onRequest: () => assert.fail('asked'),
    onResponse: ({ status }) => statuses.push(status),
    onPacket: () => assert.fail('sent'),
  })
  const conversation = new ServerConversation({
    streams: new Map([
      ['/a', stream],
      ['/locked', locked],
    ]),
    ports: [2, 3],
    send: (bytes) => reader.push(bytes),
    join: (joined) => joined.join({ frame: () => true, control: () => undefined }, () => undefined),
    end: () => void (ends += 1),
    newSessionId: () => 'id',
  })
  return { conversation, stream, statuses, ends: () => ends }
}

test('no requests bring it out of step: each is answered by a response that can be read, and one reads at most', () => {
  const method = fc.constantFrom(
    'OPTIONS',
    'DESCRIBE',
    'SETUP',
    'PLAY',
    'PAUSE',
    'TEARDOWN',
    'GET_PARAMETER',
    'RECORD',
    'x',
  )
  const uri = fc.constantFrom(
    '*',
    'rtsp://h/a',
    'rtsp://h/a/trackID=0',
    'rtsp://h/locked',
    'rtsp://h/b',
    '%',
    'rtsp://',
  )
  const transport = fc.constantFrom('RTP/AVP/TCP', 'RTP/AVP;client_port=9-10', 'RTP/AVP', ';;=', 'RTP/AVP;multicast')
  const header = fc.oneof(
    fc.constantFrom(['Session', 'id'], ['Session', 'x'], ['Authorization', 'Digest nonce="a"'], ['Require', 'y']),
    fc.tuple(fc.constant('Transport'), transport),
    fc.tuple(fc.constantFrom('Accept', 'Authorization', 'CSeq'), fc.string({ maxLength: 20 })),
  ) as fc.Arbitrary<[string, string]>
  const request = fc.tuple(method, uri, fc.array(header, { maxLength: 3 }))
  fc.assert(
    fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
      const { conversation, stream, statuses, ends } = start()
      for (const [name, target, headers] of requests) {
        conversation.receive(writeRequest(name, target, [['CSeq', 1], ...headers]))
        assert.ok(stream.readers <= 1)
      }
      assert.ok(statuses.length === requests.length || ends() > 0)
      conversation.close()
      assert.equal(stream.readers, 0)
    }),
    { numRuns: 500 },
  )
})

test('mutated requests end in answers or the end of the connection', () => {
  let seed = 7
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const seeds = [
    writeRequest('SETUP', 'rtsp://h/a/trackID=0', [
      ['CSeq', 1],
      ['Transport', 'RTP/AVP/TCP;unicast;interleaved=0-1'],
    ]),
    writeRequest('PLAY', 'rtsp://h/a', [
      ['CSeq', 2],
      ['Session', 'id'],
    ]),
    writeRequest('DESCRIBE', 'rtsp://h/locked', [
      ['CSeq', 3],
      ['Authorization', 'Digest username="u", nonce="n", uri="x"'],
    ]),
    Buffer.from([0x24, 1, 0, 8, 0x80, 201, 0, 1, 0, 0, 0, 1]),
  ]
  let pushed = 0
  const seen = new Set<number>()
  while (pushed < 2_000_000) {
    const { conversation, stream, statuses } = start()
    for (let rounds = 0; rounds < 30; rounds++) {
      const bytes = Buffer.from(seeds[random(seeds.length)]!)
      for (let changes = random(3); changes > 0; changes--) bytes[random(bytes.length)] = random(256)
      pushed += bytes.length
      conversation.receive(bytes)
    }
    for (const status of statuses) seen.add(status)
    conversation.close()
    assert.equal(stream.readers, 0)
  }
  for (const status of [200, 400, 401, 404, 461, 501]) assert.ok(seen.has(status), `no ${status}`)
})
