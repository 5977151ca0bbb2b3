import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import { type MediaPrograms, mediaPeers } from '../../../../scripts/tools/media-peers.ts'
import { splitAnnexB, startCode } from '../rtp/annex-b.ts'
import { createDice, mutate } from '../rtp/fixtures/mutations.ts'
import { createDecodingThreads } from './threads/decoding-threads.ts'
import { type CodedUnit, codeVideo } from './fixtures/coded-video.ts'
import { notingTaker, type NotingTaker, pushUnit } from './fixtures/noting-taker.ts'
import { writeH264Set, writeH265Set } from './fixtures/write-sets.ts'
import { createVideoDecoders, type DecoderName } from './open-decoder.ts'
import type { PictureFormat, VideoCodec, VideoDecoder } from './video-decoder.ts'

const peers = await mediaPeers()
const { skip } = peers
const { ffmpeg } = peers as MediaPrograms
const threads = createDecodingThreads({ most: 1 })
after(() => threads.close())
const patience = { deadlineMs: 20_000 }

interface Stream {
  decoder: VideoDecoder
  taker: NotingTaker
}

async function open(by: DecoderName, codec: VideoCodec, format: PictureFormat): Promise<Stream> {
  const taker = notingTaker()
  const decoder = await createVideoDecoders({ folder: '/nowhere', threads, among: [by] }).open({ codec, format, taker })
  return { decoder, taker }
}

/** Wants a picture of the last of the units and waits for it. */
async function pass({ decoder, taker }: Stream, units: readonly CodedUnit[], tag: number): Promise<void> {
  taker.pictures.length = 0
  for (const [index, unit] of units.entries()) {
    const isLast = index === units.length - 1
    pushUnit(decoder, unit, { tag, due: isLast ? 'always' : 'never' })
  }
  decoder.want()
  await waitUntil(`the picture ${tag}`, () => taker.pictures.length > 0, patience)
}

/** The most bytes that this process ever had addresses for; 0 where the system does not say. */
function addressesInUse(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  return Number(/VmPeak:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

/** The unit with another sequence set in the place of its own. */
function withSet(codec: VideoCodec, unit: Buffer, set: Buffer): Buffer {
  const isSet = (part: Buffer): boolean => (codec === 'h264' ? (part[0]! & 0x1f) === 7 : part[0]! >> 1 === 33)
  return Buffer.concat(splitAnnexB(unit).flatMap((part) => (isSet(part) ? [set] : [startCode, part])))
}

/** Goes round the units until a picture of them comes: a spoilt sequence set may have asked for delay. */
async function passGood({ decoder, taker }: Stream, units: readonly CodedUnit[], tag: number): Promise<void> {
  taker.pictures.length = 0
  let index = 0
  const look = (): boolean => {
    for (let count = 0; count < units.length; count++) pushUnit(decoder, units[index++ % units.length]!, { tag })
    decoder.want()
    return taker.pictures.some((picture) => picture.tag === tag)
  }
  await waitUntil(`the picture ${tag}`, look, patience)
}

test('thousands of pictures leave no memory behind', { skip }, async () => {
  for (const format of ['jpeg', 'rgb'] as const) {
    const units = await codeVideo(ffmpeg, { codec: 'h264', width: 640, height: 480, pictures: 20 })
    const stream = await open('node-av', 'h264', format)
    const passes = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index++) {
        await pass(stream, units.slice(0, 10), index)
        await pass(stream, units.slice(10), index)
      }
      return process.memoryUsage().rss
    }
    const before = await passes(20)
    const grown = (await passes(100)) - before
    // A frame of each pass that stayed would be 90 MB.
    assert.ok(grown < 80 << 20, `${format}: ${grown} bytes`)
    stream.decoder.close()
  }
})

test('a sequence set that demands pictures of any size makes nobody allocate them', { skip }, async () => {
  const facts = {
    columns: 2_000,
    rows: 2_000,
    crop: undefined,
    chroma: 1,
    isSeparate: false,
    isInterlaced: false,
  } as const
  const rest = { orderType: 2, offsets: [], lists: [], subLayers: 0 } as const
  for (const codec of ['h264', 'h265'] as const) {
    const units = await codeVideo(ffmpeg, { codec, pictures: 10 })
    const set = (codec === 'h264' ? writeH264Set : writeH265Set)({ ...facts, ...rest })
    for (const by of ['node-av', '@napi-rs/webcodecs', 'ffmpeg'] as const) {
      const stream = await open(by, codec, 'jpeg')
      const before = addressesInUse()
      const [key] = units
      const hostile = { bytes: withSet(codec, key!.bytes, set), isKey: true }
      pushUnit(stream.decoder, hostile, { tag: 1 })
      let index = 0
      const look = (): boolean => {
        stream.decoder.want()
        pushUnit(stream.decoder, units[index++ % 10]!, { tag: 2 })
        return stream.taker.pictures.length > 0
      }
      await waitUntil(`${by} goes on with ${codec}`, look, patience)
      assert.deepEqual(stream.taker.lost, [])
      const [picture] = stream.taker.pictures
      assert.deepEqual([picture?.width, picture?.height], [320, 240])
      assert.ok(addressesInUse() - before < 256 << 20)
      stream.decoder.close()
    }
  }
})

test('megabytes of spoilt units are survived, and a good key picture is decoded after them', { skip }, async () => {
  for (const codec of ['h264', 'h265'] as const) {
    const units = await codeVideo(ffmpeg, { codec, pictures: 20, width: 640, height: 480 })
    const stream = await open('node-av', codec, 'jpeg')
    const dice = createDice(20_261_122)
    let bytes = 0
    for (let round = 0; bytes < 3_000_000; round++) {
      const spoilt = units.map((unit) => ({ ...unit, bytes: mutate(unit.bytes, dice) }))
      bytes += spoilt.reduce((sum, unit) => sum + unit.bytes.length, 0)
      for (const unit of spoilt) pushUnit(stream.decoder, unit, { tag: round })
      stream.decoder.want()
      if (round % 50 === 49) await passGood(stream, units, 100_000 + round)
    }
    assert.deepEqual(stream.taker.lost, [])
    assert.ok(stream.taker.dropped.damaged > 0)
    stream.decoder.close()
  }
})
