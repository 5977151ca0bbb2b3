import { Buffer } from 'node:buffer'
import { readMapEntry } from '../../protobuf/map-entry.ts'
import { WireReader } from '../../protobuf/wire-reader.ts'
import { WireWriter } from '../../protobuf/wire-writer.ts'
import { InferenceError } from '../tensor.ts'
import { inferLimits } from '../infer-limits.ts'
import { numberIfExact } from './parameters.ts'

/** What `RepositoryIndex` is asked. */
export interface RepositoryIndexRequest {
  repository: string
  /** Only models that are ready. */
  readyOnly: boolean
}

/** What a model is loaded or unloaded with; bytes are files, as views. */
export type RepositoryParameter = boolean | number | bigint | string | Buffer

/** What `RepositoryModelLoad` and `RepositoryModelUnload` are asked. */
export interface RepositoryModelRequest {
  repository: string
  modelName: string
  parameters: Readonly<Record<string, RepositoryParameter>>
}

/** A line of the answer of `RepositoryIndex`. */
export interface RepositoryModel {
  name: string
  version: string
  /** `READY`, `UNAVAILABLE`, `LOADING`, `UNLOADING` or `UNKNOWN`. */
  state: string
  /** Why it is in this state; may be empty. */
  reason: string
}

const writer = new WireWriter()

/** A `RepositoryModelLoadResponse` or `RepositoryModelUnloadResponse`. */
export const repositoryModelReply: Buffer = Buffer.alloc(0)

/** Reads a `RepositoryIndexRequest`; throws MalformedMessage. */
export function decodeRepositoryIndexRequest(bytes: Buffer): RepositoryIndexRequest {
  const reader = new WireReader(bytes)
  const request = { repository: '', readyOnly: false }
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) request.repository = reader.text(key)
    else if (key >>> 3 === 2) request.readyOnly = reader.bool(key)
    else reader.skip(key)
  }
  return request
}

/** A `RepositoryIndexResponse`. */
export function encodeRepositoryIndex(models: readonly RepositoryModel[]): Buffer {
  writer.start()
  for (const { name, version, state, reason } of models.toReversed()) {
    const mark = writer.mark()
    if (reason !== '') writer.text(4, reason)
    writer.text(3, state)
    writer.text(2, version)
    writer.text(1, name)
    writer.embed(1, mark)
  }
  return writer.finish()
}

/**
 * Reads a `RepositoryModelLoadRequest` or `RepositoryModelUnloadRequest`. Throws MalformedMessage, and InferenceError
 * 400 for too many parameters.
 */
export function decodeRepositoryModelRequest(bytes: Buffer): RepositoryModelRequest {
  const reader = new WireReader(bytes)
  const parameters: Record<string, RepositoryParameter> = {}
  const request = { repository: '', modelName: '', parameters }
  let count = 0
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) request.repository = reader.text(key)
    else if (key >>> 3 === 2) request.modelName = reader.text(key)
    else if (key >>> 3 !== 3) reader.skip(key)
    else if (++count <= inferLimits.parameters) readMapEntry(reader, key, parameters, readValue)
    else throw new InferenceError(400, `more than ${inferLimits.parameters} parameters in one message`)
  }
  return request
}

/** Of a oneof the last member counts. */
function readValue(
  reader: WireReader,
  key: number,
  before: RepositoryParameter | undefined,
): RepositoryParameter | undefined {
  const outer = reader.enter(key)
  let value = before
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const number = field >>> 3
    if (number === 1) value = reader.bool(field)
    else if (number === 2) value = numberIfExact(reader.int64(field))
    else if (number === 3) value = reader.text(field)
    else if (number === 4) value = reader.bytes(field)
    else reader.skip(field)
  }
  reader.leave(outer)
  return value
}
