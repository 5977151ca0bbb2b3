import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { BlockWriter, type WrittenField, integer } from './fixtures/block-writer.ts'
import { huffmanCodes } from './fixtures/huffman-codes.ts'
import { HpackDecoder, type HpackLimits } from './hpack-decoder.ts'
import { HpackError } from './hpack-error.ts'
import { staticFields } from './static-table.ts'

const fixed = Array.from({ length: 61 }, (_, i) => [staticFields[2 * i]!, staticFields[2 * i + 1]!] as const)

const latin1 = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const name = fc.oneof(fc.constantFrom(':path', 'te', 'date', 'x-a', 'x-b'), latin1)
const value = fc.oneof(fc.constantFrom('/', 'trailers', '', 'a', 'b'.repeat(60), 'c'.repeat(500)), latin1)

const field: fc.Arbitrary<WrittenField> = fc.record({
  name,
  value,
  how: fc.constantFrom('indexed', 'indexed', 'incremental', 'without', 'never'),
  isHuffman: fc.boolean(),
})
const block = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 2 }),
  fields: fc.array(field, { maxLength: 12 }),
  times: fc.constantFrom(1, 1, 3),
})

const createWriter = (limit = 4_096): BlockWriter => new BlockWriter(fixed, huffmanCodes, limit)

function write(writer: BlockWriter, fields: WrittenField[], sizes: number[] = []): Buffer {
  return Buffer.concat([...sizes.map((size) => writer.resize(size)), ...fields.map((each) => writer.field(each))])
}

const flat = (fields: readonly WrittenField[]): string[] => fields.flatMap((each) => [each.name, each.value])

/** What a decoder with these bounds is to give: all until the first field that goes beyond one. */
function within({ maxListBytes = 16_384, maxFields = 256 }: HpackLimits, fields: WrittenField[]): object {
  let bytes = 0
  const fitting = fields.findIndex(
    (each, i) => i >= maxFields || (bytes += each.name.length + each.value.length + 32) > maxListBytes,
  )
  if (fitting < 0) return { headers: flat(fields), isTooLarge: false }
  return { headers: flat(fields.slice(0, fitting)), isTooLarge: true }
}

const literal = (fieldName: string, fieldValue: string): WrittenField => {
  return { name: fieldName, value: fieldValue, how: 'without', isHuffman: false }
}
const indexed = (fieldName: string, fieldValue: string): WrittenField => {
  return { ...literal(fieldName, fieldValue), how: 'incremental' }
}

const bytes = (...parts: (number | string | Buffer)[]): Buffer => {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part as string))),
  )
}

test('any block that an encoder may write is read as it was written, whatever the table went through', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
      const writer = createWriter(1_000)
      const decoder = new HpackDecoder({ maxTableBytes: 1_000 })
      for (const { sizes, fields, times } of blocks) {
        for (let time = 0; time < times; time++) {
          assert.deepEqual(decoder.decode(write(writer, fields, sizes)), within({}, fields))
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('fields beyond a bound are left out, and the table is right all the same', () => {
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 8 }),
      fc.record({ maxListBytes: fc.integer({ min: 0, max: 800 }), maxFields: fc.integer({ min: 0, max: 8 }) }),
      fc.integer({ min: 0, max: 1_000 }),
      (blocks, bounds, maxTableBytes) => {
        const writer = createWriter(maxTableBytes)
        const decoder = new HpackDecoder({ ...bounds, maxTableBytes })
        for (const { fields } of blocks) {
          assert.deepEqual(decoder.decode(write(writer, fields)), within(bounds, fields))
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('a text beyond the bounds is dropped each time that it comes', () => {
  const decoder = new HpackDecoder({ maxListBytes: 40, maxTableBytes: 0 })
  // A literal without indexing (RFC 7541 §6.2.2): the name `a`, a value of 50 bytes.
  const long = Buffer.concat([Buffer.from([0x00, 1, 0x61, 50]), Buffer.alloc(50, 'b')])
  for (let time = 0; time < 3; time++) assert.deepEqual(decoder.decode(long), { headers: [], isTooLarge: true })
})

test('random bytes give a bounded list or an HpackError', () => {
  const limits = { maxTableBytes: 256, maxListBytes: 500, maxFields: 5 }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder(limits)
      try {
        for (const each of blocks) {
          const { headers } = decoder.decode(Buffer.from(each))
          assert.ok(headers.length <= 10 && headers.join('').length <= 500)
        }
      } catch (error) {
        assert.ok(error instanceof HpackError, String(error))
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a block that is cut off or has a wrong byte gives a list or an HpackError', () => {
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(255), (fields, place, byte) => {
      const whole = write(createWriter(), fields)
      const at = place % whole.length
      const wrong = Buffer.from(whole)
      wrong[at] = byte
      for (const each of [whole.subarray(0, at), wrong]) {
        try {
          new HpackDecoder().decode(each)
        } catch (error) {
          assert.ok(error instanceof HpackError, String(error))
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('what is no block is an HpackError', () => {
  const tooLong = bytes(0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x01)
  for (const [wrong, what] of [
    [bytes(0x80), 'the index 0'],
    [bytes(0xbe), 'an index of nothing'],
    [bytes(0xff, 0x80, 0x80, 0x01), 'an index far beyond'],
    [bytes(0x7e, 1, 'a'), 'a name of nothing'],
    [bytes(0xff), 'half an index'],
    [bytes(0xff, 0x80), 'half an index, later'],
    [bytes(0xff, 0x80, 0x80, 0x80, 0x80, 0x00), 'an index that does not end'],
    [bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), 'an index of 64 bits'],
    [bytes(0x40), 'no name'],
    [bytes(0x00, 0), 'no value'],
    [bytes(0x00, 5, 'abcd'), 'a name that is too short'],
    [bytes(0x00, 1, 'a', 3, 'ab'), 'a value that is too short'],
    [tooLong, 'a name as long as none'],
    [bytes(0x00, 1, 'a', 0x81, 0x00), 'Huffman with false padding'],
    [bytes(0x3f, 0xe2, 0x1f), 'a table of 4,097 bytes'],
    [bytes(0x82, 0x20, 0, 0), 'a change of the table after a field'],
  ] as const) {
    assert.throws(() => new HpackDecoder().decode(wrong), HpackError, what)
  }
})

test('the table may be made smaller and larger again, and never above what was agreed', () => {
  const decoder = new HpackDecoder({ maxTableBytes: 100 })
  const writer = createWriter(100)
  decoder.decode(write(writer, [indexed('x-a', '1'), indexed('x-b', '2')]))
  assert.deepEqual(decoder.decode(bytes(0xbe, 0xbf)).headers, ['x-b', '2', 'x-a', '1'])
  // 36 bytes: there is room for the newest only.
  assert.deepEqual(decoder.decode(bytes(0x3f, 5, 0xbe)).headers, ['x-b', '2'])
  assert.deepEqual(decoder.decode(bytes(0x20, 0x3f, 69)).headers, [])
  assert.throws(() => decoder.decode(bytes(0xbe)), HpackError)
  assert.throws(() => new HpackDecoder({ maxTableBytes: 100 }).decode(bytes(0x3f, 70)), HpackError)
})

test('an entry that takes the whole table has a place in it, and one byte more has none', () => {
  const decoder = new HpackDecoder({ maxTableBytes: 100 })
  const writer = createWriter(100)
  decoder.decode(write(writer, [indexed('x', 'v'.repeat(67))]))
  assert.equal(decoder.decode(bytes(0xbe)).headers.length, 2)
  decoder.decode(write(writer, [indexed('x', 'v'.repeat(68))]))
  assert.throws(() => decoder.decode(bytes(0xbe)), HpackError)
})

test('many references to one long value cost no more than the bound', () => {
  const decoder = new HpackDecoder()
  decoder.decode(write(createWriter(), [indexed('x', 'v'.repeat(4_000))]))
  const { headers, isTooLarge } = decoder.decode(Buffer.alloc(1_000_000, 0xbe))
  assert.deepEqual([headers.length, isTooLarge], [8, true])
  assert.deepEqual(decoder.decode(Buffer.alloc(10_000, 0x82)).headers.length, 2 * 256)
})

test('a text beyond every bound empties the table and is not made', () => {
  for (const isHuffman of [false, true]) {
    const decoder = new HpackDecoder()
    const writer = createWriter()
    decoder.decode(write(writer, [indexed('x-a', 'a')]))
    const large = { ...indexed('x-large', 'l'.repeat(100_000)), isHuffman }
    const fields = [literal('x-b', 'b'), large, literal('x-c', 'c'), indexed('x-d', 'd')]
    assert.deepEqual(decoder.decode(write(writer, fields)), { headers: ['x-b', 'b'], isTooLarge: true })
    assert.deepEqual(decoder.decode(bytes(0xbe)).headers, ['x-d', 'd'])
    assert.throws(() => decoder.decode(bytes(0xbf)), HpackError)
  }
})

test('a text that fits the table and not the list is kept in the table', () => {
  const decoder = new HpackDecoder({ maxListBytes: 100 })
  assert.equal(decoder.decode(write(createWriter(), [indexed('x', 'v'.repeat(1_000))])).isTooLarge, true)
  assert.equal(decoder.decode(bytes(0xbe)).isTooLarge, true)
})

test('a block of the same bytes is the same object until the table changes', () => {
  const decoder = new HpackDecoder()
  const writer = createWriter()
  decoder.decode(write(writer, [indexed('x-a', '1')]))
  const request = bytes(0x83, 0xbe, 0x04, 2, '/p')
  const first = decoder.decode(request)
  assert.equal(decoder.decode(Buffer.from(request)), first)
  decoder.decode(write(writer, [indexed('x-a', '2')]))
  const second = decoder.decode(request)
  assert.deepEqual(second.headers, [':method', 'POST', 'x-a', '2', ':path', '/p'])
  assert.deepEqual(first.headers, [':method', 'POST', 'x-a', '1', ':path', '/p'])
  assert.equal(decoder.decode(request), second)
})

test('a block that adds to the table does so each time', () => {
  const decoder = new HpackDecoder()
  const adding = write(createWriter(), [indexed('x-a', '1')])
  for (const each of [adding, adding, adding]) decoder.decode(each)
  assert.equal(decoder.decode(bytes(0xbe, 0xbf, 0xc0)).headers.length, 6)
})

test('nothing of a block is kept that changes with its bytes', () => {
  const decoder = new HpackDecoder()
  const request = write(createWriter(), [literal('x-name', 'value'), literal(':path', '/p')])
  const { headers } = decoder.decode(request)
  request.fill(0x82)
  assert.deepEqual(headers, ['x-name', 'value', ':path', '/p'])
  assert.deepEqual(decoder.decode(write(createWriter(), [literal('x-name', 'other')])).headers, ['x-name', 'other'])
})

test('integers are read up to the largest of five bytes', () => {
  const size = 2 ** 28 - 1 + 31
  assert.deepEqual(new HpackDecoder({ maxTableBytes: 1 << 30 }).decode(integer(0x20, 0x1f, size)).headers, [])
})
