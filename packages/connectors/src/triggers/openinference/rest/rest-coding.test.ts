import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import { acceptedCoding, codingOf, pack, unpack } from './rest-coding.ts'

const text = Buffer.from('[1.5,2.5]'.repeat(10_000))

test('what a client takes is chosen by its weights', () => {
  assert.equal(acceptedCoding(undefined), undefined)
  assert.equal(acceptedCoding(''), undefined)
  assert.equal(acceptedCoding('identity, br'), undefined)
  assert.equal(acceptedCoding('gzip, deflate, br'), 'gzip')
  assert.equal(acceptedCoding('Deflate'), 'deflate')
  assert.equal(acceptedCoding('gzip;q=0.1, deflate; q=0.5'), 'deflate')
  assert.equal(acceptedCoding('gzip;q=0'), undefined)
  assert.equal(acceptedCoding('*'), 'gzip')
  assert.equal(acceptedCoding('gzip;q=0, *'), 'deflate')
  assert.equal(acceptedCoding('gzip;q=x'), undefined)
})

test('a request has one coding that is known, or none', () => {
  assert.deepEqual(['', 'identity', 'x-gzip', ' GZIP ', 'deflate'].map(codingOf), [
    undefined,
    undefined,
    'gzip',
    'gzip',
    'deflate',
  ])
  assert.throws(() => codingOf('br'), { status: 415 })
  assert.throws(() => codingOf('gzip, gzip'), { status: 415 })
})

test('what is packed is unpacked', async () => {
  for (const coding of ['gzip', 'deflate'] as const) {
    const packed = await pack(text, coding)
    assert.ok(packed.length < text.length / 10)
    assert.deepEqual(await unpack(packed, coding, text.length), text)
  }
})

test('a body that unpacks to more than the limit is a 413, a broken one a 400, and others go on', async () => {
  const bombs = Array.from({ length: 20 }, () => unpack(gzipSync(Buffer.alloc(1 << 20)), 'gzip', 1000))
  for (const settled of await Promise.allSettled(bombs)) {
    assert.equal(settled.status === 'rejected' && (settled.reason as { status: number }).status, 413)
  }
  await assert.rejects(unpack(Buffer.from('no gzip'), 'gzip', 1000), { status: 400, message: 'the body is no gzip' })
  await assert.rejects(unpack(gzipSync(text).subarray(0, 50), 'gzip', text.length), { status: 400 })
  assert.deepEqual(await unpack(deflateSync('ok'), 'deflate', 1000), Buffer.from('ok'))
})
