import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RtpPacket } from '@pelton/protocols/rtp'
import { AudioTrack } from './audio-track.ts'
import { AudioWindow } from './audio-window.ts'

const rate = 8_000

/** A packet of one sample for each number; PCMU's silence is 0xff. */
function packet(sequence: number, timestamp: number, ...codes: number[]): RtpPacket {
  const at = { sequence: sequence & 0xffff, timestamp: timestamp >>> 0 }
  return { ...at, payloadType: 0, isMarked: false, ssrc: 1, payload: Buffer.from(codes) }
}

function listen() {
  const heard: (number | 'break')[] = []
  const track = new AudioTrack(
    { encoding: 'PCMU', from: rate, to: rate, channels: 1 },
    { onSamples: (samples) => heard.push(samples.length / 2), onBreak: () => heard.push('break') },
  )
  return { heard, track }
}

test('numbers and timestamps may wrap', () => {
  const { heard, track } = listen()
  track.push(packet(0xffff, 0xffff_fffe, 1, 1))
  track.push(packet(0x1_0000, 0x1_0000_0000, 1))
  track.push(packet(0x1_0002, 0x1_0000_0003, 1))
  assert.deepEqual(heard, [2, 1, 2, 1])
})

test('as much silence as a second stands for what is lost; more, or time that goes back, is a break', () => {
  const { heard, track } = listen()
  track.push(packet(1, 0, 1))
  track.push(packet(3, 1 + rate, 1))
  track.push(packet(5, 3 + 2 * rate, 1))
  track.push(packet(7, 0, 1))
  assert.deepEqual(heard, [1, rate, 1, 'break', 1, 'break', 1])
})

test('a pause of the source without a loss is none of ours', () => {
  const { heard, track } = listen()
  track.push(packet(1, 0, 1))
  track.push(packet(2, 50_000, 1))
  // Nor is one that a packet of another format stands for.
  track.push(packet(3, 50_001))
  track.push(packet(4, 90_000, 1))
  assert.deepEqual(heard, [1, 1, 1])
})

test('windows are whole samples of every channel, whatever the sizes, and say where they begin', () => {
  const size = fc.integer({ min: 1, max: 40 })
  fc.assert(
    fc.property(size, size, size, fc.integer({ min: 1, max: 6 }), (chunk, more, trim, channels) => {
      const max = chunk + more
      const sizes = { chunk_bytes: chunk, max_bytes: max, trim_bytes: Math.min(trim, max) }
      const window = new AudioWindow({ sampleRate: rate, channels }, sizes, 1_000)
      const frameBytes = 2 * channels
      for (let frame = 0; frame < 60; frame += 1) {
        window.add(Buffer.alloc(frameBytes, frame))
        if (!window.hasNew) continue
        const { samples, firstSample } = window.take()
        assert.equal(samples.length % frameBytes, 0)
        if (samples.length > 0) assert.equal(samples[0], firstSample - 1_000)
      }
      assert.equal(window.end, 1_060)
    }),
  )
})
