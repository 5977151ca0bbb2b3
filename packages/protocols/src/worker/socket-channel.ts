import type { Duplex } from 'node:stream'
import type { Channel, Receiver } from './channel.ts'
import { createFrameParser } from './frame-parser.ts'
import { headerBytes, type OutFrame, writeHead } from './frame.ts'

/** Bodies above this are written as they are instead of being copied behind their header. */
const joinedBytes = 16 * 1024

/** A channel over a stream: the frames of one turn of the loop go out in one write. It does not own the bytes' meaning. */
export function createSocketChannel(stream: Duplex): Channel {
  return new SocketChannel(stream)
}

/** A frame as bytes: one piece, or header with meta and the body for itself. */
export function encodeFrame(frame: OutFrame): Buffer[] {
  const metaLength = Buffer.byteLength(frame.meta)
  const bodyLength = frame.body?.length ?? 0
  const joined = bodyLength <= joinedBytes
  const bytes = Buffer.allocUnsafe(headerBytes + metaLength + (joined ? bodyLength : 0))
  writeHead(bytes, 0, { ...frame, metaLength, bodyLength })
  bytes.write(frame.meta, headerBytes)
  if (frame.body === undefined || bodyLength === 0) return [bytes]
  if (!joined) return [bytes, frame.owned ? asBuffer(frame.body) : Buffer.from(frame.body)]
  bytes.set(frame.body, headerBytes + metaLength)
  return [bytes]
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

class SocketChannel implements Channel {
  readonly #stream: Duplex
  readonly #flushWaiters: (() => void)[] = []
  #corked = false
  #closed = false

  constructor(stream: Duplex) {
    this.#stream = stream
    // A reset is a peer that is gone, not one that broke the rules. Unheard, the error would end the process.
    stream.on('error', () => this.#end())
    stream.on('close', () => this.#end())
  }

  send(frame: OutFrame): void {
    if (this.#closed || !this.#stream.writable) return
    if (!this.#corked) {
      this.#corked = true
      this.#stream.cork()
      // After the handlers that this turn's frames woke have had their say.
      setImmediate(this.#uncork)
    }
    for (const bytes of encodeFrame(frame)) this.#stream.write(bytes)
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
    return this.#stream.writableLength
  }

  flushed(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#uncork()
    if (this.#stream.writableLength === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#flushWaiters.push(resolve)
      this.#stream.write(Buffer.alloc(0), () => resolve())
    })
  }

  close(): void {
    this.#uncork()
    this.#end()
  }

  #receiver: Receiver | undefined
  #error: Error | undefined

  readonly #uncork = (): void => {
    if (!this.#corked) return
    this.#corked = false
    this.#stream.uncork()
  }

  #end(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    this.#stream.destroy()
    for (const resolve of this.#flushWaiters.splice(0)) resolve()
    if (error) this.#receiver?.onClose(error)
    else this.#receiver?.onClose()
  }
}
