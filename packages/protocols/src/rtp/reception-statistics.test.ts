import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packet } from './fixtures/packets.ts'
import { toNtp } from './ntp-time.ts'
import { ReceptionStatistics } from './reception-statistics.ts'

const clockRate = 90_000

test('nothing is reported before the first packet', () => {
  assert.equal(new ReceptionStatistics(clockRate).report(0), undefined)
})

test('loss is counted in all and since the last report, across the wrap', () => {
  const statistics = new ReceptionStatistics(clockRate)
  for (const sequence of [0xfffc, 0xfffd, 0xffff, 0]) statistics.take(packet(sequence), 0)
  const first = statistics.report(0)
  assert.deepEqual([first?.lost, first?.fractionLost, first?.highestSequence], [1, 51, 0x1_0000])
  for (const sequence of [1, 2, 3, 4]) statistics.take(packet(sequence), 0)
  const second = statistics.report(0)
  assert.deepEqual([second?.lost, second?.fractionLost, second?.highestSequence], [1, 0, 0x1_0004])
  assert.deepEqual([statistics.lost, statistics.received, statistics.ssrc], [1, 8, 7])
})

test('late and doubled packets count as received: loss may be negative, its fraction may not', () => {
  const statistics = new ReceptionStatistics(clockRate)
  for (const sequence of [1, 3, 2, 2, 2]) statistics.take(packet(sequence), 0)
  const report = statistics.report(0)
  assert.deepEqual([report?.lost, report?.fractionLost], [-2, 0])
})

test('when all is lost since the last report, the fraction is 0 of nothing expected', () => {
  const statistics = new ReceptionStatistics(clockRate)
  statistics.take(packet(1), 0)
  statistics.report(0)
  assert.equal(statistics.report(0)?.fractionLost, 0)
})

test('jitter is the smoothed difference of the times between packets, as in RFC 3550 A.8', () => {
  const statistics = new ReceptionStatistics(clockRate)
  let expected = 0
  const arrivals = [0, 40, 85, 120, 160, 230]
  arrivals.forEach((arrivedMs, index) => {
    statistics.take(packet(index, { timestamp: (0xffff_f000 + index * 3_600) >>> 0 }), arrivedMs)
    if (index === 0) return
    const difference = Math.abs((arrivedMs - arrivals[index - 1]! - 40) * 90)
    expected += (difference - expected) / 16
  })
  assert.equal(statistics.report(0)?.jitter, Math.floor(expected))
  assert.ok(Math.abs(statistics.jitterMs - expected / 90) < 1e-6)
})

test('an even stream has no jitter, whatever the clock of arrival says', () => {
  const statistics = new ReceptionStatistics(clockRate)
  for (let index = 0; index < 1_000; index++) {
    statistics.take(packet(index, { timestamp: (index * 900_000) >>> 0 }), 1e12 + index * 10_000)
  }
  assert.equal(statistics.jitterMs, 0)
})

test('the last sender report is named, with the time since then', () => {
  const statistics = new ReceptionStatistics(clockRate)
  statistics.take(packet(1), 0)
  assert.deepEqual([statistics.report(500)?.lastReport, statistics.report(500)?.delay], [0, 0])
  statistics.noteSenderReport({ seconds: 0xb44d_b705, fraction: 0x2000_0000 }, 1_000)
  const report = statistics.report(6_250)
  assert.deepEqual([report?.lastReport, report?.delay], [0xb705_2000, 5.25 * 65_536])
  statistics.noteSenderReport(toNtp(0), 7_000)
  assert.equal(statistics.report(7_000)?.delay, 0)
})

test('one packet from far away or of another source does not count; two in a row begin anew', () => {
  const statistics = new ReceptionStatistics(clockRate)
  for (const sequence of [10, 11, 30_000, 12]) statistics.take(packet(sequence), 0)
  assert.deepEqual([statistics.received, statistics.lost], [3, 0])
  for (const sequence of [40_000, 40_001, 40_002]) statistics.take(packet(sequence), 0)
  assert.deepEqual([statistics.received, statistics.lost], [2, 0])
  statistics.noteSenderReport(toNtp(0), 0)
  statistics.take(packet(5, { ssrc: 8 }), 0)
  statistics.take(packet(6, { ssrc: 9 }), 0)
  statistics.take(packet(40_003), 0)
  assert.deepEqual([statistics.received, statistics.ssrc], [3, 7])
  statistics.take(packet(5, { ssrc: 8 }), 0)
  statistics.take(packet(6, { ssrc: 8 }), 0)
  assert.deepEqual([statistics.received, statistics.ssrc, statistics.report(9)?.lastReport], [1, 8, 0])
})
