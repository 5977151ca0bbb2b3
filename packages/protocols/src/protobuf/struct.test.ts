import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { peerDecode, peerEncode, peerType } from './fixtures/peer-type.ts'
import { MalformedMessage } from './malformed-message.ts'
import { readStruct, structMessageDepth, writeStruct } from './struct.ts'
import { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

// Structs are the field 1 of `Metadata.filter_metadata`'s entries; here a Struct's own message is wrapped by hand.
const protos = path.join(import.meta.dirname, '../../protos')
const type = peerType(protos, 'envoy/config/core/v3/base.proto', 'google.protobuf.Struct')

type Plain = Readonly<Record<string, unknown>>

function write(value: Plain): Buffer {
  const writer = new WireWriter().start()
  writeStruct(writer, 1, value)
  return writer.finish()
}

function read(field: Buffer): object {
  const reader = new WireReader(field, structMessageDepth)
  return readStruct(reader, reader.next())
}

/** A message as field 1 of another. */
function wrap(message: Uint8Array): Buffer {
  const writer = new WireWriter().start()
  writer.bytes(1, message)
  return writer.finish()
}

function unwrap(field: Buffer): Buffer {
  const reader = new WireReader(field)
  return reader.bytes(reader.next())
}

// Cloned, so that no object is without a prototype.
const json = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()).map((value) => structuredClone(value))

/** The other library's form of a Value. */
function valueOf(plain: unknown): Record<string, unknown> {
  if (plain === null) return { nullValue: 0 }
  if (typeof plain === 'number') return { numberValue: plain }
  if (typeof plain === 'string') return { stringValue: plain }
  if (typeof plain === 'boolean') return { boolValue: plain }
  if (Array.isArray(plain)) return { listValue: { values: plain.map(valueOf) } }
  return { structValue: structOf(plain as Plain) }
}

function structOf(plain: Plain): { fields: Record<string, unknown> } {
  return { fields: Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, valueOf(value)])) }
}

/** What another library leaves out of a map has no own key `__proto__`. */
const hasNoProto = (value: unknown): boolean => !JSON.stringify(value).includes('__proto__')

test('structs of plain values are read as another library writes them', () => {
  fc.assert(
    fc.property(json.filter(hasNoProto), (value) => {
      assert.deepEqual(read(wrap(peerEncode(type, structOf(value)))), value)
    }),
  )
})

test('another library reads structs as they are written', () => {
  fc.assert(
    fc.property(json.filter(hasNoProto), (value) => {
      const bytes = unwrap(write(value))
      assert.deepEqual(peerDecode(type, bytes), peerDecode(type, peerEncode(type, structOf(value))))
    }),
  )
})

test('what is written is read again, in its order, NaN and the infinities included', () => {
  const value = { z: 1, a: [Number.NaN, Infinity, -0, null, 'é', [], {}], m: { deep: { er: true } }, '': '' }
  assert.deepEqual(read(write(value)), value)
  assert.deepEqual(Object.keys(read(write(value))), Object.keys(value))
})

test('what JSON cannot hold is left out of a struct, and null in a list', () => {
  const value = { a: undefined, b: () => 1, c: Symbol('c'), d: 1n, e: [undefined, () => 1, 2], f: 'kept' }
  assert.deepEqual(read(write(value)), { e: [null, null, 2], f: 'kept' })
})

test('__proto__ is a name like any other', () => {
  const value = JSON.parse('{"__proto__": {"polluted": true}, "a": {"__proto__": 1}}') as Plain
  const got = read(write(value)) as Record<string, object>
  assert.deepEqual(Object.keys(got), ['__proto__', 'a'])
  assert.equal(Object.getPrototypeOf(got), Object.prototype)
  assert.equal('polluted' in {}, false)
  assert.deepEqual(Object.keys(got.a!), ['__proto__'])
})

test('a value without a kind is null; of several kinds the last counts; of one name the last value', () => {
  assert.deepEqual(read(wrap(Buffer.from('0a050a01611200', 'hex'))), { a: null })
  assert.deepEqual(read(wrap(Buffer.from('0a0a0a016112051a01622001', 'hex'))), { a: true })
  const twice = Buffer.concat([unwrap(write({ a: 1 })), unwrap(write({ a: 'two' }))])
  assert.deepEqual(read(wrap(twice)), { a: 'two' })
})

function nested(levels: number): Plain {
  return levels === 1 ? { end: true } : { in: nested(levels - 1) }
}

/** A field that holds structs, or lists, in each other. */
function embedded(levels: number, field: 5 | 6): Buffer {
  const writer = new WireWriter().start()
  for (let level = 1; level < levels; level++) {
    // The struct or list as a value, which is a member of another.
    writer.embed(field, 0)
    if (field === 5 || level === levels - 1) writer.embed(2, 0)
    writer.embed(1, 0)
  }
  writer.embed(1, 0)
  return writer.finish()
}

test('64 levels are written and read; what is deeper is left out and malformed', () => {
  assert.deepEqual(read(write(nested(64))), nested(64))
  const cut = JSON.stringify(read(write(nested(70))))
  assert.equal(cut.split('{').length - 1, 64)
  for (const field of [5, 6] as const) {
    assert.ok(read(embedded(64, field)))
    assert.throws(() => read(embedded(65, field)), MalformedMessage)
  }
})

test('65,536 values are written, no more', () => {
  const members = Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`m${index}`, index]))
  assert.equal(Object.keys(read(write(members))).length, 65_536)
})

test('a value that contains itself is written as far as the bounds', () => {
  const value: Record<string, unknown> = { a: 1 }
  value.left = value.right = value.list = [value, value]
  const bytes = write(value)
  assert.ok(bytes.length < 2_000_000, String(bytes.length))
  assert.ok(read(bytes))
})

test('a struct in several pieces is joined', () => {
  const target = {}
  for (const value of [{ a: 1 }, { b: 2 }]) {
    const reader = new WireReader(write(value))
    readStruct(reader, reader.next(), target)
  }
  assert.deepEqual(target, { a: 1, b: 2 })
})
