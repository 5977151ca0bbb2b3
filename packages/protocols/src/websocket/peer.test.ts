import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { FakeClock, waitUntil, watchForLeaks } from '@pelton/testkit'
import { createRawPair, turns } from './fixtures/peer-pair.ts'
import { type RawFrame, rawFrames } from './fixtures/raw-frames.ts'
import { createPeer } from './peer.ts'
import type { PeerEnd, PeerOptions } from './peer-options.ts'

const text = (payload: string): Buffer => rawFrames({ opcode: 1, payload })
const answers = (...frames: Omit<RawFrame, 'isMasked'>[]): Buffer =>
  rawFrames(...frames.map((frame) => ({ ...frame, isMasked: false })))
const closing = (code: number, reason = ''): RawFrame => ({
  opcode: 8,
  payload: Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]),
})

test('messages are echoed as they came, text as text and bytes as bytes', async () => {
  const { wire, written } = createRawPair({}, (peer, data, isText) => peer.send(data, isText))
  wire.write(rawFrames({ opcode: 1, payload: 'a' }, { opcode: 2, payload: 'b' }))
  await turns()
  assert.deepEqual(written(), answers({ opcode: 1, payload: 'a' }, { opcode: 2, payload: 'b' }))
})

test('everything sent in one turn leaves in one write, and order is kept across sizes', async () => {
  const { peer, wire, written } = createRawPair()
  let chunks = 0
  wire.on('data', () => (chunks += 1))
  const sizes = [3, 200, 70_000, 0, 20_000, 5]
  for (const size of sizes.slice(0, 2)) peer.send(Buffer.alloc(size, 'x'), false)
  await turns()
  assert.equal(chunks, 1)
  for (const size of sizes.slice(2)) peer.send(Buffer.alloc(size, 'x'), false)
  await turns()
  assert.ok(written().equals(answers(...sizes.map((size) => ({ opcode: 2, payload: Buffer.alloc(size, 'x') })))))
})

test('what came with the handshake is the first that is told, and not before the peer is there', async () => {
  const early = text('early')
  const { messages, wire } = createRawPair({ early })
  assert.deepEqual(messages, [])
  wire.write(text('late'))
  await turns()
  assert.deepEqual(messages, ['early', 'late'])
})

test('pings are answered with their payload, in order', async () => {
  const { wire, written } = createRawPair()
  wire.write(rawFrames({ opcode: 9, payload: 'one' }, { opcode: 9 }, { opcode: 9, payload: 'three' }))
  await turns()
  const expected = [{ opcode: 10, payload: 'one' }, { opcode: 10 }, { opcode: 10, payload: 'three' }]
  assert.deepEqual(written(), answers(...expected))
})

test('a flood of pings from a peer that does not read keeps its latest pong only', async () => {
  const { peer, wire, written } = createRawPair()
  wire.pause()
  peer.send(Buffer.alloc(200_000), false)
  await turns()
  const before = peer.bufferedBytes
  const flood = rawFrames(...Array.from({ length: 1_000 }, (_, at) => ({ opcode: 9, payload: `ping ${at}` })))
  for (let times = 0; times < 50; times++) {
    wire.write(Buffer.from(flood))
    await turns(1)
  }
  assert.ok(peer.bufferedBytes <= before + 65_536, `${peer.bufferedBytes - before} bytes more`)
  wire.resume()
  await waitUntil('the latest pong', () => written().subarray(-30).includes('ping 999'))
})

test('a close is answered with the same code, and the server ends the connection', async () => {
  const { wire, written, ends, peer } = createRawPair()
  wire.write(Buffer.concat([rawFrames(closing(3001, 'bye')), text('after')]))
  await turns()
  assert.deepEqual(written(), answers(closing(3001, 'bye')))
  assert.equal(peer.isOpen, false)
  assert.equal(peer.send(Buffer.from('late'), true), false)
  wire.end()
  await turns()
  assert.deepEqual(ends, [{ code: 3001, reason: 'bye', clean: true }])
})

test('a close without a code is answered without one, and told as 1005', async () => {
  const { wire, written, ends, messages } = createRawPair()
  wire.end(Buffer.concat([rawFrames({ opcode: 8 }), text('after')]))
  await turns()
  assert.deepEqual(written(), answers({ opcode: 8 }))
  assert.deepEqual(ends, [{ code: 1005, reason: '', clean: true }])
  assert.deepEqual(messages, [])
})

test('our close sends what came before it, hears no more messages, and is clean when it is answered', async () => {
  const { peer, wire, written, ends, messages } = createRawPair()
  peer.send(Buffer.from('last'), true)
  peer.close(1001, 'drain')
  peer.close(1000)
  assert.equal(peer.isOpen, false)
  wire.write(text('too late'))
  await turns()
  assert.deepEqual(written(), answers({ opcode: 1, payload: 'last' }, closing(1001, 'drain')))
  assert.deepEqual(ends, [])
  wire.write(rawFrames(closing(1001)))
  await turns()
  wire.end()
  await turns()
  assert.deepEqual(ends, [{ code: 1001, reason: 'drain', clean: true }])
  assert.deepEqual(messages, [])
})

test('a code that may not be sent becomes 1000', async () => {
  const { peer, written } = createRawPair()
  peer.close(1006)
  await turns()
  assert.deepEqual(written(), answers(closing(1000)))
})

test('a close that is never answered is cut at its timeout', async () => {
  const { peer, ends, clock } = createRawPair({ closeTimeoutMs: 100 })
  peer.close(1001)
  await clock.advance(90)
  assert.deepEqual(ends, [])
  await clock.advance(40)
  await turns()
  assert.deepEqual(ends, [{ code: 1001, reason: '', clean: false }])
  assert.equal(clock.pending, 0)
})

test('a peer has a second for each 256 kB that were sent before a close, and the timeout for its answer', async () => {
  for (const isTaken of [false, true]) {
    const { socket, take } = slowDuplex()
    const clock = new FakeClock()
    const ends: PeerEnd[] = []
    const options = { role: 'server', maxMessageBytes: 100, pingIntervalMs: 0, idleTimeoutMs: 0, clock } as const
    const peer = createPeer(socket, { ...options, closeTimeoutMs: 100 }, { closed: (end) => ends.push(end) })
    peer.send(Buffer.alloc(512_000), false)
    peer.close(1001)
    await turns()
    await clock.advance(1_000)
    assert.deepEqual(ends, [])
    while (isTaken && peer.bufferedBytes > 0) {
      take()
      await turns()
    }
    await clock.advance(isTaken ? 200 : 1_200)
    await turns()
    assert.deepEqual(ends, [{ code: 1001, reason: '', clean: false }])
  }
})

test('a client that keeps the connection open after its close is cut at the timeout', async () => {
  const { wire, ends, clock } = createRawPair({ closeTimeoutMs: 100 })
  wire.write(rawFrames(closing(1000)))
  await turns()
  await clock.advance(150)
  await turns()
  assert.deepEqual(ends, [{ code: 1000, reason: '', clean: true }])
})

test('a client waits for the server to end the connection', async () => {
  const { wire, socket, ends } = createRawPair({ role: 'client' })
  wire.write(rawFrames({ ...closing(1000), isMasked: false }))
  await turns()
  assert.equal(socket.writableEnded, false)
  wire.end()
  await turns()
  assert.equal(socket.writableEnded, true)
  assert.deepEqual(ends, [{ code: 1000, reason: '', clean: true }])
})

const faults: Record<string, [Buffer, number, Partial<PeerOptions>?]> = {
  'an unmasked frame': [answers({ opcode: 1 }), 1002],
  'a reserved bit': [rawFrames({ opcode: 1, reserved: 0x40 }), 1002],
  'a text that is no UTF-8': [rawFrames({ opcode: 1, payload: Uint8Array.from([0xff]) }), 1007],
  'a message beyond the limit': [rawFrames({ opcode: 2, length: 1_000_000_000n }), 1009],
}
for (const [what, [bytes, code]] of Object.entries(faults)) {
  test(`${what} closes with ${code}; what still comes is read over`, async () => {
    const { wire, socket, written, ends, messages, peer } = createRawPair()
    wire.write(bytes)
    await turns()
    assert.deepEqual([...written().subarray(0, 1), ...written().subarray(2, 4)], [0x88, code >> 8, code & 0xff])
    assert.equal(peer.isOpen, false)
    assert.equal(socket.writableEnded, true)
    for (let times = 0; times < 30; times++) wire.write(text('x'.repeat(60_000)))
    wire.end()
    await turns(200)
    assert.deepEqual(messages, [])
    assert.equal(ends.length, 1)
    assert.deepEqual({ ...ends[0], reason: '' }, { code, reason: '', clean: false })
  })
}

test('a peer that breaks the protocol and stays is cut at the timeout', async () => {
  const { ends, clock, wire } = createRawPair({ closeTimeoutMs: 100 })
  wire.write(answers({ opcode: 1 }))
  await turns()
  await clock.advance(150)
  await turns()
  assert.deepEqual(
    ends.map(({ code }) => code),
    [1002],
  )
})

test('a connection that goes without a close frame ended with 1006, and says how', async () => {
  const left = createRawPair()
  left.wire.end()
  const broken = createRawPair()
  broken.socket.destroy(new Error('read ECONNRESET'))
  const cut = createRawPair()
  cut.peer.terminate()
  assert.equal(cut.peer.isOpen, false)
  await turns()
  const reasons = ['the peer left without a close frame', 'read ECONNRESET', '']
  assert.deepEqual(
    [left, broken, cut].flatMap(({ ends }) => ends),
    reasons.map((reason) => ({ code: 1006, reason, clean: false })),
  )
})

test('a peer of a socket that is gone already is told so, once', async () => {
  const gone = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })
  gone.destroy()
  await turns()
  const ends: PeerEnd[] = []
  const options = { role: 'server', maxMessageBytes: 100, pingIntervalMs: 0, idleTimeoutMs: 0 } as const
  const peer = createPeer(gone, { ...options, early: text('early') }, { closed: (end) => ends.push(end) })
  assert.deepEqual(ends, [])
  assert.equal(peer.send(Buffer.from('x'), true), false)
  await turns()
  assert.deepEqual(
    ends.map(({ code }) => code),
    [1006],
  )
})

test('a silent peer is pinged, and cut when it stays silent', async () => {
  const { clock, written, ends, wire } = createRawPair({ pingIntervalMs: 100 })
  await clock.advance(130)
  assert.deepEqual(written(), answers({ opcode: 9 }))
  wire.write(rawFrames({ opcode: 10 }))
  await turns()
  await clock.advance(130)
  assert.deepEqual(written(), answers({ opcode: 9 }, { opcode: 9 }))
  await clock.advance(130)
  await turns()
  assert.deepEqual(ends, [{ code: 1006, reason: 'no answer to a ping', clean: false }])
  assert.equal(clock.pending, 0)
})

test('a peer is closed as idle without messages in either direction, pongs or not', async () => {
  const { clock, written, peer, wire } = createRawPair({ idleTimeoutMs: 100 })
  await clock.advance(80)
  peer.send(Buffer.from('x'), true)
  wire.write(rawFrames({ opcode: 10 }))
  await clock.advance(80)
  assert.equal(peer.isOpen, true)
  wire.write(text('x'))
  await turns()
  await clock.advance(80)
  assert.equal(peer.isOpen, true)
  wire.write(rawFrames({ opcode: 10 }))
  await turns()
  await clock.advance(60)
  assert.equal(peer.isOpen, false)
  assert.ok(written().includes(answers(closing(1001, 'idle'))))
})

test('a message that drips in does not keep a connection from being idle', async () => {
  const { clock, peer, wire } = createRawPair({ idleTimeoutMs: 100 })
  const bytes = rawFrames({ opcode: 2, payload: 'x'.repeat(100) })
  for (let at = 0; at < 6; at++) {
    wire.write(bytes.subarray(at * 10, at * 10 + 10))
    await turns(2)
    await clock.advance(25)
  }
  assert.equal(peer.isOpen, false)
})

test('a paused peer reads nothing, its messages wait, and it is neither idle nor dead', async () => {
  const { clock, peer, wire, messages } = createRawPair({ pingIntervalMs: 50, idleTimeoutMs: 100 })
  peer.pause()
  wire.write(Buffer.concat([text('a'), text('b')]))
  await turns()
  await clock.advance(500)
  assert.deepEqual(messages, [])
  assert.equal(peer.isOpen, true)
  peer.resume()
  assert.deepEqual(messages, [])
  await turns()
  assert.deepEqual(messages, ['a', 'b'])
})

test('a pause inside a message holds the next ones of the same chunk', async () => {
  const { peer, wire, messages } = createRawPair({}, (own) => own.pause())
  wire.write(Buffer.concat([text('a'), text('b'), text('c')]))
  await turns()
  assert.deepEqual(messages, ['a'])
  peer.resume()
  await turns()
  assert.deepEqual(messages, ['a', 'b'])
  peer.resume()
  await turns()
  assert.deepEqual(messages, ['a', 'b', 'c'])
})

test('a paused peer makes its sender wait', async () => {
  const { peer, wire } = createRawPair({}, (own) => own.pause())
  let sent = 0
  while (sent < 1_000 && wire.write(text('x'.repeat(60_000)))) {
    sent += 1
    await turns(1)
  }
  assert.ok(sent < 20, `${sent} messages of 60 kB were taken`)
  peer.terminate()
})

test('a paused peer can close: what waits is dropped', async () => {
  const { peer, wire, messages, ends } = createRawPair()
  peer.pause()
  wire.write(text('a'))
  await turns()
  peer.close(1001)
  wire.end(rawFrames(closing(1001)))
  await turns()
  assert.deepEqual(messages, [])
  assert.deepEqual(ends, [{ code: 1001, reason: '', clean: true }])
})

test('a peer that never reads costs what is sent to it; when it has read all, that is told', async () => {
  const drained: number[] = []
  const { socket, take } = slowDuplex()
  const options = { role: 'server', maxMessageBytes: 100, pingIntervalMs: 0, idleTimeoutMs: 0 } as const
  const events = { closed: () => undefined, drained: () => drained.push(peer.bufferedBytes) }
  const peer = createPeer(socket, options, events)
  for (let at = 0; at < 10; at++) {
    peer.send(Buffer.alloc(10_000), false)
    if (at === 5) await turns()
  }
  await turns()
  assert.ok(peer.bufferedBytes > 100_000 && peer.bufferedBytes < 100_200)
  take()
  await turns()
  assert.ok(peer.bufferedBytes > 40_000)
  assert.deepEqual(drained, [])
  take()
  await turns()
  assert.equal(peer.bufferedBytes, 0)
  assert.deepEqual(drained, [0])
  peer.terminate()
})

/** A stream that takes what is written to it when it is told to, a write at a time. */
function slowDuplex(): { socket: Duplex; take: () => void } {
  const waiting: (() => void)[] = []
  const socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => void waiting.push(done),
  })
  return { socket, take: () => waiting.shift()?.() }
}

test('thousands of peers share one timer, which ends with the last of them', async () => {
  const clock = new FakeClock()
  const pairs = Array.from({ length: 1_000 }, () => createRawPair({ clock, pingIntervalMs: 1_000 }))
  assert.equal(clock.pending, 1)
  await clock.advance(1_300)
  assert.ok(pairs.every(({ written }) => written().length === 2))
  for (const { peer } of pairs) peer.terminate()
  await turns()
  assert.equal(clock.pending, 0)
})

test('a peer without a receiver of messages reads them over, of any size', async () => {
  const ends: PeerEnd[] = []
  const { socket, take } = slowDuplex()
  const options = { role: 'client', maxMessageBytes: 10, pingIntervalMs: 0, idleTimeoutMs: 0 } as const
  const peer = createPeer(socket, options, { closed: (end) => ends.push(end) })
  socket.push(answers({ opcode: 2, payload: 'x'.repeat(50_000) }, closing(1000)))
  await turns()
  assert.equal(peer.isOpen, false)
  socket.push(null)
  take()
  await turns()
  assert.deepEqual(ends, [{ code: 1000, reason: '', clean: true }])
})

test('nothing is left behind', async () => {
  const noLeaks = watchForLeaks()
  const { peer, wire } = createRawPair({ pingIntervalMs: 1_000, idleTimeoutMs: 1_000 })
  wire.write(text('a'))
  peer.close()
  await turns()
  peer.terminate()
  await noLeaks()
})
