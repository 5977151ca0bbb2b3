/** Smaller pieces are copied together: byte by byte must not make an object of each. */
const smallPiece = 4_096
const blockBytes = 16_384

/** Bytes that wait, first in, first out. Large pieces are kept as they are, and must not be written to. */
export class ByteQueue {
  #pieces: Uint8Array[] = []
  #first = 0
  /** The last piece when it has room, and the bytes used of it. */
  #block: Buffer | undefined
  #used = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#bytes += piece.length
    if (piece.length < smallPiece) this.#copy(piece)
    else {
      this.#closeBlock()
      this.#pieces.push(piece)
    }
  }

  /** The next bytes, at most so many; call it only while there are some. */
  take(mostBytes: number): Uint8Array {
    if (this.#first === this.#pieces.length) this.#closeBlock()
    const piece = this.#pieces[this.#first] as Uint8Array
    const isWhole = piece.length <= mostBytes
    const taken = isWhole ? piece : piece.subarray(0, mostBytes)
    if (isWhole) this.#drop()
    else this.#pieces[this.#first] = piece.subarray(mostBytes)
    this.#bytes -= taken.length
    return taken
  }

  clear(): void {
    this.#pieces = []
    this.#first = 0
    this.#block = undefined
    this.#bytes = 0
  }

  #drop(): void {
    this.#pieces[this.#first] = empty
    this.#first += 1
    if (this.#first === this.#pieces.length) {
      this.#pieces = []
      this.#first = 0
    } else if (this.#first >= 1_024 && this.#first * 2 >= this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#first)
      this.#first = 0
    }
  }

  #copy(piece: Uint8Array): void {
    if (this.#block && this.#used + piece.length > this.#block.length) this.#closeBlock()
    if (!this.#block) {
      // A lone small piece takes no more than it needs, several share a block.
      this.#block = Buffer.allocUnsafe(this.#bytes > piece.length ? blockBytes : smallPiece)
      this.#used = 0
    }
    this.#block.set(piece, this.#used)
    this.#used += piece.length
  }

  #closeBlock(): void {
    if (this.#block) this.#pieces.push(this.#block.subarray(0, this.#used))
    this.#block = undefined
  }
}

const empty = new Uint8Array(0)
