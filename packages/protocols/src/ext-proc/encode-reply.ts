import type { Buffer } from 'node:buffer'
import { writeStruct } from '../protobuf/struct.ts'
import { WireWriter } from '../protobuf/wire-writer.ts'
import type {
  BodyMode,
  BodyMutation,
  HeaderAction,
  HeaderMode,
  HeaderMutation,
  HeaderToSet,
  ImmediateReply,
  ModeOverride,
  Part,
  PartReply,
  ProcessingReply,
} from './messages.ts'

/** Fields of `ProcessingResponse`. */
const fieldOf: Readonly<Record<Part | 'immediate', number>> = {
  requestHeaders: 1,
  responseHeaders: 2,
  requestBody: 3,
  responseBody: 4,
  requestTrailers: 5,
  responseTrailers: 6,
  immediate: 7,
}
const actionNumber: Readonly<Record<HeaderAction, number>> = {
  append: 0,
  addIfAbsent: 1,
  overwrite: 2,
  overwriteIfExists: 3,
}
const headerModeNumber: Readonly<Record<HeaderMode, number>> = { DEFAULT: 0, SEND: 1, SKIP: 2 }
const bodyModeNumber: Readonly<Record<BodyMode, number>> = {
  NONE: 0,
  STREAMED: 1,
  BUFFERED: 2,
  BUFFERED_PARTIAL: 3,
  FULL_DUPLEX_STREAMED: 4,
  GRPC: 5,
}

const writer = new WireWriter()

/** Most replies change nothing: they are made once. */
const unchanged: Readonly<Record<Part, Buffer>> = {
  requestHeaders: encodeUnchanged('requestHeaders'),
  responseHeaders: encodeUnchanged('responseHeaders'),
  requestBody: encodeUnchanged('requestBody'),
  responseBody: encodeUnchanged('responseBody'),
  requestTrailers: encodeUnchanged('requestTrailers'),
  responseTrailers: encodeUnchanged('responseTrailers'),
}

/**
 * A `ProcessingResponse`. Bytes of bodies are copied. The result may be shared with others and must not be changed.
 */
export function encodeProcessingReply(reply: ProcessingReply): Buffer {
  if (reply.part === 'immediate') return encodeImmediate(reply)
  return changesNothing(reply) ? unchanged[reply.part] : encodePart(reply)
}

function encodeUnchanged(part: Part): Buffer {
  writer.start().embed(fieldOf[part], 0)
  return writer.finish()
}

function changesNothing(reply: PartReply): boolean {
  return (
    reply.headers === undefined &&
    reply.body === undefined &&
    reply.clearsRouteCache !== true &&
    reply.modeOverride === undefined &&
    reply.dynamicMetadata === undefined
  )
}

// All of it is written from the end: fields with high numbers first, lists from their last entry.

function encodePart(reply: PartReply): Buffer {
  writer.start()
  if (reply.modeOverride !== undefined) writeModeOverride(reply.modeOverride)
  if (reply.dynamicMetadata !== undefined) writeStruct(writer, 8, reply.dynamicMetadata)
  const mark = writer.mark()
  if (reply.part === 'requestTrailers' || reply.part === 'responseTrailers') writeHeaders(1, reply.headers)
  else writeCommonResponse(reply)
  writer.embed(fieldOf[reply.part], mark)
  return writer.finish()
}

/** In field 1 of `HeadersResponse` and `BodyResponse`. */
function writeCommonResponse(reply: PartReply): void {
  const mark = writer.mark()
  if (reply.clearsRouteCache === true) writer.bool(5, true)
  if (reply.body !== undefined) writeBody(reply.body)
  writeHeaders(2, reply.headers)
  writer.embed(1, mark)
}

function encodeImmediate(reply: ImmediateReply): Buffer {
  writer.start()
  if (reply.dynamicMetadata !== undefined) writeStruct(writer, 8, reply.dynamicMetadata)
  const mark = writer.mark()
  if (reply.details !== undefined) writer.text(5, reply.details)
  if (reply.body !== undefined) writer.bytes(3, reply.body)
  writeHeaders(2, reply.headers)
  const status = writer.mark()
  writer.uint(1, reply.status)
  writer.embed(1, status)
  writer.embed(fieldOf.immediate, mark)
  return writer.finish()
}

/** A `HeaderMutation`, when there is something in it. */
function writeHeaders(field: number, headers: HeaderMutation | undefined): void {
  if (headers === undefined) return
  const { set, remove } = headers
  const mark = writer.mark()
  if (remove !== undefined) for (let at = remove.length - 1; at >= 0; at--) writer.text(2, remove[at]!)
  if (set !== undefined) for (let at = set.length - 1; at >= 0; at--) writeHeader(set[at]!)
  if (writer.mark() > mark) writer.embed(field, mark)
}

/** A `HeaderValueOption`. */
function writeHeader(header: HeaderToSet): void {
  const option = writer.mark()
  if (header.value === '') writer.bool(4, true)
  const action = actionNumber[header.action]
  if (action !== 0) writer.uint(3, action)
  else writeAppend()
  const mark = writer.mark()
  if (header.value !== '') writer.text(3, header.value)
  writer.text(1, header.name)
  writer.embed(1, mark)
  writer.embed(1, option)
}

/** The deprecated `append`, a `BoolValue`: Envoy's filter reads it, and no `append_action` (as of 1.40). */
function writeAppend(): void {
  const mark = writer.mark()
  writer.bool(1, true)
  writer.embed(2, mark)
}

/** A `BodyMutation`, in field 3 of `CommonResponse`. An empty body is written, too: it empties the proxy's. */
function writeBody(mutation: BodyMutation): void {
  const mark = writer.mark()
  if (mutation.kind === 'replace') writer.bytes(1, mutation.body)
  else if (mutation.kind === 'clear') writer.bool(2, true)
  else {
    const streamed = writer.mark()
    if (mutation.endOfStream) writer.bool(2, true)
    if (mutation.body.length > 0) writer.bytes(1, mutation.body)
    writer.embed(3, streamed)
  }
  writer.embed(3, mark)
}

/** A `ProcessingMode`, whose field for the request's headers means nothing here. What is absent is the mode with the number 0. */
function writeModeOverride(modes: ModeOverride): void {
  const mark = writer.mark()
  writeMode(6, headerModeNumber[modes.responseTrailers ?? 'DEFAULT'])
  writeMode(5, headerModeNumber[modes.requestTrailers ?? 'DEFAULT'])
  writeMode(4, bodyModeNumber[modes.responseBody ?? 'NONE'])
  writeMode(3, bodyModeNumber[modes.requestBody ?? 'NONE'])
  writeMode(2, headerModeNumber[modes.responseHeaders ?? 'DEFAULT'])
  writer.embed(9, mark)
}

function writeMode(field: number, mode: number): void {
  if (mode !== 0) writer.uint(field, mode)
}
