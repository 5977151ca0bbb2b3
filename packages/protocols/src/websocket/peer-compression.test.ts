import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, inflateRawSync, constants } from 'node:zlib'
import { waitUntil } from '@pelton/testkit'
import { type RawPair, createRawPair, turns } from './fixtures/peer-pair.ts'
import { rawFrames } from './fixtures/raw-frames.ts'
import { FrameParser } from './frame-parser.ts'
import type { WebSocketPeer } from './peer-options.ts'

const deflate = { windowBits: 15 }
const noise = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, at) => (at * 7919 * (at >> 3)) >> 5))

function compressed(data: string | Uint8Array, opcode = 2): Buffer {
  const payload = deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  return rawFrames({ opcode, reserved: 0x40, payload })
}

interface Sent {
  data: Buffer
  isCompressed: boolean
}

/** What a server's peer has written, as messages. */
function readBack(written: Buffer): Sent[] {
  const sent: Sent[] = []
  const receiver = {
    onMessage: (data: Buffer, _isText: boolean, isCompressed: boolean): void =>
      void sent.push({
        data: isCompressed ? inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }) : data,
        isCompressed,
      }),
    onPing: () => undefined,
    onClose: (code: number): void => void sent.push({ data: Buffer.from(String(code)), isCompressed: false }),
    onFault: (_code: number, reason: string) => assert.fail(reason),
  }
  const rules = { isMasked: false, maxMessageBytes: 1e8, isCompressible: true }
  new FrameParser(receiver, rules).push(Buffer.from(written))
  return sent
}

test('messages keep their order whatever way each of them takes', async () => {
  const { peer, written } = createRawPair({ deflate })
  const sizes = [10, 300_000, 2_000, 5, 100_000, 1_023, 1_024, 0]
  for (const size of sizes) peer.send(Buffer.alloc(size, 'x'), false)
  assert.ok(peer.bufferedBytes > 100_000)
  peer.close(1000)
  await waitUntil('all messages', () => peer.bufferedBytes === 0)
  await turns()
  const sent = readBack(written())
  assert.deepEqual(
    sent.slice(0, -1).map(({ data }) => data.length),
    sizes,
  )
  assert.deepEqual(
    sent.slice(0, -1).map(({ isCompressed }) => isCompressed),
    sizes.map((size) => size >= 1_024),
  )
  assert.equal(sent.at(-1)?.data.toString(), '1000')
})

test('small and large compressed messages are told in order with plain ones between them', async () => {
  const { wire, messages } = createRawPair({ deflate })
  const large = noise(200_000)
  const bomb = Buffer.alloc(500_000)
  wire.write(
    Buffer.concat([compressed(large), compressed('a', 1), compressed(bomb), rawFrames({ opcode: 1, payload: 'b' })]),
  )
  await waitUntil('all messages', () => messages.length === 4)
  assert.ok(large.equals(messages[0] as Buffer) && bomb.equals(messages[2] as Buffer))
  assert.deepEqual([messages[1], messages[3]], ['a', 'b'])
})

test('a message may be compressed in fragments, in several blocks, with a last block, or be empty', async () => {
  const { wire, messages } = createRawPair({ deflate })
  const payload = deflateRawSync('fragments', { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  const blocks = Buffer.concat(
    ['one', 'two'].map((part) => deflateRawSync(part, { finishFlush: constants.Z_SYNC_FLUSH })),
  )
  wire.write(
    rawFrames(
      { opcode: 1, reserved: 0x40, isFinal: false, payload: payload.subarray(0, 3) },
      { opcode: 0, payload: payload.subarray(3) },
      { opcode: 1, reserved: 0x40, payload: blocks.subarray(0, -4) },
      { opcode: 1, reserved: 0x40, payload: Buffer.concat([deflateRawSync('last'), Buffer.from([0])]) },
      { opcode: 1, reserved: 0x40, payload: Buffer.from([0]) },
    ),
  )
  await waitUntil('all messages', () => messages.length === 4)
  assert.deepEqual(messages, ['fragments', 'onetwo', 'last', ''])
})

const broken: Record<string, [Buffer, number]> = {
  'a message that cannot be inflated': [
    rawFrames({ opcode: 2, reserved: 0x40, payload: Buffer.alloc(100, 0xff) }),
    1007,
  ],
  'a large message that cannot be inflated': [
    rawFrames({ opcode: 2, reserved: 0x40, payload: Buffer.alloc(50_000, 0xff) }),
    1007,
  ],
  'a small text that inflates to no UTF-8': [compressed(Uint8Array.from([0xff]), 1), 1007],
  'a large text that inflates to no UTF-8': [compressed(noise(100_000), 1), 1007],
  'a small message that inflates beyond the limit': [compressed(Buffer.alloc(1_000_001)), 1009],
  'a bomb of a thousand times the limit': [compressed(Buffer.alloc(100_000_000)), 1009],
}
for (const [what, [bytes, code]] of Object.entries(broken)) {
  test(`${what} closes with ${code}, and nothing after it is told`, async () => {
    const { wire, messages, written, peer, ends } = createRawPair({ deflate, maxMessageBytes: 1_000_000 })
    wire.write(Buffer.concat([bytes, rawFrames({ opcode: 1, payload: 'after' })]))
    await waitUntil('the close', () => !peer.isOpen && written().length > 0)
    assert.equal(readBack(written()).at(-1)?.data.toString(), String(code))
    wire.end()
    await waitUntil('the end', () => ends.length === 1)
    assert.deepEqual(messages, [])
  })
}

/** A plain text, in one read with what takes another thread to inflate. */
function firstAndLarge(): Buffer {
  return Buffer.concat([rawFrames({ opcode: 1, payload: 'first' }), compressed(noise(100_000))])
}

/** Acts as soon as the text has been told: once its read is over, when the inflation has begun. */
function duringInflation(act: (peer: WebSocketPeer) => void): RawPair {
  const pair = createRawPair({ deflate }, (peer, _data, isText) => isText && queueMicrotask(() => act(peer)))
  pair.wire.write(firstAndLarge())
  return pair
}

test('a pause during an inflation holds its message', async () => {
  const { messages, peer } = duringInflation((own) => own.pause())
  await waitUntil('the first message', () => messages.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.deepEqual(messages, ['first'])
  peer.resume()
  await waitUntil('the message', () => messages.length === 2)
})

test('a close during a pause drops what was inflated meanwhile', async () => {
  const { messages, peer, socket } = duringInflation((own) => own.pause())
  await waitUntil('the first message', () => messages.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 30))
  peer.close()
  await waitUntil('reading on', () => !socket.isPaused())
  assert.deepEqual(messages, ['first'])
})

test('a connection that closes during an inflation tells nothing more, and ends', async () => {
  const closing = duringInflation((peer) => peer.close(1001))
  const cut = duringInflation((peer) => peer.terminate())
  closing.wire.end(rawFrames({ opcode: 8 }))
  await waitUntil('the ends', () => closing.ends.length + cut.ends.length === 2)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.deepEqual([...closing.messages, ...cut.messages], ['first', 'first'])
  assert.deepEqual(closing.ends, [{ code: 1001, reason: '', clean: true }])
})

test('a close of the peer is answered behind what is being compressed', async () => {
  const { wire, peer, written, ends } = createRawPair({ deflate })
  const large = noise(300_000)
  peer.send(large, false)
  wire.end(rawFrames({ opcode: 8, payload: Uint8Array.from([3, 232]) }))
  await waitUntil('the end', () => ends.length === 1)
  const sent = readBack(written())
  assert.ok(sent[0]?.data.equals(large))
  assert.equal(sent[1]?.data.toString(), '1000')
})

test('many connections share few threads, and all are served', async () => {
  const pairs = Array.from({ length: 40 }, () => createRawPair({ deflate }, (peer, data) => peer.send(data, false)))
  const bytes = compressed(noise(60_000))
  for (const { wire } of pairs) wire.write(Buffer.from(bytes))
  await waitUntil('all messages', () => pairs.every(({ written }) => written().length > 1_000))
  await turns()
  assert.ok(pairs.every(({ written }) => readBack(written())[0]?.data.equals(noise(60_000))))
})
