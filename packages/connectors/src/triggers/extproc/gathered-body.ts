import { markAsUntransferable } from 'node:worker_threads'

/** A body that is put together, up to a limit. */
export class GatheredBody {
  readonly #pieces: Buffer[] = []
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(piece: Buffer): void {
    if (piece.byteLength === 0) return
    this.#bytes += piece.byteLength
    this.#pieces.push(piece)
  }

  /** All of it. It may be needed after it was given to a handler. */
  join(): Buffer {
    const [only = nothing] = this.#pieces
    return this.#pieces.length <= 1 ? only : keep(Buffer.concat(this.#pieces, this.#bytes))
  }
}

/** Bytes that whoever they are dispatched to may copy, but not take away. */
export function keep<B extends Uint8Array>(bytes: B): B {
  if (bytes.byteLength === bytes.buffer.byteLength) markAsUntransferable(bytes.buffer)
  return bytes
}

/** A body without bytes. */
export const nothing: Buffer = keep(Buffer.alloc(0))
