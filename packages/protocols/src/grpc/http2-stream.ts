import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { HeaderBlock, OnStream, ResetReason, TransportListener, TransportStream } from './transport.ts'

/** What a stream knows of its connection. */
export interface StreamHome {
  readonly address: string
  /** Something was heard of the peer. */
  isHeard: boolean
  /** The peer has cut a stream that had no answer yet. */
  countReset(): void
}

/** A stream of HTTP/2 that a peer has opened, as `node:http2` tells of it. */
export interface OpenedStream {
  stream: ServerHttp2Stream
  headers: IncomingHttpHeaders
  rawHeaders: readonly string[]
}

const owner = Symbol('grpc call')

type Owned = ServerHttp2Stream & { [owner]: Http2Stream }

const head = { ':status': 200, 'content-type': 'application/grpc' }
const withTrailers = { waitForTrailers: true, sendDate: false }
const withoutBody = { endStream: true, sendDate: false }

/** RFC 9113 §7. */
const resetCodes: Record<ResetReason, number> = { cancel: 8, overload: 11, internal: 2 }
const noError = 0

/** One stream of `node:http2`. */
export class Http2Stream implements TransportStream {
  readonly #stream: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #home: StreamHome
  readonly rawHeaders: readonly string[]
  #listener: TransportListener | undefined
  #trailers: HeaderBlock | undefined
  #hasEnded = false
  #isFinished = false
  #isReset = false
  #hasPaused = false

  constructor(opened: OpenedStream, home: StreamHome) {
    this.#stream = opened.stream
    this.#headers = opened.headers
    this.rawHeaders = opened.rawHeaders
    this.#home = home
  }

  /** Gives the stream to whoever serves it, and listens. */
  serve(onStream: OnStream): void {
    const stream = this.#stream as Owned
    // It was cut before anybody could be told of it.
    if (stream.destroyed || stream.closed) return this.#home.countReset()
    stream[owner] = this
    this.#listener = onStream(this)
    // Shared functions: a closure each would be made for every call.
    stream.on('error', onError)
    stream.on('data', onData)
    stream.on('end', onEnd)
    stream.on('wantTrailers', onWantTrailers)
    stream.on('close', onClose)
  }

  get method(): string {
    return this.#headers[':method'] ?? ''
  }

  get path(): string {
    return this.#headers[':path'] ?? ''
  }

  get address(): string {
    return this.#home.address
  }

  get unsentBytes(): number {
    return this.#stream.writableLength
  }

  header(name: string): string | undefined {
    const value = this.#headers[name]
    return typeof value === 'object' ? value.join(', ') : value
  }

  write(prefix: Buffer, message?: Uint8Array): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    if (!stream.headersSent) stream.respond(head, withTrailers)
    if (message) {
      stream.cork()
      stream.write(prefix)
      stream.write(message, this.#onTaken)
      stream.uncork()
    } else stream.write(prefix, this.#onTaken)
  }

  finish(trailers: HeaderBlock): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    if (stream.headersSent) {
      this.#trailers = trailers
      stream.end()
    } else {
      stream.respond({ ...head, ...trailers }, withoutBody)
      this.#finished()
    }
  }

  refuse(status: number): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    stream.respond({ ':status': status }, withoutBody)
    this.#finished()
  }

  reset(why: ResetReason): void {
    this.#isReset = true
    this.#stream.close(resetCodes[why])
  }

  pause(): void {
    this.#stream.pause()
    // A stream that is cut without an error waits for its end to be read.
    if (!this.#hasPaused) this.#stream.on('aborted', resumeReading)
    this.#hasPaused = true
  }

  resume(): void {
    this.#stream.resume()
  }

  onData(chunk: Buffer): void {
    this.#home.isHeard = true
    this.#listener?.data(chunk)
  }

  onEnd(): void {
    this.#hasEnded = true
    // A stream that is cut has this end, too.
    if (this.#stream.aborted) return
    this.#listener?.ended()
  }

  onWantTrailers(): void {
    const trailers = this.#trailers
    if (!trailers) return
    this.#stream.sendTrailers(trailers)
    this.#finished()
  }

  onClose(): void {
    if (!this.#stream.headersSent && !this.#isReset) this.#home.countReset()
    this.#listener?.closed(this.#isFinished)
  }

  readonly #onTaken = (): void => {
    if (this.#stream.writableLength === 0 && !this.#isFinished) this.#listener?.drained()
  }

  #finished(): void {
    this.#isFinished = true
    // Later, once the end of the response is on its way.
    if (!this.#hasEnded) setImmediate(stopSending, this.#stream)
  }
}

/** Tells a client that goes on sending to stop; a paused stream would never come to its end. */
function stopSending(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return
  if (!stream.closed) stream.close(noError)
  if (stream.isPaused()) stream.resume()
}

function onData(this: ServerHttp2Stream, chunk: Buffer): void {
  ;(this as Owned)[owner].onData(chunk)
}

function onEnd(this: ServerHttp2Stream): void {
  ;(this as Owned)[owner].onEnd()
}

function onWantTrailers(this: ServerHttp2Stream): void {
  ;(this as Owned)[owner].onWantTrailers()
}

function resumeReading(this: ServerHttp2Stream): void {
  this.resume()
}

function onClose(this: ServerHttp2Stream): void {
  ;(this as Owned)[owner].onClose()
}

function onError(): void {
  // The `close` that follows says all that matters: nobody but the peer could mend it.
}
