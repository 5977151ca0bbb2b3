import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { type MediaPrograms, mediaPeers } from '../../../../../scripts/tools/media-peers.ts'
import { fuzz } from '../../rtp/fixtures/mutations.ts'
import { type WrittenSet, writeH264Set, writeH265Set } from '../fixtures/write-sets.ts'
import { pictureSizeOf, readSequenceSet } from './picture-size.ts'

const peers = await mediaPeers()
const { ffmpeg } = peers as MediaPrograms

/** Sets that x264 and x265 wrote. */
const recorded = {
  baseline: '0000000109f00000000167 42c00ad9024be224c044000003000400000300283c4899200000000168cb83cb20',
  main: '0000000167 4d400ceca0a8cf1136022000000300200000030141e28532c00000000168ebe3cb20',
  high422: '0000000167 7a000abcd9462f922f0110000003001000000300a0f12259600000000168ebe3cb22c0',
  h265:
    '0000000140010c01ffff01600000030090000003000003001e95980900000001 42010101600000030090000003000003001ea01120' +
    '51c9265959a4932bc05a020000030002000003000a10000000014401c172b46240',
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

test('size, profile and level are those of the first sequence parameter set, after cropping', () => {
  const read = (name: keyof typeof recorded) =>
    readSequenceSet(name === 'h265' ? 'h265' : 'h264', bytesOf(recorded[name]))
  assert.deepEqual(read('baseline'), { width: 130, height: 74, profile: 'Constrained Baseline', level: '1' })
  assert.deepEqual(read('main'), { width: 322, height: 182, profile: 'Main', level: '1.2' })
  assert.deepEqual(read('high422'), { width: 90, height: 70, profile: 'High 4:2:2', level: '1' })
  assert.deepEqual(read('h265'), { width: 130, height: 74, profile: 'Main', level: '1' })
  assert.deepEqual(pictureSizeOf('h264', bytesOf(recorded.main)), { width: 322, height: 182 })
})

test('a unit without a set, one that is cut off, and one of the other codec have no size', () => {
  const main = bytesOf(recorded.main)
  assert.equal(pictureSizeOf('h264', Buffer.alloc(0)), undefined)
  assert.equal(pictureSizeOf('h264', Buffer.of(0, 0, 0, 1, 0x65, 0x88, 0x84)), undefined)
  assert.equal(pictureSizeOf('h264', main.subarray(0, 10)), undefined)
  assert.equal(pictureSizeOf('h265', main), undefined)
  assert.equal(pictureSizeOf('h264', bytesOf(recorded.h265)), undefined)
  const afterBroken = Buffer.concat([main.subarray(0, 10), main])
  assert.deepEqual(pictureSizeOf('h264', afterBroken), { width: 322, height: 182 }, 'the next one counts')
})

const cropped = fc.option(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)), { nil: undefined })
const written: fc.Arbitrary<WrittenSet> = fc.record({
  columns: fc.integer({ min: 1, max: 512 }),
  rows: fc.integer({ min: 1, max: 256 }),
  crop: cropped,
  chroma: fc.constantFrom(0, 1, 2, 3),
  isSeparate: fc.boolean(),
  isInterlaced: fc.boolean(),
  orderType: fc.constantFrom(0, 1, 2),
  offsets: fc.array(fc.integer({ min: -(2 ** 30), max: 2 ** 30 }), { maxLength: 255 }),
  lists: fc.array(fc.option(fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 1 }), { nil: undefined }), {
    maxLength: 12,
  }),
  subLayers: fc.nat(6),
})

/** By the tables of both specifications. */
function sizeOf({ columns, rows, crop, chroma, isSeparate }: WrittenSet, rowsPerUnit: number): object | undefined {
  const [left, right, top, bottom] = crop ?? [0, 0, 0, 0]
  const format = isSeparate && chroma === 3 ? 0 : chroma
  const stepX = format === 1 || format === 2 ? 2 : 1
  const stepY = format === 1 ? 2 : 1
  const width = 16 * columns - stepX * (left + right)
  const height = 16 * rows * rowsPerUnit - stepY * rowsPerUnit * (top + bottom)
  return width > 0 && height > 0 ? { width, height } : undefined
}

test('whatever a set of H.264 or H.265 says before its size, the size is found', () => {
  fc.assert(
    fc.property(written, (set) => {
      const expected = sizeOf(set, set.isInterlaced ? 2 : 1)
      const h264 = expected && { ...expected, profile: 'High 4:4:4 Predictive', level: '3.1' }
      assert.deepEqual(readSequenceSet('h264', writeH264Set(set)), h264)
      const plain = sizeOf(set, 1)
      const h265 = plain && { ...plain, profile: 'Main 10', level: '4.1 High tier' }
      assert.deepEqual(readSequenceSet('h265', writeH265Set(set)), h265)
    }),
    { numRuns: 2_000 },
  )
})

test('sets that are damaged have a sensible size or none', () => {
  const samples = Object.values(recorded).map(bytesOf)
  fuzz(samples, 10_000_000, (bytes) => {
    for (const codec of ['h264', 'h265'] as const) {
      const size = pictureSizeOf(codec, bytes)
      if (size) assert.ok(size.width > 0 && size.height > 0 && size.width <= 65_535 && size.height <= 65_535)
    }
  })
})

for (const [codec, encoder, args] of [
  ['h264', 'libx264', ['-profile:v', 'high']],
  ['h264', 'libx264', ['-flags', '+ildct+ilme', '-x264-params', 'interlaced=1']],
  ['h265', 'libx265', ['-x265-params', 'log-level=error']],
] as const) {
  test(`the size of what ${encoder} encodes with ${args.join(' ')} is read`, { skip: peers.skip }, async () => {
    for (const [width, height] of [
      [64, 48],
      [322, 180],
      [1920, 1080],
    ]) {
      const pattern = ['-f', 'lavfi', '-i', `testsrc=size=${width}x${height}:rate=5`, '-frames:v', '1']
      const encoding = ['-pix_fmt', 'yuv420p', '-c:v', encoder, ...args, '-f', codec === 'h264' ? 'h264' : 'hevc', '-']
      const { stdout } = await promisify(execFile)(ffmpeg, ['-v', 'error', ...pattern, ...encoding], {
        encoding: 'buffer',
        maxBuffer: 1 << 24,
        timeout: 30_000,
      })
      assert.deepEqual(pictureSizeOf(codec, stdout), { width, height })
    }
  })
}
