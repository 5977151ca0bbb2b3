import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { createTempFolder } from '@pelton/testkit'
import type { Datatype } from '@pelton/protocols/inference'
import { readImageWords } from './image-words.ts'
import { loadSharp } from './load-sharp.ts'
import { readImage } from './read-image.ts'

const refuse = (reason: string): Error => new Error(reason)
/** Red, green; blue, white. */
const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]

function png(bytes: readonly number[], width: number, channels: 1 | 3 | 4 = 3): Promise<Buffer> {
  const raw = { width, height: bytes.length / width / channels, channels }
  return sharp(Buffer.from(bytes), { raw }).png().toBuffer()
}

function plain(width: number, height: number, background: string): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()
}

type Words = Parameters<typeof readImageWords>[0]

function read(
  file: Buffer,
  datatype: Datatype | undefined,
  shape: number[] | undefined,
  words: Words = {},
): ReturnType<typeof readImage> {
  return readImage(file, { input: { datatype, shape }, words: readImageWords(words), cwd: import.meta.dirname, refuse })
}

test('an image is laid out as the shape of the input says', async () => {
  const file = await png(colours, 2)
  const planes = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255)
  assert.deepEqual(await read(file, 'UINT8', [-1, 3, 2, 2]), { datatype: 'UINT8', shape: [1, 3, 2, 2], data: planes })
  assert.deepEqual(await read(file, 'UINT8', [3, -1, -1]), { datatype: 'UINT8', shape: [3, 2, 2], data: planes })
  assert.deepEqual((await read(file, 'UINT8', [1, 2, 2, 3])).data, Uint8Array.from(colours))
  assert.deepEqual((await read(file, 'UINT8', [-1, -1, -1, -1], { layout: 'nhwc' })).shape, [1, 2, 2, 3])
  assert.deepEqual((await read(file, undefined, undefined)).datatype, 'FP32')
})

test('values are scaled, then the mean is taken off and the deviation divides, in the order of the channels', async () => {
  const file = await plain(1, 1, '#ff0033')
  assert.deepEqual((await read(file, 'FP32', [1, 3, 1, 1])).data, Float32Array.of(1, 0, 0.2))
  const words = { channels: 'bgr', scale: '1', mean: '1,2,3', std: '2' } as const
  assert.deepEqual((await read(file, 'FP64', [1, 3, 1, 1], words)).data, Float64Array.of(25, -1, 126))
  assert.deepEqual((await read(file, 'UINT8', [1, 3, 1, 1], { scale: '1/2' })).data, Uint8Array.of(128, 0, 26))
  await assert.rejects(read(file, 'INT8', [1, 3, 1, 1]), /element 0 is 255, which INT8 cannot hold/)
})

test('a grey input takes a coloured image, and a coloured input a grey one', async () => {
  assert.deepEqual((await read(await plain(2, 1, '#646464'), 'UINT8', [1, 1, 1, 2])).data, Uint8Array.of(100, 100))
  assert.deepEqual((await read(await plain(2, 1, '#646464'), 'UINT8', [1, 2], { channels: 'gray' })).shape, [1, 2])
  assert.deepEqual(
    (await read(await png([7, 9], 2, 1), 'UINT8', [1, 1, 2, 3], { layout: 'nhwc' })).data,
    Uint8Array.of(7, 7, 7, 9, 9, 9),
  )
})

test('an image is stretched, cut, or put on black', async () => {
  const wide = await png(
    [...Array.from({ length: 4 }, () => [90, 90, 90]).flat(), ...Array.from({ length: 4 }, () => [90, 90, 90]).flat()],
    4,
  )
  const rows = async (fit: Words['fit']): Promise<unknown> =>
    (await read(wide, 'UINT8', [1, 1, 4, 4], { channels: 'gray', ...(fit && { fit }) })).data
  assert.deepEqual(await rows(undefined), new Uint8Array(16).fill(90))
  assert.deepEqual(await rows('cover'), new Uint8Array(16).fill(90))
  assert.deepEqual(await rows('contain'), Uint8Array.from([0, 0, 0, 0, 90, 90, 90, 90, 90, 90, 90, 90, 0, 0, 0, 0]))
  assert.deepEqual((await read(wide, 'UINT8', [1, 3, -1, 8])).shape, [1, 3, 4, 8])
})

test('transparency is dropped before an image is resized', async () => {
  const file = await sharp({
    create: { width: 8, height: 8, channels: 4, background: { r: 10, g: 20, b: 30, alpha: 0.5 } },
  })
    .png()
    .toBuffer()
  assert.deepEqual((await read(file, 'UINT8', [1, 3, 1, 1])).data, Uint8Array.of(10, 20, 30))
})

test('a photograph is turned upright', async () => {
  const file = await sharp(Buffer.from([255, 0]), { raw: { width: 2, height: 1, channels: 1 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer()
  assert.deepEqual(await read(file, 'UINT8', [1, 1, -1, -1]), {
    datatype: 'UINT8',
    shape: [1, 1, 2, 1],
    data: Uint8Array.of(255, 0),
  })
})

test('an image that does not fit says why', async () => {
  const file = await png(colours, 2)
  const cases: [number[], Words, RegExp][] = [
    [[5], {}, /takes \[5\], which is no image/],
    [[2, 2], {}, /--channels gray makes that a grey image/],
    [[1, 5, 8, 8], {}, /add --layout/],
    [[1, 5, 8, 8], { layout: 'nchw' }, /5 channels cannot be made/],
    [[1, 3, 8, 8], { channels: 'gray' }, /--channels gray does not fit/],
    [[1, 1, 8, 8], { channels: 'rgb' }, /does not fit 1 channel/],
    [[4, 3, 8, 8], {}, /takes 4 images at a time/],
    [[1, 3, 1e6, 1e6], {}, /no image/],
    [[1, 3, 8, 8], { mean: '1,2' }, /--mean has 2 numbers, rgb has 3 channels/],
  ]
  for (const [shape, words, message] of cases) await assert.rejects(read(file, 'FP32', shape, words), message)
  await assert.rejects(read(Buffer.from('nonsense'), 'FP32', [1, 3, 8, 8]), /the image cannot be read/)
})

test('options of images that say nothing are a wrong command line', () => {
  const cases: [Words, RegExp][] = [
    [{ scale: '1/0' }, /--scale: expected a number or a fraction/],
    [{ scale: '1/2/3' }, /--scale/],
    [{ mean: 'a' }, /--mean: expected a number/],
    [{ std: '1,0' }, /--std: expected numbers other than 0/],
    [{ std: '' }, /--std/],
  ]
  for (const [words, message] of cases) assert.throws(() => readImageWords(words), { code: 'wrong_usage', message })
})

test('sharp is taken from the folder first; one that does not load is an error that says what to install', async (t) => {
  const folder = await createTempFolder(t, {
    'node_modules/sharp/index.js': "throw new Error('no binary for this machine')",
  })
  await assert.rejects(loadSharp(folder), {
    code: 'image_library_missing',
    message: /no binary for this machine/,
    help: /npm install sharp/,
  })
  const other = await createTempFolder(t)
  await assert.rejects(loadSharp(other, pathToFileURL(join(other, 'x')).href), {
    code: 'image_library_missing',
    message: /it is not installed/,
  })
  await symlink(join(import.meta.dirname, '../../../../node_modules'), join(other, 'node_modules'))
  assert.equal(typeof (await loadSharp(other)), 'function')
})
