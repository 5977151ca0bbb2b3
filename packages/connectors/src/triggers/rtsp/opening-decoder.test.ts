import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecodingOptions, UnitToDecode } from '@pelton/protocols/video'
import { FakeDecoder } from './fixtures/fake-decoder.ts'
import { OpeningDecoder } from './opening-decoder.ts'

const taker = { onPicture() {}, onSuperseded() {}, onDropped() {}, onLost() {} }
const options: DecodingOptions = { codec: 'h264', format: 'jpeg', taker }

function unit(tag: number, isKey: boolean, length = 1): UnitToDecode {
  return { bytes: Buffer.alloc(length), tag, isKey, due: 'always' }
}

function setUp() {
  const opening = Promise.withResolvers<FakeDecoder>()
  const decoder = new FakeDecoder(options)
  const told = { opened: 0, failed: [] as unknown[], dropped: 0 }
  const held = new OpeningDecoder(opening.promise, {
    onOpen: () => (told.opened += 1),
    onFailed: (error) => told.failed.push(error),
    onDropped: (units) => (told.dropped += units),
  })
  const open = async (): Promise<void> => {
    opening.resolve(decoder)
    await held.settled
  }
  return { opening, decoder, held, told, open, tags: () => decoder.units.map(({ tag }) => tag) }
}

test('what was pushed and wanted before it is open counts', async () => {
  const { held, open, decoder, told, tags } = setUp()
  held.push(unit(1, true))
  held.push(unit(2, false))
  held.want()
  assert.equal(held.isOpen, false)
  await open()
  held.push(unit(3, false))
  held.want()
  assert.deepEqual([held.isOpen, told.opened, tags(), decoder.wants], [true, 1, [1, 2, 3], 2])
})

test('a key picture makes those before it needless', async () => {
  const { held, open, told, tags } = setUp()
  for (const [tag, isKey] of [true, false, true, false].entries()) held.push(unit(tag, isKey))
  await open()
  assert.deepEqual([tags(), told.dropped], [[2, 3], 2])
})

for (const [what, length, count] of [
  ['many', 1, 301],
  ['large', 9 << 20, 2],
] as const) {
  test(`too ${what} units are let go up to the next key picture`, async () => {
    const { held, open, told, tags } = setUp()
    for (let tag = 0; tag < count; tag += 1) held.push(unit(tag, tag === 0, length))
    held.push(unit(1_000, false))
    assert.equal(told.dropped, count + 1)
    held.push(unit(1_001, true))
    held.push(unit(1_002, false))
    await open()
    assert.deepEqual([tags(), told.dropped], [[1_001, 1_002], count + 1])
  })
}

test('one that cannot be opened says so, but not when it was closed before', async () => {
  for (const isClosed of [false, true]) {
    const { held, opening, told } = setUp()
    if (isClosed) held.close()
    opening.reject('none')
    await held.settled
    assert.deepEqual(told.failed, isClosed ? [] : ['none'])
  }
})

test('one that opens after it was closed is closed', async () => {
  const { held, open, decoder, told } = setUp()
  held.push(unit(1, true))
  held.close()
  held.push(unit(2, true))
  await open()
  assert.deepEqual([decoder.isClosed, decoder.units, told.opened], [true, [], 0])
  held.close()
  assert.equal(decoder.closes, 1)
})
