import { ConnectionFault } from './connection-fault.ts'
import { errorCodes } from './http2-codes.ts'

const mostFrames = 64

/** The fragments of a header block between HEADERS and the last CONTINUATION; bounded in bytes and frames (CVE-2024-27316). */
export class BlockFragments {
  readonly streamId: number
  readonly isLast: boolean
  readonly #mostBytes: number
  readonly #pieces: Buffer[] = []
  #bytes = 0

  /** `isLast` when the HEADERS end the stream's half. */
  constructor(streamId: number, isLast: boolean, mostBytes: number) {
    this.streamId = streamId
    this.isLast = isLast
    this.#mostBytes = mostBytes
  }

  add(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes > this.#mostBytes || this.#pieces.length === mostFrames) {
      throw new ConnectionFault(errorCodes.enhanceYourCalm, 'a header block is too long')
    }
    this.#pieces.push(Buffer.from(piece))
  }

  join(): Buffer {
    return Buffer.concat(this.#pieces, this.#bytes)
  }
}
