import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Pixels, fixture, picture, pixelsOf, sampled, samplings, unfitness } from './fixtures/pictures.ts'
import { type Box, JpegError, drawBoxes } from './index.ts'

const red = [230, 30, 40] as const
/** Whole blocks of every sampling. */
const box = { x: 16, y: 0, width: 64, height: 64 }

/** Pixels that are not the same, as the smallest rectangle: left, top, right, bottom. */
function changed(one: Pixels, other: Pixels): number[] {
  assert.deepEqual([one.width, one.height], [other.width, other.height])
  let [left, top, right, bottom] = [one.width, one.height, 0, 0]
  for (let at = 0; at < one.data.length; at++) {
    if (one.data[at] === other.data[at]) continue
    const x = Math.floor(at / 3) % one.width
    const y = Math.floor(at / 3 / one.width)
    left = Math.min(left, x)
    right = Math.max(right, x + 1)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y + 1)
  }
  return [left, top, right, bottom]
}

function rgbAt({ data, width }: Pixels, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
}

function assertNear(actual: number[], expected: readonly number[], tolerance: number): void {
  const isNear = actual.every((part, index) => Math.abs(part - expected[index]!) <= tolerance)
  assert.ok(isNear, `${actual.join()} is not ${expected.join()} within ${tolerance}`)
}

/** The lines have the colour; nothing else changed, but for what decoders mix into neighbouring pixels where colours are halved. */
function checkFrame(jpeg: Buffer, tolerance: number): void {
  const before = pixelsOf(jpeg)
  const drawn = drawBoxes(jpeg, [{ ...box, colour: red }], { thickness: 8 })
  const after = pixelsOf(drawn)
  const isGrey = before.data.every((part, index) => part === before.data[index - (index % 3)])
  const expected = isGrey ? [91, 91, 91] : red
  const onLine = [
    [20, 4],
    [50, 4],
    [76, 4],
    [20, 30],
    [75, 40],
    [50, 60],
  ] as const
  for (const [x, y] of onLine) assertNear(rgbAt(after, x, y), expected, tolerance)
  const [left = 0, , right = 0] = changed(before, after)
  assert.ok(left >= 14 && right <= 82, `changed from ${left} to ${right}`)
  for (let y = 18; y < 46; y++) {
    for (let x = 34; x < 62; x++) assert.deepEqual(rgbAt(after, x, y), rgbAt(before, x, y))
  }
}

for (const [name, sampling] of Object.entries(samplings)) {
  test(`a frame is drawn on pictures of sampling ${name}, and nothing else changes`, () => {
    checkFrame(sampled(96, 64, sampling), 12)
  })
  test(`pictures of sampling ${name} may have any size`, () => {
    for (const [width, height] of [
      [1, 1],
      [17, 9],
      [8, 8],
      [33, 64],
      [63, 31],
    ] as const) {
      const jpeg = sampled(width, height, sampling)
      const whole = pixelsOf(
        drawBoxes(jpeg, [{ x: -5, y: -5, width: 200, height: 200, colour: red }], { thickness: 99 }),
      )
      const expected = name === 'grey' ? [91, 91, 91] : red
      assertNear(rgbAt(whole, width - 1, height - 1), expected, 6)
      assertNear(rgbAt(whole, 0, 0), expected, 6)
      const beside = drawBoxes(jpeg, [
        { x: width, y: 0, width: 10, height: 10 },
        { x: 0, y: -4, width: 9, height: 4 },
      ])
      assert.deepEqual(pixelsOf(beside).data, pixelsOf(jpeg).data)
    }
  })
}

for (const name of ['restarts', 'three-scans', 'rgb', 'ffmpeg-422', 'ffmpeg-440', 'gstreamer']) {
  test(`a frame is drawn on ${name}.jpg, and nothing else changes`, () => {
    checkFrame(fixture(name), 30)
  })
}

test('the sampling of a picture in one colour means nothing', () => {
  const jpeg = sampled(20, 44, samplings.grey)
  const odd = Buffer.from(jpeg)
  odd[jpeg.indexOf(Buffer.from('ffc0', 'hex')) + 11] = 0x22
  const place = [{ x: 3, y: 30, width: 9, height: 9, colour: red }]
  assert.deepEqual(pixelsOf(drawBoxes(odd, place)).data, pixelsOf(drawBoxes(jpeg, place)).data)
})

test('Adobe says whether a picture is RGB, JFIF that it is not, others do not', () => {
  const adobe = (transform: number): Buffer =>
    Buffer.from(`ffee000e41646f6265006400000000${transform}`.replace(/(.)$/, '0$1'), 'hex')
  const jfif = Buffer.from('ffe000104a46494600010100000100010000', 'hex')
  const other = Buffer.from('ffe0000841564931007f', 'hex')
  const plain = sampled(96, 64, samplings['4:4:4'])
  const bare = plain.subarray(0, 2)
  const rest = plain.subarray(plain.indexOf(Buffer.from('ffdb', 'hex')))
  for (const segments of [[adobe(0)], [adobe(1)], [jfif, adobe(0)], [other, adobe(0)], [other]]) {
    const after = pixelsOf(
      drawBoxes(Buffer.concat([bare, ...segments, rest]), [{ ...box, colour: red }], { thickness: 8 }),
    )
    assertNear(rgbAt(after, 20, 30), red, 12)
  }
  const named = fixture('rgb')
  const marked = Buffer.concat([named.subarray(0, 2), other, named.subarray(2)])
  assertNear(rgbAt(pixelsOf(drawBoxes(marked, [{ ...box, colour: red }], { thickness: 8 })), 20, 30), red, 30)
})

test('quantisation tables of 16 bits are read', () => {
  const jpeg = fixture('wide-divisors')
  const drawn = drawBoxes(jpeg, [{ ...box, colour: '#ffffff' }], { thickness: 16 })
  assert.equal(drawn[drawn.indexOf(0xc1, 20)], 0xc1)
  assertNear(rgbAt(pixelsOf(drawn), 24, 24), [255, 255, 255], 60)
  assert.deepEqual(
    changed(pixelsOf(jpeg), pixelsOf(drawn)).map((at) => Math.round(at / 8)),
    [2, 0, 10, 8],
  )
})

test('what is drawn on a picture of any Huffman tables can be sent by RTSP', async () => {
  for (const options of [{ optimiseCoding: true }, { optimiseCoding: true, quality: 30 }]) {
    const jpeg = await picture(96, 64, options)
    assert.equal(unfitness(jpeg), 'Huffman tables of its own')
    assert.equal(unfitness(drawBoxes(jpeg, [box])), undefined)
    const same = drawBoxes(jpeg, [])
    assert.equal(unfitness(same), undefined)
    assert.deepEqual(pixelsOf(same).data, pixelsOf(jpeg).data)
  }
  for (const name of ['restarts', 'gstreamer']) {
    assert.equal(unfitness(drawBoxes(fixture(name), [box])), undefined)
  }
})

test('where nothing is drawn, a picture that has these tables is given back itself', async () => {
  const jpeg = await picture(96, 64)
  assert.equal(drawBoxes(jpeg, [])?.buffer, jpeg.buffer)
  assert.equal(drawBoxes(jpeg, [{ x: 96, y: 0, width: 9, height: 9 }]).byteOffset, jpeg.byteOffset)
})

test('the given bytes are not written to, and the result has memory of its own', async () => {
  const jpeg = await picture(96, 64)
  const before = Buffer.from(jpeg)
  const drawn = drawBoxes(jpeg, [box])
  assert.deepEqual(jpeg, before)
  assert.ok(Buffer.isBuffer(drawn))
  assert.equal(drawn.buffer.byteLength, drawn.length)
  assert.deepEqual(drawBoxes(new Uint8Array(jpeg), [box]), drawn)
})

test('drawing twice changes what was drawn on once by little', async () => {
  const once = drawBoxes(await picture(96, 64), [{ ...box, colour: red }])
  const twice = pixelsOf(drawBoxes(once, [{ ...box, colour: red }]))
  const first = pixelsOf(once)
  assert.ok(twice.data.every((part, index) => Math.abs(part - first.data[index]!) <= 12))
})

test('application data and comments are kept, what follows the picture is not', async () => {
  const plain = await picture(96, 64, { optimiseCoding: true })
  const exif = Buffer.from('ffe1000e457869660000ffd8ffd90000', 'hex')
  const comment = Buffer.from('fffffe0006ffd9ffda', 'hex')
  const jpeg = Buffer.concat([plain.subarray(0, 2), exif, comment, plain.subarray(2), Buffer.from('more')])
  const drawn = Buffer.from(drawBoxes(jpeg, [box]))
  assert.ok(drawn.includes(exif))
  assert.ok(drawn.includes(comment.subarray(1)))
  assert.equal(drawn.subarray(-2).toString('hex'), 'ffd9')
  assert.deepEqual(pixelsOf(drawn).data, pixelsOf(drawBoxes(plain, [box])).data)
})

test('motion JPEG without Huffman tables and without an end is read', async () => {
  const jpeg = await picture(96, 64)
  const from = jpeg.indexOf(Buffer.from('ffc4', 'hex'))
  const to = jpeg.indexOf(Buffer.from('ffda', 'hex'))
  const bare = Buffer.concat([jpeg.subarray(0, from), jpeg.subarray(to, -2)])
  assert.deepEqual(pixelsOf(drawBoxes(bare, [box])).data, pixelsOf(drawBoxes(jpeg, [box])).data)
})

test('a box may be told by its corners, and with fractions', async () => {
  const jpeg = await picture(96, 64)
  const corners: Box = { x1: 16.4, y1: -0.4, x2: 79.6, y2: 63.5, label: 'a' }
  assert.deepEqual(drawBoxes(jpeg, [corners]), drawBoxes(jpeg, [{ ...box, label: 'a' }]))
})

test('a box that leaves the picture has its lines at the edge', () => {
  const jpeg = sampled(96, 64, samplings['4:4:4'])
  const drawn = drawBoxes(jpeg, [{ x: -1e9, y: -20, width: 2e9, height: 1e300, colour: red }], { thickness: 8 })
  const after = pixelsOf(drawn)
  for (const [x, y] of [
    [3, 3],
    [92, 3],
    [3, 60],
    [92, 60],
    [48, 3],
    [48, 60],
    [3, 32],
    [92, 32],
  ] as const) {
    assertNear(rgbAt(after, x, y), red, 8)
  }
  assert.deepEqual(rgbAt(after, 48, 32), rgbAt(pixelsOf(jpeg), 48, 32))
})

const faults: [box: unknown, message: RegExp][] = [
  [{ ...box, width: 0 }, /^boxes\[1\]\.width is 0: it must be more than 0$/],
  [{ ...box, height: -3 }, /^boxes\[1\]\.height is -3: it must be more than 0$/],
  [{ ...box, x: Number.NaN }, /^boxes\[1\]\.x is NaN, not a number of pixels$/],
  [{ ...box, y: Number.POSITIVE_INFINITY }, /^boxes\[1\]\.y is Infinity/],
  [{ ...box, y: '3' }, /^boxes\[1\]\.y is 3, not/],
  [{ x: 3, y: 4 }, /^boxes\[1\]\.width is undefined/],
  [{ x1: 5, y1: 5, x2: 5, y2: 9 }, /^boxes\[1\]\.x2 is 5: it must be more than x1, 5$/],
  [{ x1: 5, y1: 5, x2: 9, y2: 1 }, /^boxes\[1\]\.y2 is 1: it must be more than y1, 5$/],
  [{ ...box, colour: 'red' }, /^boxes\[1\]\.colour is neither/],
  [{ ...box, colour: [1, 2, 256] }, /^boxes\[1\]\.colour is neither/],
  [{ ...box, colour: [1, 2] }, /^boxes\[1\]\.colour is neither/],
  [{ ...box, label: 7 }, /^boxes\[1\]\.label is no string$/],
  [null, /^boxes\[1\] is no object$/],
]
for (const [fault, message] of faults) {
  test(`a box that is none says so: ${message.source}`, async () => {
    const jpeg = await picture(16, 16)
    assert.throws(() => drawBoxes(jpeg, [box, fault as Box]), { name: 'TypeError', message })
  })
}

test('options and arguments that are none say so', async () => {
  const jpeg = await picture(16, 16)
  assert.throws(() => drawBoxes(jpeg, [box], { thickness: 0 }), /^TypeError: thickness is 0: it must be a whole number/)
  assert.throws(() => drawBoxes(jpeg, [box], { fontScale: 1.5 }), /^TypeError: fontScale is 1.5/)
  assert.throws(() => drawBoxes('jpeg' as never, [box]), /^TypeError: jpeg is no Uint8Array/)
  assert.throws(() => drawBoxes(jpeg, box as never), /^TypeError: boxes is no list/)
})

test('JpegError is known across copies of the sdk', () => {
  const other = Object.assign(new Error('x'), { [Symbol.for('pelton.jpegError')]: true })
  assert.ok(other instanceof JpegError)
  assert.ok(!(new Error('x') instanceof JpegError))
  assert.ok(!((null as unknown) instanceof JpegError))
})
