import { markAsUntransferable } from 'node:worker_threads'

/** Smaller pieces are copied together: a client that sends byte by byte must not make an object of each. */
const smallPiece = 4_096
const mostBlockBytes = 16_384

/** A body that is put together, up to a limit. */
export class GatheredBody {
  readonly #pieces: Buffer[] = []
  /** Where small pieces are copied to, and the part of it that is the last of the pieces. */
  #block: Buffer | undefined
  #used = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(piece: Buffer): void {
    if (piece.byteLength === 0) return
    // The only piece of a body is as a rule all of it.
    const isSmall = piece.byteLength < smallPiece && this.#bytes > 0
    this.#bytes += piece.byteLength
    if (isSmall) return this.#copy(piece)
    this.#block = undefined
    this.#pieces.push(piece)
  }

  /** All of it. It may be needed after it was given to a handler. */
  join(): Buffer {
    const [only = nothing] = this.#pieces
    return keep(this.#pieces.length <= 1 ? only : Buffer.concat(this.#pieces, this.#bytes))
  }

  #copy(piece: Buffer): void {
    if (this.#block && this.#used + piece.byteLength <= this.#block.byteLength) this.#pieces.pop()
    else {
      // As much again as there is: few bodies come in many small pieces.
      this.#block = Buffer.allocUnsafe(Math.min(mostBlockBytes, 2 * this.#bytes))
      this.#used = 0
    }
    this.#used += piece.copy(this.#block, this.#used)
    this.#pieces.push(this.#block.subarray(0, this.#used))
  }
}

/** Bytes that whoever they are dispatched to may copy, but not take away. */
export function keep<B extends Uint8Array>(bytes: B): B {
  if (bytes.byteLength === bytes.buffer.byteLength) markAsUntransferable(bytes.buffer)
  return bytes
}

/** A body without bytes. */
export const nothing: Buffer = keep(Buffer.alloc(0))
