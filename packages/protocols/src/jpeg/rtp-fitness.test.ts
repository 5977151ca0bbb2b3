import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { picture, restarts, sampling422 } from './fixtures/pictures.ts'
import { readJpeg } from './read-jpeg.ts'
import { rtpFitness } from './rtp-fitness.ts'

const whyOf = (jpeg: Buffer): unknown => rtpFitness(readJpeg(jpeg))

test('baseline images of 4:2:0 and 4:2:2, with and without restart markers, have a type', async () => {
  const restarting = Buffer.from(sampling422)
  assert.deepEqual(whyOf(await picture(64, 48)), { type: 1 })
  assert.deepEqual(whyOf(sampling422), { type: 0 })
  assert.deepEqual(whyOf(restarts), { type: 65 })
  assert.deepEqual(rtpFitness({ ...readJpeg(restarting), restartInterval: 4 }), { type: 64 })
})

test('images without Huffman tables are taken for those of motion JPEG', () => {
  const none = [undefined, undefined, undefined, undefined]
  const facts = { ...readJpeg(sampling422), dcTables: none, acTables: none }
  assert.deepEqual(rtpFitness(facts), { type: 0 })
  const [luma, ...others] = facts.components
  const odd = { ...facts, components: [{ ...luma!, dcTable: 2 }, ...others] }
  assert.deepEqual(rtpFitness(odd), { why: 'Huffman tables of its own' })
})

test('what cannot be sent says why', async () => {
  assert.deepEqual(whyOf(await picture(64, 48, { progressive: true })), { why: 'progressive coding' })
  assert.deepEqual(whyOf(await picture(64, 48, { optimiseCoding: true })), { why: 'Huffman tables of its own' })
  assert.deepEqual(whyOf(await picture(64, 48, { chromaSubsampling: '4:4:4' })), { why: 'sampling 1x1,1x1,1x1' })
  const grey = await sharp(await picture(64, 48))
    .toColourspace('b-w')
    .jpeg({ optimiseCoding: false })
    .toBuffer()
  assert.deepEqual(whyOf(grey), { why: '1 colour components' })
  assert.deepEqual(whyOf(await picture(2_048, 8)), { why: '2048 x 8 pixels: more than 2040 a side' })
  assert.deepEqual(whyOf(await picture(8, 2_041)), { why: '8 x 2041 pixels: more than 2040 a side' })
  const facts = readJpeg(sampling422)
  assert.deepEqual(rtpFitness({ ...facts, precision: 12 }), { why: 'samples of 12 bits' })
  assert.deepEqual(rtpFitness({ ...facts, coding: 'other' }), { why: 'not of baseline coding' })
  assert.deepEqual(rtpFitness({ ...facts, scanComponents: 1 }), { why: 'more than one scan' })
  assert.deepEqual(rtpFitness({ ...facts, isSingleScan: false }), { why: 'more than one scan' })
  const [luma, blue, red] = facts.components
  const own = [luma!, blue!, { ...red!, quantTable: 0 }]
  assert.deepEqual(rtpFitness({ ...facts, components: own }), { why: 'a quantisation table for each colour' })
  assert.deepEqual(rtpFitness({ ...facts, quantTables: [] }), {
    why: 'quantisation tables that are missing or of 16 bits',
  })
})

test('sides that are no multiples of 8 are fit only when they may be padded', async () => {
  const facts = readJpeg(await picture(61, 48))
  assert.deepEqual(rtpFitness(facts), { why: '61 x 48 pixels: no multiples of 8' })
  assert.deepEqual(rtpFitness(facts, 'padded'), { type: 1 })
})
