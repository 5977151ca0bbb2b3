import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pixelsOf } from '../jpeg/fixtures/pictures.ts'
import { readJpeg } from '../jpeg/read-jpeg.ts'
import { rtpFitness } from '../jpeg/rtp-fitness.ts'
import type { AccessUnit } from './access-unit-builder.ts'
import { splitAnnexB } from './annex-b.ts'
import { recordedPackets } from './fixtures/recorded-packets.ts'
import { H264Depacketiser } from './h264-depacketiser.ts'
import { H265Depacketiser } from './h265-depacketiser.ts'
import { JpegDepacketiser, type JpegFrame } from './jpeg-depacketiser.ts'

const bars = { left: [188, 188, 188], right: [10, 10, 190] }
const jpegs = { 'gstreamer-jpeg': 1, 'gstreamer-jpeg-422': 0, 'ffmpeg-jpeg': 1 }

for (const [name, type] of Object.entries(jpegs)) {
  test(`${name}: every frame comes out with its picture`, async () => {
    const frames: JpegFrame[] = []
    const depacketiser = new JpegDepacketiser((frame) => frames.push(frame))
    for (const packet of recordedPackets(name)) depacketiser.push(packet)
    assert.deepEqual([frames.length, depacketiser.dropped], [6, 0])
    assert.deepEqual(rtpFitness(readJpeg(frames[5]!.bytes)), { type })
    const { width, height, data } = await pixelsOf(frames[5]!.bytes)
    assert.deepEqual([width, height], [64, 48])
    const colourAt = (x: number): number[] => [...data.subarray(3 * (64 * 10 + x), 3 * (64 * 10 + x) + 3)]
    const isNear = (one: number[], other: number[]): boolean =>
      one.every((value, at) => Math.abs(value - other[at]!) < 60)
    assert.ok(isNear(colourAt(2), bars.left), `${colourAt(2).join()}`)
    assert.ok(isNear(colourAt(62), bars.right), `${colourAt(62).join()}`)
  })
}

const videos: Record<string, string[]> = {
  'gstreamer-h264': ['9 7 8 6 5', '9 1', '9 1', '9 7 8 5', '9 1', '9 1'],
  'ffmpeg-h264': ['7 8 6 5', '1', '1', '7 8 5', '1', '1'],
  'gstreamer-h265': ['32 33 34 39 20', '1', '1', '32 33 34 21', '1', '1'],
  'ffmpeg-h265': ['32 33 34 39 20', '1', '1', '32 33 34 39 21', '1', '1'],
}
for (const [name, expected] of Object.entries(videos)) {
  test(`${name}: every picture comes out with its units`, () => {
    const units: AccessUnit[] = []
    const is264 = name.endsWith('h264')
    const Depacketiser = is264 ? H264Depacketiser : H265Depacketiser
    const depacketiser = new Depacketiser((unit) => units.push(unit))
    for (const packet of recordedPackets(name)) depacketiser.push(packet)
    const typeOf = (unit: Buffer): number => (is264 ? unit[0]! & 0x1f : (unit[0]! >> 1) & 0x3f)
    assert.deepEqual(
      units.map(({ bytes }) => splitAnnexB(bytes).map(typeOf).join(' ')),
      expected,
    )
    assert.deepEqual(
      units.map(({ isKey, isAfterLoss }) => [isKey, isAfterLoss]),
      [0, 1, 2, 3, 4, 5].map((index) => [index % 3 === 0, false]),
    )
    assert.equal(depacketiser.dropped, 0)
  })
}
