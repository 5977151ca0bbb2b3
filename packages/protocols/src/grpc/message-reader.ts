import type { MessageMemory } from './message-memory.ts'

/** Who is given the messages of one call. None of it is called again after `broken`. */
export interface MessageTaker {
  /** A whole message. Its bytes are never written again, until its memory is given back. */
  taken(bytes: Buffer, isCompressed: boolean): void
  /** A message above the limit, once its first bytes are there; the rest of it is dropped. */
  tooLarge(length: number, start: Buffer, isCompressed: boolean): void
  /** The bytes are no messages. */
  broken(reason: string): void
}

const prefixBytes = 5
const startBytes = 64
/** Smaller pieces are copied together: a peer that sends byte by byte must not make an object of each. */
const smallPiece = 4_096
const blockBytes = 16_384

/**
 * Cuts a call's bytes into messages (gRPC over HTTP/2, Length-Prefixed-Message), however they were split. Memory follows
 * what has arrived, never what a prefix claims; a message is joined once.
 */
export class MessageReader {
  readonly #maxBytes: number
  readonly #taker: MessageTaker
  readonly #memory: MessageMemory
  #prefixed = 0
  #flag = 0
  #length = 0
  /** Bytes of the message that have arrived. */
  #arrived = 0
  #pieces: Buffer[] = []
  /** The last piece when it is a block with room, and the bytes used of it. */
  #block: Buffer | undefined
  #used = 0
  #isSkipping = false
  #isBroken = false

  constructor(maxBytes: number, taker: MessageTaker, memory: MessageMemory) {
    this.#maxBytes = maxBytes
    this.#taker = taker
    this.#memory = memory
  }

  /** Whether a message has begun and not ended. */
  get isMidMessage(): boolean {
    return this.#prefixed > 0
  }

  /** Bytes that are kept of an unfinished message. */
  get keptBytes(): number {
    return this.#isSkipping ? 0 : this.#arrived
  }

  /** Drops what is kept and whatever comes. */
  close(): void {
    this.#isBroken = true
    this.#reset()
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#isBroken) {
      at = this.#prefixed < prefixBytes ? this.#readPrefix(chunk, at) : this.#readBody(chunk, at)
    }
  }

  #readPrefix(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length && this.#prefixed < prefixBytes) {
      const byte = chunk[at] as number
      if (this.#prefixed === 0) this.#flag = byte
      // Not shifted: the length has 32 bits without a sign.
      else this.#length = this.#length * 256 + byte
      this.#prefixed += 1
      at += 1
    }
    if (this.#flag > 1) this.#break(`a message has the unknown flags ${this.#flag}`)
    else if (this.#prefixed === prefixBytes) this.#begin()
    return at
  }

  #begin(): void {
    this.#isSkipping = this.#length > this.#maxBytes
    if (this.#length === 0) this.#finish(Buffer.alloc(0))
  }

  #readBody(chunk: Buffer, at: number): number {
    const missing = this.#length - this.#arrived
    const end = Math.min(chunk.length, at + missing)
    if (this.#arrived === 0 && end - at === missing && !this.#isSkipping) this.#finish(chunk.subarray(at, end))
    else if (this.#isSkipping) this.#skip(chunk.subarray(at, end))
    else this.#keep(chunk.subarray(at, end))
    return end
  }

  #keep(piece: Buffer): void {
    this.#arrived += piece.length
    if (piece.length >= smallPiece) this.#append(piece)
    else this.#copy(piece)
    if (this.#arrived === this.#length) this.#finish(this.#joined())
  }

  #append(piece: Buffer): void {
    this.#closeBlock()
    this.#pieces.push(piece)
  }

  #copy(piece: Buffer): void {
    if (this.#block && this.#used + piece.length > this.#block.length) this.#closeBlock()
    if (!this.#block) {
      const missing = this.#length - this.#arrived + piece.length
      this.#block = Buffer.allocUnsafe(Math.min(blockBytes, missing))
      this.#used = 0
    }
    this.#used += piece.copy(this.#block, this.#used)
  }

  #closeBlock(): void {
    if (this.#block) this.#pieces.push(this.#block.subarray(0, this.#used))
    this.#block = undefined
  }

  #joined(): Buffer {
    this.#closeBlock()
    const [first] = this.#pieces
    if (first && this.#pieces.length === 1) return first
    // The last field of a large message is often the bytes of an array, and where it ends well they are read without a copy.
    const message = this.#memory.take(this.#length)
    let at = 0
    for (const piece of this.#pieces) at += piece.copy(message, at)
    return message
  }

  /** Keeps the first bytes of an oversized message until they can be told. */
  #skip(piece: Buffer): void {
    const told = Math.min(startBytes, this.#length)
    const had = this.#arrived
    this.#arrived += piece.length
    if (had < told) {
      this.#pieces.push(Buffer.from(piece.subarray(0, told - had)))
      if (this.#arrived >= told) this.#tellTooLarge()
    }
    if (this.#arrived === this.#length) this.#reset()
  }

  #tellTooLarge(): void {
    const start = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#taker.tooLarge(this.#length, start, this.#flag === 1)
  }

  #finish(message: Buffer): void {
    const isCompressed = this.#flag === 1
    this.#reset()
    this.#taker.taken(message, isCompressed)
  }

  #reset(): void {
    this.#prefixed = 0
    this.#length = 0
    this.#arrived = 0
    this.#isSkipping = false
    this.#block = undefined
    if (this.#pieces.length > 0) this.#pieces = []
  }

  #break(reason: string): void {
    this.close()
    this.#taker.broken(reason)
  }
}
