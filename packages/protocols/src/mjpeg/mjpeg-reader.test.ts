import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tinyJpeg } from './fixtures/tiny-jpeg.ts'
import { MjpegReader } from './mjpeg-reader.ts'

interface Read {
  reader: MjpegReader
  frames: Buffer[]
  faults: string[]
}

function start(rules: { boundary?: string | undefined; maxFrameBytes?: number } = {}): Read {
  const frames: Buffer[] = []
  const faults: string[] = []
  const reader = new MjpegReader(
    { boundary: 'b', ...rules },
    { onFrame: (frame) => frames.push(frame), onFault: (fault) => faults.push(fault) },
  )
  return { reader, frames, faults }
}

/** What is read of a whole stream, in one chunk and a byte at a time: that must be the same. */
function readAll(bytes: Buffer, rules: { boundary?: string | undefined; maxFrameBytes?: number } = {}): Read {
  const [whole, single] = [start(rules), start(rules)]
  whole.reader.push(bytes)
  for (const byte of bytes) single.reader.push(Buffer.from([byte]))
  for (const { reader } of [whole, single]) reader.end()
  assert.deepEqual(single.frames, whole.frames)
  assert.deepEqual(single.faults, whole.faults)
  return whole
}

const stream = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))

const [one, two, three] = [tinyJpeg(10), tinyJpeg(300, { fill: 0x2d }), tinyJpeg(1, { thumbnail: tinyJpeg(7) })]
const truncated = one.subarray(0, -2)

interface PartForm {
  length?: number
  eol?: string
  tail?: string
  name?: string
}
const sized = (frame: Buffer, form: PartForm = {}): Buffer => {
  const { length = frame.length, eol = '\r\n', name = 'Content-Length' } = form
  return stream(`--b${eol}Content-Type: image/jpeg${eol}${name}: ${length}${eol}${eol}`, frame, form.tail ?? eol)
}
const unsized = (frame: Buffer, { eol = '\r\n', tail = eol }: PartForm = {}): Buffer =>
  stream(`--b${eol}Content-Type: image/jpeg${eol}X-Timestamp: 1.5${eol}${eol}`, frame, tail)

const quirks: [name: string, bytes: Buffer, boundary?: string][] = [
  ['parts with a length', stream(sized(one), sized(two), sized(three), '--b--\r\n')],
  [
    'a length in any letter case',
    stream(...[one, two, three].map((frame) => sized(frame, { name: 'CONTENT-length ' }))),
  ],
  ['parts without a length', stream(unsized(one), unsized(two), unsized(three))],
  ['bare line feeds', stream(sized(one, { eol: '\n' }), unsized(two, { eol: '\n' }), sized(three, { eol: '\n' }))],
  [
    'no line end after the pictures',
    stream(sized(one, { tail: '' }), unsized(two, { tail: '' }), sized(three, { tail: '' })),
  ],
  [
    'text before, line ends between',
    stream('hello\r\n--a\r\n\r\n', sized(one), '\r\n\r\n', sized(two), '\r\n', sized(three)),
  ],
  [
    'the last delimiter after each part',
    stream(sized(one), '--b--\r\n', sized(two), '--b--\r\n', sized(three), '--b--\r\nbye'),
  ],
  ['no header lines', stream('--b\r\n\r\n', one, '\r\n--b\r\n\r\n', two, '\r\n--b\r\n\r\n', three, '\r\n--b--')],
  [
    'lengths that are no numbers, or 0',
    stream(sized(one, { length: Number.NaN }), sized(two, { length: 0 }), sized(three)),
  ],
  [
    'lengths that are too small',
    stream(sized(one, { length: 3 }), sized(two, { length: 100 }), sized(three, { length: 1 })),
  ],
  [
    'lengths that are too large',
    stream(sized(one, { length: 40 }), sized(two, { length: 400 }), sized(three), unsized(one).subarray(0, 9)),
  ],
  [
    'padding after delimiters',
    stream('--b \t\r\n\r\n', one, '\r\n--b  \r\n\r\n', two, '\r\n--b\t\n\n', three, '\r\n--b--'),
  ],
  [
    'hyphens in the boundary, sent once',
    stream('--x\r\n\r\n', one, '\r\n--x\r\n\r\n', two, '\r\n--x\r\n\r\n', three),
    '--x',
  ],
  [
    'hyphens in the boundary, sent twice',
    stream('----x\r\n\r\n', one, '\r\n----x\r\n\r\n', two, '----x\r\n\r\n', three),
    '--x',
  ],
  [
    'hyphens at the end of the boundary',
    stream('--v b--\r\n\r\n', one, '--v b--\r\n\r\n', two, '--v b--\r\n\r\n', three),
    'v b--',
  ],
  ...['--other', '--"b"', '--B', 'b', 'B'].map((line): [string, Buffer] => [
    `${line} between them, and another boundary in the content type`,
    stream(...[one, two, three].map((frame) => Buffer.concat([Buffer.from(`${line}\r\n`), sized(frame).subarray(5)]))),
  ]),
  [
    'the name alone between pictures without a length',
    stream('\nx\n\n', one, '\r\nx\r\nA: b\r\n\r\n', two, '\nx\n\n', three, '\nx\n'),
    '--x',
  ],
  ['what looks like the boundary', stream(unsized(one), '--bb\r\n--b\r\n\r\n', two, '\r\n--bx--b\r\n\r\n', three)],
]

for (const [name, bytes, boundary = 'b'] of quirks) {
  test(`each picture is read with ${name}`, () => {
    const { frames, faults } = readAll(bytes, { boundary })
    assert.deepEqual(frames, [one, two, three])
    assert.deepEqual(faults, [])
  })
}

test('case 68 the length is read from the header lines of a part; without a number the end is looked for', () => {
  const body = Buffer.alloc(1234, 'x')
  for (const name of ['Content-Length', 'content-length', 'Content-length']) {
    assert.deepEqual(readAll(stream(sized(body, { name }), '--b')).frames, [body])
  }
  for (const length of [Number.NaN, -5, 0]) {
    assert.deepEqual(readAll(stream(sized(body, { length }), '--b\r\n')).frames, [body])
  }
})

test('a first line that is no delimiter, or stands before no picture, leaves the boundary as it is named', () => {
  assert.deepEqual(readAll(stream('bb\r\n\r\n', one, '\r\n', sized(two))).frames, [two])
  assert.deepEqual(readAll(stream('--a\r\n\r\ntext\r\n', sized(two))).frames, [two])
  assert.deepEqual(readAll(stream('--a\r\nno header\r\n\r\n', one, '\r\n', sized(two))).frames, [two])
})

test('case 69 text before the boundary line is skipped', () => {
  assert.deepEqual(readAll(stream('some text\r\nmore\r\n', sized(one))).frames, [one])
})

test('the first line with two hyphens is the boundary where the content type names none', () => {
  const bytes = stream('hi\r\n', '--some name\r\n\r\n', one, '\r\n--some name\r\n\r\n', two, '\r\n--some name--\r\n')
  assert.deepEqual(readAll(bytes, { boundary: undefined }).frames, [one, two])
  assert.throws(() => start({ boundary: undefined }).reader.push(Buffer.alloc(20_000)), {
    code: 'mjpeg_boundary_missing',
  })
})

test('a frame is told with its last byte, not with the delimiter after it, with a length or without', () => {
  for (const part of [sized(one), unsized(one), unsized(three)]) {
    const { reader, frames } = start()
    reader.push(part.subarray(0, -3))
    assert.equal(frames.length, 0)
    reader.push(part.subarray(-3, -2))
    assert.equal(frames.length, 1)
  }
})

test('a picture that is cut short ends with the delimiter', () => {
  const { frames } = readAll(stream(unsized(truncated), sized(truncated), unsized(one), '--b'))
  assert.deepEqual(frames, [truncated, truncated, one])
})

test('a body that is no JPEG ends with its delimiter alone', () => {
  const bodies = [
    Buffer.from([0xff, 0xd9, 1, 2]),
    Buffer.from('--bb text'),
    Buffer.from([0xff, 0xd8, 0, 0xff, 0xd9, 5]),
  ]
  assert.deepEqual(readAll(stream(...bodies.map((body) => unsized(body)), '--b--')).frames, bodies)
  // What follows the first is no delimiter, so its length was wrong.
  const text = Buffer.from('text--bb')
  assert.deepEqual(readAll(stream(sized(text, { length: 4 }), sized(one))).frames, [text, one])
})

test('hyphens that belong to the boundary are no part of a body', () => {
  const bytes = stream('----x\r\n\r\n', truncated, '\r\n----x\r\n\r\n', truncated, '----x--')
  assert.deepEqual(readAll(bytes, { boundary: '--x' }).frames, [truncated, truncated])
})

test('what comes after the last delimiter is no part, until another delimiter comes', () => {
  const { frames } = readAll(
    stream(sized(one), '--b--\r\nbye\r\n\r\nepilogue\r\n', sized(two), '--b--\r\n\r\nbye\r\n--b'),
  )
  assert.deepEqual(frames, [one, two])
})

test('at the end of the stream a sized body that lacks what follows is told, and what is not all there is not', () => {
  const text = Buffer.from('not a picture')
  assert.deepEqual(readAll(sized(text)).frames, [text])
  assert.deepEqual(readAll(sized(text, { length: 100 })).frames, [])
  assert.deepEqual(readAll(unsized(truncated)).frames, [])
})

test('after one wrong length ends are looked for, so that a source cannot have the same bytes read again and again', () => {
  const lie = sized(truncated, { length: 2_000_000 })
  const { reader, frames } = start()
  const before = performance.now()
  for (let count = 0; count < 40_000; count += 1) reader.push(lie)
  assert.ok(performance.now() - before < 10_000)
  assert.ok(frames.length > 39_000)
})

test('a length beyond the most is left out with its part, without memory for it', () => {
  const before = process.memoryUsage().arrayBuffers
  const { reader, frames, faults } = start()
  reader.push(stream(sized(one), sized(Buffer.alloc(100_000), { length: 1e12 }), sized(two)))
  assert.deepEqual(frames, [one, two])
  assert.deepEqual(faults, ['oversized'])
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
})

test('a body that goes on beyond the most is left out, however its part says its length', () => {
  const long = tinyJpeg(1000)
  const rules = { maxFrameBytes: 500 }
  for (const part of [unsized(long), sized(long), stream(sized(Buffer.alloc(3), { length: 5 }), unsized(long))]) {
    const { frames, faults } = readAll(stream(part, unsized(one)), rules)
    assert.deepEqual(frames.at(-1), one)
    assert.deepEqual(faults, ['oversized'])
  }
})

test('the part after a body that is just too long is read', () => {
  for (let length = 495; length < 515; length += 1) {
    const { frames, faults } = readAll(stream(unsized(Buffer.alloc(length, 'x')), sized(one)), { maxFrameBytes: 500 })
    assert.deepEqual(frames.at(-1), one)
    assert.equal(frames.length + faults.length, 2)
  }
})

test('a little between the parts does not add up to a boundary that is missing', () => {
  const { reader, frames } = start()
  for (let count = 0; count < 100; count += 1) reader.push(stream(sized(one), Buffer.alloc(1 << 20)))
  assert.equal(frames.length, 100)
})

test('header lines beyond 16 KB are left out with their part', () => {
  const line = `X-Long: ${'x'.repeat(16_400)}\r\n`
  const lines = 'X-Short: 1\r\n'.repeat(2000)
  const { frames, faults } = readAll(
    stream('--b\r\n', line, '\r\n', one, '\r\n--b\r\n', lines, '\r\n', one, '\r\n', sized(two)),
  )
  assert.deepEqual(frames, [two])
  assert.deepEqual(faults, ['malformed', 'malformed'])
})

test('a boundary that never comes is an error after a bounded number of bytes, which are not kept', () => {
  const chunk = Buffer.alloc(1448, 'x')
  for (const preamble of ['', '--other\r\nContent-Length: 5\r\n\r\n']) {
    const { reader } = start()
    reader.push(Buffer.from(preamble))
    let bytes = 0
    assert.throws(
      () => {
        for (; bytes < 1e9; bytes += chunk.length) reader.push(chunk)
      },
      { code: 'mjpeg_boundary_missing', retryable: true },
    )
    assert.ok(bytes < 2e6, `${bytes}`)
  }
})

test('a boundary that comes no more is an error, too', () => {
  const { reader, frames } = start({ maxFrameBytes: 10_000 })
  reader.push(sized(one))
  assert.throws(() => {
    for (let count = 0; count < 1100; count += 1) reader.push(Buffer.alloc(1000))
  }, /boundary "b"/)
  assert.equal(frames.length, 1)
})

test('a frame in one chunk is a view on it; one in several has exactly its own memory where its length is told', () => {
  const { reader, frames } = start()
  const bytes = sized(one)
  reader.push(bytes)
  assert.equal(frames[0]?.buffer, bytes.buffer)
  for (const byte of sized(two)) reader.push(Buffer.from([byte]))
  assert.equal(frames[1]?.buffer.byteLength, two.length)
})

const anyBody = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 400 }).filter((body) => !Buffer.from(body).includes('--b')),
  fc.integer({ min: 0, max: 400 }).map((scan) => tinyJpeg(scan)),
)

test('any bodies come out as they were sent, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyBody, fc.boolean(), fc.constantFrom('\r\n', '\n')), { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 300 })),
      (parts, cuts) => {
        const bodies = parts.map(([body]) => Buffer.from(body))
        // A body that does not say its length must not end like its line end, or with hyphens.
        const asSent = parts.map(([body, hasLength, eol], at) => {
          const isOpen = !hasLength && !/[-\r\n]$/.test(bodies[at]?.toString('latin1') ?? '')
          return isOpen ? unsized(Buffer.from(body), { eol }) : sized(Buffer.from(body), { eol })
        })
        const bytes = stream(...asSent, '--b--')
        const { reader, frames } = start()
        for (let at = 0; at < bytes.length;) {
          const size = cuts.next().value ?? 1
          reader.push(bytes.subarray(at, at + size))
          at += size
        }
        assert.deepEqual(frames, bodies)
      },
    ),
    { numRuns: 300 },
  )
})

/** Small and the same in each run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('40 million bytes of mutated streams and of noise: no error but its own, and no memory is kept', () => {
  const random = createRandom(7)
  const good = stream(
    sized(one),
    unsized(two),
    sized(three),
    unsized(one, { eol: '\n' }),
    sized(truncated, { length: 90 }),
  )
  const words = [
    '--b',
    '\r\n',
    '\n\n',
    '--b--',
    'Content-Length: 99999999999\r\n',
    'Content-Length: 7\r\n',
    '\xff\xd9',
    '\xff\xd8\xff\xe1\xff\xff',
  ]
  const mutate = (): Buffer => {
    const parts: Buffer[] = []
    for (let count = 0; count < 12; count += 1) {
      const from = random(good.length)
      const kind = random(10)
      if (kind < 6) parts.push(random(2) ? good : good.subarray(from, from + random(400)))
      else if (kind < 9) parts.push(Buffer.from(words[random(words.length)] ?? '', 'latin1'))
      else parts.push(Buffer.from(Array.from({ length: random(60) }, () => random(256))))
    }
    const bytes = Buffer.concat(parts)
    for (let count = random(6); count > 0; count -= 1) bytes[random(bytes.length)] = random(256)
    return bytes
  }
  let [bytes, frames, faults] = [0, 0, 0]
  const before = process.memoryUsage.rss()
  while (bytes < 40e6) {
    const maxFrameBytes = random(2) ? 250 : 2000
    const { reader, ...read } = start({ maxFrameBytes, boundary: random(8) ? 'b' : undefined })
    for (let count = 0; count < 20; count += 1) {
      const some = mutate()
      bytes += some.length
      try {
        for (let at = 0; at < some.length;) {
          const size = 1 + random(random(2) ? 1448 : 9)
          reader.push(some.subarray(at, at + size))
          at += size
        }
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'mjpeg_boundary_missing')
        break
      }
    }
    reader.end()
    for (const frame of read.frames) assert.ok(frame.length > 0 && frame.length <= maxFrameBytes)
    assert.ok(process.memoryUsage.rss() - before < 500 << 20)
    frames += read.frames.length
    faults += read.faults.length
  }
  assert.ok(frames > 10_000 && faults > 100, `${frames} frames, ${faults} faults`)
})
