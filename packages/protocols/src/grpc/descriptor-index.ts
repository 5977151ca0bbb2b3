import type { Buffer } from 'node:buffer'
import { WireReader } from '../protobuf/wire-reader.ts'

/** Where to find what `FileDescriptorSet`s declare. */
export interface DescriptorIndex {
  /** A serialized `FileDescriptorProto` and all that it imports, itself first; undefined for an unknown name. */
  fileByName(name: string): Uint8Array[] | undefined
  /** The same of the file that declares a symbol: a service, method, message, field, oneof, enum or its value. */
  fileOfSymbol(symbol: string): Uint8Array[] | undefined
}

interface File {
  bytes: Buffer
  imports: string[]
}

/** Fields of `FileDescriptorProto`, `DescriptorProto`, `EnumDescriptorProto` and `ServiceDescriptorProto` that hold declarations. */
const fileFields = { message: 4, enum: 5, service: 6, extension: 7 }
const messageFields = { field: 2, message: 3, enum: 4, extension: 6, oneof: 8 }
/** Of an enum its values, of a service its methods. */
const membersField = 2

/** Reads `google.protobuf.FileDescriptorSet`s, of which several may hold the same file. Throws MalformedMessage. */
export function indexDescriptors(sets: readonly Buffer[]): DescriptorIndex {
  const files = new Map<string, File>()
  const symbols = new Map<string, string>()
  for (const set of sets) {
    const reader = new WireReader(set)
    for (let key = reader.next(); key !== 0; key = reader.next()) {
      if (key >>> 3 === 1) addFile(reader.bytes(key), files, symbols)
      else reader.skip(key)
    }
  }
  const fileByName = (name: string): Uint8Array[] | undefined => {
    return files.has(name) ? [...withImports(name, files)].map((file) => files.get(file)!.bytes) : undefined
  }
  return {
    fileByName,
    fileOfSymbol: (symbol) => {
      const name = symbols.get(symbol)
      return name === undefined ? undefined : fileByName(name)
    },
  }
}

function withImports(name: string, files: ReadonlyMap<string, File>, seen = new Set<string>()): Set<string> {
  const file = files.get(name)
  if (!file || seen.has(name)) return seen
  seen.add(name)
  for (const each of file.imports) withImports(each, files, seen)
  return seen
}

function addFile(bytes: Buffer, files: Map<string, File>, symbols: Map<string, string>): void {
  const { name, scope, imports } = readHead(bytes)
  if (files.has(name)) return
  files.set(name, { bytes, imports })
  const declare = (symbol: string): void => void symbols.set(symbol, name)
  const reader = new WireReader(bytes)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    const field = key >>> 3
    if (field === fileFields.message) declareMessage(reader.bytes(key), scope, declare)
    else if (field === fileFields.enum) declareEnum(reader.bytes(key), scope, declare)
    else if (field === fileFields.service) declareMembers(reader.bytes(key), scope, declare)
    else if (field === fileFields.extension) declare(join(scope, nameOf(reader.bytes(key))))
    else reader.skip(key)
  }
}

function readHead(bytes: Buffer): { name: string; scope: string; imports: string[] } {
  const head = { name: '', scope: '', imports: [] as string[] }
  const reader = new WireReader(bytes)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) head.name = reader.text(key)
    else if (key >>> 3 === 2) head.scope = reader.text(key)
    else if (key >>> 3 === 3) head.imports.push(reader.text(key))
    else reader.skip(key)
  }
  return head
}

type Declare = (symbol: string) => void

function declareMessage(bytes: Buffer, scope: string, declare: Declare): void {
  const name = join(scope, nameOf(bytes))
  declare(name)
  const { message, enum: enumeration, ...members } = messageFields
  const reader = new WireReader(bytes)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    const field = key >>> 3
    if (field === message) declareMessage(reader.bytes(key), name, declare)
    else if (field === enumeration) declareEnum(reader.bytes(key), name, declare)
    else if (Object.values(members).includes(field)) declare(join(name, nameOf(reader.bytes(key))))
    else reader.skip(key)
  }
}

/** The values of an enum belong to what is around it. */
function declareEnum(bytes: Buffer, scope: string, declare: Declare): void {
  declare(join(scope, nameOf(bytes)))
  for (const value of membersOf(bytes)) declare(join(scope, value))
}

function declareMembers(bytes: Buffer, scope: string, declare: Declare): void {
  const name = join(scope, nameOf(bytes))
  declare(name)
  for (const member of membersOf(bytes)) declare(join(name, member))
}

function membersOf(bytes: Buffer): string[] {
  const names: string[] = []
  const reader = new WireReader(bytes)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === membersField) names.push(nameOf(reader.bytes(key)))
    else reader.skip(key)
  }
  return names
}

/** All descriptors have their name in field 1. */
function nameOf(bytes: Buffer): string {
  const reader = new WireReader(bytes)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) return reader.text(key)
    reader.skip(key)
  }
  return ''
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`
}
