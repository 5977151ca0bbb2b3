import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRtp } from './rtp-packet.ts'
import { PacketBatch, RtpSender } from './rtp-sender.ts'

test('numbers and timestamps go on across their wraps, and a report counts packets and payloads', () => {
  const sender = new RtpSender({
    payloadType: 96,
    clockRate: 90_000,
    ssrc: 5,
    sequence: 0xffff,
    timestamp: 0xffff_ff00,
  })
  assert.deepEqual([sender.timestampAt(0), sender.timestampAt(10), sender.timestampOf(0x100)], [0xffff_ff00, 644, 0])
  const batch = new PacketBatch(sender, 1, { packets: 2, payloadBytes: 5 })
  batch.bytes.fill(1, batch.add(2, false))
  batch.bytes.fill(2, batch.add(3, true))
  assert.deepEqual(
    batch.packets
      .map((bytes) => readRtp(bytes))
      .map((packet) => [packet?.sequence, packet?.payload.length, packet?.isMarked]),
    [
      [0xffff, 2, false],
      [0, 3, true],
    ],
  )
  assert.equal(sender.nextSequence, 1)
  assert.deepEqual(sender.report(500, 10), {
    type: 'sender',
    ssrc: 5,
    ntp: { seconds: 2_208_988_800, fraction: 0x8000_0000 },
    rtpTimestamp: 644,
    packets: 2,
    octets: 5,
    reports: [],
  })
})

test('what is left out is random', () => {
  const facts = Array.from({ length: 4 }, () => {
    const sender = new RtpSender({ payloadType: 96, clockRate: 90_000 })
    return [sender.ssrc, sender.nextSequence, sender.timestampAt(0)].join()
  })
  assert.equal(new Set(facts).size, 4)
})
