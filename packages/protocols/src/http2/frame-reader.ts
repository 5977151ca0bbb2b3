import { ConnectionFault } from './connection-fault.ts'
import { clientPreface, defaultFrameBytes, errorCodes, frameFlags, frameHeadBytes, frameTypes } from './http2-codes.ts'

/** What stands before a frame's payload (RFC 9113 §4.1). */
export interface FrameHead {
  length: number
  type: number
  flags: number
  streamId: number
}

/** Who is given the frames of one connection. What it throws comes out of `push`. */
export interface FrameTaker {
  /** A piece of the payload of DATA without padding, which is not waited for; `isLast` with the frame's last bytes. */
  data(head: FrameHead, bytes: Buffer, isLast: boolean): void
  /** Any other frame: its payload are `head.length` bytes from `start`. Nobody writes to them afterwards. */
  frame(head: FrameHead, bytes: Buffer, start: number): void
}

/**
 * Cuts a client's bytes into frames, however they were split, after its preface. It keeps no more than one frame; the
 * head that it gives is one object, which the next frame overwrites.
 */
export class FrameReader {
  readonly #taker: FrameTaker
  readonly #head: FrameHead = { length: 0, type: 0, flags: 0, streamId: 0 }
  readonly #headBytes = Buffer.alloc(frameHeadBytes)
  #prefaceBytes = 0
  #headKept = 0
  /** Bytes of DATA's payload that are still to come. */
  #dataLeft = 0
  #payload: Buffer | undefined
  #payloadKept = 0
  #isStopped = false

  constructor(taker: FrameTaker) {
    this.#taker = taker
  }

  /** Drops whatever comes. */
  stop(): void {
    this.#isStopped = true
    this.#payload = undefined
  }

  /** Throws `ConnectionFault` for a preface that is none, or a frame that is too long. */
  push(chunk: Buffer): void {
    let at = this.#prefaceBytes < clientPreface.length ? this.#readPreface(chunk) : 0
    if (this.#dataLeft > 0) at = this.#goOnWithData(chunk, at)
    else if (this.#payload) at = this.#keepPayload(this.#payload, chunk, at)
    else if (this.#headKept > 0) at = this.#keepHead(chunk, at)
    while (at < chunk.length && !this.#isStopped) {
      if (chunk.length - at < frameHeadBytes) at = this.#keepHead(chunk, at)
      else {
        this.#readHead(chunk, at)
        at = this.#readPayload(chunk, at + frameHeadBytes)
      }
    }
  }

  #readPreface(chunk: Buffer): number {
    const from = this.#prefaceBytes
    const bytes = Math.min(chunk.length, clientPreface.length - from)
    if (chunk.compare(clientPreface, from, from + bytes, 0, bytes) !== 0) {
      throw new ConnectionFault(errorCodes.protocolError, 'the preface of HTTP/2 is missing')
    }
    this.#prefaceBytes += bytes
    return bytes
  }

  #readHead(bytes: Buffer, at: number): void {
    const head = this.#head
    head.length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
    head.type = bytes[at + 3] as number
    head.flags = bytes[at + 4] as number
    const high = ((bytes[at + 5] as number) & 0x7f) << 24
    head.streamId =
      high | ((bytes[at + 6] as number) << 16) | ((bytes[at + 7] as number) << 8) | (bytes[at + 8] as number)
    if (head.length > defaultFrameBytes) throw new ConnectionFault(errorCodes.frameSizeError, 'a frame is too long')
  }

  #readPayload(chunk: Buffer, at: number): number {
    const head = this.#head
    const end = at + head.length
    if (head.type === frameTypes.data && (head.flags & frameFlags.padded) === 0) {
      this.#dataLeft = head.length
      return this.#goOnWithData(chunk, at)
    }
    if (end <= chunk.length) {
      this.#taker.frame(head, chunk, at)
      return end
    }
    this.#payload = Buffer.allocUnsafe(head.length)
    this.#payloadKept = 0
    return this.#keepPayload(this.#payload, chunk, at)
  }

  #goOnWithData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#dataLeft)
    this.#dataLeft -= end - at
    if (end > at || this.#dataLeft === 0) this.#taker.data(this.#head, chunk.subarray(at, end), this.#dataLeft === 0)
    return end
  }

  #keepHead(chunk: Buffer, at: number): number {
    const bytes = chunk.copy(this.#headBytes, this.#headKept, at)
    this.#headKept += bytes
    if (this.#headKept < frameHeadBytes) return at + bytes
    this.#headKept = 0
    this.#readHead(this.#headBytes, 0)
    return this.#readPayload(chunk, at + bytes)
  }

  #keepPayload(payload: Buffer, chunk: Buffer, at: number): number {
    const bytes = chunk.copy(payload, this.#payloadKept, at)
    this.#payloadKept += bytes
    if (this.#payloadKept === payload.length) {
      this.#payload = undefined
      this.#taker.frame(this.#head, payload, 0)
    }
    return at + bytes
  }
}
