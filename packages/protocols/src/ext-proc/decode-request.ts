import { Buffer } from 'node:buffer'
import { MalformedMessage } from '../protobuf/malformed-message.ts'
import { readStruct, setMember, structMessageDepth } from '../protobuf/struct.ts'
import { WireReader } from '../protobuf/wire-reader.ts'
import type { BodyMode, Part, ProcessingRequest } from './messages.ts'
import { partOfField } from './part-of.ts'

const noBody = Buffer.alloc(0)
/** Above the deepest struct there are the message, its metadata and their entry. */
const maxDepth = structMessageDepth + 3
/** By their numbers. */
const bodyModes: readonly BodyMode[] = [
  'NONE',
  'STREAMED',
  'BUFFERED',
  'BUFFERED_PARTIAL',
  'FULL_DUPLEX_STREAMED',
  'GRPC',
]

/** What has been read of a message. One shape, whatever it holds. */
interface Draft {
  part: Part | undefined
  headers: string[]
  body: Buffer
  endOfStream: boolean
  metadata: Record<string, unknown> | undefined
  attributes: Record<string, unknown> | undefined
  observabilityMode: boolean
  bodyModes: { request: BodyMode; response: BodyMode } | undefined
}

/**
 * Reads a `ProcessingRequest`. The body is a view into `bytes`. Throws MalformedMessage for anything that is none: no part,
 * a field of another type, a header without a name, an unknown body mode, bytes missing.
 */
export function decodeProcessingRequest(bytes: Buffer): ProcessingRequest {
  const draft: Draft = {
    part: undefined,
    headers: [],
    body: noBody,
    endOfStream: false,
    metadata: undefined,
    attributes: undefined,
    observabilityMode: false,
    bodyModes: undefined,
  }
  const reader = new WireReader(bytes, maxDepth)
  for (let key = reader.next(); key !== 0; key = reader.next()) readField(reader, key, draft)
  if (draft.part === undefined) throw new MalformedMessage('no part of a request or response')
  return draft as ProcessingRequest
}

function readField(reader: WireReader, key: number, draft: Draft): void {
  const part = partOfField(key >>> 3)
  if (part !== undefined) readPart(reader, key, part, draft)
  else if (key >>> 3 === 8) readMetadata(reader, key, (draft.metadata ??= {}))
  else if (key >>> 3 === 9) readNamedStruct(reader, key, (draft.attributes ??= {}))
  else if (key >>> 3 === 10) draft.observabilityMode = reader.bool(key)
  else if (key >>> 3 === 11) readBodyModes(reader, key, (draft.bodyModes ??= { request: 'NONE', response: 'NONE' }))
  else reader.skip(key)
}

/** Of a oneof the last member counts; the same one twice is joined, as protobuf says. */
function readPart(reader: WireReader, key: number, part: Part, draft: Draft): void {
  if (draft.part !== undefined && draft.part !== part) {
    draft.headers = []
    draft.body = noBody
    draft.endOfStream = false
  }
  draft.part = part
  const outer = reader.enter(key)
  if (part === 'requestBody' || part === 'responseBody') readBody(reader, draft)
  else readHeaders(reader, draft, part === 'requestHeaders' || part === 'responseHeaders')
  reader.leave(outer)
}

function readBody(reader: WireReader, draft: Draft): void {
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) draft.body = reader.bytes(key)
    else if (key >>> 3 === 2) draft.endOfStream = reader.bool(key)
    else reader.skip(key)
  }
}

/** Headers and trailers: both have their map in field 1, only headers may be the end. */
function readHeaders(reader: WireReader, draft: Draft, canEnd: boolean): void {
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) readHeaderMap(reader, key, draft.headers)
    else if (key >>> 3 === 3 && canEnd) draft.endOfStream = reader.bool(key)
    else reader.skip(key)
  }
}

function readHeaderMap(reader: WireReader, key: number, headers: string[]): void {
  const outer = reader.enter(key)
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) readHeader(reader, field, headers)
    else reader.skip(field)
  }
  reader.leave(outer)
}

/** A proxy sends either `value` or `raw_value`; an empty one of them says nothing. */
function readHeader(reader: WireReader, key: number, headers: string[]): void {
  const outer = reader.enter(key)
  let name = ''
  let value = ''
  let raw = ''
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) name = reader.interned(field)
    else if (field >>> 3 === 3) raw = reader.interned(field)
    else if (field >>> 3 === 2) value = reader.text(field)
    else reader.skip(field)
  }
  reader.leave(outer)
  if (name === '') throw new MalformedMessage('a header without a name')
  headers.push(name, raw === '' ? value : raw)
}

/** `filter_metadata` only: what is typed needs its types. */
function readMetadata(reader: WireReader, key: number, metadata: Record<string, unknown>): void {
  const outer = reader.enter(key)
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) readNamedStruct(reader, field, metadata)
    else reader.skip(field)
  }
  reader.leave(outer)
}

/** An entry of a map from strings to structs. */
function readNamedStruct(reader: WireReader, key: number, map: Record<string, unknown>): void {
  const outer = reader.enter(key)
  const struct = {}
  let name = ''
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) name = reader.interned(field)
    else if (field >>> 3 === 2) readStruct(reader, field, struct)
    else reader.skip(field)
  }
  reader.leave(outer)
  setMember(map, name, struct)
}

function readBodyModes(reader: WireReader, key: number, modes: { request: BodyMode; response: BodyMode }): void {
  const outer = reader.enter(key)
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) modes.request = bodyMode(reader.int(field))
    else if (field >>> 3 === 2) modes.response = bodyMode(reader.int(field))
    else reader.skip(field)
  }
  reader.leave(outer)
}

function bodyMode(number: number): BodyMode {
  const mode = bodyModes[number]
  if (mode === undefined) throw new MalformedMessage(`the unknown body mode ${number}`)
  return mode
}
