import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPaint } from '../screen/paint.ts'
import type { MediumFacts, SourceFacts } from './observer.ts'
import { showBitRate, showBytes, showElapsed, showMs, showSeconds } from './quantities.ts'
import { showInterval, showSource, showTotal } from './show-text.ts'
import { intervalRecord, totalRecord } from './show-records.ts'
import { Tally } from './tally.ts'

const plain = createPaint(false)
const nothing = { clockRate: undefined, channels: undefined, picture: {}, framerate: undefined, note: '' }
const video: MediumFacts = {
  ...nothing,
  type: 'video',
  codec: 'H264',
  isWatched: true,
  clockRate: 90_000,
  picture: { size: { width: 1280, height: 720 }, profile: 'High', level: '3.1' },
  framerate: 25,
}
const source: SourceFacts = {
  server: 'cam',
  transport: 'tcp',
  media: [video, { ...nothing, type: 'audio', codec: 'PCMU', isWatched: false, clockRate: 8_000, channels: 1 }],
  codec: 'h264',
  reception: undefined,
}

test('quantities have three digits', () => {
  assert.deepEqual([0, 980, 999.6, 12_500, 3_850_000].map(showBytes), ['0 B', '980 B', '1.00 kB', '12.5 kB', '3.85 MB'])
  assert.equal(showBitRate(64_000), '64.0 kbit/s')
  assert.deepEqual([0, 0.314, 12.44, 124.4].map(showMs), ['0.00 ms', '0.31 ms', '12.4 ms', '124 ms'])
  assert.equal(showSeconds(980), '0.98 s')
  assert.deepEqual([999.6, 59_400, 725_000, 10_805_000].map(showElapsed), ['1s', '59s', '12m05s', '3h00m05s'])
})

test('a source is shown with all its media, and which one is watched', () => {
  assert.equal(
    showSource('rtsp://camera/live', source, plain),
    [
      'rtsp://camera/live  cam, by TCP',
      '',
      '  watched  video  H264  1280x720, High, level 3.1, 25 fps, 90000 Hz',
      '           audio  PCMU  8000 Hz, 1 channel',
      '',
      '',
    ].join('\n'),
  )
})

test('what a server says cannot move the cursor', () => {
  const evil = { ...source, server: '\u001b[2J', media: [{ ...video, codec: 'X\u001b[1A\n' }] }
  assert.doesNotMatch(showSource('rtsp://camera/', evil, plain), /\u001b/)
})

test('of a source that offers very much the first media are shown, and the one that is watched', () => {
  const media = [...Array.from({ length: 9_999 }, () => ({ ...video, isWatched: false })), video]
  const lines = showSource('rtsp://camera/', { ...source, media }, plain)
    .trimEnd()
    .split('\n')
  assert.equal(lines.length, 2 + 21 + 1)
  assert.match(lines.at(-2) ?? '', /^ {2}watched /)
  assert.equal(lines.at(-1), '  and 9979 more')
})

test('an interval is one line; a silence is told', () => {
  const tally = new Tally(0)
  tally.begin(0)
  for (let frame = 0; frame < 25; frame++) {
    tally.addBytes(12_500)
    tally.addUnit(12_500, frame === 0 || frame === 12, 40 * frame)
  }
  const line = showInterval(tally.interval(1_000, undefined), { received: 248, lost: 2, jitterMs: 0.31 }, false)
  assert.equal(line, '    1s  25.0 fps  2.50 Mbit/s  12.5 kB  jitter 0.31 ms  lost 2/250  key 0.48 s')
  tally.interval(2_000, undefined)
  assert.match(showInterval(tally.interval(3_000, undefined), undefined, false), / 0\.0 fps .*nothing for 2\.04 s$/)
})

test('the total of sound counts packets; that of nothing says so', () => {
  const tally = new Tally(0)
  tally.begin(10)
  for (let packet = 0; packet < 51; packet++) {
    tally.addBytes(160)
    tally.addUnit(160, false, 20 + 20 * packet)
  }
  const reception = { received: 51, lost: -1, jitterMs: 0.5 }
  const total = tally.total(1_030, reception)
  assert.equal(
    showTotal(total, true),
    [
      '1.02 s, first packet after 20.0 ms',
      '  51 packets  50.00 a second, 160 B each (160 B to 160 B)',
      '  8.16 kB     64.0 kbit/s',
      '  51 packets  lost -1/50, jitter 0.50 ms, at most 0.50 ms',
      '',
    ].join('\n'),
  )
  const nothing = new Tally(0)
  assert.equal(showTotal(nothing.total(0, { received: 0, lost: 0, jitterMs: 0 }), false), '0.00 s, nothing came\n')
  nothing.addDropped(1)
  assert.equal(
    showTotal(nothing.total(0, undefined), false),
    '0.00 s, no whole frame came\n  1 broken frame  left out\n',
  )
})

test('records name what they count, and leave out what there is not', () => {
  const tally = new Tally(0)
  tally.begin(0)
  const text = (value: object): string => JSON.stringify(value)
  assert.equal(
    text(intervalRecord(tally.interval(1_000, undefined), undefined, true)),
    '{"type":"interval","seconds":1,"packets":0,"packets_per_second":0,"bits_per_second":0}',
  )
  tally.addUnit(10, true, 500)
  tally.addUnit(20, true, 1_500.123_45)
  const { type, end, ...record } = totalRecord(
    tally.total(2_000, { received: 4, lost: 1, jitterMs: 0.123_45 }),
    false,
    'time',
  )
  assert.deepEqual([type, end], ['summary', 'time'])
  assert.equal(
    text(record),
    '{"seconds":2,"first_frame_ms":500,"frames":2,"frames_per_second":1,"bytes":0,"bits_per_second":0,"frame_bytes":15,' +
      '"frame_bytes_least":10,"frame_bytes_most":20,"frames_dropped":0,"key_frames":2,"key_interval_ms":1000.1,' +
      '"key_interval_ms_least":1000.1,"key_interval_ms_most":1000.1,"key_interval_frames":1,"packets_received":4,' +
      '"packets_expected":5,"packets_lost":1,"jitter_ms":0.123,"jitter_ms_most":0.123}',
  )
})
