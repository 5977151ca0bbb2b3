import { bytesOfText, bytesOfView } from './bytes.ts'
import type { Bytes } from './event.ts'
import { streamOf } from './stream-chunks.ts'
import { thrownText } from './thrown-text.ts'

/** What a body turned out to be; its natural content type follows from `kind`. */
export type BodyReading =
  | { kind: 'text' | 'bytes' | 'json'; body: Bytes }
  | { kind: 'stream'; body: AsyncIterable<Bytes> }
  | { kind: 'none'; body: undefined }
  | { failure: string }

/** Reads a response's body: text, bytes, a stream, nothing; every other value is JSON. */
export function readBody(value: unknown): BodyReading {
  if (typeof value === 'string') return { kind: 'text', body: bytesOfText(value) }
  if (value === undefined) return { kind: 'none', body: undefined }
  if (typeof value === 'object' && value !== null) {
    const bytes = bytesOfView(value)
    if (bytes !== undefined) return { kind: 'bytes', body: bytes }
    const stream = streamOf(value)
    if (stream !== undefined) return { kind: 'stream', body: stream }
  }
  return jsonBody(value)
}

// A cycle, a BigInt or a function is no JSON.
function jsonBody(value: unknown): BodyReading {
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) return { failure: `a value of type ${typeof value} cannot be written as JSON` }
    return { kind: 'json', body: bytesOfText(text) }
  } catch (error) {
    return { failure: `the result cannot be written as JSON: ${reasonOf(error)}` }
  }
}

/** What a caught value says, in one line; it never throws, whatever was thrown. */
export function reasonOf(error: unknown): string {
  try {
    // A message may be anything that somebody has assigned.
    const text = error instanceof Error ? String(error.message) : thrownText(error)
    return text.split('\n', 1)[0] ?? ''
  } catch {
    // Its own `message` or `toString` throws: nothing can be said about it.
    return 'a value that cannot be shown'
  }
}
