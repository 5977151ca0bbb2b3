import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'
import { MalformedMessage } from './malformed-message.ts'

/** Structs and lists in each other, of `google.protobuf.Struct`. */
const maxDepth = 64
/** Of a struct that is written, with all that it holds. */
const maxValues = 65_536

/** Messages in each other that a reader meets in a struct: three a level. A reader of structs needs so much depth, and its own. */
export const structMessageDepth: number = 3 * maxDepth + 1

/** Reads a field of type `google.protobuf.Struct` into `target`; throws MalformedMessage beyond 64 levels. */
export function readStruct(reader: WireReader, key: number, target: Record<string, unknown> = {}, depth = 1): object {
  if (depth > maxDepth) throw new MalformedMessage(`a struct of more than ${maxDepth} levels`)
  const outer = reader.enter(key)
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) readMember(reader, field, target, depth)
    else reader.skip(field)
  }
  reader.leave(outer)
  return target
}

/** Sets a member whatever its name is: an assignment to `__proto__` would change the object's prototype. */
export function setMember(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value
  else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
}

function readMember(reader: WireReader, key: number, target: Record<string, unknown>, depth: number): void {
  const outer = reader.enter(key)
  let name = ''
  let value: unknown = null
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) name = reader.interned(field)
    else if (field >>> 3 === 2) value = readValue(reader, field, value, depth)
    else reader.skip(field)
  }
  reader.leave(outer)
  setMember(target, name, value)
}

/** A `google.protobuf.Value`: the last of several kinds counts, and what comes twice is joined. */
function readValue(reader: WireReader, key: number, before: unknown, depth: number): unknown {
  const outer = reader.enter(key)
  let value = before
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const number = field >>> 3
    if (number === 1) value = (reader.int(field), null)
    else if (number === 2) value = reader.double(field)
    else if (number === 3) value = reader.text(field)
    else if (number === 4) value = reader.bool(field)
    else if (number === 5) value = readStruct(reader, field, isStruct(value) ? value : {}, depth + 1)
    else if (number === 6) value = readList(reader, field, Array.isArray(value) ? value : [], depth + 1)
    else reader.skip(field)
  }
  reader.leave(outer)
  return value
}

function isStruct(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readList(reader: WireReader, key: number, list: unknown[], depth: number): unknown[] {
  if (depth > maxDepth) throw new MalformedMessage(`a struct of more than ${maxDepth} levels`)
  const outer = reader.enter(key)
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) list.push(readValue(reader, field, null, depth))
    else reader.skip(field)
  }
  reader.leave(outer)
  return list
}

/**
 * Writes plain values as a field of type `google.protobuf.Struct`. Left out is what JSON cannot hold (but NaN and the
 * infinities are numbers here), and what lies deeper than 64 levels or comes on top of 65,536 values.
 */
export function writeStruct(writer: WireWriter, field: number, value: Readonly<Record<string, unknown>>): void {
  writeMembers({ writer, left: maxValues }, field, value, 1)
}

interface Writing {
  readonly writer: WireWriter
  /** Values that may still be written. */
  left: number
}

function writeMembers(writing: Writing, field: number, value: Readonly<Record<string, unknown>>, depth: number): void {
  const { writer } = writing
  const struct = writer.mark()
  for (const name of Object.keys(value).toReversed()) {
    const member = value[name]
    if (!isWritable(member, depth)) continue
    if (writing.left-- <= 0) break
    const entry = writer.mark()
    writeValue(writing, 2, member, depth)
    writer.text(1, name)
    writer.embed(1, entry)
  }
  writer.embed(field, struct)
}

function writeList(writing: Writing, field: number, list: readonly unknown[], depth: number): void {
  const { writer } = writing
  const mark = writer.mark()
  for (let index = list.length - 1; index >= 0 && writing.left-- > 0; index--) {
    const item = list[index]
    writeValue(writing, 1, isWritable(item, depth) ? item : null, depth)
  }
  writer.embed(field, mark)
}

function isWritable(value: unknown, depth: number): boolean {
  if (typeof value === 'object') return value === null || depth < maxDepth
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** `value` is writable. */
function writeValue(writing: Writing, field: number, value: unknown, depth: number): void {
  const { writer } = writing
  const mark = writer.mark()
  if (typeof value === 'string') writer.text(3, value)
  else if (typeof value === 'number') writer.double(2, value)
  else if (typeof value === 'boolean') writer.bool(4, value)
  else if (Array.isArray(value)) writeList(writing, 6, value, depth + 1)
  else if (value === null) writer.uint(1, 0)
  else writeMembers(writing, 5, value as Readonly<Record<string, unknown>>, depth + 1)
  writer.embed(field, mark)
}
