import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, describe, test, type TestContext } from 'node:test'
import type * as JpegTurbo from '@julusian/jpeg-turbo'
import { waitUntil } from '@pelton/testkit'
import { type MediaPrograms, mediaPeers } from '../../../../scripts/tools/media-peers.ts'
import { readJpeg, rtpFitness } from '../jpeg/index.ts'
import { createDecodingThreads } from './threads/decoding-threads.ts'
import { type CodedUnit, codeVideo, quarters } from './fixtures/coded-video.ts'
import { notingTaker, type NotingTaker, pushUnit } from './fixtures/noting-taker.ts'
import { createVideoDecoders, type DecoderName } from './open-decoder.ts'
import type { DecodedPicture, DecodingOptions, PictureFormat, VideoCodec, VideoDecoder } from './video-decoder.ts'

const turbo = createRequire(import.meta.url)('@julusian/jpeg-turbo') as typeof JpegTurbo
const nodeAv = createRequire(import.meta.url).resolve('node-av/lib')
const peers = await mediaPeers()
const { skip } = peers
const { ffmpeg } = peers as MediaPrograms
const patience = { deadlineMs: 20_000 }
/** node-av with jpeg-turbo beside it, and without. */
type Variant = Exclude<DecoderName, '@julusian/jpeg-turbo'> | 'node-av alone'

/** How many units a decoder may hold back though none is reordered. */
const delays: Record<Variant, number> = { 'node-av': 0, 'node-av alone': 0, '@napi-rs/webcodecs': 4, ffmpeg: 0 }
const formats: readonly PictureFormat[] = ['jpeg', 'rgb', 'i420']
const threads = createDecodingThreads({ most: 1 })
after(() => threads.close())

const coded = new Map<string, Promise<CodedUnit[]>>()

function unitsOf(options: Parameters<typeof codeVideo>[1]): Promise<CodedUnit[]> {
  const key = JSON.stringify(options)
  const known = coded.get(key) ?? codeVideo(ffmpeg, options)
  coded.set(key, known)
  return known
}

interface Opened {
  decoder: VideoDecoder
  taker: NotingTaker
}

async function open(t: TestContext, by: Variant, codec: VideoCodec, format: PictureFormat): Promise<Opened> {
  const taker = notingTaker()
  const decoder = await openVariant(by, { codec, format, taker })
  t.after(() => decoder.close())
  assert.equal(decoder.by, by.split(' ')[0])
  return { decoder, taker }
}

function openVariant(by: Variant, options: DecodingOptions): Promise<VideoDecoder> {
  if (by !== 'node-av alone') return createVideoDecoders({ folder: '/nowhere', threads, among: [by] }).open(options)
  return threads.open({ by: 'node-av', module: nodeAv, turbo: undefined, ...options })
}

/** Pushes unit after unit, wants a picture of each, and waits for as many as come before the next unit. */
async function decodeAll(by: Variant, { decoder, taker }: Opened, units: readonly CodedUnit[]): Promise<void> {
  const before = taker.pictures.length
  for (const [index, unit] of units.entries()) {
    decoder.want()
    pushUnit(decoder, unit, { tag: 100 + index })
    const due = before + index + 1 - 2 * delays[by]
    await waitUntil(`the picture of unit ${index}`, () => taker.pictures.length >= due, patience)
  }
}

function colourAt(format: PictureFormat, { bytes, width, height }: DecodedPicture, x: number, y: number): number[] {
  if (format === 'jpeg') {
    const pixels = turbo.decompressSync(bytes, { format: turbo.FORMAT_RGB })
    assert.deepEqual([pixels.width, pixels.height], [width, height])
    return colourAt('rgb', { bytes: pixels.data, width, height, tag: 0, place: 0 }, x, y)
  }
  if (format === 'rgb') return [...bytes.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
  const chroma = width * height + (y >> 1) * (width >> 1) + (x >> 1)
  const luma = 1.164 * (bytes[y * width + x]! - 16)
  const [u, v] = [bytes[chroma]! - 128, bytes[chroma + (width * height) / 4]! - 128]
  const rgb = [luma + 1.596 * v, luma - 0.392 * u - 0.813 * v, luma + 2.017 * u]
  return rgb.map((value) => Math.max(0, Math.min(255, Math.round(value))))
}

function assertQuarters(format: PictureFormat, picture: DecodedPicture, most = 8): void {
  const { width, height } = picture
  for (const [index, expected] of quarters.entries()) {
    // Some pixels inside of the corner, which has no bar.
    const x = index % 2 === 0 ? 5 : width - 6
    const y = index < 2 ? 5 : height - 6
    const seen = colourAt(format, picture, x, y)
    const isClose = seen.every((value, channel) => Math.abs(value - expected[channel]!) <= most)
    assert.ok(isClose, `quarter ${index} is ${seen.join()}, not ${expected.join()}`)
  }
}

for (const by of ['node-av', 'node-av alone', '@napi-rs/webcodecs', 'ffmpeg'] as const) {
  describe(by, { skip }, () => {
    for (const codec of ['h264', 'h265'] as const) {
      for (const format of formats) {
        test(`${codec} becomes ${format}: size, colours and tags are right, each picture comes with its unit`, async (t) => {
          const units = await unitsOf({ codec })
          const opened = await open(t, by, codec, format)
          await decodeAll(by, opened, units)
          const { pictures, dropped, superseded, lost } = opened.taker
          const tags = pictures.map(({ tag }) => tag)
          // Where pictures come in a bunch, only one of them is wanted.
          const expected = delays[by] > 0 ? tags.toSorted((a, b) => a - b) : units.map((_, index) => 100 + index)
          assert.deepEqual(tags, expected)
          for (const picture of pictures) {
            assert.deepEqual([picture.width, picture.height], [320, 240])
            assertQuarters(format, picture)
          }
          assert.deepEqual({ dropped, lost }, { dropped: { damaged: 0, decoder_late: 0 }, lost: [] })
          if (delays[by] === 0) assert.equal(superseded, 0)
          if (format === 'jpeg') assert.equal(typeof rtpFitness(readJpeg(pictures[0]!.bytes)), 'object')
        })
      }
    }

    test('only what is due and wanted is made, the newest of it', async (t) => {
      const units = await unitsOf({ codec: 'h264' })
      const { decoder, taker } = await open(t, by, 'h264', 'rgb')
      const dues = ['never', 'ifWaiting', 'always', 'ifWaiting', 'never', 'always', 'never'] as const
      // Units after them push out what a decoder holds back.
      for (const [index, unit] of units.entries()) pushUnit(decoder, unit, { tag: index, due: dues[index] ?? 'never' })
      await waitUntil('two are superseded', () => taker.superseded === 2, patience)
      assert.equal(taker.pictures.length, 0)
      decoder.want()
      decoder.want()
      await waitUntil('the picture', () => taker.pictures.length === 1, patience)
      assert.equal(taker.pictures[0]?.tag, 5)
    })

    test('the size may change in the middle, and pictures need not be of whole blocks', async (t) => {
      const small = await unitsOf({ codec: 'h264', width: 324, height: 180, pictures: 12 })
      const large = await unitsOf({ codec: 'h264', width: 640, height: 362, pictures: 12 })
      for (const format of formats) {
        const opened = await open(t, by, 'h264', format)
        for (const units of [small, large, small]) {
          await decodeAll(by, opened, units)
          const [last] = opened.taker.pictures.slice(-1)
          const { width, height } = units === small ? { width: 324, height: 180 } : { width: 640, height: 362 }
          assert.deepEqual([last?.width, last?.height], [width, height])
          assertQuarters(format, last!)
          // What is held back goes along with the size.
          opened.taker.pictures.length = 0
        }
        opened.decoder.close()
      }
    })

    test('garbage is counted, and the next key picture is decoded', async (t) => {
      const units = await unitsOf({ codec: 'h264' })
      const opened = await open(t, by, 'h264', 'jpeg')
      const { decoder, taker } = opened
      await decodeAll(by, opened, units.slice(0, 5))
      for (let index = 0; index < 20; index++) {
        // The unit delimiter and the head of the slice stay.
        const bytes = Buffer.from(units[5]!.bytes).fill(index * 11 + 1, 11)
        pushUnit(decoder, { bytes, isKey: false }, { tag: 1_000 })
      }
      taker.pictures.length = 0
      const start = units.findIndex(({ isKey }, index) => index > 5 && isKey)
      let tag = 2_000
      // The news of damage may take its time.
      const look = (): DecodedPicture | undefined => {
        decoder.want()
        pushUnit(decoder, units[start + ((tag - 2_000) % 10)]!, { tag: tag++ })
        return taker.pictures.find(({ tag }) => tag >= 2_000)
      }
      const good = await waitUntil('a good picture', look, patience)
      assertQuarters('jpeg', good!)
      assert.deepEqual(taker.lost, [])
      if (by.startsWith('node-av')) assert.ok(taker.dropped.damaged >= 20)
    })

    test('nothing is told after close, not even when it is busy', async (t) => {
      const units = await unitsOf({ codec: 'h264' })
      const { decoder, taker } = await open(t, by, 'h264', 'jpeg')
      decoder.want()
      for (const [tag, unit] of units.entries()) pushUnit(decoder, unit, { tag })
      assert.equal(taker.calls, 0)
      decoder.close()
      decoder.close()
      pushUnit(decoder, units[0]!, { tag: 0 })
      decoder.want()
      // The thread is as far when another stream is decoded.
      const other = await open(t, by, 'h264', 'rgb')
      await decodeAll(by, other, units)
      assert.equal(taker.calls, 0)
    })
  })
}

test('node-av: pictures that need later ones have the tags of their own units', { skip }, async (t) => {
  for (const codec of ['h264', 'h265'] as const) {
    const units = await unitsOf({ codec, reordered: 2, pictures: 60, group: 30 })
    const { decoder, taker } = await open(t, 'node-av', codec, 'rgb')
    for (const [tag, unit] of units.entries()) {
      const { length } = taker.pictures
      decoder.want()
      pushUnit(decoder, unit, { tag })
      if (tag > 10) await waitUntil('the next picture', () => taker.pictures.length > length || tag > 50, patience)
    }
    const tags = taker.pictures.map(({ tag }) => tag)
    assert.equal(new Set(tags).size, tags.length)
    assert.notDeepEqual(
      tags,
      tags.toSorted((a, b) => a - b),
    )
    const places = taker.pictures.map(({ place }) => place)
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(places).size, places.length)
    assert.deepEqual(taker.dropped, { damaged: 0, decoder_late: 0 })
    decoder.close()
  }
})

describe('colours', { skip }, () => {
  for (const by of ['node-av', 'node-av alone', '@napi-rs/webcodecs', 'ffmpeg'] as const) {
    test(`${by}: full range and the colours of HD survive`, async (t) => {
      for (const format of formats) {
        // One that holds pictures back needs some more.
        const pictures = 2 + 2 * delays[by]
        const full = await unitsOf({ codec: 'h264', isFull: true, pictures })
        const opened = await open(t, by, 'h264', format)
        await decodeAll(by, opened, full)
        assertQuarters(format, opened.taker.pictures[0]!)
        // FFmpeg's JPEGs keep the colours of HD, and I420 has them by its nature.
        if (by === 'ffmpeg' || format === 'i420') continue
        const hd = await unitsOf({ codec: 'h264', matrix: 'bt709', pictures })
        const other = await open(t, by, 'h264', format)
        await decodeAll(by, other, hd)
        assertQuarters(format, other.taker.pictures[0]!)
      }
    })
  }
})
