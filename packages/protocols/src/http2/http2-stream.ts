import type { HeaderBlock, ResetReason, TransportListener, TransportStream } from './transport.ts'
import { ByteQueue } from './byte-queue.ts'
import { encodeHeaders } from './hpack/index.ts'
import { errorCodes, most31Bits } from './http2-codes.ts'
import type { Outlet, Sender } from './outlet.ts'
import type { RequestHead } from './request-head.ts'

/** Bytes that a peer may send on one stream before they are taken. */
export const streamWindow = 1024 * 1024

/** The head that responses have in common: names and values by turns, and their block. */
export interface ResponseHead {
  readonly headers: readonly string[]
  readonly block: Uint8Array
}

/** The head of status 200 with these headers. */
export function responseHead(headers: readonly string[]): ResponseHead {
  const all = [':status', '200', ...headers]
  return { headers: all, block: encodeHeaders(all) }
}

/** What a stream knows of its connection. */
export interface StreamHome {
  readonly address: string
  /** Of every response that has a body. */
  readonly responseHead: ResponseHead
  readonly outlet: Outlet
  /** Bytes of the connection's window have been taken. */
  credit(bytes: number): void
  /** The response is over, the client's half is open. */
  lingers(stream: Http2Stream): void
  /** Nothing more of it is awaited or sent; `isCut` when frames on their way to it are no fault. */
  gone(stream: Http2Stream, isCut: boolean): void
  /** A listener threw. */
  onFault(error: unknown): void
}

/** A stream that a peer has opened. */
export interface OpenedStream {
  readonly id: number
  readonly head: RequestHead
  readonly rawHeaders: readonly string[]
  /** The peer's window for it. */
  readonly sendWindow: number
}

const resetCodes: Record<ResetReason, number> = { cancel: 8, overload: 11, internal: 2 }
const nothing = Buffer.alloc(0)

/** One stream (RFC 9113 §5.1): its windows, what waits on it, its end. */
export class Http2Stream implements TransportStream, Sender {
  readonly id: number
  readonly rawHeaders: readonly string[]
  /** Since when the response is over while the client's half is open. */
  lingersSince: number | undefined
  /** The outlet's note that it is in its queue. */
  isWaiting = false
  readonly #head: RequestHead
  readonly #home: StreamHome
  #listener: TransportListener | undefined
  /** Bytes that the peer takes. */
  #sendWindow: number
  /** Bytes that the peer may send, and bytes taken that it was not told of. */
  #receiveWindow = streamWindow
  #taken = 0
  #received = 0
  #held: ByteQueue | undefined
  #queue: ByteQueue | undefined
  #trailers: HeaderBlock | undefined
  /** Of what was sent, what the socket may not have taken: it has when it has taken so many of all bytes. */
  #flight = 0
  #flightMark = 0
  #isHeadSent = false
  #isFinishing = false
  #isFinished = false
  #isGone = false
  #isRemoteOver = false
  #isEndTold = false
  #isCloseTold = false
  #isPaused = false
  #isDelivering = false
  #isTouched = false

  constructor(opened: OpenedStream, home: StreamHome) {
    this.id = opened.id
    this.rawHeaders = opened.rawHeaders
    this.#head = opened.head
    this.#sendWindow = opened.sendWindow
    this.#home = home
  }

  get method(): string {
    return this.#head.method
  }

  get path(): string {
    return this.#head.path
  }

  get address(): string {
    return this.#home.address
  }

  /** Whether an answer has begun. */
  get isAnswered(): boolean {
    return this.#isHeadSent
  }

  get isFinished(): boolean {
    return this.#isFinished
  }

  header(name: string): string | undefined {
    const raw = this.rawHeaders
    let found: string | undefined
    for (let i = 0; i + 1 < raw.length; i += 2) {
      if (raw[i] === name) found = found === undefined ? raw[i + 1] : `${found}, ${raw[i + 1]}`
    }
    return found
  }

  /** From now on the listener hears of the stream. */
  listen(listener: TransportListener): void {
    this.#listener = listener
  }

  get unsentBytes(): number {
    const waiting = this.#queue?.bytes ?? 0
    const inFlight = this.#flightMark - this.#home.outlet.takenBytes
    return inFlight > 0 ? waiting + Math.min(this.#flight, inFlight) : waiting
  }

  write(prefix: Buffer, message?: Uint8Array): void {
    if (this.#isFinishing || this.#isGone) return
    if (!this.#isHeadSent) this.#sendHead(this.#home.responseHead.block, false)
    this.#send(prefix)
    if (message) this.#send(message)
    this.#touch()
  }

  finish(trailers: HeaderBlock): void {
    if (this.#isFinishing || this.#isGone) return
    this.#isFinishing = true
    if (this.#queue && this.#queue.bytes > 0) this.#trailers = trailers
    else this.#sendTrailers(trailers)
  }

  refuse(status: number): void {
    if (this.#isFinishing || this.#isGone) return
    this.#isFinishing = true
    this.#sendHead(encodeHeaders([':status', String(status)]), true)
    this.#finish()
  }

  reset(why: ResetReason): void {
    if (this.#isCloseTold) return
    this.#isFinishing = true
    if (!this.#isGone) this.cut(resetCodes[why])
    // Whatever the socket has not taken: it is not waited for.
    this.#isFinished = false
    this.#touch()
    this.#flightMark = 0
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    // Later: whoever resumes is in the middle of something.
    if (!this.#isDelivering && (this.#held || this.#isRemoteOver)) queueMicrotask(() => this.#deliverHeld())
  }

  /** Ends the stream by RST_STREAM. */
  cut(code: number): void {
    if (this.#isGone) return
    this.#home.outlet.writer.rstStream(this.id, code)
    this.#leave(true)
    this.#touch()
    // The listener does not wait for the socket.
    if (!this.#isFinished) this.#flightMark = 0
  }

  /** The peer has cut the stream. */
  abandon(): void {
    this.#leave(false)
    this.#close(this.#isFinished)
  }

  /** The connection is lost, or the peer broke a rule. */
  lost(): void {
    if (!this.#isGone) this.#leave(false)
    this.#close(false)
  }

  /** Takes DATA; `flowBytes` count in the windows. Gives the code of the error that ends the stream. */
  receive(bytes: Buffer, flowBytes: number, isLast: boolean): number | undefined {
    if (this.#isRemoteOver) return this.#drop(flowBytes, errorCodes.streamClosed)
    this.#receiveWindow -= flowBytes
    if (this.#receiveWindow < 0) return this.#drop(flowBytes, errorCodes.flowControlError)
    this.#received += bytes.length
    const { contentLength } = this.#head
    const isMisfit = isLast ? this.#received !== contentLength : this.#received > (contentLength ?? Infinity)
    if (contentLength !== undefined && isMisfit) return this.#drop(flowBytes, errorCodes.protocolError)
    if (isLast) this.#isRemoteOver = true
    if (this.#isFinished) return this.#receiveLate(flowBytes, isLast)
    if (this.#isPaused || this.#held) this.#hold(bytes, flowBytes)
    else this.#deliver(bytes, flowBytes)
    if (isLast && !this.#isGone) this.#tellEnded()
    return undefined
  }

  /** Trailers have come: the peer has ended its half. Gives the code of the error that ends the stream. */
  receiveTrailers(): number | undefined {
    if (this.#isRemoteOver) return errorCodes.streamClosed
    return this.receive(nothing, 0, true)
  }

  /** Headers have come that are no trailers. Gives the code of the error that ends the stream. */
  unexpected(): number {
    return this.#isRemoteOver ? errorCodes.streamClosed : errorCodes.protocolError
  }

  /** False when the window would become larger than it may (RFC 9113 §6.9.1). */
  widen(bytes: number): boolean {
    this.#sendWindow += bytes
    if (this.#sendWindow > most31Bits) return false
    if (this.sendable > 0) this.#home.outlet.wait(this)
    return true
  }

  get sendable(): number {
    const waiting = this.#queue?.bytes ?? 0
    return waiting < this.#sendWindow ? waiting : this.#sendWindow
  }

  sendTurn(mostBytes: number): void {
    const queue = this.#queue as ByteQueue
    this.#sendData(queue.take(mostBytes))
    this.#touch()
    if (queue.bytes === 0 && this.#trailers) this.#sendTrailers(this.#trailers)
  }

  settle(takenBytes: number): boolean {
    if (this.#flightMark > takenBytes && !this.#isCloseTold) return false
    this.#isTouched = false
    this.#flight = 0
    if (this.#isFinished || this.#isGone) this.#close(this.#isFinished)
    else if (!this.#queue || this.#queue.bytes === 0) this.#tell('drained')
    return true
  }

  #send(bytes: Uint8Array): void {
    const { outlet } = this.#home
    const size = bytes.length
    const hasRoom = size <= this.#sendWindow && size <= outlet.window && size <= outlet.maxFrameBytes
    if (hasRoom && !outlet.isBlocked && (!this.#queue || this.#queue.bytes === 0)) return this.#sendData(bytes)
    this.#queue ??= new ByteQueue()
    this.#queue.push(bytes)
    outlet.wait(this)
  }

  #sendData(bytes: Uint8Array): void {
    const { outlet } = this.#home
    this.#sendWindow -= bytes.length
    outlet.window -= bytes.length
    outlet.writer.data(this.id, bytes)
    this.#flight += bytes.length
  }

  #sendHead(block: Uint8Array, isLast: boolean): void {
    this.#isHeadSent = true
    this.#home.outlet.writer.headers(this.id, block, isLast)
  }

  #sendTrailers(trailers: HeaderBlock): void {
    if (this.#isHeadSent) this.#home.outlet.writer.headers(this.id, blockOf(trailers), true)
    else this.#sendHead(encodeHeaders([...this.#home.responseHead.headers, ...Object.entries(trailers).flat()]), true)
    this.#finish()
  }

  #finish(): void {
    this.#isFinished = true
    this.#trailers = undefined
    this.#dropHeld()
    this.#touch()
    if (this.#isRemoteOver) this.#leave(false)
    else this.#home.lingers(this)
  }

  /** Notes that something of it is on its way. */
  #touch(): void {
    const { outlet } = this.#home
    this.#flightMark = outlet.writer.totalBytes
    if (this.#isTouched) return
    this.#isTouched = true
    outlet.touch(this)
  }

  /** What comes after the response is of no use; a client that goes on is asked to stop (RFC 9113 §8.1). */
  #receiveLate(flowBytes: number, isLast: boolean): undefined {
    this.#home.credit(flowBytes)
    if (isLast) this.#leave(false)
    else this.cut(errorCodes.noError)
  }

  #hold(bytes: Buffer, flowBytes: number): void {
    this.#held ??= new ByteQueue()
    this.#held.push(bytes)
    if (flowBytes > bytes.length) this.#take(flowBytes - bytes.length)
  }

  #deliver(bytes: Buffer, flowBytes: number): void {
    if (bytes.length > 0) {
      this.#isDelivering = true
      try {
        this.#listener?.data(bytes)
      } catch (error) {
        this.#home.onFault(error)
      }
      this.#isDelivering = false
    }
    this.#take(flowBytes)
  }

  #deliverHeld(): void {
    const held = this.#held
    while (held && held === this.#held && held.bytes > 0 && !this.#isPaused) {
      const bytes = held.take(Infinity) as Buffer
      this.#deliver(bytes, bytes.length)
    }
    if (this.#held?.bytes === 0) this.#held = undefined
    if (this.#isRemoteOver && !this.#isGone && !this.#isFinished) this.#tellEnded()
  }

  #tellEnded(): void {
    if (this.#isEndTold || this.#isPaused || this.#held) return
    this.#isEndTold = true
    this.#tell('ended')
  }

  #take(bytes: number): void {
    if (bytes === 0) return
    this.#home.credit(bytes)
    this.#taken += bytes
    if (this.#isRemoteOver || this.#isGone || this.#taken < streamWindow / 2) return
    this.#receiveWindow += this.#taken
    this.#home.outlet.writer.windowUpdate(this.id, this.#taken)
    this.#home.outlet.flushLater()
    this.#taken = 0
  }

  #drop(flowBytes: number, code: number): number {
    this.#home.credit(flowBytes)
    return code
  }

  #dropHeld(): void {
    if (this.#held) this.#home.credit(this.#held.bytes)
    this.#held = undefined
  }

  #leave(isCut: boolean): void {
    this.#isGone = true
    this.#dropHeld()
    this.#queue = undefined
    this.#trailers = undefined
    this.#home.gone(this, isCut)
  }

  #close(isClean: boolean): void {
    if (this.#isCloseTold || !this.#listener) return
    this.#isCloseTold = true
    try {
      this.#listener.closed(isClean)
    } catch (error) {
      this.#home.onFault(error)
    }
  }

  #tell(what: 'drained' | 'ended'): void {
    try {
      this.#listener?.[what]()
    } catch (error) {
      this.#home.onFault(error)
    }
  }
}

let lastTrailers: HeaderBlock | undefined
let lastBlock: Buffer = nothing

/** Most calls end with the same object. */
function blockOf(trailers: HeaderBlock): Buffer {
  if (trailers !== lastTrailers) {
    lastBlock = encodeHeaders(Object.entries(trailers).flat())
    lastTrailers = trailers
  }
  return lastBlock
}
