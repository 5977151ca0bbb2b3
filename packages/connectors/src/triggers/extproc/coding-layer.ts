import type { Buffer } from 'node:buffer'
import type * as Zlib from 'node:zlib'
import type { Coding, Inflated } from './coding.ts'
import { type ZlibPiece, ZlibPieces } from './zlib-pieces.ts'
import { inTurn } from './zlib-turns.ts'

// Another thread costs 50 to 100 µs a job, a third of it here. What is done at once takes up to 0.1 ms to inflate and
// 0.2 ms to deflate (gzip, the slowest).
const mostDecodedAtOnce = 32_768
const mostInflatedAtOnce = 65_536
const mostEncodedAtOnce = 16_384

/** Each piece is one more decoder, which takes some 20 µs here. */
const mostPiecesAtOnce = 8
const mostPieces = 1_024

/** The default levels take two (gzip) to fifty (brotli) times as long for 3 to 10 % less. */
const gzipLevel = 4
const brotliQuality = 4

/** Takes one coding off; undefined when body, pieces or output are too large to be decoded here and now. */
export function decodeLayerNow(body: Buffer, coding: Coding, maxBytes: number): Inflated | undefined {
  if (body.length > mostDecodedAtOnce) return undefined
  const limit = Math.min(maxBytes, mostInflatedAtOnce)
  const pieces = new ZlibPieces(body, coding, limit)
  try {
    for (let count = 0; count < mostPiecesAtOnce; count += 1) {
      const call = zlib()[`${pieces.decoder}Sync`] as unknown as (rest: Buffer, options: object) => ZlibPiece
      const inflated = pieces.take(call(pieces.rest, decoding(pieces, 1_024, mostInflatedAtOnce)))
      if (inflated) return wasTooLarge(inflated) && limit < maxBytes ? undefined : inflated
    }
    return undefined
  } catch (error) {
    const failed = pieces.fail(error)
    return wasTooLarge(failed) && limit < maxBytes ? undefined : failed
  }
}

/** Takes one coding off in another thread; never rejects. */
export async function decodeLayerLater(body: Buffer, coding: Coding, maxBytes: number): Promise<Inflated> {
  const pieces = new ZlibPieces(body, coding, maxBytes)
  try {
    for (let count = 0; count < mostPieces; count += 1) {
      const piece = await inTurn<ZlibPiece>((done) => {
        const call = zlib()[pieces.decoder] as unknown as (
          rest: Buffer,
          options: object,
          done: (error: Error | null, piece: ZlibPiece) => void,
        ) => void
        call(pieces.rest, decoding(pieces, 65_536, 1 << 20), done)
      })
      const inflated = pieces.take(piece)
      if (inflated) return inflated
    }
    return { failure: 'malformed', reason: `${coding}: more than ${mostPieces} frames` }
  } catch (error) {
    return pieces.fail(error)
  }
}

/** Puts one coding on; undefined when the body is too large to be encoded here and now. */
export function encodeLayerNow(body: Buffer, coding: Coding): Buffer | undefined {
  if (body.length > mostEncodedAtOnce) return undefined
  switch (coding) {
    case 'gzip':
      return zlib().gzipSync(body, { level: gzipLevel })
    case 'deflate':
      return zlib().deflateSync(body, { level: gzipLevel })
    case 'br':
      return zlib().brotliCompressSync(body, brotliOptions(body.length))
    case 'zstd':
      return zlib().zstdCompressSync(body)
  }
}

/** Puts one coding on in another thread. */
export function encodeLayerLater(body: Buffer, coding: Coding): Promise<Buffer> {
  return inTurn<Buffer>((done) => {
    switch (coding) {
      case 'gzip':
        return zlib().gzip(body, { level: gzipLevel, chunkSize }, done)
      case 'deflate':
        return zlib().deflate(body, { level: gzipLevel, chunkSize }, done)
      case 'br':
        return zlib().brotliCompress(body, { ...brotliOptions(body.length), chunkSize }, done)
      case 'zstd':
        return zlib().zstdCompress(body, { chunkSize }, done)
    }
  })
}

/** Each chunk of output is one more way to the other thread and back. */
const chunkSize = 65_536

function zlib(): typeof Zlib {
  return process.getBuiltinModule('node:zlib')
}

function wasTooLarge(inflated: Inflated): boolean {
  return 'failure' in inflated && inflated.failure === 'too_large'
}

function decoding({ rest, room, decoder }: ZlibPieces, least: number, most: number): object {
  const likely = Math.min(most, Math.max(least, rest.length * 4))
  const options = { info: true, maxOutputLength: Math.max(1, room), chunkSize: Math.max(64, Math.min(likely, room)) }
  // RFC 9659: senders keep to a window of 8 MiB, so nobody else's is worth the memory.
  return decoder === 'zstdDecompress' ? { ...options, params: { [zlib().constants.ZSTD_d_windowLogMax]: 23 } } : options
}

function brotliOptions(length: number): Zlib.BrotliOptions {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib().constants
  return { params: { [BROTLI_PARAM_QUALITY]: brotliQuality, [BROTLI_PARAM_SIZE_HINT]: length } }
}
