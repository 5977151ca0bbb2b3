import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { type Coding, type Inflated, codingsOf, decodeBody, encodeBody } from './content-coding.ts'

const all: readonly Coding[] = ['gzip', 'deflate', 'br', 'zstd']
const mebibyte = 1 << 20

/** Compresses by the standard library alone. */
const compress: Readonly<Record<Coding, (body: Buffer) => Buffer>> = {
  gzip: (body) => zlib.gzipSync(body),
  deflate: (body) => zlib.deflateSync(body),
  br: (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (body) => zlib.zstdCompressSync(body),
}

async function plainOf(body: Buffer, codings: readonly Coding[], maxBytes = mebibyte): Promise<Buffer> {
  const inflated = await decodeBody(body, codings, maxBytes)
  assert.ok('body' in inflated, `failed: ${JSON.stringify(inflated)}`)
  return inflated.body
}

async function failureOf(body: Buffer, codings: readonly Coding[], maxBytes = mebibyte): Promise<string> {
  const inflated = await decodeBody(body, codings, maxBytes)
  assert.ok('failure' in inflated, 'it was decoded')
  assert.match(inflated.reason, /\S/)
  return inflated.failure
}

test('case 43: a body is compressed by its content or transfer encoding, but not by being chunked', () => {
  assert.deepEqual(codingsOf(undefined, undefined), [])
  assert.deepEqual(codingsOf('', undefined), [])
  assert.deepEqual(codingsOf('gzip', undefined), ['gzip'])
  assert.deepEqual(codingsOf(undefined, 'gzip'), ['gzip'])
  assert.deepEqual(codingsOf(undefined, 'chunked'), [])
})

test('codings are read in any letter case, as lists, by their old names, those of the transfer last', () => {
  assert.deepEqual(codingsOf('GZIP', 'gzip, Chunked'), ['gzip', 'gzip'])
  assert.deepEqual(codingsOf('x-gzip ,br', undefined), ['gzip', 'br'])
  assert.deepEqual(codingsOf('deflate, , identity,zstd', undefined), ['deflate', 'zstd'])
  assert.deepEqual(codingsOf('gzip', 'deflate'), ['gzip', 'deflate'])
})

test('a coding that is not known, and more than four layers, are no codings', () => {
  for (const unknown of ['compress', 'gzip, aes128gcm', 'chunked', 'constructor', 'gzip;q=1', 'gzip,'.repeat(5)]) {
    assert.equal(codingsOf(unknown, undefined), undefined, unknown)
  }
  assert.equal(codingsOf('gzip, gzip, br', 'gzip, deflate'), undefined)
  assert.deepEqual(codingsOf('gzip, gzip, identity, br', 'gzip, chunked')?.length, 4)
})

test('case 42: what is longer than the limit when decoded is too large, in every coding and in none', async () => {
  assert.deepEqual(await plainOf(Buffer.from('test data'), [], 10), Buffer.from('test data'))
  assert.equal(await failureOf(Buffer.from('test data +'), [], 10), 'too_large')
  assert.deepEqual(await plainOf(Buffer.alloc(0), [], 0), Buffer.alloc(0))
  for (const coding of all) {
    const coded = compress[coding](Buffer.from('test data!'))
    assert.equal(String(await plainOf(coded, [coding], 10)), 'test data!')
    assert.equal(await failureOf(coded, [coding], 9), 'too_large')
    assert.equal(await failureOf(coded, [coding], 0), 'too_large')
  }
})

test('case 44: a whole compressed body is decompressed, an incomplete or bad one is malformed', async () => {
  const text = Buffer.from('some text that is compressed, some text that is not')
  assert.deepEqual(decodeBody(text, [], mebibyte), { body: text })
  for (const coding of all) {
    const coded = compress[coding](text)
    assert.deepEqual(await plainOf(coded, [coding]), text)
    for (const length of [1, 5, coded.length - 1]) {
      assert.equal(await failureOf(coded.subarray(0, length), [coding]), 'malformed', `${coding}, ${length} bytes`)
    }
    assert.equal(await failureOf(Buffer.from('bad data, never compressed'), [coding]), 'malformed')
  }
})

for (const coding of all) {
  test(`${coding}: what is encoded here is decoded by others, and the other way round`, async () => {
    const decode = { gzip: zlib.gunzipSync, deflate: zlib.inflateSync, br: zlib.brotliDecompressSync }
    const decompress = coding === 'zstd' ? zlib.zstdDecompressSync : decode[coding]
    for (const length of [0, 1, 5_000, 70_000, 500_000]) {
      const body = Buffer.from('0123456789 and so on, '.repeat(1 + length / 22)).subarray(0, length)
      assert.deepEqual(decompress(await encodeBody(body, [coding])), body)
      assert.deepEqual(await plainOf(compress[coding](body), [coding]), body)
      assert.deepEqual(
        await plainOf(await encodeBody(randomBytes(length), [coding]), [coding]).then((b) => b.length),
        length,
      )
    }
  })

  test(`${coding}: a bomb is too large before it takes memory`, async () => {
    const bomb = compress[coding](Buffer.alloc(96 * mebibyte))
    const before = process.memoryUsage.rss()
    assert.equal(await failureOf(bomb, [coding], 2 * mebibyte), 'too_large')
    const layered = compress.gzip(bomb)
    assert.equal(await failureOf(layered, [coding, 'gzip'], 2 * mebibyte), 'too_large')
    assert.ok(process.memoryUsage.rss() - before < 32 * mebibyte)
  })

  test(`${coding}: what follows the end is malformed`, async () => {
    for (const length of [10, 100_000]) {
      const coded = compress[coding](randomBytes(length))
      assert.equal(await failureOf(Buffer.concat([coded, Buffer.from('and more')]), [coding]), 'malformed')
    }
  })
}

test('small bodies are worked on at once, large ones in another thread', async () => {
  const small = Buffer.alloc(10_000, 'small ')
  const encoded = encodeBody(small, all)
  assert.ok(Buffer.isBuffer(encoded))
  assert.deepEqual(decodeBody(encoded, all, mebibyte), { body: small })
  const large = randomBytes(200_000)
  for (const coding of all) {
    const pending = encodeBody(large, [coding])
    assert.ok(pending instanceof Promise)
    assert.ok(decodeBody(await pending, [coding], mebibyte) instanceof Promise)
  }
  assert.ok(decodeBody(compress.gzip(Buffer.alloc(200_000)), ['gzip'], mebibyte) instanceof Promise)
})

test('members of gzip and frames of zstd that follow each other are one body', async () => {
  for (const coding of ['gzip', 'zstd'] as const) {
    const [one, two] = [Buffer.from('one, '), randomBytes(100_000)]
    const both = Buffer.concat([compress[coding](one), compress[coding](two), compress[coding](one)])
    assert.deepEqual(await plainOf(both, [coding]), Buffer.concat([one, two, one]))
    assert.equal(await failureOf(both, [coding], 100_000), 'too_large')
    const short = Buffer.concat([compress[coding](one), compress[coding](one)])
    assert.deepEqual(decodeBody(short, [coding], 10), { body: Buffer.from('one, one, ') })
  }
})

test('zeros after a member of gzip are padding, as tape drives leave it', async () => {
  const coded = compress.gzip(Buffer.from('text'))
  assert.equal(String(await plainOf(Buffer.concat([coded, Buffer.alloc(9)]), ['gzip'])), 'text')
  assert.equal(await failureOf(Buffer.concat([coded, Buffer.from([0, 0, 7])]), ['gzip']), 'malformed')
})

test('frames of zstd without end are malformed, and those that ask for more than 8 MiB of window', async () => {
  const empty = zlib.zstdCompressSync(Buffer.alloc(0))
  assert.deepEqual(await plainOf(Buffer.concat(Array.from({ length: 100 }, () => empty)), ['zstd']), Buffer.alloc(0))
  const many = Buffer.concat(Array.from({ length: 2_000 }, () => empty))
  assert.equal(await failureOf(many, ['zstd']), 'malformed')
  const params = { [zlib.constants.ZSTD_c_windowLog]: 25, [zlib.constants.ZSTD_c_contentSizeFlag]: 0 }
  const wide = zlib.zstdCompressSync(Buffer.alloc(1 << 24), { params })
  assert.equal(await failureOf(wide, ['zstd'], 1 << 25), 'malformed')
})

test('deflate without the frame of zlib is decoded, too', async () => {
  for (const length of [0, 10, 300_000]) {
    const body = Buffer.alloc(length, 'raw ')
    assert.deepEqual(await plainOf(zlib.deflateRawSync(body), ['deflate']), body)
  }
})

test('an empty body is empty in every coding', () => {
  const body = Buffer.alloc(0)
  for (const coding of all) assert.deepEqual(decodeBody(body, [coding], 0), { body })
})

test('more large bodies than threads have their turns, and one that fails does not hold up the others', async () => {
  const body = Buffer.alloc(300_000, 'turns ')
  const coded = compress.gzip(body)
  const broken = Buffer.concat([coded.subarray(0, -4), Buffer.from('oops')])
  const jobs = Array.from({ length: 20 }, (_, at) => decodeBody(at % 3 === 0 ? broken : coded, ['gzip'], mebibyte))
  const ends = (await Promise.all(jobs)).map((end) => ('failure' in end ? end.failure : end.body.length))
  assert.deepEqual(
    ends,
    jobs.map((_, at) => (at % 3 === 0 ? 'malformed' : body.length)),
  )
})

const codings = fc.array(fc.constantFrom(...all), { maxLength: 4 })

test('any bytes in any codings come back as they were', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), codings, async (bytes, layers) => {
      assert.deepEqual(await plainOf(Buffer.from(await encodeBody(bytes, layers)), layers), Buffer.from(bytes))
    }),
    { numRuns: 60 },
  )
})

test('a view is encoded without what lies around it', async () => {
  const around = new Uint8Array([1, 2, 3, 4, 5])
  assert.deepEqual(await encodeBody(around.subarray(1, 3), []), Buffer.from([2, 3]))
  assert.deepEqual(await plainOf(await encodeBody(around.subarray(1, 3), ['gzip']), ['gzip']), Buffer.from([2, 3]))
})

test('a body with any bit turned over, at once or in another thread, is decoded or said to be malformed', async () => {
  const bodies = [Buffer.from('a body to be broken, a body to be mended'), randomBytes(40_000)]
  const cases = all.flatMap((coding) => bodies.map((body) => [coding, compress[coding](body)] as const))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...cases), fc.nat(), fc.nat(7), async ([coding, coded], at, bit) => {
      const broken = Buffer.from(coded)
      broken[at % broken.length]! ^= 1 << bit
      const end: Inflated = await decodeBody(broken, [coding], mebibyte)
      assert.ok('body' in end || end.failure === 'malformed' || end.failure === 'too_large')
    }),
    { numRuns: 300 },
  )
})
