import type { Buffer } from 'node:buffer'
import { WireReader } from '../../protobuf/wire-reader.ts'

/** Which model a request is about. */
export interface ModelReference {
  /** Empty in `ModelStatistics`: all models. */
  name: string
  /** Empty: whichever there is. */
  version: string
}

/** Reads a request of `ModelReady`, `ModelMetadata`, `ModelConfig` or `ModelStatistics`; throws MalformedMessage. */
export function decodeModelReference(bytes: Buffer): ModelReference {
  const reader = new WireReader(bytes)
  let name = ''
  let version = ''
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    if (key >>> 3 === 1) name = reader.interned(key)
    else if (key >>> 3 === 2) version = reader.interned(key)
    else reader.skip(key)
  }
  return { name, version }
}
