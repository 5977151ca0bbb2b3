import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RtspFault } from './rtsp-fault.ts'
import { RtspReader } from './rtsp-reader.ts'
import { writeRequest, writeResponse } from './write-message.ts'

type Told = [what: string, ...facts: unknown[]]

function start(): { reader: RtspReader; told: Told[] } {
  const told: Told[] = []
  const reader = new RtspReader({
    onRequest: ({ method, uri, version, headers, body }) =>
      told.push(['request', method, uri, version, Object.fromEntries(headers), body.toString()]),
    onResponse: ({ status, reason, headers, body }) =>
      told.push(['response', status, reason, Object.fromEntries(headers), body.toString()]),
    onPacket: (channel, packet) => told.push(['packet', channel, packet.toString('latin1')]),
  })
  return { reader, told }
}

function read(...chunks: (string | Buffer)[]): Told[] {
  const { reader, told } = start()
  for (const chunk of chunks) reader.push(Buffer.from(chunk))
  return told
}

function packet(channel: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  return Buffer.concat([Buffer.from([0x24, channel, bytes.length >> 8, bytes.length & 0xff]), bytes])
}

const sample = Buffer.concat([
  writeResponse(200, [
    ['CSeq', 1],
    ['Public', 'OPTIONS, DESCRIBE'],
  ]),
  packet(0, 'first'),
  packet(1, ''),
  writeRequest('SET_PARAMETER', 'rtsp://host/a', [['CSeq', 7]], Buffer.from('barparam: barstuff\r\n')),
  packet(255, Buffer.alloc(65_535, 'x')),
  writeResponse(
    200,
    [
      ['CSeq', 2],
      ['Content-Type', 'application/sdp'],
    ],
    Buffer.from('v=0\r\n$\0\0\x05'),
  ),
])
const expected: Told[] = [
  ['response', 200, 'OK', { cseq: ['1'], public: ['OPTIONS, DESCRIBE'] }, ''],
  ['packet', 0, 'first'],
  ['packet', 1, ''],
  [
    'request',
    'SET_PARAMETER',
    'rtsp://host/a',
    '1.0',
    { cseq: ['7'], 'content-length': ['20'] },
    'barparam: barstuff\r\n',
  ],
  ['packet', 255, 'x'.repeat(65_535)],
  [
    'response',
    200,
    'OK',
    { cseq: ['2'], 'content-type': ['application/sdp'], 'content-length': ['9'] },
    'v=0\r\n$\0\0\x05',
  ],
]

test('responses, requests and packets of one stream are told in order, in one piece and byte by byte', () => {
  assert.deepEqual(read(sample), expected)
  assert.deepEqual(read(...Array.from(sample, (byte) => Buffer.from([byte]))), expected)
})

test('the stream may be cut anywhere', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 3_000 })), (cuts) => {
      const { reader, told } = start()
      for (let at = 0; at < sample.length;) {
        const to = at + cuts.next().value
        reader.push(Buffer.from(sample.subarray(at, to)))
        at = to
      }
      assert.deepEqual(told, expected)
    }),
    { numRuns: 60 },
  )
})

test('a packet that lies in one chunk is not copied', () => {
  const chunk = packet(0, 'payload')
  let seen: Buffer | undefined
  const nothing = (): void => undefined
  new RtspReader({ onRequest: nothing, onResponse: nothing, onPacket: (_, bytes) => (seen = bytes) }).push(chunk)
  assert.equal(seen?.buffer, chunk.buffer)
})

test('bare line feeds, folded lines, notes between headers, blank lines before, a missing reason are taken', () => {
  const text = '\r\n\r\n\nRTSP/1.0 200\nCSeq: 1\nno header\n:\nA: b\n  c\nA:d\n\nrtsp/2.0 404 Not Found \r\n\r\n'
  assert.deepEqual(read(text), [
    ['response', 200, '', { cseq: ['1'], a: ['b c', 'd'] }, ''],
    ['response', 404, 'Not Found', {}, ''],
  ])
})

const faults: Record<string, [string | Buffer, RegExp]> = {
  'another protocol': ['HTTP/1.1 200 OK\r\n\r\n', /is no RTSP: "HTTP\/1.1 200 OK"/],
  'bytes of a packet without its prefix': [Buffer.from([0x80, 0x1a, 0, 1, 2, 3]), /out of step/],
  'a status that is no number': ['RTSP/1.0 abc OK\r\n\r\n', /is no RTSP/],
  'a request without a target': ['OPTIONS RTSP/1.0\r\n\r\n', /is no RTSP/],
  'a Content-Length that is no number': ['RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n', /that is no number/],
  'a body that is too long': ['RTSP/1.0 200 OK\r\nContent-Length: 1000000000000\r\n\r\n', /more than 65536 bytes/],
  'headers that never end': [`RTSP/1.0 200 OK\r\n${'a: b\r\n'.repeat(3_000)}`, /more than 16384 bytes/],
  'a line that never ends': ['OPTIONS '.padEnd(20_000, 'x'), /more than 16384 bytes/],
}
for (const [what, [bytes, message]] of Object.entries(faults)) {
  test(`${what} is a fault, whole and in pieces`, () => {
    assert.throws(() => read(bytes), { name: 'RtspFault', message })
    const pieces = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, at) =>
      Buffer.from(Buffer.from(bytes).subarray(at * 100, at * 100 + 100)),
    )
    assert.throws(() => read(...pieces), { name: 'RtspFault', message })
  })
}

test('a reader that was stopped meanwhile tells nothing more', () => {
  let packets = 0
  const nothing = (): void => undefined
  const reader = new RtspReader({
    onRequest: nothing,
    onResponse: nothing,
    onPacket() {
      packets += 1
      reader.stop()
    },
  })
  reader.push(Buffer.concat([packet(0, 'a'), packet(0, 'b')]))
  reader.push(packet(0, 'c'))
  assert.equal(packets, 1)
})

test('10 million mutated and random bytes end in a fault at worst, and keep little', () => {
  let seed = 1
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const message = writeRequest('SET_PARAMETER', 'rtsp://host/a', [['CSeq', 7]], Buffer.from('barparam: barstuff\r\n'))
  const description = writeResponse(
    200,
    [
      ['CSeq', 2],
      ['Content-Base', 'rtsp://host/a/'],
    ],
    Buffer.from('v=0\r\ns=x\r\n'),
  )
  const seeds = [message, description, packet(0, 'x'.repeat(200)), packet(1, 'y'.repeat(28))]
  let pushed = 0
  let faulted = 0
  let told = 0
  const count = (): void => void (told += 1)
  const heldBefore = process.memoryUsage().arrayBuffers
  while (pushed < 20_000_000) {
    const reader = new RtspReader({ onRequest: count, onResponse: count, onPacket: count })
    try {
      for (let chunks = 0; chunks < 20; chunks++) {
        const chunk = Buffer.from(seeds[random(seeds.length)]!)
        for (let changes = random(4); changes > 0; changes--) chunk[random(chunk.length)] = random(256)
        if (random(20) === 0) chunk.forEach((_, at) => (chunk[at] = random(256)))
        const cut = random(chunk.length)
        pushed += chunk.length
        reader.push(chunk.subarray(0, cut))
        reader.push(chunk.subarray(cut))
      }
    } catch (error) {
      if (!(error instanceof RtspFault)) throw error
      faulted += 1
    }
  }
  assert.ok(told > 50_000 && faulted > 2_000, `${told} told, ${faulted} faults`)
  assert.ok(process.memoryUsage().arrayBuffers - heldBefore < 100_000_000)
})
