import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, describe, test, type TestContext } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import sharp from 'sharp'
import { mediaPeers } from '../../../../scripts/tools/media-peers.ts'
import { createDecodingThreads } from './threads/decoding-threads.ts'
import { codeProgressive, codeQuarters, codeSlopes } from './fixtures/coded-jpeg.ts'
import { notingTaker, type NotingTaker, pushUnit } from './fixtures/noting-taker.ts'
import { createVideoDecoders } from './open-decoder.ts'
import type { DecodedPicture, PictureFormat, UnitToDecode, VideoDecoder } from './video-decoder.ts'

const { skip } = await mediaPeers()
const threads = createDecodingThreads({ most: 1 })
after(() => threads.close())
const patience = { deadlineMs: 20_000, everyMs: 2 }
const decoders = ['node-av', '@julusian/jpeg-turbo', 'ffmpeg'] as const
type By = (typeof decoders)[number]

/** Y, U and V of the quarters by ITU-R BT.601, in limited range. */
const quartersOfI420 = [
  [81, 90, 240],
  [145, 54, 34],
  [41, 240, 110],
  [136, 90, 160],
]
const quartersOfRgb = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [192, 128, 64],
]
const greys = [76, 150, 29, 140]

interface Stream {
  decoder: VideoDecoder
  taker: NotingTaker
}

async function open(t: TestContext, by: By, format: PictureFormat): Promise<Stream> {
  const taker = notingTaker()
  const among = createVideoDecoders({ folder: '/nowhere', threads, among: [by] })
  const decoder = await among.open({ codec: 'jpeg', format, taker })
  t.after(() => decoder.close())
  assert.equal(decoder.by, by)
  return { decoder, taker }
}

/** The picture of a JPEG. */
async function decode({ decoder, taker }: Stream, bytes: Buffer, tag = 7): Promise<DecodedPicture> {
  taker.pictures.length = 0
  decoder.want()
  pushUnit(decoder, { bytes, isKey: true }, { tag })
  await waitUntil(`the picture ${tag}`, () => taker.pictures.length > 0, patience)
  return taker.pictures[0]!
}

function colourAt(format: PictureFormat, { bytes, width, height }: DecodedPicture, x: number, y: number): number[] {
  if (format === 'rgb') return [...bytes.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
  const [columns, rows] = [(width + 1) >> 1, (height + 1) >> 1]
  assert.equal(bytes.length, width * height + 2 * columns * rows)
  const chroma = width * height + (y >> 1) * columns + (x >> 1)
  return [bytes[y * width + x]!, bytes[chroma]!, bytes[chroma + columns * rows]!]
}

function assertQuarters(format: PictureFormat, picture: DecodedPicture, expected: readonly number[][]): void {
  const { width, height } = picture
  for (const [index, colour] of expected.entries()) {
    const x = index % 2 === 0 ? 5 : width - 1
    const y = index < 2 ? 5 : height - 1
    const seen = colourAt(format, picture, x, y)
    const isClose = seen.every((value, channel) => Math.abs(value - colour[channel]!) <= 2)
    assert.ok(isClose, `quarter ${index} is ${seen.join()}, not ${colour.join()}`)
  }
}

const expectedOf = { rgb: quartersOfRgb, i420: quartersOfI420 } as const
const limited = (grey: number): number => 16 + (grey * 219) / 255

/** With another size in its frame header. */
function resized(jpeg: Buffer, width: number, height: number): Buffer {
  const bytes = Buffer.from(jpeg)
  const at = bytes.indexOf(Buffer.of(0xff, 0xc0, 0, 17))
  assert.ok(at > 0)
  bytes.writeUInt16BE(height, at + 5)
  bytes.writeUInt16BE(width, at + 7)
  return bytes
}

/** The most bytes that this process ever had addresses for; 0 where the system does not say. */
function addressesInUse(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  return Number(/VmPeak:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

for (const by of decoders) {
  describe(by, { skip: by === 'ffmpeg' && skip }, () => {
    for (const format of ['rgb', 'i420'] as const) {
      test(`JPEGs of any sampling and size become ${format} of the right colours`, async (t) => {
        const stream = await open(t, by, format)
        for (const size of [
          { width: 320, height: 240 },
          { width: 323, height: 241 },
        ]) {
          for (const sampling of ['4:2:0', '4:2:2', '4:4:4'] as const) {
            const picture = await decode(stream, codeQuarters(size, sampling))
            assert.deepEqual(
              [picture.width, picture.height, picture.tag, picture.place],
              [size.width, size.height, 7, 7],
            )
            assertQuarters(format, picture, expectedOf[format])
          }
          assertQuarters(format, await decode(stream, await codeProgressive(size)), expectedOf[format])
          const colours = greys.map((grey) => (format === 'rgb' ? [grey, grey, grey] : [limited(grey), 128, 128]))
          assertQuarters(format, await decode(stream, codeQuarters(size, 'grey')), colours)
        }
        const { dropped, superseded, lost } = stream.taker
        assert.deepEqual([dropped, superseded, lost], [{ damaged: 0, decoder_late: 0 }, 0, []])
      })
    }

    test('each pixel is what another decoder makes of it', async (t) => {
      const jpeg = codeSlopes({ width: 256, height: 192 })
      const { bytes } = await decode(await open(t, by, 'rgb'), jpeg)
      const expected = await sharp(jpeg).raw().toBuffer()
      assert.equal(bytes.length, expected.length)
      const most = bytes.reduce((sum, value, index) => Math.max(sum, Math.abs(value - expected[index]!)), 0)
      assert.ok(most <= 6, `${most}`)
    })

    test('damaged ones are counted, and those after them are decoded', async (t) => {
      const good = codeQuarters({ width: 320, height: 240 })
      const stream = await open(t, by, 'rgb')
      const { decoder, taker } = stream
      await decode(stream, good)
      taker.pictures.length = 0
      const spoilt = [good.subarray(0, good.length * 0.6), good.subarray(0, 100), Buffer.from('no picture')]
      for (const [index, bytes] of spoilt.entries()) {
        decoder.want()
        pushUnit(decoder, { bytes, isKey: true }, { tag: 100 })
        // ffmpeg tells of damage by what comes out after it.
        const go = (): boolean => {
          if (by === 'ffmpeg') pushUnit(decoder, { bytes: good, isKey: true }, { tag: 200, due: 'ifWaiting' })
          return taker.dropped.damaged > index
        }
        await waitUntil(`the news of ${index}`, go, patience)
      }
      const { tag } = await decode(stream, good, 300)
      assert.ok(tag >= 200)
      assert.deepEqual([taker.dropped, taker.lost], [{ damaged: 3, decoder_late: 0 }, []])
      assertQuarters('rgb', taker.pictures[0]!, quartersOfRgb)
    })

    test('a header that demands pictures of any size makes nobody allocate them', async (t) => {
      const good = codeQuarters({ width: 320, height: 240 })
      const stream = await open(t, by, 'i420')
      await decode(stream, good)
      const before = addressesInUse()
      stream.decoder.want()
      for (const side of [65_500, 6_400]) {
        pushUnit(stream.decoder, { bytes: resized(good, side, side), isKey: true }, { tag: 1 })
      }
      const { taker } = stream
      await waitUntil('the news', () => taker.dropped.damaged === 2, patience)
      await decode(stream, good)
      assert.deepEqual(taker.lost, [])
      assert.ok(addressesInUse() - before < 256 << 20)
    })

    test('what nobody wants is not decoded; the newest due one is, once it is wanted', async (t) => {
      const { decoder, taker } = await open(t, by, 'rgb')
      const dues: UnitToDecode['due'][] = ['never', 'ifWaiting', 'always', 'ifWaiting', 'never', 'always', 'never']
      for (const [tag, due] of dues.entries()) {
        // Only the one that is decoded is an image.
        const bytes = tag === 5 ? codeQuarters({ width: 64, height: 48 }) : Buffer.from('none')
        pushUnit(decoder, { bytes, isKey: true }, { tag, due })
      }
      assert.equal(taker.calls, 0)
      await waitUntil('two are superseded', () => taker.superseded === 2, patience)
      decoder.want()
      decoder.want()
      await waitUntil('the picture', () => taker.pictures.length === 1, patience)
      assert.deepEqual([taker.pictures[0]?.tag, taker.dropped.damaged], [5, 0])
    })

    test('nothing is told after close', async (t) => {
      const { decoder, taker } = await open(t, by, 'rgb')
      decoder.want()
      pushUnit(decoder, { bytes: codeQuarters({ width: 640, height: 480 }), isKey: true }, { tag: 1 })
      decoder.close()
      pushUnit(decoder, { bytes: Buffer.from('none'), isKey: true }, { tag: 2 })
      decoder.want()
      decoder.close()
      await decode(await open(t, by, 'rgb'), codeQuarters({ width: 320, height: 240 }))
      assert.equal(taker.calls, 0)
    })
  })
}

test('hundreds of pictures leave no memory behind', async (t) => {
  const jpeg = codeQuarters({ width: 640, height: 480 })
  for (const by of ['node-av', '@julusian/jpeg-turbo'] as const) {
    const stream = await open(t, by, 'rgb')
    const passes = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index++) await decode(stream, jpeg, index)
      return process.memoryUsage().rss
    }
    const before = await passes(100)
    const grown = (await passes(400)) - before
    // Those that stayed would be 370 MB.
    assert.ok(grown < 80 << 20, `${by}: ${grown} bytes`)
  }
})

test('an image that is damaged anyhow is a picture or a loss of it, and the next one is decoded', async (t) => {
  const good = codeQuarters({ width: 320, height: 240 })
  for (const by of ['node-av', '@julusian/jpeg-turbo'] as const) {
    const stream = await open(t, by, 'i420')
    const { decoder, taker } = stream
    const told = (): number => taker.pictures.length + taker.dropped.damaged
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(good)
      for (let spot = 0; spot < 1 + (round % 5); spot++) bytes[(round * 97 + spot * 331) % bytes.length] = round & 0xff
      const before = told()
      decoder.want()
      pushUnit(decoder, { bytes, isKey: true }, { tag: round })
      await waitUntil(`what became of ${round}`, () => told() > before, patience)
    }
    assert.ok(taker.dropped.damaged > 0)
    assertQuarters('i420', await decode(stream, good), quartersOfI420)
    assert.deepEqual(taker.lost, [])
  }
})
