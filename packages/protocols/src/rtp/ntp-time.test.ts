import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SenderClock, fromNtp, middleOfNtp, toNtp } from './ntp-time.ts'

test('times go to NTP and back, also beyond its era of 2036', () => {
  assert.deepEqual(toNtp(0), { seconds: 2_208_988_800, fraction: 0 })
  assert.deepEqual(toNtp(500), { seconds: 2_208_988_800, fraction: 0x8000_0000 })
  for (const wallMs of [0, 1, 999.75, 1_800_000_000_123.5, 2_085_978_495_999, 2_085_978_496_000, 3_000_000_000_000]) {
    assert.ok(Math.abs(fromNtp(toNtp(wallMs)) - wallMs) < 0.001, `${wallMs}`)
  }
})

test('the middle of a time has the lower seconds and the upper fraction', () => {
  assert.equal(middleOfNtp({ seconds: 0xb44d_b705, fraction: 0x2000_0000 }), 0xb705_2000)
})

test('packets have the time of the sender since its last report, before and after it and across the wrap', () => {
  const clock = new SenderClock(90_000)
  assert.equal(clock.wallMs(0), undefined)
  clock.set(toNtp(1_000_000), 90_000)
  assert.equal(clock.wallMs(90_000), 1_000_000)
  assert.equal(clock.wallMs(180_000), 1_001_000)
  assert.equal(clock.wallMs(0), 999_000)
  assert.equal(clock.wallMs(2 ** 32 - 90_000), 998_000)
})
