import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { peerDecode, peerEncode, peerType } from './fixtures/peer-type.ts'
import { internSlot } from './interned-text.ts'
import { MalformedMessage } from './malformed-message.ts'
import { WireReader } from './wire-reader.ts'
import { wireType } from './wire-type.ts'
import { WireWriter } from './wire-writer.ts'

interface Everything {
  truth: boolean
  small: number
  large: bigint
  natural: number
  huge: bigint
  fixed: number
  wide: bigint
  single: number
  number: number
  text: string
  data: Buffer
  inner: Everything | undefined
  packed: number[]
  alone: number[]
  numbers: number[]
  texts: string[]
  far: number
}

const type = peerType(path.join(import.meta.dirname, 'fixtures'), 'everything.proto', 'pelton.test.Everything')

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const text = fc.string({ unit: 'grapheme', maxLength: 80 })
const bigint = (min: bigint, max: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min, max })

const anyMessage = fc.letrec<{ message: Everything }>((tie) => ({
  message: fc.record(
    {
      truth: fc.boolean(),
      small: fc.integer(),
      large: bigint(-(2n ** 63n), 2n ** 63n - 1n),
      natural: uint32,
      huge: bigint(0n, 2n ** 64n - 1n),
      fixed: uint32,
      wide: bigint(0n, 2n ** 64n - 1n),
      single: fc.float(),
      number: fc.double(),
      text,
      data: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      inner: fc.option(tie('message'), { nil: undefined }),
      packed: fc.array(uint32, { maxLength: 5 }),
      alone: fc.array(uint32, { maxLength: 5 }),
      numbers: fc.array(fc.double(), { maxLength: 5 }),
      texts: fc.array(text, { maxLength: 5 }),
      far: uint32,
    },
    { noNullPrototype: true },
  ),
})).message

function empty(): Everything {
  return {
    truth: false,
    small: 0,
    large: 0n,
    natural: 0,
    huge: 0n,
    fixed: 0,
    wide: 0n,
    single: 0,
    number: 0,
    text: '',
    data: Buffer.alloc(0),
    inner: undefined,
    packed: [],
    alone: [],
    numbers: [],
    texts: [],
    far: 0,
  }
}

/** For the other library, which has 64 bits as text. */
function plain(message: Everything): object {
  const { large, huge, wide, inner } = message
  const longs = { large: String(large), huge: String(huge), wide: String(wide) }
  return { ...message, ...longs, inner: inner && plain(inner) }
}

function read(reader: WireReader): Everything {
  const message = empty()
  for (let key = reader.next(); key !== 0; key = reader.next()) readField(reader, key, message)
  return message
}

function readField(reader: WireReader, key: number, message: Everything): void {
  const readers: Record<number, () => unknown> = {
    1: () => (message.truth = reader.bool(key)),
    2: () => (message.small = reader.int(key)),
    3: () => (message.large = reader.int64(key)),
    4: () => (message.natural = reader.uint(key)),
    5: () => (message.huge = reader.uint64(key)),
    6: () => (message.fixed = reader.fixed32(key)),
    7: () => (message.wide = reader.fixed64(key)),
    8: () => (message.single = reader.float(key)),
    9: () => (message.number = reader.double(key)),
    10: () => (message.text = reader.text(key)),
    11: () => (message.data = reader.bytes(key)),
    12: () => {
      const outer = reader.enter(key)
      message.inner = read(reader)
      reader.leave(outer)
    },
    13: () => reader.repeated(key, wireType.varint, (each) => message.packed.push(reader.uint(each))),
    14: () => reader.repeated(key, wireType.varint, (each) => message.alone.push(reader.uint(each))),
    15: () => reader.repeated(key, wireType.fixed64, (each) => message.numbers.push(reader.double(each))),
    16: () => message.texts.push(reader.interned(key)),
    536870911: () => (message.far = reader.uint(key)),
  }
  readers[key >>> 3]!()
}

/** From the end; what the writer does not write packed goes out alone. */
function write(writer: WireWriter, message: Everything): void {
  writer.uint(536870911, message.far)
  for (const each of message.texts.toReversed()) writer.text(16, each)
  for (const each of message.numbers.toReversed()) writer.double(15, each)
  for (const each of message.alone.toReversed()) writer.uint(14, each)
  for (const each of message.packed.toReversed()) writer.uint(13, each)
  if (message.inner) {
    const mark = writer.mark()
    write(writer, message.inner)
    writer.embed(12, mark)
  }
  writer.bytes(11, message.data)
  writer.text(10, message.text)
  writer.double(9, message.number)
  writer.float(8, message.single)
  writer.bigint(5, message.huge)
  writer.uint(4, message.natural)
  writer.bigint(3, message.large)
  writer.bigint(2, BigInt(message.small))
  writer.bool(1, message.truth)
}

const malformed = (bytes: number[] | string, work: (reader: WireReader, key: number) => void): void => {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : Buffer.from(bytes)
  const reader = new WireReader(buffer)
  assert.throws(() => work(reader, reader.next()), MalformedMessage)
}

test('the reader reads what another library writes', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      assert.deepEqual(read(new WireReader(peerEncode(type, plain(message)))), message)
    }),
  )
})

test('another library reads what the writer writes, message after message', () => {
  const writer = new WireWriter()
  fc.assert(
    fc.property(anyMessage, (message) => {
      write(writer.start(), message)
      const sent = writer.finish()
      // The writer has no fixed whole numbers.
      const { fixed: _fixed, wide: _wide, ...others } = peerDecode(type, peerEncode(type, plain(message)))
      const got = peerDecode(type, sent)
      const innermost = (value: Record<string, unknown>): void => {
        delete value.fixed
        delete value.wide
        if (value.inner) innermost(value.inner as Record<string, unknown>)
      }
      innermost(others)
      assert.deepEqual(withoutDefaults(got), withoutDefaults(others))
    }),
  )
})

/** A field of its default value may be written or left out. */
function withoutDefaults(value: Record<string, unknown>): unknown {
  const isDefault = (one: unknown): boolean =>
    one === 0 || one === '0' || one === '' || one === false || (ArrayBuffer.isView(one) && one.byteLength === 0)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => !isDefault(one))
      .map(([key, one]) => [key, key === 'inner' ? withoutDefaults(one as Record<string, unknown>) : one]),
  )
}

test('messages that were written before stay as they are', () => {
  const writer = new WireWriter()
  const sent = Array.from({ length: 2_000 }, (_, index) => {
    writer.start().text(1, `message ${index}`)
    return writer.finish()
  })
  for (const [index, bytes] of sent.entries()) {
    const reader = new WireReader(bytes)
    assert.equal(reader.text(reader.next()), `message ${index}`)
  }
})

test('a message that was not finished leaves nothing in the next one', () => {
  const writer = new WireWriter()
  writer.start().text(1, 'left behind')
  writer.start().uint(1, 150)
  assert.equal(writer.finish().toString('hex'), '089601')
})

test('a large message has memory of its own, which a small one after it does not keep', () => {
  const writer = new WireWriter()
  const body = Buffer.alloc(5_000_000, 'b')
  writer.start().bytes(1, body)
  writer.text(2, 'before')
  const large = writer.finish()
  writer.start().uint(1, 1)
  const small = writer.finish()
  assert.ok(small.buffer.byteLength <= 8_192)
  const reader = new WireReader(large)
  assert.equal(reader.text(reader.next()), 'before')
  assert.ok(reader.bytes(reader.next()).equals(body))
})

test('half a surrogate pair goes out as U+FFFD, also in a long text', () => {
  for (const lone of ['\ud800', `${'a'.repeat(100)}\udc00`]) {
    const writer = new WireWriter().start()
    writer.text(1, lone)
    const reader = new WireReader(writer.finish())
    assert.equal(reader.text(reader.next()), lone.toWellFormed())
  }
})

test('text is UTF-8, or Latin-1 as a whole when it is none', () => {
  const readText = (bytes: number[], how: 'text' | 'interned'): string => {
    const reader = new WireReader(Buffer.from([0x0a, bytes.length, ...bytes]))
    return reader[how](reader.next())
  }
  // Twice, since the second time it may be kept.
  for (const how of ['text', 'interned', 'interned'] as const) {
    assert.equal(readText([0xc3, 0xa9], how), 'é')
    assert.equal(readText([0x41, 0xe9], how), 'Aé')
    assert.equal(readText([0xc3, 0xa9, 0xff], how), 'Ã©ÿ')
    assert.equal(readText([0xef, 0xbf, 0xbd], how), '\ufffd')
    assert.equal(readText([0xc3, 0x83, 0xc2, 0xa9], how), 'Ã©', 'its characters are the bytes of é')
    assert.equal(readText([], how), '')
  }
})

test('texts of the same place among the kept ones are told apart', () => {
  const reader = (value: string): string => {
    const one = new WireReader(Buffer.from(`\x0a${String.fromCharCode(value.length)}${value}`))
    return one.interned(one.next())
  }
  for (const value of ['aXbYc', 'aYbXc', 'aXbYc', 'aZbQc']) assert.equal(reader(value), value)
})

test('a kept text is not taken for bytes that are its characters, but another text', () => {
  const text = 'ÃµÃ\x83Ã±Ã\x9cO2Ã\x8b'
  const [kept, other] = [Buffer.from(text), Buffer.from(text, 'latin1')]
  const slot = (bytes: Buffer): number => internSlot(bytes, 0, bytes.length)
  const read = (bytes: Buffer): string => {
    const reader = new WireReader(Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]))
    return reader.interned(reader.next())
  }
  assert.equal(slot(kept), slot(other), 'both have the same place')
  assert.equal(read(kept), text)
  assert.equal(read(other), other.toString())
})

test('unknown fields of every wire type are read over, groups in groups included', () => {
  const hex = ['08ff01', '110102030405060708', '1a03616263', '23', '2b', '0801', '2c', '24', '2d01020304', '3007']
  const reader = new WireReader(Buffer.from(hex.join(''), 'hex'))
  const seen: number[] = []
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    seen.push(key >>> 3)
    reader.skip(key)
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6])
})

test('bytes that are no message are malformed: what is half there, too long, or of no number or type', () => {
  const skip = (reader: WireReader, key: number): void => reader.skip(key)
  for (const hex of ['08', '08ff', '0d010203', '09010203', '0a05616263', '0a', '0affffffffffffffffff01', '00']) {
    malformed(hex, skip)
  }
  for (const hex of ['0b', '0b0801', '0b14', '0c', '0e00', '0f00', `08${'ff'.repeat(10)}01`, `${'ff'.repeat(5)}7f`]) {
    malformed(hex, skip)
  }
})

test('a field of another wire type is malformed', () => {
  malformed('0800', (reader, key) => reader.text(key))
  malformed('0800', (reader, key) => reader.enter(key))
  malformed('0a00', (reader, key) => reader.uint(key))
  malformed('0a00', (reader, key) => reader.bool(key))
  malformed('0800', (reader, key) => reader.double(key))
  malformed('0d00000000', (reader, key) => reader.fixed64(key))
})

test('numbers beyond 2^53 are read as bigint only', () => {
  const bytes = `08${'ff'.repeat(9)}01`
  malformed(bytes, (reader, key) => reader.uint(key))
  const reader = new WireReader(Buffer.from(bytes, 'hex'))
  assert.equal(reader.uint64(reader.next()), 2n ** 64n - 1n)
})

test('messages and groups in each other have a bound', () => {
  const nested = (depth: number): Buffer => {
    const writer = new WireWriter().start()
    for (let at = 0; at < depth; at++) writer.embed(1, 0)
    return writer.finish()
  }
  const enterAll = (bytes: Buffer): void => {
    const reader = new WireReader(bytes)
    for (let key = reader.next(); key !== 0; key = reader.next()) reader.enter(key)
  }
  enterAll(nested(100))
  assert.throws(() => enterAll(nested(101)), MalformedMessage)
  malformed(
    Array.from({ length: 100_000 }, () => 0x0b),
    (reader, key) => reader.skip(key),
  )
})

test('reading an embedded message ends where it ends, wherever the reader is in it', () => {
  const reader = new WireReader(Buffer.from('0a0408011002180a', 'hex'))
  const outer = reader.enter(reader.next())
  assert.equal(reader.uint(reader.next()), 1)
  reader.leave(outer)
  assert.equal(reader.next() >>> 3, 3)
})

test('bytes are a view, not a copy', () => {
  const message = Buffer.from('0a03616263', 'hex')
  const reader = new WireReader(message)
  const bytes = reader.bytes(reader.next())
  message[2] = 0x7a
  assert.equal(bytes.toString(), 'zbc')
})
