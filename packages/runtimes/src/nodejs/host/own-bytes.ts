import { Buffer } from 'node:buffer'
import type { Bytes, EventData, Response } from '@pelton/core'
import { chunkType, markChunk } from '@pelton/sdk/chunk-type'

/**
 * The same response with bytes that the handler does not have: it may fill its buffer anew before a trigger in its thread
 * has written them. Text has been encoded for this response alone, and nobody writes to the event's body.
 */
export function ownResponse(response: Response, event: Pick<EventData, 'body'>): Response {
  const { body, bodyType } = response
  if (bodyType === 'text' || !(body instanceof Uint8Array) || isPartOf(body, event.body)) return response
  return { ...response, body: Buffer.from(body) }
}

function isPartOf({ buffer, byteOffset, byteLength }: Bytes, whole: Bytes): boolean {
  if (buffer !== whole.buffer || byteOffset < whole.byteOffset) return false
  return byteOffset + byteLength <= whole.byteOffset + whole.byteLength
}

/** The same for a chunk of a stream, which stays text or bytes as it was yielded. */
export function ownChunk(chunk: Bytes): Bytes {
  const type = chunkType(chunk)
  if (type === 'text') return chunk
  const own = Buffer.from(chunk)
  return type === undefined ? own : markChunk(own, type)
}
