import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from '../rtp/fixtures/mutations.ts'
import { picture, restarts, sampling422 } from './fixtures/pictures.ts'
import { JpegFault } from './jpeg-fault.ts'
import { readJpeg } from './read-jpeg.ts'
import { rtpFitness } from './rtp-fitness.ts'

const soi = Buffer.from('ffd8', 'hex')
const small = await picture(16, 8)

test('size, coding, sampling, tables and the scan are told', async () => {
  const jpeg = await picture(96, 40, { quality: 50 })
  const facts = readJpeg(jpeg)
  assert.deepEqual([facts.width, facts.height, facts.coding, facts.precision], [96, 40, 'baseline', 8])
  assert.deepEqual(
    facts.components.map((part) => [
      part.id,
      part.horizontal,
      part.vertical,
      part.quantTable,
      part.dcTable,
      part.acTable,
    ]),
    [
      [1, 2, 2, 0, 0, 0],
      [2, 1, 1, 1, 1, 1],
      [3, 1, 1, 1, 1, 1],
    ],
  )
  assert.deepEqual([facts.quantTables[0]?.bytes[0], facts.quantTables[1]?.bytes.length], [16, 64])
  assert.deepEqual([facts.dcTables[0]?.length, facts.acTables[1]?.length], [28, 178])
  assert.equal(facts.restartInterval, 0)
  assert.deepEqual(jpeg.subarray(facts.scanEnd), Buffer.from('ffd9', 'hex'))
  assert.equal(jpeg.lastIndexOf(Buffer.from('ffda', 'hex')), facts.scanStart - 14)
  assert.ok(facts.isSingleScan)
})

test('progressive images have more than one scan', async () => {
  const progressive = readJpeg(await picture(32, 32, { progressive: true }))
  assert.deepEqual([progressive.coding, progressive.isSingleScan], ['progressive', false])
})

test('restart markers belong to the scan', () => {
  const facts = readJpeg(restarts)
  assert.deepEqual([facts.restartInterval, facts.scanEnd, facts.isSingleScan], [1, restarts.length - 2, true])
})

test('application data, comments and fill bytes are skipped, also when they hold another image', () => {
  const inside = Buffer.concat([Buffer.from([0xff, 0xe1, (small.length + 2) >> 8, (small.length + 2) & 0xff]), small])
  const comment = Buffer.from('fffffffe0006ffd9ffda', 'hex')
  const jpeg = Buffer.concat([soi, inside, comment, small.subarray(2), Buffer.from('trailing bytes, ffd9')])
  const { scanStart, scanEnd } = readJpeg(small)
  const facts = readJpeg(jpeg)
  assert.deepEqual(jpeg.subarray(facts.scanStart, facts.scanEnd), small.subarray(scanStart, scanEnd))
  assert.ok(facts.isSingleScan)
})

test('an image without its end marker ends with its bytes', () => {
  const cut = small.subarray(0, small.length - 10)
  const facts = readJpeg(cut)
  assert.deepEqual([facts.scanEnd, facts.isSingleScan], [cut.length, true])
})

const faults: Record<string, Buffer> = {
  'no bytes': Buffer.alloc(0),
  'another format': Buffer.from('89504e470d0a1a0a', 'hex'),
  'the first marker only': soi,
  'an end before any scan': Buffer.from('ffd8ffd9', 'hex'),
  'a start inside the headers': Buffer.from('ffd8ffd8', 'hex'),
  'a segment without length': Buffer.from('ffd8ffdb00', 'hex'),
  'a length below two': Buffer.from('ffd8ffe00001', 'hex'),
  'a segment that is cut off': small.subarray(0, 100),
  'bytes between segments': Buffer.concat([soi, Buffer.of(0), small.subarray(2)]),
  'a quantisation table 4': Buffer.concat([soi, Buffer.from('ffdb004304', 'hex'), Buffer.alloc(64, 1)]),
  'half a quantisation table': Buffer.concat([soi, Buffer.from('ffdb002300', 'hex'), Buffer.alloc(32, 1)]),
  'half a Huffman table': Buffer.concat([soi, Buffer.from('ffc4001300', 'hex'), Buffer.alloc(16, 1)]),
  'a frame without pixels': Buffer.from('ffd8ffc0000b080000000001011100', 'hex'),
  'a frame without components': Buffer.from('ffd8ffc00008080008000800', 'hex'),
  'a scan before its frame': Buffer.from('ffd8ffda000801010000003f00', 'hex'),
  'two frames': Buffer.from('ffd8ffc0000b080008000801011100ffc0000b080008000801011100', 'hex'),
  'a scan of an unknown component': Buffer.from('ffd8ffc0000b080008000801011100ffda00080107003f00', 'hex'),
  'a restart interval of one byte': Buffer.from('ffd8ffdd000300', 'hex'),
}
for (const [what, bytes] of Object.entries(faults)) {
  test(`${what}: a fault`, () => {
    assert.throws(() => readJpeg(bytes), JpegFault)
  })
}

test('10 million bytes of mutated images and noise end in facts or a fault', async () => {
  const samples = [restarts, sampling422, small, await picture(64, 64, { progressive: true })]
  fuzz(samples, 10_000_000, (bytes) => {
    try {
      const facts = readJpeg(bytes)
      assert.ok(facts.scanStart <= facts.scanEnd && facts.scanEnd <= bytes.length)
      const isFit = 'type' in rtpFitness(facts)
      assert.ok('type' in rtpFitness(facts, 'padded') || !isFit)
    } catch (error) {
      if (!(error instanceof JpegFault)) throw error
    }
  })
})
