import type { Duplex } from 'node:stream'
import type { Channel, Receiver } from './channel.ts'
import { createFrameParser } from './frame-parser.ts'
import { bodyBytes, headerBytes, type OutFrame, writeHead } from './frame.ts'

/** Bodies above this are written as they are instead of being copied behind their header. */
const joinedBytes = 16 * 1024

/** Turns that send more than this are written piece by piece. */
const coalescedBytes = 128 * 1024

/** A channel over a stream: the frames of one turn of the loop go out in one write. */
export function createSocketChannel(stream: Duplex): Channel {
  return new SocketChannel(stream)
}

/** A frame as bytes: one piece, or header with meta and the body for itself. */
export function encodeFrame(frame: OutFrame): Buffer[] {
  const metaLength = Buffer.byteLength(frame.meta)
  const bodyLength = bodyBytes(frame)
  const joined = bodyLength <= joinedBytes
  const bytes = Buffer.allocUnsafe(headerBytes + metaLength + (joined ? bodyLength : 0))
  const { type, flags, code, id } = frame
  writeHead(bytes, 0, { type, flags, code, id, metaLength, bodyLength })
  bytes.write(frame.meta, headerBytes)
  if (frame.pieces) return encodePieces(bytes, frame.pieces, joined ? headerBytes + metaLength : undefined)
  if (frame.body === undefined || bodyLength === 0) return [bytes]
  if (!joined) return [bytes, frame.owned ? asBuffer(frame.body) : Buffer.from(frame.body)]
  bytes.set(frame.body, headerBytes + metaLength)
  return [bytes]
}

/** Behind the meta, from `at` on, or each for itself. */
function encodePieces(bytes: Buffer, pieces: readonly Uint8Array[], at: number | undefined): Buffer[] {
  // Who sent them may use their memory again before the socket has taken them.
  if (at === undefined) return [bytes, Buffer.concat(pieces)]
  let next = at
  for (const piece of pieces) {
    bytes.set(piece, next)
    next += piece.length
  }
  return [bytes]
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * A peer that has ended cannot be written to, but what it wrote before is still there. A stream whose write fails would
 * destroy itself with that unread, so it is not told: reading comes to the end, or to the reset, by itself.
 */
function outliveWriting(stream: Duplex): void {
  const write = stream._write.bind(stream)
  const writev = stream._writev?.bind(stream)
  stream._write = (chunk, encoding, done) => write(chunk, encoding, () => done())
  if (writev) stream._writev = (chunks, done) => writev(chunks, () => done())
}

class SocketChannel implements Channel {
  readonly #stream: Duplex
  readonly #flushWaiters = new Set<() => void>()
  #receiver: Receiver | undefined
  /** Frames of this turn of the loop. */
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #closed = false
  #error: Error | undefined

  constructor(stream: Duplex) {
    this.#stream = stream
    outliveWriting(stream)
    // A reset is a peer that is gone, not one that broke the rules. Unheard, the error would end the process.
    stream.on('error', () => this.#end())
    stream.on('close', () => this.#end())
  }

  send(frame: OutFrame): void {
    if (this.#closed || !this.#stream.writable) return
    // After the handlers that this turn's frames woke have had their say.
    if (this.#pieces.length === 0) setImmediate(this.#write)
    for (const bytes of encodeFrame(frame)) {
      this.#pieces.push(bytes)
      this.#pieceBytes += bytes.length
    }
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    if (this.#closed) return receiver.onClose(this.#error)
    const parser = createFrameParser((frame) => receiver.onFrame(frame))
    this.#stream.on('data', (chunk: Buffer) => {
      if (this.#closed) return
      try {
        parser.push(chunk)
      } catch (error) {
        this.#end(error as Error)
      }
    })
    this.#stream.on('end', () => this.#end())
  }

  backlog(): number {
    return this.#pieceBytes + this.#stream.writableLength
  }

  flushed(): Promise<void> {
    this.#write()
    if (this.#closed || this.#stream.writableLength === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        this.#flushWaiters.delete(done)
        resolve()
      }
      this.#flushWaiters.add(done)
      this.#stream.write(Buffer.alloc(0), done)
    })
  }

  close(): void {
    this.#write()
    this.#end()
  }

  /** One write for the whole turn: a stream's own bookkeeping for each write costs more than copying small frames. */
  readonly #write = (): void => {
    const pieces = this.#pieces
    const bytes = this.#pieceBytes
    this.#pieces = []
    this.#pieceBytes = 0
    if (pieces.length === 0 || this.#closed || !this.#stream.writable) return
    if (bytes <= coalescedBytes) return void this.#stream.write(Buffer.concat(pieces, bytes))
    this.#stream.cork()
    for (const piece of pieces) this.#stream.write(piece)
    this.#stream.uncork()
  }

  #end(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    this.#stream.destroy()
    for (const done of this.#flushWaiters) done()
    this.#receiver?.onClose(error)
  }
}
