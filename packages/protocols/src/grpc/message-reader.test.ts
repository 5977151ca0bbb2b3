import assert from 'node:assert/strict'
import { test } from 'node:test'
import v8 from 'node:v8'
import vm from 'node:vm'
import fc from 'fast-check'
import { frame } from './fixtures/raw-http2.ts'
import { MessageMemory } from './message-memory.ts'
import { MessageReader } from './message-reader.ts'

interface Read {
  messages: { bytes: Buffer; isCompressed: boolean }[]
  tooLarge: { length: number; start: Buffer; isCompressed: boolean }[]
  broken: string[]
}

function createReader(maxBytes: number): { reader: MessageReader; read: Read } {
  const read: Read = { messages: [], tooLarge: [], broken: [] }
  const memory = new MessageMemory()
  const reader = new MessageReader(
    maxBytes,
    {
      taken: (bytes, isCompressed) => read.messages.push({ bytes, isCompressed }),
      tooLarge: (length, start, isCompressed) => read.tooLarge.push({ length, start, isCompressed }),
      broken: (reason) => read.broken.push(reason),
    },
    memory,
  )
  return { reader, read }
}

/** Cuts bytes into pieces of these lengths, by turns. */
function split(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const end = at + (lengths[i % lengths.length] as number)
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

function collectGarbage(): NodeJS.MemoryUsage {
  v8.setFlagsFromString('--expose-gc')
  vm.runInNewContext('gc')()
  return process.memoryUsage()
}

test('messages come out as they went in, however their bytes were split', () => {
  const message = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 5_000, maxLength: 40_000 }))
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20_000 })), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), lengths, (messages, pieces) => {
      const { reader, read } = createReader(100_000)
      for (const piece of split(Buffer.concat(messages.map((each) => frame(each))), pieces)) reader.push(piece)
      assert.deepEqual(
        read.messages.map(({ bytes }) => bytes.toString('hex')),
        messages.map((each) => Buffer.from(each).toString('hex')),
      )
      assert.equal(reader.isMidMessage, false)
      assert.equal(reader.keptBytes, 0)
    }),
    { numRuns: 200 },
  )
})

test('a message in pieces ends where arrays of any type may end', () => {
  for (const length of [8_192, 8_193, 20_007]) {
    const { reader, read } = createReader(100_000)
    for (const piece of split(frame(Buffer.alloc(length, 'a')), [5_000])) reader.push(piece)
    const [{ bytes } = { bytes: Buffer.alloc(0) }] = read.messages
    assert.deepEqual([bytes.length, (bytes.byteOffset + bytes.length) % 8], [length, 0])
  }
})

test('a message above the limit is dropped with its first bytes told, and the next one is whole', () => {
  fc.assert(
    fc.property(fc.integer({ min: 101, max: 5_000 }), fc.integer({ min: 1, max: 300 }), (length, piece) => {
      const { reader, read } = createReader(100)
      const large = Buffer.alloc(length, 'abcdefgh')
      const bytes = Buffer.concat([frame(large), frame(Buffer.from('next'))])
      for (const part of split(bytes, [piece])) {
        reader.push(part)
        assert.ok(reader.keptBytes <= 100)
      }
      assert.deepEqual(read.tooLarge, [{ length, start: large.subarray(0, 64), isCompressed: false }])
      assert.equal(read.messages[0]?.bytes.toString(), 'next')
    }),
  )
})

test('an oversized message is told before the rest of it has come', () => {
  const { reader, read } = createReader(100)
  reader.push(frame(Buffer.alloc(5_000)).subarray(0, 5 + 64))
  assert.equal(read.tooLarge[0]?.length, 5_000)
})

test('a prefix that claims four gigabytes costs nothing', () => {
  const { reader, read } = createReader(2 ** 32)
  const before = process.memoryUsage().arrayBuffers
  reader.push(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]))
  assert.equal(reader.keptBytes, 3)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
  assert.equal(read.messages.length, 0)
})

test('a message that comes byte by byte does not cost an object for each byte', () => {
  const { reader, read } = createReader(1_000_000)
  const bytes = frame(Buffer.alloc(300_000, 7))
  const before = collectGarbage()
  for (const [i] of bytes.subarray(1).entries()) reader.push(bytes.subarray(i, i + 1))
  const { heapUsed, arrayBuffers } = collectGarbage()
  assert.equal(reader.keptBytes, 299_999)
  assert.ok(arrayBuffers - before.arrayBuffers < 2_000_000, `${arrayBuffers - before.arrayBuffers} bytes`)
  assert.ok(heapUsed - before.heapUsed < 4_000_000, `${heapUsed - before.heapUsed} bytes`)
  reader.push(bytes.subarray(-1))
  assert.equal(read.messages[0]?.bytes.length, 300_000)
})

test('unknown flags break the call once, and nothing is read after them', () => {
  const { reader, read } = createReader(100)
  reader.push(Buffer.concat([frame(Buffer.from('a')), frame(Buffer.from('b'), 2), frame(Buffer.from('c'))]))
  reader.push(frame(Buffer.from('d')))
  assert.deepEqual(
    read.messages.map(({ bytes }) => bytes.toString()),
    ['a'],
  )
  assert.deepEqual(read.broken, ['a message has the unknown flags 2'])
})

test('any bytes at all are survived', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
      const { reader } = createReader(1_000)
      for (const piece of pieces) reader.push(Buffer.from(piece))
      assert.ok(reader.keptBytes <= 1_000)
    }),
  )
})
