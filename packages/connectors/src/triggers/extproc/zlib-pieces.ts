import { Buffer } from 'node:buffer'
import type { Coding, Inflated } from './coding.ts'

/** What zlib gives with `info`: the output, and how much of the input it has used. */
export interface ZlibPiece {
  buffer: Buffer
  engine: { bytesWritten: number }
}

/** The decoding functions of zlib that are used. */
export type ZlibDecoder = 'gunzip' | 'inflate' | 'inflateRaw' | 'brotliDecompress' | 'zstdDecompress'

/**
 * One coded body while it is decoded, the work itself left to the caller. zlib stops in silence where a stream ends: this
 * sees to what follows, another frame of zstd (RFC 8878 §3.1), padding after gzip, or what does not belong there.
 */
export class ZlibPieces {
  readonly decoder: ZlibDecoder
  readonly #coding: Coding
  readonly #maxBytes: number
  readonly #decoded: Buffer[] = []
  #rest: Buffer
  #length = 0

  constructor(body: Buffer, coding: Coding, maxBytes: number) {
    this.#rest = body
    this.#coding = coding
    this.#maxBytes = maxBytes
    this.decoder = decoderOf(body, coding)
  }

  /** Input that is still to be decoded. */
  get rest(): Buffer {
    return this.#rest
  }

  /** Bytes that may still come out. */
  get room(): number {
    return this.#maxBytes - this.#length
  }

  /** Takes what came of `rest`: the outcome, or undefined when there is another piece to be decoded. */
  take({ buffer, engine }: ZlibPiece): Inflated | undefined {
    this.#decoded.push(buffer)
    this.#length += buffer.length
    this.#rest = this.#rest.subarray(engine.bytesWritten)
    if (this.#length > this.#maxBytes) return this.#tooLarge()
    if (this.#rest.length === 0 || (this.#coding === 'gzip' && isPadding(this.#rest))) return { body: this.#joined() }
    if (this.#coding === 'zstd') return undefined
    return { failure: 'malformed', reason: `${this.#coding}: ${this.#rest.length} bytes follow the end` }
  }

  /** The outcome of an error that zlib threw. */
  fail(error: unknown): Inflated {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return this.#tooLarge()
    return { failure: 'malformed', reason: `${this.#coding}: ${message}` }
  }

  #tooLarge(): Inflated {
    return { failure: 'too_large', reason: `${this.#coding}: more than ${this.#maxBytes} bytes` }
  }

  #joined(): Buffer {
    return this.#decoded.length === 1 ? this.#decoded[0]! : Buffer.concat(this.#decoded, this.#length)
  }
}

function decoderOf(body: Buffer, coding: Coding): ZlibDecoder {
  switch (coding) {
    case 'gzip':
      return 'gunzip'
    case 'deflate':
      // RFC 9110 §8.4.1.2: some send it without the frame of zlib, whose first byte ends in 8.
      return (body[0]! & 0x0f) === 8 ? 'inflate' : 'inflateRaw'
    case 'br':
      return 'brotliDecompress'
    case 'zstd':
      return 'zstdDecompress'
  }
}

function isPadding(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0)
}
