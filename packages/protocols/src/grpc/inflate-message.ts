/** What became of a compressed message. */
export type InflatedMessage = { bytes: Buffer } | { failure: 'malformed' | 'too_large' }

/** Inflates one message to at most `maxBytes`; larger input in the thread pool. Calls back once, never throws. */
export type InflateMessage = (message: Buffer, maxBytes: number, done: (result: InflatedMessage) => void) => void

/** Message encodings that are understood, as `grpc-accept-encoding` names them. */
export const acceptedEncodings = 'identity,deflate,gzip'

/** Less than this is inflated at once: a trip to the thread pool takes longer. What it may become is bounded by `maxBytes`. */
const atOnceBytes = 1_024

/** How messages of a `grpc-encoding` are inflated; undefined for an unknown encoding. */
export function inflaterOf(encoding: string): InflateMessage | undefined {
  if (encoding !== 'gzip' && encoding !== 'deflate') return undefined
  const zlib = process.getBuiltinModule('node:zlib')
  const now = encoding === 'gzip' ? zlib.gunzipSync : zlib.inflateSync
  const later = encoding === 'gzip' ? zlib.gunzip : zlib.inflate
  return (message, maxBytes, done) => {
    // Zlib refuses a limit of 0.
    const options = { maxOutputLength: Math.max(1, maxBytes) }
    if (message.length > atOnceBytes) {
      later(message, options, (error, bytes) => done(error ? { failure: failureOf(error) } : { bytes }))
      return
    }
    done(inflateNow(() => now(message, options)))
  }
}

function inflateNow(inflate: () => Buffer): InflatedMessage {
  try {
    return { bytes: inflate() }
  } catch (error) {
    return { failure: failureOf(error as NodeJS.ErrnoException) }
  }
}

function failureOf(error: NodeJS.ErrnoException): 'malformed' | 'too_large' {
  return error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'malformed'
}
