import { callMetadata } from './call-metadata.ts'
import { type GrpcStatus, type GrpcStream, type StreamListener, type StreamMethod, grpcCode } from './grpc-service.ts'
import type { GrpcLimits } from './grpc-limits.ts'
import { type InflateMessage, type InflatedMessage, acceptedEncodings, inflaterOf } from './inflate-message.ts'
import { prefixOf, prefixed } from './message-prefix.ts'
import type { MessageMemory } from './message-memory.ts'
import { MessageReader, type MessageTaker } from './message-reader.ts'
import type { OpenCalls, TimedCall } from './open-calls.ts'
import { statusTrailers } from './status-trailers.ts'
import type { ResetReason, TransportListener, TransportStream } from '../http2/transport.ts'

/** What the calls of a server share. */
export interface CallDesk {
  readonly limits: GrpcLimits
  readonly calls: OpenCalls<ServerCall>
  /** Bytes of all unfinished messages. */
  pendingBytes: number
  readonly memory: MessageMemory
  now(): number
  onFault(error: unknown): void
}

/** What waits behind a message that is being inflated. */
type Waiting = { bytes: Buffer; isCompressed: boolean } | 'ended'

const nobody: StreamListener = { message: () => undefined, halfClosed: () => undefined, closed: () => undefined }

/** One call: the rules of gRPC between a stream of HTTP/2 and the listener that a method gave for it. */
export class ServerCall implements GrpcStream, TransportListener, MessageTaker, TimedCall {
  /** When the first message, the deadline or the reading of what was sent is due. */
  dueAt = Infinity
  slot = -1
  readonly #desk: CallDesk
  readonly #stream: TransportStream
  readonly #maxMessageBytes: number
  readonly #reader: MessageReader
  #listener = nobody
  #deadlineAt = Infinity
  #controller: AbortController | undefined
  /** The response has been given its end. */
  #isOver = false
  /** The listener ended it, and not the server. */
  #isEnded = false
  /** The listener has been told of the end. */
  #isClosed = false
  #isCancelled = false
  #hasHeard = false
  #isPaused = false
  /** Bytes that it has in `pendingBytes` of the desk. */
  #counted = 0
  #unsentThen = 0
  #inflate: InflateMessage | undefined
  #waiting: Waiting[] | undefined

  constructor(desk: CallDesk, stream: TransportStream, method: Pick<StreamMethod, 'maxMessageBytes'>) {
    this.#desk = desk
    this.#stream = stream
    this.#maxMessageBytes = method.maxMessageBytes ?? desk.limits.maxMessageBytes
    this.#reader = new MessageReader(this.#maxMessageBytes, this, desk.memory)
  }

  get path(): string {
    return this.#stream.path
  }

  get address(): string {
    return this.#stream.address
  }

  metadata(name: string): string | undefined {
    return this.#stream.header(name)
  }

  get allMetadata(): Readonly<Record<string, string | string[]>> {
    return callMetadata(this.#stream.rawHeaders)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isCancelled) this.#controller.abort()
    return this.#controller.signal
  }

  get unsentBytes(): number {
    return this.#stream.unsentBytes
  }

  /** Begins: from now on the listener hears of the call. `timeoutMs` is the client's. */
  open(method: StreamMethod, timeoutMs: number | undefined): void {
    const { firstMessageTimeoutMs = this.#desk.limits.firstMessageTimeoutMs } = method
    const now = this.#desk.now()
    if (timeoutMs !== undefined) this.#deadlineAt = now + timeoutMs
    this.dueAt = Math.min(this.#deadlineAt, firstMessageTimeoutMs > 0 ? now + firstMessageTimeoutMs : Infinity)
    this.#desk.calls.add(this)
    try {
      this.#listener = method.open(this)
      // The server may have ended the call in there.
      if (this.#isClosed) this.#listener.closed(false)
    } catch (error) {
      this.#fault(error)
    }
  }

  send(message: Uint8Array): void {
    if (this.#isOver) return
    const frame = prefixed(message)
    if (frame) this.#stream.write(frame)
    else this.#stream.write(prefixOf(message.length), message)
    if (this.#stream.unsentBytes > this.#desk.limits.maxUnsentBytes) {
      this.fail({ code: grpcCode.resourceExhausted, message: 'the client does not take what is sent' })
    }
  }

  release(message: Uint8Array): void {
    this.#desk.memory.give(message)
  }

  pause(): void {
    this.#isPaused = true
    this.#stream.pause()
  }

  resume(): void {
    this.#isPaused = false
    // While a message is inflated nothing may overtake it.
    if (!this.#waiting) this.#stream.resume()
  }

  end(status?: GrpcStatus): void {
    if (this.#isOver) return
    this.#isEnded = true
    this.#finish(statusTrailers(status))
  }

  /** Ends the call in the listener's stead, which is told that it is over. */
  fail(status: GrpcStatus, headers?: Readonly<Record<string, string>>): void {
    if (this.#isOver) return
    // Behind what the client does not take a status would never arrive, and it would keep the memory.
    if (this.#stream.unsentBytes > this.#desk.limits.maxUnsentBytes) this.#cut('overload')
    else this.#finish(headers ? { ...statusTrailers(status), ...headers } : statusTrailers(status))
    this.#close(false)
  }

  due(now: number): void {
    if (this.#isOver) return this.#watchUnsent(now)
    const isLate = now >= this.#deadlineAt
    const message = isLate ? 'the deadline is over' : 'no message came within the time for the first one'
    this.fail({ code: grpcCode.deadlineExceeded, message })
  }

  data(chunk: Buffer): void {
    if (this.#isOver) return
    try {
      this.#reader.push(chunk)
    } catch (error) {
      this.#fault(error)
    }
    if (this.#reader.keptBytes !== this.#counted) this.#count()
  }

  ended(): void {
    if (this.#isOver) return
    if (this.#reader.isMidMessage) return this.broken('the call ends inside a message')
    this.#heard()
    if (this.#waiting) this.#waiting.push('ended')
    else this.#tellHalfClosed()
  }

  drained(): void {
    if (this.#isOver || !this.#listener.drained) return
    try {
      this.#listener.drained()
    } catch (error) {
      this.#fault(error)
    }
  }

  closed(isClean: boolean): void {
    this.#isOver = true
    this.#forget()
    this.dueAt = Infinity
    this.#desk.calls.delete(this)
    this.#close(isClean && this.#isEnded)
  }

  taken(bytes: Buffer, isCompressed: boolean): void {
    if (this.#isOver) return
    if (this.#waiting) this.#waiting.push({ bytes, isCompressed })
    else if (isCompressed) this.#startInflating(bytes)
    else this.#deliver(bytes)
  }

  tooLarge(length: number, start: Buffer, isCompressed: boolean): void {
    if (this.#isOver) return
    this.#heard()
    const { oversized } = this.#listener
    if (oversized) return oversized.call(this.#listener, length, isCompressed ? Buffer.alloc(0) : start)
    const message = `a message of ${length} bytes is more than ${this.#maxMessageBytes}`
    this.fail({ code: grpcCode.resourceExhausted, message })
  }

  broken(reason: string): void {
    this.fail({ code: grpcCode.internal, message: reason })
  }

  #deliver(bytes: Buffer): void {
    if (!this.#hasHeard) this.#heard()
    this.#listener.message(bytes)
  }

  #heard(): void {
    this.#hasHeard = true
    this.dueAt = this.#deadlineAt
  }

  #tellHalfClosed(): void {
    try {
      this.#listener.halfClosed()
    } catch (error) {
      this.#fault(error)
    }
  }

  #startInflating(bytes: Buffer): void {
    const encoding = this.#stream.header('grpc-encoding') ?? 'identity'
    if (encoding === 'identity') return this.broken('a message is compressed, but grpc-encoding names no compression')
    this.#inflate ??= inflaterOf(encoding)
    if (!this.#inflate) {
      const status = {
        code: grpcCode.unimplemented,
        message: `messages in the encoding ${encoding} are not understood`,
      }
      return this.fail(status, { 'grpc-accept-encoding': acceptedEncodings })
    }
    this.#waiting = []
    this.#stream.pause()
    this.#inflate(bytes, this.#maxMessageBytes, (result) => this.#inflated(result))
  }

  #inflated(result: InflatedMessage): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    if (this.#isOver) return
    try {
      if ('bytes' in result) this.#deliver(result.bytes)
      else if (result.failure === 'malformed') this.broken('a compressed message cannot be inflated')
      else this.tooLarge(this.#maxMessageBytes + 1, Buffer.alloc(0), true)
      this.#goOn(waiting)
    } catch (error) {
      this.#fault(error)
    }
  }

  /** Takes up what came meanwhile, until the next message that has to be inflated. */
  #goOn(waiting: Waiting[]): void {
    for (const item of waiting) {
      if (item !== 'ended') this.taken(item.bytes, item.isCompressed)
      else if (this.#waiting) this.#waiting.push(item)
      else this.#listener.halfClosed()
    }
    if (!this.#waiting && !this.#isPaused) this.#stream.resume()
  }

  #count(): void {
    const kept = this.#reader.keptBytes
    this.#desk.pendingBytes += kept - this.#counted
    this.#counted = kept
    if (this.#desk.pendingBytes <= this.#desk.limits.maxPendingBytes) return
    this.fail({ code: grpcCode.resourceExhausted, message: 'the server holds too many unfinished messages' })
  }

  #fault(error: unknown): void {
    this.#desk.onFault(error)
    this.fail({ code: grpcCode.internal })
  }

  #finish(trailers: Readonly<Record<string, string>>): void {
    this.#isOver = true
    this.#stream.finish(trailers)
    this.#forget()
    this.#watchUnsent(undefined)
  }

  #cut(why: ResetReason): void {
    this.#isOver = true
    this.#forget()
    this.dueAt = Infinity
    this.#stream.reset(why)
  }

  /** A client that takes nothing of what was sent before the end is not waited for. */
  #watchUnsent(now: number | undefined): void {
    const { firstMessageTimeoutMs } = this.#desk.limits
    const unsent = this.#stream.unsentBytes
    const isStuck = now !== undefined && unsent >= this.#unsentThen
    this.dueAt = Infinity
    if (unsent === 0 || firstMessageTimeoutMs === 0) return
    if (isStuck) return this.#cut('cancel')
    this.#unsentThen = unsent
    this.dueAt = (now ?? this.#desk.now()) + firstMessageTimeoutMs
    this.#desk.calls.expect(this.dueAt)
  }

  #forget(): void {
    this.#desk.pendingBytes -= this.#counted
    this.#counted = 0
    this.#reader.close()
  }

  #close(isClean: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (!isClean) {
      this.#isCancelled = true
      this.#controller?.abort()
    }
    try {
      this.#listener.closed(isClean)
    } catch (error) {
      this.#desk.onFault(error)
    }
  }
}
