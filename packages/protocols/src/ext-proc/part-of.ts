import type { Buffer } from 'node:buffer'
import { MalformedMessage } from '../protobuf/malformed-message.ts'
import { WireReader } from '../protobuf/wire-reader.ts'
import type { Part } from './messages.ts'

/** By the numbers of their fields in `ProcessingRequest`. */
const parts: readonly (Part | undefined)[] = [
  undefined,
  undefined,
  'requestHeaders',
  'responseHeaders',
  'requestBody',
  'responseBody',
  'requestTrailers',
  'responseTrailers',
]

/** The part that a field of a `ProcessingRequest` is; undefined for other fields. */
export function partOfField(field: number): Part | undefined {
  return field < parts.length ? parts[field] : undefined
}

/** Which part an oversized message is about, by its first bytes; undefined when they do not tell. */
export function partOf(start: Buffer): Part | undefined {
  const reader = new WireReader(start)
  try {
    for (let key = reader.next(); key !== 0; key = reader.next()) {
      const part = partOfField(key >>> 3)
      if (part !== undefined) return part
      reader.skip(key)
    }
  } catch (error) {
    // What comes before the part is longer than the bytes that are there, or is garbage.
    if (!(error instanceof MalformedMessage)) throw error
  }
  return undefined
}
