import type { Buffer } from 'node:buffer'

/** A content coding that is known (RFC 9110 §8.4.1, RFC 7932, RFC 8878); `x-gzip` is `gzip`. */
export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'

/** Plain bytes, or why there are none; the reason is for logs and holds nothing of the body. */
export type Inflated = { body: Buffer } | { failure: 'too_large' | 'malformed'; reason: string }
