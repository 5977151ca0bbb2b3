import type { Socket } from 'node:net'
import { defaultFrameBytes, frameFlags, frameHeadBytes, frameTypes } from './http2-codes.ts'
import type { SlabPool } from './slab-pool.ts'

/** Larger payloads are written from where they are. */
const copiedBytes = 8_192

/** Gathers the frames of one connection in a few pieces of memory, until they are written together. */
export class FrameWriter {
  readonly #pool: SlabPool
  #slab: Buffer | undefined
  /** The part of the slab that is not yet among the pieces. */
  #begun = 0
  #used = 0
  #slabs: Buffer[] = []
  #pieces: Uint8Array[] = []
  /** Bytes that were ever gathered. */
  totalBytes = 0

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  get isEmpty(): boolean {
    return this.#used === this.#begun && this.#pieces.length === 0
  }

  /** HEADERS, and CONTINUATIONs of a block that is longer than every peer takes at once (RFC 9113 §6.2, §6.10). */
  headers(streamId: number, block: Uint8Array, isLast: boolean): void {
    const flags = isLast ? frameFlags.endStream : 0
    if (block.length <= defaultFrameBytes) {
      this.#head(block.length, frameTypes.headers, flags | frameFlags.endHeaders, streamId)
      return this.#copy(block)
    }
    for (let at = 0; at < block.length; at += defaultFrameBytes) {
      const part = block.subarray(at, at + defaultFrameBytes)
      const end = at + part.length === block.length ? frameFlags.endHeaders : 0
      this.#head(
        part.length,
        at === 0 ? frameTypes.headers : frameTypes.continuation,
        end | (at === 0 ? flags : 0),
        streamId,
      )
      this.#copy(part)
    }
  }

  /** DATA that does not end its stream (RFC 9113 §6.1). A large payload must not be written to afterwards. */
  data(streamId: number, payload: Uint8Array): void {
    this.#head(payload.length, frameTypes.data, 0, streamId)
    if (payload.length <= copiedBytes) return this.#copy(payload)
    this.#seal()
    this.#pieces.push(payload)
    this.totalBytes += payload.length
  }

  /** RST_STREAM (RFC 9113 §6.4). */
  rstStream(streamId: number, code: number): void {
    this.#head(4, frameTypes.rstStream, 0, streamId)
    this.#number(code)
  }

  /** SETTINGS by identifiers and values; without any their acknowledgement (RFC 9113 §6.5). */
  settings(entries: readonly (readonly [id: number, value: number])[] | 'ack'): void {
    if (entries === 'ack') return this.#head(0, frameTypes.settings, frameFlags.ack, 0)
    this.#head(6 * entries.length, frameTypes.settings, 0, 0)
    for (const [id, value] of entries) {
      const slab = this.#room(6)
      slab[this.#used++] = id >> 8
      slab[this.#used++] = id
      this.totalBytes += 2
      this.#number(value)
    }
  }

  /** PING, or with `isAck` the answer to one; 8 bytes (RFC 9113 §6.7). */
  ping(payload: Uint8Array, isAck: boolean): void {
    this.#head(8, frameTypes.ping, isAck ? frameFlags.ack : 0, 0)
    this.#copy(payload)
  }

  /** GOAWAY with a word for the peer's log (RFC 9113 §6.8). */
  goaway(lastStreamId: number, code: number, reason = ''): void {
    const word = Buffer.from(reason)
    this.#head(8 + word.length, frameTypes.goaway, 0, 0)
    this.#number(lastStreamId)
    this.#number(code)
    this.#copy(word)
  }

  /** WINDOW_UPDATE (RFC 9113 §6.9). */
  windowUpdate(streamId: number, bytes: number): void {
    this.#head(4, frameTypes.windowUpdate, 0, streamId)
    this.#number(bytes)
  }

  /** Gives all that was gathered to the socket; `onTaken` is called once the system has it. */
  flush(socket: Socket, onTaken: () => void): void {
    this.#seal()
    const pieces = this.#pieces
    const last = pieces.length - 1
    if (last < 0) return
    this.#pieces = []
    if (last > 0) socket.cork()
    for (let i = 0; i < last; i += 1) socket.write(pieces[i] as Uint8Array)
    socket.write(pieces[last] as Uint8Array, onTaken)
    if (last > 0) socket.uncork()
    this.#giveBack(socket.writableLength === 0)
  }

  /** Drops what was gathered. */
  clear(): void {
    this.#pieces = []
    this.#begun = this.#used
    this.#giveBack(true)
  }

  /** The socket reads from slabs that it has not written; they are left to it. */
  #giveBack(areFree: boolean): void {
    if (areFree) {
      for (const slab of this.#slabs) this.#pool.give(slab)
      if (this.#slab) this.#pool.give(this.#slab)
    }
    if (this.#slabs.length > 0) this.#slabs = []
    this.#slab = undefined
    this.#begun = 0
    this.#used = 0
  }

  #head(length: number, type: number, flags: number, streamId: number): void {
    const slab = this.#room(frameHeadBytes)
    const at = this.#used
    slab[at] = length >> 16
    slab[at + 1] = length >> 8
    slab[at + 2] = length
    slab[at + 3] = type
    slab[at + 4] = flags
    slab[at + 5] = streamId >> 24
    slab[at + 6] = streamId >> 16
    slab[at + 7] = streamId >> 8
    slab[at + 8] = streamId
    this.#used = at + frameHeadBytes
    this.totalBytes += frameHeadBytes
  }

  #number(value: number): void {
    const slab = this.#room(4)
    const at = this.#used
    slab[at] = value >> 24
    slab[at + 1] = value >> 16
    slab[at + 2] = value >> 8
    slab[at + 3] = value
    this.#used = at + 4
    this.totalBytes += 4
  }

  #copy(bytes: Uint8Array): void {
    const slab = this.#room(bytes.length)
    slab.set(bytes, this.#used)
    this.#used += bytes.length
    this.totalBytes += bytes.length
  }

  #room(bytes: number): Buffer {
    if (this.#slab && this.#slab.length - this.#used >= bytes) return this.#slab
    this.#seal()
    if (this.#slab) this.#slabs.push(this.#slab)
    this.#begun = 0
    this.#used = 0
    this.#slab = this.#pool.take()
    return this.#slab
  }

  #seal(): void {
    if (!this.#slab || this.#used === this.#begun) return
    this.#pieces.push(this.#slab.subarray(this.#begun, this.#used))
    this.#begun = this.#used
  }
}
