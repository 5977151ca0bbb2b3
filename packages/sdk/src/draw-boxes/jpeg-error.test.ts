import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from '../../../protocols/src/rtp/fixtures/mutations.ts'
import { cmyk, fixture, picture, sampled, samplings } from './fixtures/pictures.ts'
import { type Box, JpegError, type JpegErrorCode, drawBoxes } from './index.ts'

const boxes = [{ x: 5, y: 20, width: 40, height: 30, label: 'label' }]
const whole = await picture(96, 64)
const small = sampled(16, 8, samplings['4:4:4'])

/** A copy with other bytes at the place where `ahead` is found. */
function changed(jpeg: Buffer, ahead: string, offset: number, bytes: readonly number[]): Buffer {
  const copy = Buffer.from(jpeg)
  copy.set(bytes, copy.indexOf(Buffer.from(ahead, 'hex')) + offset)
  return copy
}

/** The picture's bytes up to a marker, or from it on. */
const upTo = (jpeg: Buffer, marker: string): Buffer => jpeg.subarray(0, jpeg.indexOf(Buffer.from(marker, 'hex')))
const from = (jpeg: Buffer, marker: string): Buffer => jpeg.subarray(jpeg.indexOf(Buffer.from(marker, 'hex')))
const put = (jpeg: Buffer, marker: string, bytes: string): Buffer =>
  Buffer.concat([upTo(jpeg, marker), Buffer.from(bytes, 'hex'), from(jpeg, marker)])

function check(jpeg: Buffer, code: JpegErrorCode, message: RegExp, drawn: Box[] = boxes): void {
  assert.throws(
    () => drawBoxes(jpeg, drawn),
    (error) => error instanceof JpegError && error.code === code && message.test(error.message),
  )
}

const others: Record<string, [jpeg: Buffer, message: RegExp]> = {
  progressive: [await picture(32, 32, { progressive: true }), /it is progressive; save it as baseline JPEG/],
  arithmetic: [fixture('arithmetic'), /its coding is arithmetic; /],
  lossless: [changed(whole, 'ffc0', 1, [0xc3]), /it is lossless; /],
  hierarchical: [changed(whole, 'ffc0', 1, [0xc5]), /it is hierarchical; /],
  '12 bit': [changed(whole, 'ffc0', 4, [12]), /its samples have 12 bits; /],
  CMYK: [await cmyk(32, 32), /it is CMYK; /],
  'two-coloured': [changed(whole, 'ffc0', 9, [2]), /it has 2 colour components; /],
  'three by two sampled': [
    changed(changed(whole, 'ffc0', 11, [0x31]), 'ffc0', 14, [0x21]),
    /its sampling is 3x1,2x1,1x1/,
  ],
}
for (const [what, [jpeg, message]] of Object.entries(others)) {
  test(`${what} pictures are refused by their name`, () => check(jpeg, 'jpeg_unsupported', message))
}

test('pictures that are too large are refused before anything is read', () => {
  check(
    changed(whole, 'ffc0', 5, [0xff, 0xff, 0xff, 0xff]),
    'jpeg_too_large',
    /65535 x 65535 pixels are more than 40 million/,
  )
  const long = new Uint8Array(128 * 1024 * 1024 + 1)
  long.set(whole)
  check(Buffer.from(long.buffer), 'jpeg_too_large', /more than 128 MiB/)
})

test('a large picture that is not there costs neither time nor memory', () => {
  const claims = changed(whole, 'ffc0', 5, [0x18, 0x00, 0x18, 0x00])
  const before = process.memoryUsage().arrayBuffers
  check(claims, 'jpeg_damaged', /it breaks off/)
  const everywhere = [{ x: 0, y: 0, width: 6_144, height: 6_144 }]
  assert.throws(() => drawBoxes(claims, everywhere, { thickness: 6_144 }), /it breaks off/)
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024)
})

const restarts = fixture('restarts')
const damages: Record<string, [jpeg: Buffer, message: RegExp]> = {
  'no bytes': [Buffer.alloc(0), /does not begin as a JPEG does/],
  'another format': [Buffer.from('89504e470d0a1a0a', 'hex'), /does not begin as a JPEG does/],
  'the first marker only': [whole.subarray(0, 2), /ends before its picture/],
  'no scan': [Buffer.concat([upTo(whole, 'ffda'), Buffer.from('ffd9', 'hex')]), /ends before its picture/],
  'a second start': [put(whole, 'ffdb', 'ffd8'), /ff d8 at byte/],
  'bytes between segments': [put(whole, 'ffdb', '00'), /no marker at byte/],
  'a segment that is cut off': [upTo(whole, 'ffda').subarray(0, -5), /the segment at byte \d+ is cut off/],
  'a length below two': [put(whole, 'ffdb', 'ffe00001'), /the segment at byte \d+ is cut off/],
  'a frame header that is cut off': [Buffer.from('ffd8ffc000070800080008', 'hex'), /frame header is cut off/],
  'no pixels': [changed(whole, 'ffc0', 5, [0, 0]), /it has no pixels/],
  'a sampling factor of 5': [changed(whole, 'ffc0', 11, [0x51]), /wrong sampling factor/],
  'two frame headers': [put(whole, 'ffda', upTo(from(whole, 'ffc0'), 'ffc4').toString('hex')), /two frame headers/],
  'a scan before its frame': [put(whole, 'ffc0', 'ffda000801010000003f00'), /a scan comes before its frame header/],
  'a scan of a component that is not there': [changed(whole, 'ffda', 5, [9]), /a component that the picture has not/],
  'a scan with one component twice': [changed(whole, 'ffda', 7, [1]), /a component that the picture has not/],
  'a scan of four components': [changed(whole, 'ffda', 4, [4]), /a scan header is malformed/],
  'more blocks in a unit than may be': [changed(whole, 'ffc0', 11, [0x44, 0, 2, 0x44, 1, 3, 0x44]), /too many blocks/],
  'a Huffman table that is not there': [changed(whole, 'ffda', 6, [0x30]), /a Huffman table that is not there/],
  'a Huffman table 4': [put(whole, 'ffda', `ffc4001304${'00'.repeat(16)}`), /a Huffman table is malformed/],
  'half a Huffman table': [put(whole, 'ffda', `ffc4001300${'01'.repeat(16)}`), /a Huffman table is malformed/],
  'more codes than symbols': [
    put(whole, 'ffda', `ffc4013f00${'00'.repeat(14)}ff2d${'00'.repeat(300)}`),
    /a Huffman table is malformed/,
  ],
  'three codes of one bit': [put(whole, 'ffda', `ffc400160003${'00'.repeat(15)}010203`), /has too many codes/],
  'a quantisation table 4': [put(whole, 'ffda', `ffdb004304${'01'.repeat(64)}`), /a quantisation table is malformed/],
  'half a quantisation table': [
    put(whole, 'ffda', `ffdb002300${'01'.repeat(32)}`),
    /a quantisation table is malformed/,
  ],
  'a division by 0': [put(whole, 'ffda', `ffdb004300${'00'.repeat(64)}`), /divides by 0/],
  'a quantisation table that is not there': [changed(whole, 'ffc0', 12, [3]), /a quantisation table that is not there/],
  'half its data': [whole.subarray(0, -300), /it breaks off/],
  'a component that never comes': [put(upTo(fixture('three-scans'), 'ffda'), 'ffda', ''), /ends before its picture/],
  'a component that comes twice': [
    Buffer.concat([fixture('three-scans').subarray(0, -2), from(fixture('three-scans'), 'ffda')]),
    /a component comes twice/,
  ],
  'a restart marker that is missing': [changed(restarts, 'ffd1', 1, [0]), /no restart marker at byte|it breaks off/],
  'a code that is none': [
    changed(
      whole,
      'ffda',
      14,
      Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? 0xff : 0)),
    ),
    /no Huffman code|values that no picture/,
  ],
}
for (const [what, [jpeg, message]] of Object.entries(damages)) {
  test(`${what}: an error`, () => check(jpeg, 'jpeg_damaged', message))
}

test('symbols and values that pictures of 8 bits do not have: an error', () => {
  const head = upTo(small, 'ffda')
  const scan = 'ffda000c03010002110311003f00'
  // One code for each table: a DC size of 12; then, behind a DC size of 0, AC symbols of 11 bits and a run without a value.
  const table = (head: string, symbol: string): string => `ffc40014${head}01${'00'.repeat(15)}${symbol}`
  const strange = /values that no picture of 8 bits has/
  const data = '00'.repeat(40)
  check(Buffer.concat([head, Buffer.from(table('00', '0c') + scan + data, 'hex')]), 'jpeg_damaged', strange)
  for (const symbol of ['0b', '50']) {
    const tables = table('00', '00') + table('10', symbol)
    check(Buffer.concat([head, Buffer.from(tables + scan + data, 'hex')]), 'jpeg_damaged', strange)
  }
  // Two blocks of each component, whose DC values grow by 2,047 and 0: what is drawn on the first is far from the second.
  const tables = table('00', '0b') + table('10', '00') + table('01', '00') + table('11', '00')
  const bits = `0${'1'.repeat(11)}00000`.repeat(2).padEnd(40, '1')
  const grows = Buffer.from(tables + scan + BigInt(`0b${bits}`).toString(16).padStart(10, '0'), 'hex')
  check(Buffer.concat([head, grows]), 'jpeg_damaged', strange, [{ x: 0, y: 0, width: 8, height: 8 }])
  assert.ok(drawBoxes(Buffer.concat([head, grows]), []).length > 0)
})

test('3 million bytes of mutated pictures end in a picture or a JpegError, in bounded time', () => {
  const names = ['restarts', 'three-scans', 'rgb', 'ffmpeg-422', 'gstreamer', 'arithmetic', 'wide-divisors']
  const samples = [...names.map(fixture), small, sampled(33, 17, samplings['4:2:0']), sampled(20, 20, samplings.grey)]
  let drawn = 0
  let slowest = 0
  fuzz(samples, 3_000_000, (bytes) => {
    const begun = performance.now()
    try {
      const once = drawBoxes(bytes, boxes)
      drawn += 1
      // What was written can be read.
      drawBoxes(once, boxes)
    } catch (error) {
      if (!(error instanceof JpegError)) throw error
    }
    slowest = Math.max(slowest, performance.now() - begun)
  })
  assert.ok(drawn > 100, `${drawn} drawn`)
  assert.ok(slowest < 5_000, `${slowest} ms`)
})
