import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AudioPacketiser } from './audio-packetiser.ts'
import { readAll } from './fixtures/packets.ts'
import { fromALaw, fromMuLaw, toMuLaw } from './g711.ts'
import { createAudioReader, isAudioEncoding } from './read-audio.ts'
import { RtpSender } from './rtp-sender.ts'

const sender = (clockRate: number, timestamp = 0): RtpSender =>
  new RtpSender({ payloadType: 97, clockRate, ssrc: 7, sequence: 0, timestamp })
const samplesOf = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(2 * index))

test('G.711 codes are those of the standard', () => {
  assert.deepEqual(
    samplesOf(fromMuLaw(Uint8Array.of(0x00, 0x80, 0x7f, 0xff, 0xf0, 0x8f))),
    [-32_124, 32_124, 0, 0, 120, 16_764],
  )
  assert.deepEqual(
    samplesOf(fromALaw(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a, 0xd4, 0x80))),
    [8, -8, 32_256, -32_256, 24, 5_504],
  )
})

test('every sample gets the nearest PCMU code, and every code comes back', () => {
  const levels = samplesOf(fromMuLaw(Uint8Array.from({ length: 256 }, (_, code) => code)))
  for (let code = 0; code < 256; code++) {
    // Minus zero is zero.
    if (code !== 0x7f) assert.equal(toMuLaw(levels[code]!), code)
  }
  for (let sample = -32_768; sample < 32_768; sample++) {
    const error = Math.abs(levels[toMuLaw(sample)]! - sample)
    const step = Math.max(8, 2 ** (Math.floor(Math.log2(Math.min(32_635, Math.abs(sample)) + 132)) - 4))
    if (error > Math.max(step / 2, Math.abs(sample) - 32_124)) assert.fail(`${sample} is off by ${error}`)
  }
})

test('payloads become little-endian samples, without what is over at their end', () => {
  const read = (encoding: string, channels: number, hex: string): number[] => {
    assert.ok(isAudioEncoding(encoding))
    return samplesOf(createAudioReader(encoding, channels)(Buffer.from(hex, 'hex')))
  }
  assert.deepEqual(read('L16', 1, '0102fffe80'), [0x0102, -2])
  assert.deepEqual(read('L16', 2, '0102fffe8000'), [0x0102, -2])
  assert.deepEqual(read('L8', 1, '0080ff'), [-32_768, 0, 32_512])
  assert.deepEqual(read('PCMU', 2, 'ff00ff'), [0, -32_124])
  assert.deepEqual(read('PCMA', 1, 'd5'), [8])
  assert.deepEqual(read('L16', 1, ''), [])
  assert.equal(isAudioEncoding('OPUS') || isAudioEncoding('constructor'), false)
})

test('samples come out as they went in, however they were cut, with a clock that goes on', () => {
  const chunk = fc.uint8Array({ maxLength: 3_000 })
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 8 }), fc.constantFrom(1, 2, 6), (chunks, channels) => {
      const packetiser = new AudioPacketiser(sender(16_000, 0xffff_ffff), { encoding: 'L16', channels })
      const packets = chunks.flatMap((bytes) => packetiser.push(bytes))
      const last = packetiser.flush()
      const read = readAll(last ? [...packets, last] : packets)
      const reader = createAudioReader('L16', channels)
      const all = Buffer.concat(chunks)
      const whole = all.length - (all.length % (2 * channels))
      assert.deepEqual(Buffer.concat(read.map(({ payload }) => reader(payload))), all.subarray(0, whole))
      let ticks = 0
      for (const { timestamp, payload, isMarked } of read) {
        assert.deepEqual([timestamp, isMarked], [(0xffff_ffff + ticks) >>> 0, ticks === 0])
        assert.ok(payload.length <= 1_438)
        ticks += payload.length / 2 / channels
      }
      assert.equal(packetiser.ticks, ticks)
    }),
  )
})

test('a packet has 20 ms, or as much as it has room for', () => {
  const packetsOf = (rate: number, channels: number, packetMs?: number): number[] => {
    const options = { encoding: 'L16' as const, channels, ...(packetMs ? { packetMs } : {}) }
    const packetiser = new AudioPacketiser(sender(rate), options)
    return packetiser.push(Buffer.alloc(10_000)).map((bytes) => (bytes.length - 12) / 2 / channels)
  }
  assert.equal(packetsOf(8_000, 1)[0], 160)
  assert.equal(packetsOf(8_000, 1, 40)[0], 320)
  assert.equal(packetsOf(48_000, 2)[0], 359)
})

test('PCMU has one byte a sample', () => {
  const packetiser = new AudioPacketiser(sender(8_000), { encoding: 'PCMU', channels: 1, packetMs: 1 })
  const samples = Buffer.alloc(16)
  samples.writeInt16LE(-32_768, 0)
  samples.writeInt16LE(32_767, 2)
  const [packet] = readAll(packetiser.push(samples))
  assert.equal(packet?.payload.toString('hex'), '0080ffffffffffff')
})

test('after silence the clock is later, and the packet is marked', () => {
  const packetiser = new AudioPacketiser(sender(8_000), { encoding: 'PCMU', channels: 1 })
  const first = packetiser.push(Buffer.alloc(640))
  packetiser.skip(8_000)
  const read = readAll([...first, ...packetiser.push(Buffer.alloc(320))])
  assert.deepEqual(
    read.map(({ timestamp, isMarked }) => [timestamp, isMarked]),
    [
      [0, true],
      [160, false],
      [8_320, true],
    ],
  )
})
